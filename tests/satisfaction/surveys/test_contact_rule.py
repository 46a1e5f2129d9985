"""How often a customer may be asked."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, strategies as st

from crmkit.errors import InvalidValueError, TransitionError
from crmkit.satisfaction import Contact, ContactLog, ContactRule
from crmkit.testing import NINE


DAY = timedelta(days=1)
DAYS = st.integers(0, 200).map(lambda days: NINE + days * DAY)


class TestContactRule:
    @pytest.mark.parametrize(
        ("within", "at_most", "what"),
        [
            (timedelta(0), 1, "within"),
            (90, 1, "within"),
            (DAY, 0, "at_most"),
            (DAY, 1.0, "at_most"),
            (DAY, True, "at_most"),
        ],
    )
    def test_refuses_an_unfit_value_by_name(
        self, within: timedelta, at_most: int, what: str
    ) -> None:
        with pytest.raises(InvalidValueError) as refused:
            ContactRule(within=within, at_most=at_most)

        assert refused.value.name == what

    def test_lets_ask_again_when_the_span_is_over(self) -> None:
        rule = ContactRule(within=90 * DAY)

        assert rule.next_at([NINE], NINE + 89 * DAY) == NINE + 90 * DAY
        assert rule.next_at([NINE], NINE + 90 * DAY) == NINE + 90 * DAY
        assert rule.next_at([], NINE) == NINE

    def test_looks_to_either_side(self) -> None:
        """What was put down late must not let somebody be asked twice within the span."""
        rule = ContactRule(within=30 * DAY)

        assert rule.next_at([NINE + 10 * DAY], NINE) == NINE + 40 * DAY

    def test_of_two_in_a_span_the_older_makes_room(self) -> None:
        rule = ContactRule(within=30 * DAY, at_most=2)

        assert rule.next_at([NINE, NINE + 10 * DAY], NINE + 20 * DAY) == NINE + 30 * DAY

    def test_refuses_a_naive_time(self) -> None:
        with pytest.raises(InvalidValueError, match="time zone"):
            ContactRule().next_at([], datetime(2026, 3, 2))

    @given(st.lists(DAYS), DAYS, st.integers(1, 60), st.integers(1, 3))
    def test_names_the_first_moment_that_keeps_the_rule(
        self, asked: list[datetime], at: datetime, span: int, at_most: int
    ) -> None:
        """Tried out hour by hour around whole days, the only moments at which counts change."""
        rule = ContactRule(within=span * DAY, at_most=at_most)

        found = rule.next_at(asked, at)

        tried = (at + days * DAY for days in range(300))
        assert found == next(t for t in tried if rule.count(asked, t) < at_most)


class TestContactLog:
    def test_refuses_with_the_moment_from_which_he_may_be_asked(self) -> None:
        rule = ContactRule()
        log = ContactLog.of("C-7").ask("ann", NINE, rule=rule, round="R-1", invitation="I-1")

        with pytest.raises(TransitionError) as refused:
            log.ask("bob", NINE + DAY, rule=rule, round="R-2", invitation="I-2")

        assert refused.value.explain().verdict == NINE + 90 * DAY
        assert refused.value.explain().sentence("zh") == (
            "2026-05-31 09:00 UTC起方可再次邀请客户C-7：90天内已邀请1次，上限1次"
        )
        assert log.ask("bob", NINE + 90 * DAY, rule=rule, round="R-2", invitation="I-2").asked[
            1
        ] == (Contact(at=NINE + 90 * DAY, by="bob", round="R-2", invitation="I-2"))

    def test_says_that_he_may_be_asked(self) -> None:
        why = ContactLog.of("C-7").explain(ContactRule(), NINE)

        assert (why.verdict, why.find("count").met) == (NINE, True)
        assert str(why) == "customer C-7 may be asked: 0 of at most 1 invitations within 90 d"

    @pytest.mark.parametrize(
        ("changed", "what"),
        [({"by": ""}, "by"), ({"round": ""}, "round"), ({"invitation": " "}, "invitation")],
    )
    def test_refuses_an_unfit_contact(self, changed: dict[str, str], what: str) -> None:
        told = {"by": "ann", "round": "R-1", "invitation": "I-1", **changed}

        with pytest.raises(InvalidValueError) as refused:
            Contact(at=datetime(2026, 3, 2, tzinfo=UTC), **told)

        assert refused.value.name == what

    @given(st.lists(DAYS, max_size=20), st.integers(1, 60), st.integers(1, 3))
    def test_never_holds_more_than_the_rule_lets_in(
        self, times: list[datetime], span: int, at_most: int
    ) -> None:
        rule = ContactRule(within=span * DAY, at_most=at_most)
        log = ContactLog.of("C-7")

        for at in sorted(times):
            try:
                log = log.ask("ann", at, rule=rule, round="R-1", invitation="I-1")
            except TransitionError:
                continue

        held = [contact.at for contact in log.asked]
        for start in held:
            assert sum(start <= one < start + rule.within for one in held) <= at_most
