"""Rules as data, the asking half: Kleene's strong logic over named facts."""

import json
import math
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from itertools import product
from typing import get_args

import pytest
from hypothesis import given, strategies as st

from crmkit.errors import InvalidValueError
from crmkit.kernel import AllOf, AnyOf, Channel, Compare, Condition, Evidence, Money, Not, Operator


TRUE, FALSE, UNKNOWN = (
    Compare("known", "=", True),
    Compare("known", "=", False),
    Compare("unknown", "=", True),
)
KNOWN = {"known": True, "unknown": None}
AS_A_CONDITION = {True: TRUE, False: FALSE, None: UNKNOWN}

# Kleene, Introduction to Metamathematics (1952), section 64: the strong tables.
KLEENE_AND = {
    (True, True): True,
    (True, None): None,
    (True, False): False,
    (None, True): None,
    (None, None): None,
    (None, False): False,
    (False, True): False,
    (False, None): False,
    (False, False): False,
}
KLEENE_OR = {
    (True, True): True,
    (True, None): True,
    (True, False): True,
    (None, True): True,
    (None, None): None,
    (None, False): None,
    (False, True): True,
    (False, None): None,
    (False, False): False,
}

NAMES = ("a", "b", "c")
LEVELS = (0, 1, 2)
COMPARISONS = st.one_of(
    st.builds(
        Compare,
        st.sampled_from(NAMES),
        st.sampled_from(["=", "!=", "<", "<=", ">", ">="]),
        st.sampled_from(LEVELS),
    ),
    st.builds(
        Compare,
        st.sampled_from(NAMES),
        st.just("in"),
        st.lists(st.sampled_from(LEVELS), min_size=1).map(tuple),
    ),
)


def joined(parts: st.SearchStrategy[Condition]) -> st.SearchStrategy[Condition]:
    several = st.lists(parts, max_size=3).map(tuple)
    return st.one_of(st.builds(AllOf, several), st.builds(AnyOf, several), st.builds(Not, parts))


CONDITIONS: st.SearchStrategy[Condition] = st.recursive(COMPARISONS, joined, max_leaves=8)
FACTS = st.fixed_dictionaries({name: st.none() | st.sampled_from(LEVELS) for name in NAMES})


def completions(facts: Mapping[str, int | None]) -> list[dict[str, int]]:
    """Every way in which the unknown facts may turn out."""
    choices = [LEVELS if facts[name] is None else (facts[name],) for name in NAMES]
    return [dict(zip(NAMES, levels, strict=True)) for levels in product(*choices)]  # type: ignore[arg-type]  # no None is left


class TestCompare:
    @pytest.mark.parametrize("operator", get_args(Operator))
    @given(found=st.integers(-2, 2), value=st.integers(-2, 2))
    def test_asks_as_python_does(self, operator: Operator, found: int, value: int) -> None:
        truth = {
            "=": found == value,
            "!=": found != value,
            "<": found < value,
            "<=": found <= value,
            ">": found > value,
            ">=": found >= value,
            "in": found in (value,),
        }
        against = (value,) if operator == "in" else value

        assert Compare("x", operator, against).holds({"x": found}) is truth[operator]

    @pytest.mark.parametrize("operator", get_args(Operator))
    def test_knows_nothing_of_an_unknown_fact(self, operator: Operator) -> None:
        condition = Compare("x", operator, (1,) if operator == "in" else 1)

        assert condition.holds({}) is None
        assert condition.holds({"x": None}) is None
        assert condition.evidence({}) == ()
        assert condition.missing({}) == ("x",)

    def test_takes_members_of_enumerations_by_their_stored_value(self) -> None:
        condition = Compare("channel", "in", ("phone", "email"))

        assert condition.holds({"channel": Channel.PHONE}) is True
        assert condition.holds({"channel": Channel.SHOP}) is False

    @pytest.mark.parametrize("found", [3, 3.0, Decimal(3), True + 2])
    def test_takes_numbers_of_any_kind(self, found: object) -> None:
        assert Compare("x", "=", 3).holds({"x": found}) is True

    @pytest.mark.parametrize(
        ("found", "value"),
        [
            ("3", 3),
            (3, "3"),
            (Money.of(3, "EUR"), 3),
            (datetime(2026, 3, 2, tzinfo=UTC), "2026-03-02"),
            (math.nan, 3),
            (3j, 3),
            ((3,), 3),
            ("3", True),
        ],
    )
    @pytest.mark.parametrize("operator", ["=", "!=", "<", ">="])
    def test_refuses_a_fact_of_another_kind(
        self, operator: Operator, found: object, value: str | int
    ) -> None:
        """To say "not equal" would hide a mistake in the facts."""
        with pytest.raises(InvalidValueError, match=r"^x is .*: it cannot be compared by .* with"):
            Compare("x", operator, value).holds({"x": found})

    def test_refuses_a_fact_that_is_like_no_choice(self) -> None:
        with pytest.raises(InvalidValueError, match="cannot be compared by in with"):
            Compare("x", "in", (1, 2)).holds({"x": "1"})

    def test_takes_a_fact_that_is_like_one_choice(self) -> None:
        condition = Compare("x", "in", (1, "many"))

        assert (condition.holds({"x": "many"}), condition.holds({"x": 2})) == (True, False)

    def test_refuses_an_unknown_operator(self) -> None:
        with pytest.raises(InvalidValueError, match="operator is 'like': it must be one of =, !="):
            Compare("x", "like", "a%")  # type: ignore[arg-type]  # refused

    @pytest.mark.parametrize(("operator", "value"), [("in", 1), ("=", (1,)), ("in", ())])
    def test_refuses_choices_without_in_and_in_without_choices(
        self, operator: Operator, value: int | tuple[int, ...]
    ) -> None:
        with pytest.raises(InvalidValueError, match="must be a tuple of choices exactly where"):
            Compare("x", operator, value)

    @pytest.mark.parametrize(
        "value", [math.nan, math.inf, None, Decimal(1), Channel.SMS, "\ud800", [1]]
    )
    def test_refuses_what_json_would_not_bring_back(self, value: object) -> None:
        for operator, against in (("=", value), ("in", ("a", value))):
            with pytest.raises(InvalidValueError, match="must be text or a finite number"):
                Compare("x", operator, against)  # type: ignore[arg-type]  # refused

    def test_tells_what_was_held_against_what(self) -> None:
        (told,) = Compare("x", ">=", 3).evidence({"x": 4})

        assert told == Evidence("x", 4, ">= 3", True)


class TestWords:
    @pytest.mark.parametrize(
        ("condition", "words"),
        [
            (Compare("speed", "<=", 2), "speed <= 2"),
            (Compare("why.late", "=", True), "why.late = true"),
            (Compare("segment", "in", ("hotel", "laundry")), "segment in hotel or laundry"),
            (AllOf((Compare("a", ">", 1), Compare("b", ">", 2))), "a > 1 and b > 2"),
            (
                AllOf((AnyOf((Compare("a", ">", 1), Compare("b", ">", 2))), Compare("c", "=", 3))),
                "(a > 1 or b > 2) and c = 3",
            ),
            (AllOf((AnyOf((Compare("a", ">", 1),)),)), "a > 1"),
            (Not(Compare("a", "=", "x")), "not (a = x)"),
            (AllOf(()), "always"),
            (AnyOf(()), "never"),
        ],
        ids=str,
    )
    def test_are_for_people(self, condition: Condition, words: str) -> None:
        assert condition.words == words

    def test_of_another_kind_are_its_name_and_facts(self) -> None:
        class Odd(Condition):
            __slots__ = ()

            @property
            def facts(self) -> tuple[str, ...]:
                return ("a", "b")

        assert Odd().words == "Odd of a, b"


class TestLogic:
    @pytest.mark.parametrize(("left", "right"), KLEENE_AND)
    def test_all_of_two_is_kleenes_and(self, left: bool | None, right: bool | None) -> None:
        condition = AllOf((AS_A_CONDITION[left], AS_A_CONDITION[right]))

        assert condition.holds(KNOWN) is KLEENE_AND[left, right]

    @pytest.mark.parametrize(("left", "right"), KLEENE_OR)
    def test_any_of_two_is_kleenes_or(self, left: bool | None, right: bool | None) -> None:
        condition = AnyOf((AS_A_CONDITION[left], AS_A_CONDITION[right]))

        assert condition.holds(KNOWN) is KLEENE_OR[left, right]

    @pytest.mark.parametrize(("was", "becomes"), [(True, False), (False, True), (None, None)])
    def test_not_is_kleenes_not(self, was: bool | None, becomes: bool | None) -> None:
        assert Not(AS_A_CONDITION[was]).holds(KNOWN) is becomes

    def test_of_nothing_all_hold_and_none_does(self) -> None:
        assert AllOf(()).holds({}) is True
        assert AnyOf(()).holds({}) is False

    @given(CONDITIONS, FACTS)
    def test_an_answer_stands_however_the_unknown_turns_out(
        self, condition: Condition, facts: dict[str, int | None]
    ) -> None:
        answer = condition.holds(facts)

        if answer is not None:
            assert {condition.holds(whole) for whole in completions(facts)} == {answer}

    @given(CONDITIONS, FACTS)
    def test_is_never_in_doubt_when_all_facts_are_known(
        self, condition: Condition, facts: dict[str, int | None]
    ) -> None:
        for whole in completions(facts):
            assert condition.holds(whole) is not None
            assert condition.missing(whole) == ()

    @given(CONDITIONS, FACTS)
    def test_doubt_names_what_is_missing(
        self, condition: Condition, facts: dict[str, int | None]
    ) -> None:
        if condition.holds(facts) is None:
            assert condition.missing(facts)
        assert set(condition.missing(facts)) <= {n for n in NAMES if facts[n] is None}

    @given(CONDITIONS, FACTS)
    def test_can_be_decided_again_from_its_evidence(
        self, condition: Condition, facts: dict[str, int | None]
    ) -> None:
        told = {item.name: item.value for item in condition.evidence(facts)}

        assert condition.holds(told) is condition.holds(facts)

    def test_evidence_is_told_from_left_to_right(self) -> None:
        condition = AllOf((Not(Compare("b", "=", 1)), AnyOf((Compare("a", ">", 0), UNKNOWN))))

        told = condition.evidence({"a": 1, "b": 2})

        assert [(item.name, item.met) for item in told] == [("b", False), ("a", True)]
        assert condition.facts == ("b", "a", "unknown")


class TestJson:
    @given(CONDITIONS)
    def test_comes_back_exactly(self, condition: Condition) -> None:
        assert Condition.from_json(condition.to_json()) == condition
        assert Condition.from_json(str(condition)) == condition

    @given(
        st.text(st.characters(codec="utf-8"))
        | st.integers()
        | st.floats(allow_nan=False, allow_infinity=False)
        | st.booleans()
    )
    def test_brings_back_any_value_with_its_type(self, value: str | float) -> None:
        condition = Compare("x", "=", value)

        again = Condition.from_json(condition.to_json())

        assert isinstance(again, Compare)
        assert again.value == value
        assert type(again.value) is type(value)

    def test_reads_as_a_stranger_would_write_it(self) -> None:
        text = json.dumps(
            {
                "type": "any_of",
                "conditions": [
                    {"type": "compare", "fact": "severity", "operator": ">=", "value": 3},
                    {
                        "type": "not",
                        "condition": {
                            "type": "compare",
                            "fact": "channel",
                            "operator": "in",
                            "value": ["web", "email"],
                        },
                    },
                ],
            }
        )

        assert Condition.from_json(text) == AnyOf(
            (Compare("severity", ">=", 3), Not(Compare("channel", "in", ("web", "email"))))
        )

    @pytest.mark.parametrize(
        "text",
        [
            "",
            "1",
            "[]",
            "null",
            "{}",
            '{"type": "xor"}',
            '{"type": []}',
            '{"type": "compare"}',
            '{"type": "compare", "fact": "x", "operator": "like", "value": 1}',
            '{"type": "compare", "fact": "x", "operator": "in", "value": []}',
            '{"type": "compare", "fact": "x", "operator": "=", "value": NaN}',
            '{"type": "all_of", "conditions": [{"type": "not"}]}',
            '"\ud800',
            '{"type": "not", "condition": ' * 5_000 + "1" + "}" * 5_000,
        ],
        ids=lambda text: ascii(text[:60]),
    )
    def test_refuses_what_is_no_condition(self, text: str) -> None:
        with pytest.raises(InvalidValueError, match=r"condition is .*it cannot be read"):
            Condition.from_json(text)

    def test_names_the_rule_that_a_stored_condition_breaks(self) -> None:
        with pytest.raises(InvalidValueError, match="operator"):
            Condition.from_json(
                '{"type": "compare", "fact": "x", "operator": "like", "value": "a"}'
            )


class TestCondition:
    def test_of_its_own_asks_nothing(self) -> None:
        bare = Condition()

        with pytest.raises(TypeError, match="Condition must say when it holds"):
            bare.holds({})
        with pytest.raises(TypeError, match="Condition must give its evidence"):
            bare.evidence({})
        with pytest.raises(TypeError, match="Condition must name its facts"):
            bare.missing({})
