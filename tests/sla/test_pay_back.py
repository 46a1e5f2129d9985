"""What is owed, and what is given."""

import pickle
from datetime import datetime, timedelta
from typing import Any

import attrs
import pytest

from crmkit.errors import InvalidValueError, TransitionError
from crmkit.kernel import Codec, Money, Name, Text
from crmkit.sla import Compensation, CountedDelay, Goodwill

from .stories import HOUR, MICRO, NINE


def yuan(amount: str | int) -> Money:
    return Money.of(amount, "CNY")


def a_compensation(**changed: Any) -> Compensation:
    """Return what is owed for a visit three and a half hours late: 50 once, 20 an hour."""
    told: dict[str, Any] = {
        "key": "repair R-1 | Gold | visit | 1",
        "case": Name("repair R-1", "报修R-1"),
        "promise": Text("visit within 4 h", "4小时内“visit”"),
        "rule": "late visit",
        "as_of": NINE,
        "is_final": True,
        "delay": 3.5 * HOUR,
        "counted": CountedDelay.ALL_TIME,
        "fixed": yuan(50),
        "per_hour": yuan(20),
        "hours": 4,
        **changed,
    }
    return Compensation(**told)


@attrs.frozen
class Ledger:
    """A record that holds both, kept apart."""

    id: str
    owed: tuple[Compensation, ...]
    given: tuple[Goodwill, ...]


def a_gift(**changed: Any) -> Goodwill:
    told = {"case": "R-1", "amount": yuan(9), "at": NINE, "by": "eva", "why": "he is ill"}
    return Goodwill(**{**told, **changed})


class TestCompensation:
    def test_adds_up_its_parts(self) -> None:
        """By hand: 50 + 4 × 20 + 2 × 15 = 160."""
        assert a_compensation(per_level=yuan(15), levels=2).amount == yuan(160)

    def test_is_no_more_than_its_cap(self) -> None:
        assert a_compensation(cap=yuan(100)).amount == yuan(100)
        assert a_compensation(cap=yuan(131)).amount == yuan(130)

    @pytest.mark.parametrize(
        ("changed", "name"),
        [
            ({"key": ""}, "key"),
            ({"case": "R-1"}, "case"),
            ({"promise": "visit"}, "promise"),
            ({"rule": " "}, "rule"),
            ({"as_of": datetime(2026, 3, 2)}, "as_of"),
            ({"is_final": 1}, "is_final"),
            ({"delay": 3}, "delay"),
            ({"counted": "all_time"}, "counted"),
            ({"fixed": 50}, "fixed"),
            ({"per_hour": 50}, "per_hour"),
            ({"hours": 3.5}, "hours"),
            ({"levels": None}, "levels"),
            ({"cap": 3}, "cap"),
            ({"approval_above": 3}, "approval_above"),
            ({"fixed": None, "per_hour": None}, "fixed"),
            ({"fixed": None, "hours": 0}, "amount"),
            ({"fixed": Money.of(1, "EUR")}, "currency"),
            ({"cap": Money.of(1, "EUR")}, "currency"),
            ({"approval_above": Money.of(1, "EUR")}, "currency"),
            ({"approved_by": "eva"}, "approved_at"),
            ({"approved_at": NINE}, "approved_at"),
            ({"approved_by": "eva", "approved_at": NINE}, "approved_by"),
            ({"approved_by": " ", "approved_at": NINE, "approval_above": yuan(0)}, "approved_by"),
            (
                {
                    "approved_by": "eva",
                    "approved_at": datetime(2026, 3, 2),
                    "approval_above": yuan(0),
                },
                "approved_at",
            ),
        ],
    )
    def test_an_unfit_value_is_refused_by_name(self, changed: dict[str, Any], name: str) -> None:
        with pytest.raises(InvalidValueError) as refused:
            a_compensation(**changed)

        assert refused.value.name == name

    def test_can_be_computed_again_from_the_evidence(self) -> None:
        why = a_compensation(per_level=yuan(15), levels=2, cap=yuan(150)).explain()
        told = {fact.name: fact.value for fact in why.evidence}

        fixed, per_hour, per_level = (told[n] for n in ("fixed", "per_hour", "per_level"))
        hours, levels, cap = (told[n] for n in ("hours", "levels", "cap"))
        assert isinstance(fixed, Money)
        assert isinstance(per_hour, Money)
        assert isinstance(per_level, Money)
        assert isinstance(hours, int)
        assert isinstance(levels, int)
        assert isinstance(cap, Money)
        assert why.verdict == min(fixed + per_hour * hours + per_level * levels, cap) == yuan(150)

    def test_is_told_in_both_languages(self) -> None:
        why = a_compensation(per_level=yuan(15), levels=1, cap=yuan(100)).explain()

        assert str(why) == (
            "repair R-1: visit within 4 h was missed by 3 h 30 min (all time); 100.00 CNY is owed"
            " by late visit: 50.00 CNY once, 20.00 CNY for each of 4 hours begun, 15.00 CNY for"
            " each of 1 level, 100.00 CNY at most; final"
        )
        assert why.sentence("zh") == (
            "报修R-1，4小时内“visit”：迟3小时30分钟（全部时间），按“late visit”应赔偿100.00 CNY："
            "一次性50.00 CNY，每开始一小时20.00 CNY，计4小时，每级15.00 CNY，计1级，"
            "最高100.00 CNY；已确定"
        )

    def test_names_only_the_parts_that_there_are(self) -> None:
        once = a_compensation(per_hour=None).explain()
        by_level = a_compensation(fixed=None, per_hour=None, per_level=yuan(15), levels=2).explain()

        assert str(once).endswith("by late visit: 50.00 CNY once; final")
        assert str(by_level).endswith("by late visit: 15.00 CNY for each of 2 levels; final")

    @pytest.mark.parametrize(
        ("changed", "standing"),
        [
            ({"is_final": False}, "still growing"),
            ({}, "final"),
            ({"approval_above": yuan(100)}, "final, to be approved"),
            (
                {"approval_above": yuan(1), "approved_by": "a{b}", "approved_at": NINE},
                "final, approved by a(b)",
            ),
        ],
    )
    def test_says_how_it_stands(self, changed: dict[str, Any], standing: str) -> None:
        why = a_compensation(**changed).explain()

        assert str(why).endswith(f"; {standing}")
        assert why.sentence("zh")

    def test_can_be_stored_in_a_record(self) -> None:
        codec = Codec("ledger", Ledger)
        owed = a_compensation(approval_above=yuan(1)).approve("eva", NINE)
        ledger = Ledger("L-1", (owed, a_compensation(fixed=None)), (a_gift(),))

        assert codec.decode(codec.encode(ledger), codec.schema) == ledger


class TestApprove:
    def test_what_is_small_is_paid_without(self) -> None:
        assert a_compensation().is_payable
        assert a_compensation(approval_above=yuan(130)).is_payable
        assert not a_compensation(approval_above=yuan("129.99")).is_payable

    def test_what_is_approved_can_be_paid(self) -> None:
        owed = a_compensation(approval_above=yuan(100))

        approved = owed.approve("eva", NINE + HOUR)

        assert (approved.is_payable, owed.is_payable) == (True, False)
        assert (approved.approved_by, approved.approved_at) == ("eva", NINE + HOUR)
        assert approved.amount == owed.amount

    @pytest.mark.parametrize(
        ("owed", "says"),
        [
            (a_compensation(is_final=False, approval_above=yuan(1)), "it still grows"),
            (a_compensation(), "it needs no approval"),
            (a_compensation(approval_above=yuan(1)).approve("eva", NINE), "approved already"),
        ],
        ids=["grows", "needs none", "approved"],
    )
    def test_is_refused_with_what_is_missing(self, owed: Compensation, says: str) -> None:
        with pytest.raises(TransitionError, match=says) as refused:
            owed.approve("eva", NINE + HOUR)

        assert refused.value.record == "compensation for repair R-1"
        assert says in str(refused.value.explain())
        assert str(pickle.loads(pickle.dumps(refused.value))) == str(refused.value)

    def test_comes_not_before_the_amount(self) -> None:
        with pytest.raises(InvalidValueError, match="not be earlier") as refused:
            a_compensation(approval_above=yuan(1)).approve("eva", NINE - MICRO)

        assert refused.value.name == "at"

    def test_needs_somebody_who_acts(self) -> None:
        with pytest.raises(InvalidValueError, match="who acts"):
            a_compensation(approval_above=yuan(1)).approve(" ", NINE)

    def test_of_what_still_grows_is_not_payable(self) -> None:
        assert not a_compensation(is_final=False).is_payable


class TestGoodwill:
    @pytest.mark.parametrize(
        ("changed", "name"),
        [
            ({"case": ""}, "case"),
            ({"amount": 9}, "amount"),
            ({"amount": yuan(0)}, "amount"),
            ({"amount": yuan(-1)}, "amount"),
            ({"at": datetime(2026, 3, 2)}, "at"),
            ({"by": ""}, "by"),
            ({"why": ""}, "why"),
        ],
    )
    def test_an_unfit_value_is_refused_by_name(self, changed: dict[str, Any], name: str) -> None:
        with pytest.raises(InvalidValueError) as refused:
            a_gift(**changed)

        assert refused.value.name == name

    def test_is_no_compensation(self) -> None:
        assert not isinstance(a_gift(), Compensation)
        assert not hasattr(a_gift(), "needs_approval")

    def test_is_a_value(self) -> None:
        assert a_gift() == a_gift()
        assert a_gift(at=NINE + timedelta(hours=1)) != a_gift()
