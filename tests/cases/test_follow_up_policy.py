"""Whom to call after the fix, by when, how often."""

from datetime import timedelta
from typing import Any

import attrs
import pytest
from hypothesis import given, strategies as st
from scipy.stats import binom

from crmkit.cases import FollowUpCall, FollowUpOutcome, FollowUpPolicy, FollowUpResult
from crmkit.errors import InvalidValueError
from crmkit.kernel import AllOf, Compare, Share, WorkCalendar
from crmkit.testing import NINE


HOUR = timedelta(hours=1)
SATISFIED, NOT_SATISFIED, UNREACHABLE = FollowUpOutcome
OFFICE = WorkCalendar("UTC", {day: [("09:00", "17:00")] for day in ("mon", "tue", "wed")})


def a_policy(**changed: Any) -> FollowUpPolicy:
    told: dict[str, Any] = {"name": "ours", "within": 10 * HOUR, "calendar": OFFICE, **changed}
    return FollowUpPolicy(**told)


def calls(*outcomes: FollowUpOutcome) -> list[FollowUpCall]:
    """Return calls, one an hour, the first an hour after nine."""
    return [FollowUpCall(NINE + n * HOUR, "eva", one) for n, one in enumerate(outcomes, 1)]


class TestPolicy:
    @pytest.mark.parametrize(
        ("changed", "name"),
        [
            ({"name": ""}, "name"),
            ({"within": timedelta(0)}, "within"),
            ({"within": 3}, "within"),
            ({"within": timedelta(days=40_000)}, "within"),
            ({"again_within": timedelta(0)}, "again_within"),
            ({"calendar": None}, "calendar"),
            ({"share": 1.1}, "share"),
            ({"share": "half"}, "share"),
            ({"attempts": 0}, "attempts"),
            ({"attempts": 2.0}, "attempts"),
            ({"salt": None}, "salt"),
            ({"salt": "\ud800"}, "salt"),
            ({"condition": "major"}, "condition"),
            ({"condition": AllOf(())}, "condition"),
        ],
    )
    def test_an_unfit_value_is_refused_by_name(self, changed: dict[str, Any], name: str) -> None:
        with pytest.raises(InvalidValueError) as refused:
            a_policy(**changed)

        assert refused.value.name == name


class TestIsCalled:
    @given(st.text(st.characters(categories=["L", "N"]), min_size=1, max_size=20))
    def test_all_are_called_unless_a_share_is_told(self, id: str) -> None:
        assert a_policy().is_called(id)
        assert not a_policy(share=0).is_called(id)

    def test_draws_by_the_digest_that_any_machine_computes(self) -> None:
        """By coreutils: sha256sum of "K-1" begins 78c7523d, of "K-2" c376fa95."""
        for id, begins in (("K-1", 0x78C7523D), ("K-2", 0xC376FA95)):
            draw = a_policy(share=0.5).explain(id).find("draw").value

            assert isinstance(draw, float)
            assert begins / 2**32 <= draw < (begins + 1) / 2**32

    @pytest.mark.parametrize("share", [0.05, 0.3, 0.5, 0.9])
    @pytest.mark.parametrize("salt", ["", "2026"])
    def test_calls_about_the_share_of_many(self, share: float, salt: str) -> None:
        """Within the exact binomial bounds that chance passes once in a million."""
        policy = a_policy(share=share, salt=salt)

        called = sum(policy.is_called(f"K-{number}") for number in range(4_000))

        low, high = binom.interval(1 - 1e-6, 4_000, share)
        assert low <= called <= high

    @given(st.integers(), st.floats(0, 1), st.floats(0, 1))
    def test_who_is_called_stays_so_when_the_share_is_raised(
        self, number: int, one: float, other: float
    ) -> None:
        low, high = sorted((one, other))

        assert a_policy(share=low).is_called(f"K-{number}") <= a_policy(share=high).is_called(
            f"K-{number}"
        )

    def test_another_salt_draws_others(self) -> None:
        ids = [f"K-{number}" for number in range(100)]

        plain, salted = (
            [id for id in ids if a_policy(share=0.5, salt=salt).is_called(id)]
            for salt in ("", "2026")
        )

        assert plain != salted

    def test_a_condition_leaves_out_whoever_does_not_meet_it(self) -> None:
        policy = a_policy(condition=Compare("severity", "=", "major"))

        assert policy.is_called("K-1", {"severity": "major"})
        assert not policy.is_called("K-1", {"severity": "minor"})

    def test_what_is_not_known_meets_no_condition_and_is_missing(self) -> None:
        why = a_policy(condition=Compare("severity", "=", "major")).explain("K-1")

        assert (why.verdict, why.missing) == (False, ("severity",))
        assert str(why) == "K-1 is not called after the fix by ours: its condition is not met"

    @given(st.integers(), st.floats(0, 1), st.sampled_from(["major", "minor", None]))
    def test_can_be_decided_again_from_the_evidence(
        self, number: int, share: float, severity: str | None
    ) -> None:
        policy = a_policy(share=share, condition=Compare("severity", "=", "major"))

        why = policy.explain(f"K-{number}", {"severity": severity})

        draw, met = why.find("draw"), why.find("policy").met
        assert isinstance(draw.value, float)
        assert isinstance(draw.against, float)
        assert why.verdict is (bool(met) and draw.value < draw.against)

    def test_says_so_in_chinese(self) -> None:
        why = a_policy(share=0.1).explain("K-1")

        assert why.sentence("zh") == "按“ours”不回访K-1：0.4718不小于比例10%"

    def test_takes_a_share_as_it_is(self) -> None:
        assert a_policy(share=Share(0.5)) == a_policy(share=0.5)

    @pytest.mark.parametrize("id", ["", " K-1", None])
    def test_an_unfit_id_is_refused(self, id: Any) -> None:
        with pytest.raises(InvalidValueError) as refused:
            a_policy().is_called(id)

        assert refused.value.name == "id"


class TestVerdict:
    @pytest.mark.parametrize(
        ("outcomes", "result"),
        [
            ((), FollowUpResult.TO_CALL),
            ((UNREACHABLE, UNREACHABLE), FollowUpResult.TO_CALL),
            ((UNREACHABLE,) * 3, FollowUpResult.UNREACHABLE),
            ((UNREACHABLE,) * 4, FollowUpResult.UNREACHABLE),
            ((UNREACHABLE, UNREACHABLE, SATISFIED), FollowUpResult.SATISFIED),
            ((SATISFIED, UNREACHABLE, UNREACHABLE, UNREACHABLE), FollowUpResult.SATISFIED),
            ((NOT_SATISFIED, UNREACHABLE), FollowUpResult.DISSATISFIED),
            ((NOT_SATISFIED, SATISFIED), FollowUpResult.SATISFIED),
            ((SATISFIED, NOT_SATISFIED), FollowUpResult.DISSATISFIED),
        ],
    )
    def test_the_last_word_counts(
        self, outcomes: tuple[FollowUpOutcome, ...], result: FollowUpResult
    ) -> None:
        assert a_policy().verdict(calls(*outcomes)).verdict is result

    @given(st.lists(st.sampled_from(FollowUpOutcome), max_size=6), st.integers(1, 4))
    def test_can_be_decided_again_from_the_evidence(
        self, outcomes: list[FollowUpOutcome], attempts: int
    ) -> None:
        why = a_policy(attempts=attempts).verdict(calls(*outcomes))

        told = why.find("calls").value
        assert told == tuple(outcomes)
        said = [one for one in outcomes if one is not UNREACHABLE]
        silent = outcomes.count(UNREACHABLE) >= attempts
        nobody = FollowUpResult.UNREACHABLE if silent else FollowUpResult.TO_CALL
        last = FollowUpResult.DISSATISFIED if said[-1:] == [NOT_SATISFIED] else None
        assert why.verdict is (last or (FollowUpResult.SATISFIED if said else nobody))

    def test_the_order_in_which_they_are_given_does_not_matter(self) -> None:
        told = calls(NOT_SATISFIED, SATISFIED, UNREACHABLE)

        assert a_policy().verdict(told[::-1]) == a_policy().verdict(told)

    def test_calls_before_the_fix_do_not_count(self) -> None:
        told = calls(NOT_SATISFIED, UNREACHABLE)

        why = a_policy().verdict(told, since=NINE + 90 * timedelta(minutes=1))

        assert why.verdict is FollowUpResult.TO_CALL
        assert str(why) == "to be called: calls that found nobody: 1, enough are 3"

    def test_is_told_in_chinese(self) -> None:
        why = a_policy(attempts=1).verdict(calls(UNREACHABLE))

        assert why.sentence("zh") == ("多次回访未联系上：1次未联系上，达到规定的1次")

    def test_a_naive_time_is_refused(self) -> None:
        with pytest.raises(InvalidValueError, match="time zone") as refused:
            a_policy().verdict([], since=NINE.replace(tzinfo=None))

        assert refused.value.name == "since"


class TestDue:
    def test_counts_the_working_time_of_its_calendar(self) -> None:
        """By hand: 3 of 10 hours on Monday from 14:00, 7 on Tuesday to 16:00."""
        due = a_policy().due(NINE.replace(hour=14))

        assert due == NINE.replace(day=3, hour=16)

    def test_after_a_call_that_found_nobody_counts_anew_from_it(self) -> None:
        """By hand: the last call is at 11; 8 hours of work later it is Tuesday, 11."""
        policy = a_policy(again_within=8 * HOUR)

        due = policy.due(NINE, calls=calls(UNREACHABLE, UNREACHABLE))

        assert due == NINE.replace(day=3, hour=11)

    def test_without_a_limit_of_its_own_the_next_call_has_that_of_the_first(self) -> None:
        """By hand: called at 10; 7 hours on Monday, 3 on Tuesday to 12."""
        assert a_policy().due(NINE, calls=calls(UNREACHABLE)) == NINE.replace(day=3, hour=12)

    @pytest.mark.parametrize("outcomes", [(SATISFIED,), (NOT_SATISFIED,), (UNREACHABLE,) * 3])
    def test_no_call_is_due_once_the_verdict_is_there(
        self, outcomes: tuple[FollowUpOutcome, ...]
    ) -> None:
        assert a_policy().due(NINE, calls=calls(*outcomes)) is None

    def test_a_new_fix_is_called_after_anew(self) -> None:
        fixed_again = NINE + 4 * HOUR

        due = a_policy(within=HOUR).due(fixed_again, calls=calls(NOT_SATISFIED))

        assert due == fixed_again + HOUR

    def test_a_naive_time_is_refused(self) -> None:
        with pytest.raises(InvalidValueError) as refused:
            a_policy().due(NINE.replace(tzinfo=None))

        assert refused.value.name == "fixed_at"

    def test_a_policy_is_a_value(self) -> None:
        with pytest.raises(attrs.exceptions.FrozenInstanceError):
            a_policy().attempts = 4  # type: ignore[misc]  # refused
