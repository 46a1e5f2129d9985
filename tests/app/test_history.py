"""Versions: read them, put them back."""

from datetime import timedelta

import pytest

import crmkit
from crmkit.app import CRM
from crmkit.errors import InvalidValueError, NotFoundError
from crmkit.kernel import SteppingClock
from crmkit.testing import NINE


HOUR = timedelta(hours=1)


@pytest.fixture
def crm() -> CRM:
    """Li moved from Shandong to Beijing at ten, was deleted at eleven, and is back since noon."""
    crm = crmkit.open(actor="ann")
    crm.acting(at=NINE).customers.add_person(id="C-7", name="Li Wei", region="Shandong")
    crm.acting(by="bob", at=NINE + HOUR).customers.change("C-7", region="Beijing")
    crm.acting(at=NINE + 2 * HOUR).customers.delete("C-7")
    crm.acting(at=NINE + 3 * HOUR).customers.undelete("C-7")
    return crm


class TestOf:
    def test_tells_who_when_and_what(self, crm: CRM) -> None:
        history = crm.history.of("C-7")

        assert [(r.version, r.by, r.at - NINE) for r in history] == [
            (1, "ann", 0 * HOUR),
            (2, "bob", HOUR),
            (3, "ann", 2 * HOUR),
            (4, "ann", 3 * HOUR),
        ]
        assert history[2].record is None
        assert history[:2][1].record.region == "Beijing"
        assert (history.kind, repr(history)) == ("customer", "<4 versions of customer 'C-7'>")

    def test_two_kinds_may_have_one_id(self, crm: CRM) -> None:
        crm.complaints.receive(id="C-7", customer="C-7", about="leaks")

        with pytest.raises(InvalidValueError, match="say which"):
            crm.history.of("C-7")

        assert len(crm.history.of("C-7", kind="complaint")) == 1

    def test_what_never_was_has_no_history(self, crm: CRM) -> None:
        with pytest.raises(NotFoundError, match="record 'C-8'"):
            crm.history.of("C-8")
        with pytest.raises(NotFoundError, match="complaint 'C-7'"):
            crm.history.of("C-7", kind="complaint")
        with pytest.raises(InvalidValueError, match="did you mean 'customer'"):
            crm.history.of("C-7", kind="customers")


class TestAsOf:
    @pytest.mark.parametrize(("hours", "region"), [(0, "Shandong"), (1, "Beijing"), (9, "Beijing")])
    def test_is_what_was_so_then(self, crm: CRM, hours: int, region: str) -> None:
        assert crm.history.of("C-7").as_of(NINE + hours * HOUR).region == region

    @pytest.mark.parametrize(("hours", "why"), [(-1, "not yet there"), (2, "deleted by")])
    def test_says_why_there_was_nothing(self, crm: CRM, hours: int, why: str) -> None:
        with pytest.raises(NotFoundError, match=why):
            crm.history.of("C-7").as_of(NINE + hours * HOUR)

    def test_refuses_a_naive_time(self, crm: CRM) -> None:
        with pytest.raises(InvalidValueError, match="time zone"):
            crm.history.of("C-7").as_of(NINE.replace(tzinfo=None))


class TestRestore:
    def test_adds_a_version(self, crm: CRM) -> None:
        restored = crm.history.of("C-7").restore(1)

        assert restored.region == "Shandong"
        assert crm.customers.get("C-7") == restored
        assert len(crm.history.of("C-7")) == 5

    def test_moves_no_stage_back(self) -> None:
        crm = crmkit.open(actor="ann", clock=SteppingClock(NINE))
        crm.complaints.receive(id="K-1", customer="C-7", about="leaks")
        acknowledged = crm.complaints.acknowledge("K-1")

        assert crm.history.of("K-1").restore(1).trail == acknowledged.trail

    @pytest.mark.parametrize(
        ("version", "why"), [(0, "from 1 to 4"), (5, "1 to 4"), (3, "deletion")]
    )
    def test_refuses_what_cannot_be_put_back(self, crm: CRM, version: int, why: str) -> None:
        with pytest.raises(InvalidValueError, match=why):
            crm.history.of("C-7").restore(version)
