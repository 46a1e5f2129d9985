"""Words, hand-overs, gradings, milestones and who took part."""

import pickle
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import attrs
import pytest

from crmkit.cases import (
    Alert,
    Assignment,
    Booking,
    Grading,
    Impact,
    Message,
    Milestone,
    Participant,
    Priority,
    Severity,
)
from crmkit.errors import InvalidValueError
from crmkit.kernel import Party
from crmkit.testing import NINE, a_complaint


HOUR = timedelta(hours=1)


def refused(make: Callable[[], object]) -> InvalidValueError:
    with pytest.raises(InvalidValueError) as caught:
        make()
    return caught.value


class TestMessage:
    def test_is_public_unless_told(self) -> None:
        assert Message(NINE, "ann", Party.STAFF).public

    @pytest.mark.parametrize(
        ("changed", "name"),
        [
            ({"at": datetime(2026, 3, 2, 9)}, "at"),
            ({"at": datetime(2026, 3, 2, 9, tzinfo=ZoneInfo("Asia/Shanghai"))}, "at"),
            ({"by": " "}, "by"),
            ({"party": "staff"}, "party"),
            ({"public": 1}, "public"),
            ({"text": None}, "text"),
            ({"party": Party.CUSTOMER, "public": False}, "public"),
        ],
    )
    def test_refuses_an_unfit_value_by_name(self, changed: dict[str, Any], name: str) -> None:
        message = Message(NINE, "ann", Party.STAFF)

        assert refused(lambda: attrs.evolve(message, **changed)).name == name

    def test_a_third_party_may_be_heard_in_private(self) -> None:
        assert not Message(NINE, "ann", Party.THIRD_PARTY, public=False).public

    def test_survives_pickling(self) -> None:
        message = Message(NINE, "ann", Party.CUSTOMER, text="well?")

        assert pickle.loads(pickle.dumps(message)) == message


class TestAssignment:
    def test_nobody_may_own_it(self) -> None:
        assert Assignment(NINE, "ann", None).owner is None

    def test_refuses_a_blank_owner_and_a_blank_actor(self) -> None:
        assert refused(lambda: Assignment(NINE, "ann", " ")).name == "owner"
        assert refused(lambda: Assignment(NINE, "", "bob")).name == "by"
        assert refused(lambda: Assignment(datetime(2026, 3, 2), "ann", "bob")).name == "at"


class TestGrading:
    @pytest.mark.parametrize(
        "told",
        [
            {"severity": Severity.MINOR},
            {"impact": Impact.SINGLE},
            {"priority": Priority.LOW},
        ],
    )
    def test_says_one_thing_at_least(self, told: dict[str, Any]) -> None:
        graded = Grading(NINE, "ann", **told)

        said = {"severity": graded.severity, "impact": graded.impact, "priority": graded.priority}
        assert {name: word for name, word in said.items() if word is not None} == told
        error = refused(lambda: Grading(NINE, "ann"))
        assert (error.name, error.value) == ("severity, impact and priority", None)

    @pytest.mark.parametrize(
        ("changed", "name"),
        [
            ({"at": datetime(2026, 3, 2, 9)}, "at"),
            ({"by": " "}, "by"),
            ({"severity": "major"}, "severity"),
            ({"impact": Severity.MAJOR}, "impact"),
            ({"priority": 1}, "priority"),
        ],
    )
    def test_refuses_an_unfit_value_by_name(self, changed: dict[str, Any], name: str) -> None:
        graded = Grading(NINE, "ann", severity=Severity.MAJOR)

        assert refused(lambda: attrs.evolve(graded, **changed)).name == name

    def test_survives_pickling(self) -> None:
        graded = Grading(NINE, "ann", priority=Priority.HIGH)

        assert pickle.loads(pickle.dumps(graded)) == graded


class TestMilestone:
    def test_refuses_a_blank_name_and_a_blank_actor(self) -> None:
        assert refused(lambda: Milestone(NINE, "bob", "")).name == "name"
        assert refused(lambda: Milestone(NINE, " ", "on_site")).name == "by"


class TestBooking:
    @pytest.mark.parametrize(
        ("changes", "name"),
        [
            ({"by": " "}, "by"),
            ({"what": ""}, "what"),
            ({"due_at": NINE}, "due_at"),
            ({"due_at": datetime(2026, 3, 2, 14)}, "due_at"),
            ({"timezone": "Mars"}, "timezone"),
        ],
    )
    def test_refuses_what_nobody_could_keep(self, changes: dict[str, object], name: str) -> None:
        told: dict[str, Any] = {
            "at": NINE,
            "by": "ann",
            "what": "visit",
            "due_at": NINE.replace(hour=14),
            **changes,
        }

        assert refused(lambda: Booking(**told)).name == name


class TestParticipant:
    def test_refuses_an_unfit_id_or_role(self) -> None:
        assert refused(lambda: Participant("", Party.THIRD_PARTY, "supplier")).name == "id"
        assert refused(lambda: Participant("S-1", Party.THIRD_PARTY, " ")).name == "role"


class TestPassed:
    def test_takes_what_happened_at_one_instant_in_any_order(self) -> None:
        on_site, cause = Milestone(NINE, "bob", "on_site"), Milestone(NINE, "bob", "root_cause")

        for same in ((on_site, cause), (cause, on_site)):
            assert attrs.evolve(a_complaint(), milestones=same).milestones == same

    def test_refuses_what_goes_back_in_time(self) -> None:
        complaint = a_complaint().reply("ann", NINE + HOUR)

        error = refused(lambda: complaint.reply("ann", NINE))

        assert (error.name, error.value) == ("messages", NINE)

    def test_refuses_what_is_none_of_its_kind(self) -> None:
        for name, unfit in (("messages", ("hello",)), ("milestones", [])):
            changed: dict[str, Any] = {name: unfit}

            with pytest.raises(InvalidValueError) as caught:
                attrs.evolve(a_complaint(), **changed)

            assert caught.value.name == name


class TestAlert:
    @pytest.mark.parametrize(
        ("changed", "name"),
        [
            ({"at": datetime(2026, 3, 2, 9)}, "at"),
            ({"by": " "}, "by"),
            ({"to": ""}, "to"),
            ({"clock": " "}, "clock"),
            ({"level": 0}, "level"),
            ({"level": True}, "level"),
        ],
    )
    def test_names_who_told_whom_of_what(self, changed: dict[str, Any], name: str) -> None:
        told = {"at": NINE, "by": "ann", "to": "head", "clock": "K-1 | gold", "level": 1}

        assert refused(lambda: Alert(**{**told, **changed})).name == name

    def test_is_kept_in_order(self) -> None:
        told = a_complaint().alert("ann", NINE + HOUR, to="head", clock="gold", level=1)

        with pytest.raises(InvalidValueError, match="must not be earlier"):
            told.alert("ann", NINE, to="head", clock="gold", level=2)
        with pytest.raises(InvalidValueError, match="must not be told twice of gold"):
            told.alert("ann", NINE + HOUR, to="eva", clock="gold", level=1)
