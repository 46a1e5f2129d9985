from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import attrs
import pytest

from crmkit.cases import LITTLE_WASHING_MACHINE, REPEAT_REPAIR, CountedFrom, RecurrenceRule
from crmkit.errors import InvalidValueError


NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def case(id: str | int, day: float, **told: object) -> dict[str, object]:
    at = NOON + timedelta(days=day)
    return {"id": id, "received_at": at, "customer": "C-7", "product": "washer", **told}


def repair(id: str, day: float, resolved: float | None = None) -> dict[str, object]:
    ended = None if resolved is None else NOON + timedelta(days=resolved)
    return case(id, day, asset="SN-1", symptom="leaks", resolved_at=ended)


class TestRecurrenceRule:
    def test_is_of_customer_and_product_within_30_days_unless_told(self) -> None:
        rule = RecurrenceRule()

        assert (rule.same, rule.within) == (("customer", "product"), timedelta(days=30))
        assert rule.counted_from is CountedFrom.RECEIPT
        assert rule.major_from is None

    @pytest.mark.parametrize("rule", [RecurrenceRule(), LITTLE_WASHING_MACHINE, REPEAT_REPAIR])
    def test_is_read_as_it_was_written(self, rule: RecurrenceRule) -> None:
        assert RecurrenceRule.from_json(rule.to_json()) == rule

    @pytest.mark.parametrize(
        ("changed", "told"),
        [
            ({"name": " "}, "name is ' '"),
            ({"source": ""}, "source is ''"),
            ({"same": ()}, r"same is \(\): it must hold names, at least one"),
            ({"same": ("product", "")}, "it must hold names"),
            ({"same": ("product", "product")}, "it must hold each name once"),
            ({"same": "product"}, r"it must be several values, not one; write \('product',\)"),
            ({"within": timedelta(0)}, "within is .*: it must be above 0"),
            ({"within": 30}, "within is 30: it must be a timedelta"),
            ({"counted_from": "recept"}, "did you mean 'receipt'"),
            ({"major_from": 1}, "major_from is 1: it must be a whole number of at least 2"),
            ({"major_from": 2.5}, "major_from is 2.5"),
        ],
    )
    def test_refuses_what_is_no_rule(self, changed: Mapping[str, object], told: str) -> None:
        with pytest.raises(InvalidValueError, match=told):
            RecurrenceRule(**changed)  # type: ignore[arg-type]  # refused

    def test_refuses_to_read_what_is_no_rule(self) -> None:
        with pytest.raises(InvalidValueError, match=r"rule is .*: it cannot be read"):
            RecurrenceRule.from_json('{"within": "soon"}')
        with pytest.raises(InvalidValueError, match="cannot be read"):
            RecurrenceRule.from_json('{"within": "PT0S"}')


class TestMatch:
    def test_finds_the_case_just_before(self) -> None:
        found = RecurrenceRule().match(case("K-2", 30), [case("K-1", 0)])

        assert found.verdict == ("K-1",)
        assert found.find("gap").value == timedelta(days=30)
        assert found.find("gap").met
        assert found.find("in_window").value == 1
        assert found.find("occurrence").value == 2

    def test_translates_what_facts_are_called_and_no_id(self) -> None:
        """A case may be called as a fact is."""
        rule = RecurrenceRule(same=("customer", "raised_by"))
        told = [
            {**case(id, day), "raised_by": "customer"} for id, day in (("cause", 0), ("K-2", 3))
        ]

        why = rule.match(told[1], told[:1])

        assert why.sentence("zh").startswith("K-2为cause的重复发生：客户、提出方相同，")

    def test_finds_the_whole_chain_and_counts_the_window(self) -> None:
        """Days 0, 20, 40 and 45: from one to the next at most 20; within 30 of the last lie two."""
        earlier = [case("K-3", 40), case("K-1", 0), case("K-2", 20)]

        found = RecurrenceRule().match(case("K-4", 45), earlier)

        assert found.verdict == ("K-1", "K-2", "K-3")
        assert found.find("in_window").value == 2
        assert [why.find("gap").value for why in found.because] == [
            timedelta(days=days) for days in (5, 20, 20)
        ]

    def test_begins_anew_after_a_longer_gap(self) -> None:
        late = timedelta(days=30, microseconds=1) / timedelta(days=1)

        found = RecurrenceRule().match(case("K-2", 31), [case("K-1", 31 - late)])

        assert found.verdict == ()
        assert found.find("last").value == "K-1"
        assert found.find("gap").met is False
        assert found.find("occurrence").value == 1

    def test_leaves_out_the_case_itself_and_later_ones(self) -> None:
        others = [case("K-1", 0), case("K-2", 1), case("K-3", 2)]

        assert RecurrenceRule().match(case("K-2", 1), others).verdict == ("K-1",)

    def test_orders_cases_of_one_moment_by_their_ids(self) -> None:
        same = [case(10, 0), case(9, 0)]

        assert RecurrenceRule().match(case(10, 0), same).verdict == (9,)
        assert RecurrenceRule().match(case(9, 0), same).verdict == ()

    @pytest.mark.parametrize("untold", [None, "", float("nan")])
    def test_matches_nothing_by_what_nobody_told(self, untold: object) -> None:
        new, old = case("K-2", 1, product=untold), case("K-1", 0, product=untold)

        found = RecurrenceRule().match(new, [old])

        assert found.verdict == ()
        assert found.missing == ("product",)
        assert found.find("occurrence").value == 0

    def test_matches_nothing_by_a_fact_that_is_not_there(self) -> None:
        rule = RecurrenceRule(same=("batch",))

        assert rule.match(case("K-2", 1, batch="B"), [case("K-1", 0)]).verdict == ()
        assert rule.match(case("K-2", 1), [case("K-1", 0)]).missing == ("batch",)

    def test_is_counted_from_resolution_where_the_rule_says_so(self) -> None:
        """Repaired on day 40; day 70 is within 30 of it, though not of the receipt."""
        earlier = [repair("R-1", 0, resolved=40)]

        assert REPEAT_REPAIR.match(repair("R-2", 70), earlier).verdict == ("R-1",)
        assert REPEAT_REPAIR.match(repair("R-3", 71), earlier).verdict == ()

    def test_does_not_repeat_what_is_still_open(self) -> None:
        """R-2 came while R-1 was open: a duplicate, perhaps."""
        found = REPEAT_REPAIR.match(repair("R-2", 3), [repair("R-1", 0, resolved=4)])

        assert found.verdict == ()
        assert str(found) == (
            "R-2 repeats nothing: R-1 with the same asset and symptom was still open; "
            "see whether they are one"
        )

    def test_repeats_the_last_that_was_resolved_though_another_is_open(self) -> None:
        """R-2 and R-3 both come back after R-1; R-4 comes back after R-2, the last resolved."""
        earlier = [repair("R-1", 0, 1), repair("R-2", 2, 9), repair("R-3", 5)]

        third = REPEAT_REPAIR.match(earlier[2], earlier)
        fourth = REPEAT_REPAIR.match(repair("R-4", 10), earlier)

        assert third.find("last").value == "R-1"
        assert third.verdict == ("R-1", "R-2")
        assert third.find("occurrence").value == 3
        assert fourth.find("last").value == "R-2"
        assert fourth.verdict == ("R-1", "R-2", "R-3")

    def test_tells_the_nearest_repair_that_is_too_long_ago(self) -> None:
        earlier = [repair("R-1", 0, 5), repair("R-2", 1, 2)]

        found = REPEAT_REPAIR.match(repair("R-3", 50), earlier)

        assert str(found) == (
            "R-3 repeats nothing: with the same asset and symptom it came 45 d after the "
            "resolution of R-1, and only 30 d count"
        )

    def test_says_it_in_both_languages(self) -> None:
        found = RecurrenceRule(same=("product", "batch")).match(
            case("K-2", 2, batch="B"), [case("K-1", 0, batch="B")]
        )

        assert found.sentence() == (
            "K-2 repeats K-1: with the same product and batch it came 2 d after the receipt of "
            "K-1, within 30 d; it is number 2 of its chain\n  K-2 came 2 d after the receipt of K-1"
        )
        assert found.sentence("zh") == (
            "K-2为K-1的重复发生：产品、批次相同，距K-1的受理2天，在30天以内；为该链的第2次\n"
            "  K-2距K-1的受理2天"
        )
        assert str(RecurrenceRule().match(case("K-1", 0), [])) == (
            "K-1 repeats nothing: no earlier case has the same customer and product"
        )

    @pytest.mark.parametrize(
        ("new", "old", "told"),
        [
            ({"id": None}, {}, "id is None: it must be text or a whole number"),
            ({"id": True}, {}, "id is True"),
            ({}, {"id": ""}, "id is ''"),
            ({}, {"id": 7}, "id is 7: it must be of one type with 'K-2'"),
            ({"received_at": None}, {}, "received_at is None: it must be a datetime"),
            ({}, {"received_at": datetime(2026, 3, 1)}, "received_at is .*time zone"),
            ({}, {"resolved_at": "soon"}, "resolved_at is 'soon'"),
            (
                {},
                {"resolved_at": NOON - timedelta(days=1)},
                "must not be before the receipt of K-1",
            ),
        ],
    )
    def test_refuses_what_is_no_case(
        self, new: Mapping[str, object], old: Mapping[str, object], told: str
    ) -> None:
        with pytest.raises(InvalidValueError, match=told):
            RecurrenceRule().match({**case("K-2", 1), **new}, [{**case("K-1", 0), **old}])

    def test_refuses_a_case_that_stands_twice(self) -> None:
        with pytest.raises(InvalidValueError, match="id is 'K-1': it must stand once"):
            RecurrenceRule().match(case("K-2", 1), [case("K-1", 0), case("K-1", 0.5)])


class TestIsMajor:
    def test_is_from_the_third_visit_to_one_unit_on(self) -> None:
        """Domain example 6: three to five visits to one unit."""
        visits = [case(f"V-{number}", 7 * number, asset="SN-1") for number in range(5)]

        found = [LITTLE_WASHING_MACHINE.match(visit, visits) for visit in visits]

        major = [LITTLE_WASHING_MACHINE.is_major(match) for match in found]
        assert major == [False, False, True, True, True]
        assert [match.find("occurrence").met for match in found] == major

    def test_is_never_without_a_threshold(self) -> None:
        rule = attrs.evolve(LITTLE_WASHING_MACHINE, major_from=None)
        visits = [case(f"V-{number}", 7 * number, asset="SN-1") for number in range(5)]

        found = rule.match(visits[-1], visits)

        assert rule.is_major(found) is False
        assert found.find("occurrence").met is None
