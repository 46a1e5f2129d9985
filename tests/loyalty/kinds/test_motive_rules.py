import numpy as np
import pytest
from hypothesis import given

from crmkit.errors import InvalidValueError
from crmkit.kernel import Compare, Condition, DecisionTable
from crmkit.loyalty import MOTIVE_RULES, LoyaltyMotive, find_motives
from crmkit.loyalty.kinds.loyalty_facts import Fact
from tests.loyalty.kinds.bases import ODD_RULES, Row, a_rule, known_only, rows_of_facts


POWER: dict[str, Fact | None] = {
    "no_alternative": True,
    "related_party": False,
    "points_share": 0.0,
    "price_first": False,
    "convenience_first": False,
    "switching_cost": 100,
    "satisfaction": 20,
    "recommend": 0,
    "patronage": 1.0,
}


class TestFindMotives:
    def test_the_power_companys_customer_is_loyal_by_monopoly(self) -> None:
        """Domain example 4: loyal is not satisfied."""
        found = find_motives(POWER)

        assert found.primary is LoyaltyMotive.MONOPOLY
        assert found.motives == (LoyaltyMotive.MONOPOLY, LoyaltyMotive.INERTIA)
        assert found.is_settled
        assert found.missing == ()

    @pytest.mark.parametrize(
        ("change", "motives"),
        [
            ({}, ["inertia"]),
            ({"switching_cost": 10}, []),
            ({"satisfaction": 90}, []),
            ({"satisfaction": 90, "recommend": 9}, ["trust"]),
            ({"satisfaction": 90, "recommend": 9, "patronage": 0.2}, ["latent"]),
            ({"related_party": True}, ["family_and_friends", "inertia"]),
            ({"points_share": 0.5}, ["incentive", "inertia"]),
            ({"price_first": True, "convenience_first": True}, ["price", "convenience", "inertia"]),
            (
                {"no_alternative": True, "satisfaction": 90, "recommend": 10},
                ["monopoly", "trust"],
            ),
        ],
    )
    def test_tells_all_motives_in_the_settled_order(
        self, change: dict[str, Fact], motives: list[str]
    ) -> None:
        """The order of the course theory, case by case by hand."""
        found = find_motives({**POWER, "no_alternative": False, **change})

        assert [motive.value for motive in found.motives] == motives
        assert found.primary.value == (motives or ["none"])[0]

    def test_never_takes_the_unknown_for_a_motive_or_for_none(self) -> None:
        found = find_motives({})

        assert found.primary is LoyaltyMotive.UNKNOWN
        assert set(found.missing) == set(POWER)
        assert found.may_come_first == found.open

    def test_says_what_may_come_first(self) -> None:
        found = find_motives({**POWER, "no_alternative": None})

        assert found.primary is LoyaltyMotive.INERTIA
        assert found.may_come_first == (LoyaltyMotive.MONOPOLY,)
        assert not found.is_settled
        assert found.missing == ("no_alternative",)

    def test_leaves_open_only_what_could_come_later(self) -> None:
        found = find_motives({**POWER, "satisfaction": 90, "recommend": None})

        assert found.is_settled
        assert found.open == (LoyaltyMotive.TRUST,)
        assert found.may_come_first == ()

    def test_knows_no_silence_as_a_sign_of_loyalty(self) -> None:
        with pytest.raises(InvalidValueError, match="fact is 'complaints': it is not known"):
            find_motives({**POWER, "complaints": 0})

    @given(rows_of_facts(*POWER))
    def test_keeps_what_it_found_whatever_is_learnt(self, rows: list[Row]) -> None:
        for row in rows:
            found = find_motives(row)
            known = known_only(row)
            full = find_motives({**POWER, **known})  # type: ignore[dict-item]  # facts

            assert set(found.motives) <= set(full.motives)
            assert set(full.motives) <= {*found.motives, *found.open}
            assert set(found.missing) <= set(POWER) - set(known)
            if found.is_settled:
                assert found.primary is full.primary

    def test_asks_rules_of_a_companys_own(self) -> None:
        rules = DecisionTable(
            "near", (a_rule("near", "convenience", Compare("km", "<", 2)),), "none"
        )

        assert find_motives({"km": 1.5}, rules=rules).primary is LoyaltyMotive.CONVENIENCE
        assert find_motives({"km": 2}, rules=rules).primary is LoyaltyMotive.NONE
        assert find_motives({"km": None}, rules=rules).missing == ("km",)

    def test_tells_a_motive_of_two_rules_once(self) -> None:
        found = find_motives({"trust": 80, "shop": "z", "points_share": 0}, rules=ODD_RULES)

        assert [one.value for one in found.motives] == ["trust", "inertia"]
        # What stands first is the verdict whose first rule does, whichever of its rules holds.
        later = find_motives({"trust": 0, "shop": "z"}, rules=ODD_RULES)
        assert [one.value for one in later.motives] == ["trust", "inertia"]
        assert [one.verdict.value for one in found.because] == ["trust", "inertia", "trust"]

    @pytest.mark.parametrize(
        ("facts", "message"),
        [
            ({"patronage": 1.1}, "patronage is 1.1: it must be a number from 0 to 1"),
            ({"patronage": True}, "must be a number from 0 to 1"),
            ({"satisfaction": float("nan")}, "must be a number from 0 to 100"),
            ({"satisfaction": "high"}, "must be a number from 0 to 100"),
            ({"no_alternative": 1}, "must be True or False"),
            ({"patronnage": 1}, "did you mean 'patronage'"),
            (["patronage"], "must be a mapping by names of facts"),
        ],
    )
    def test_refuses_what_a_fact_cannot_be(self, facts: dict[str, Fact], message: str) -> None:
        with pytest.raises(InvalidValueError, match=message):
            find_motives(facts)

    def test_takes_what_a_cell_of_a_frame_holds(self) -> None:
        cells = {
            "no_alternative": np.True_,
            "satisfaction": np.int64(20),
            "patronage": np.float32(1),
        }

        found = find_motives(cells)  # type: ignore[arg-type]  # numpy's

        assert found == find_motives({"no_alternative": True, "satisfaction": 20, "patronage": 1.0})
        kinds = [type(one.value) for one in found.told if one.value is not None]
        assert kinds == [bool, int, float]

    def test_refuses_numbers_that_are_none_of_a_companys_own_facts(self) -> None:
        rules = DecisionTable("near", (a_rule("n", "price", Compare("km", "<", 2)),), "none")

        with pytest.raises(InvalidValueError, match="must be text, a flag or a finite number"):
            find_motives({"km": float("inf")}, rules=rules)

    @pytest.mark.parametrize(
        ("rules", "message"),
        [
            ("rules", "rules is 'rules': it must be a DecisionTable"),
            (DecisionTable("none", (), "none"), "must be one at least"),
            (
                DecisionTable("odd", (a_rule("a", "love", Compare("trust", ">", 1)),), "none"),
                "verdict is 'love': it is no LoyaltyMotive",
            ),
            (
                DecisionTable("odd", (a_rule("a", "price", Compare("trust", ">", 1)),), "love"),
                "verdict is 'love'",
            ),
            (
                DecisionTable("odd", (a_rule("a", "price", Compare("trust", "=", True)),), "none"),
                "must be compared with what the fact is",
            ),
            (
                DecisionTable(
                    "odd", (a_rule("a", "price", Compare("km", "in", (1, "far"))),), "none"
                ),
                "must be compared with what the fact is",
            ),
            (
                DecisionTable(
                    "odd",
                    (
                        a_rule("a", "price", Compare("km", "<", 1)),
                        a_rule("b", "price", Compare("km", "=", "far")),
                    ),
                    "none",
                ),
                "km is 'far': it must be compared with a number everywhere",
            ),
        ],
    )
    def test_refuses_rules_that_tell_no_motives(self, rules: DecisionTable, message: str) -> None:
        with pytest.raises(InvalidValueError, match=message):
            find_motives({}, rules=rules)

    def test_refuses_conditions_of_another_kind(self) -> None:
        class Odd(Condition):
            __slots__ = ()

            @property
            def facts(self) -> tuple[str, ...]:
                return ()

        with pytest.raises(
            InvalidValueError, match="must be made of Compare, AllOf, AnyOf and Not"
        ):
            find_motives({}, rules=DecisionTable("odd", (a_rule("a", "price", Odd()),), "none"))


class TestExplain:
    def test_says_why_in_both_languages(self) -> None:
        why = find_motives(POWER).explain("C-7")

        assert why.sentence().splitlines() == [
            "first motive of customer C-7: monopoly",
            "  monopoly: nobody else can supply him",
            "  inertia: satisfaction 20, patronage 1, switching cost 100",
        ]
        assert why.sentence("zh").splitlines() == [
            "客户C-7的首要动机：垄断忠诚",
            "  垄断忠诚：别无选择",
            "  惰性忠诚：满意度20，重复购买占比1，转换成本100",
        ]

    def test_says_what_would_come_first(self) -> None:
        why = find_motives({**POWER, "no_alternative": None}).explain("C-7")

        assert why.missing == ("no_alternative",)
        assert why.sentence().splitlines()[0] == (
            "first motive of customer C-7, as far as is known: inertia; monopoly would come before "
            "it, and cannot be told without: whether nobody else can supply him"
        )
        assert "缺少以下依据而无法判断：是否别无选择" in why.sentence("zh")

    def test_says_of_a_latent_one_no_more_than_that(self) -> None:
        """He would stay, and does not: "stays by latent" would be wrong."""
        facts = {**POWER, "no_alternative": False, "satisfaction": 90, "recommend": 9}

        why = find_motives({**facts, "patronage": 0.2}).explain("C-8")

        assert why.sentence().splitlines() == [
            "first motive of customer C-8: latent",
            "  latent: satisfaction 90, would recommend 9 of 10, but patronage 0.2",
        ]

    def test_lists_all_that_would_come_first(self) -> None:
        found = find_motives(
            {"satisfaction": 90, "recommend": 9, "patronage": 1, "points_share": 0}
        )

        assert "; monopoly, family and friends, price and convenience would come before it" in str(
            found.explain("C-8")
        )
        assert "排在其前的“垄断忠诚”、“亲友忠诚”、“价格忠诚”和“方便忠诚”因缺少" in (
            found.explain("C-8").sentence("zh")
        )

    def test_says_where_nothing_is_found_and_where_nothing_is_known(self) -> None:
        none = find_motives({**POWER, "no_alternative": False, "switching_cost": 0})
        unknown = find_motives({**POWER, "no_alternative": None, "switching_cost": 0})

        assert str(none.explain("C-7")) == "customer C-7: no motive; none of the rules holds"
        assert str(unknown.explain(7)) == (
            "customer 7: not known why; that cannot be told without: whether nobody else can "
            "supply him"
        )
        assert unknown.explain(7).sentence("zh") == (
            "客户7：动机不明；缺少以下依据，无法判断：是否别无选择"
        )

    @given(rows_of_facts(*POWER))
    def test_holds_the_evidence_that_tells_it_again(self, rows: list[Row]) -> None:
        for row in rows:
            why = find_motives(row).explain("C-7")

            again = {name: why.find(name).value for name in POWER}
            assert find_motives(again).explain("C-7") == why  # type: ignore[arg-type]  # facts

    def test_lists_facts_of_a_companys_own_by_name(self) -> None:
        rules = DecisionTable("near", (a_rule("n", "price", Compare("km", "<", 2)),), "none")

        assert "without: km" in str(find_motives({}, rules=rules).explain("C-7"))


class TestMotiveRules:
    def test_survive_json(self) -> None:
        assert DecisionTable.from_json(MOTIVE_RULES.to_json()) == MOTIVE_RULES

    def test_have_a_rule_for_every_motive(self) -> None:
        judged = {rule.then for rule in MOTIVE_RULES.rules} | {"none", "unknown"}

        assert judged == {motive.value for motive in LoyaltyMotive}
