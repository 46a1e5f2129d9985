"""Who is to be told now, and who was told, on record."""

from datetime import datetime, timedelta

import pytest

from crmkit.complaints import Complaint
from crmkit.errors import InvalidValueError
from crmkit.sla import (
    SEA_LION,
    Escalation,
    EscalationLadder,
    Level,
    SlaPolicies,
    alerted,
    alerts_due,
    asked_ladder,
    open_promises,
    put_off,
)
from crmkit.testing import NINE, a_complaint


HOUR = timedelta(hours=1)
LADDER = EscalationLadder(
    levels=[
        Level(to="team leader", share=0.5),
        Level(to="head of service"),
        Level(to="director", offset=HOUR),
    ]
)


def due(complaint: Complaint, at: datetime) -> tuple[Escalation, ...]:
    return alerts_due(open_promises(complaint, SEA_LION, as_of=at), LADDER)


class TestAlertsDue:
    def test_raise_a_complaint_level_by_level_each_once(self) -> None:
        """Promised within an hour: half-way, when it is due, and an hour later."""
        complaint, told = a_complaint(), []
        for minutes in range(0, 300, 10):
            at = NINE + timedelta(minutes=minutes)
            now = due(complaint, at)
            complaint = alerted(complaint, now, "poll", at)
            told += [(minutes, one.to) for one in now]

        assert told == [(30, "team leader"), (60, "head of service"), (120, "director")]
        assert [(one.level, one.to, one.at) for one in complaint.alerts] == [
            (1, "team leader", NINE + HOUR / 2),
            (2, "head of service", NINE + HOUR),
            (3, "director", NINE + 2 * HOUR),
        ]

    def test_come_in_the_order_of_time(self) -> None:
        assert [one.level for one in due(a_complaint(), NINE + 5 * HOUR)] == [1, 2, 3]

    def test_are_none_of_what_is_done(self) -> None:
        late = a_complaint().acknowledge("ann", NINE + 2 * HOUR)

        assert due(late, NINE + 3 * HOUR) == ()


class TestAlerted:
    def test_refuses_what_was_told_already_and_what_is_of_another_case(self) -> None:
        now = due(a_complaint(), NINE + HOUR)
        told = alerted(a_complaint(), now, "ann", NINE + HOUR)

        with pytest.raises(InvalidValueError, match="must not be told twice"):
            alerted(told, now, "ann", NINE + HOUR)
        with pytest.raises(InvalidValueError, match="must be of complaint K-2"):
            alerted(a_complaint(id="K-2"), now, "ann", NINE + HOUR)


class TestAskedLadder:
    def test_is_that_of_the_call_or_else_of_the_policies(self) -> None:
        other = EscalationLadder(levels=[Level(to="ann")])
        policies = SlaPolicies(default=SEA_LION.default, ladder=LADDER)

        assert asked_ladder(None, policies) is LADDER
        assert asked_ladder(other, policies) is other

    def test_refuses_what_is_none(self) -> None:
        with pytest.raises(InvalidValueError, match="must be an EscalationLadder"):
            asked_ladder("up", SEA_LION)  # type: ignore[arg-type]  # refused


class TestPutOff:
    def test_names_what_is_dated_later_by_the_record_or_by_the_journal(self) -> None:
        alerted_later = a_complaint().alert("x", NINE + 2 * HOUR, to="x", clock="y", level=1)
        cases = [alerted_later, a_complaint(id="K-2"), a_complaint(id="K-3")]
        acted_at = {"K-1": NINE + HOUR, "K-2": NINE + 3 * HOUR, "K-3": NINE + HOUR}

        found = put_off(cases, NINE + HOUR, acted_at=acted_at)

        assert found == {"K-1": NINE + 2 * HOUR, "K-2": NINE + 3 * HOUR}
