"""What the desks of cases share: alerts, level by level, put on record once."""

from collections.abc import Collection, Iterator, Mapping
from datetime import timedelta
from pathlib import Path

import pytest

import crmkit
from crmkit.app import CRM
from crmkit.errors import CrmkitWarning, InvalidValueError
from crmkit.sla import SEA_LION, EscalationLadder, Level, SlaPolicies
from crmkit.storage import MemoryStore, Record
from crmkit.testing import NINE


HOUR = timedelta(hours=1)
LADDER = EscalationLadder(
    levels=[Level(to="team leader", share=0.5), Level(to="head of service", offset=HOUR)]
)


@pytest.fixture(params=["memory", "sqlite"])
def crm(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[CRM]:
    url = "memory:" if request.param == "memory" else f"sqlite:///{tmp_path / 'crm.db'}"
    with crmkit.open(url, actor="poll", durable=False) as opened:
        crm = opened.acting(at=NINE)
        for id in ("K-1", "K-2"):
            crm.complaints.receive(id=id, customer="C-7", about="leaks")
        crm.inquiries.open(id="Q-1", customer="C-8", about="Open today?")
        yield crm


def told(crm: CRM, hours: float) -> dict[str, list[str]]:
    desk = crm.acting(at=NINE + hours * HOUR).complaints
    return {id: [one.to for one in due] for id, due in desk.raise_alerts(ladder=LADDER).items()}


class TestRaiseAlerts:
    def test_tells_each_level_once_and_puts_it_on_record(self, crm: CRM) -> None:
        """Promised within an hour: half-way, and an hour after it was due."""
        crm.acting(at=NINE + HOUR).complaints.acknowledge("K-2")

        polled = [told(crm, hours) for hours in (1, 1, 1.5, 2, 2, 9)]

        leader, head = ["team leader"], ["head of service"]
        assert polled == [{"K-1": leader}, {}, {}, {"K-1": head}, {}, {}]
        alerts = crm.complaints.get("K-1").alerts
        assert [(one.by, one.to, one.level) for one in alerts] == [
            ("poll", "team leader", 1),
            ("poll", "head of service", 2),
        ]
        assert alerts[1].at == NINE + 2 * HOUR
        assert crm.complaints.get("K-2").alerts == ()

    def test_saves_nothing_where_nobody_is_to_be_told(self, crm: CRM) -> None:
        before = len(crm.frames.journal())

        assert told(crm, 0) == {}
        assert len(crm.frames.journal()) == before

    def test_tells_nobody_whom_somebody_else_told_meanwhile(self) -> None:
        """Between the two looks of a poll another one puts the same on record."""

        class Busy(MemoryStore):
            """Another poll comes first, once we have found who is to be told."""

            other: CRM | None = None

            def load(self, kind: str, ids: Collection[str]) -> Mapping[str, Record]:
                other = self.other
                if other is not None and kind == "complaint":
                    self.other = None
                    assert set(other.complaints.raise_alerts(ladder=LADDER)) == {"K-1"}
                return super().load(kind, ids)

        store = Busy()
        crm = CRM(store, actor="poll")
        crm.acting(at=NINE).complaints.receive(id="K-1", customer="C-7", about="leaks")
        ten = crm.acting(at=NINE + HOUR)
        store.other = ten.acting(by="other")

        assert ten.complaints.raise_alerts(ladder=LADDER) == {}
        assert store.other is None
        assert [one.by for one in crm.complaints.get("K-1").alerts] == ["other"]
        assert len(crm.frames.journal()) == 2

    def test_is_kept_from_nobody_by_a_mistyped_year(self, crm: CRM) -> None:
        mistyped = crm.acting(at=NINE.replace(year=2027)).complaints
        mistyped.alert("K-2", to="x", clock="y", level=1)

        with pytest.warns(CrmkitWarning, match=r"K-2: nobody is put down .* at 2027-03-02"):
            assert told(crm, 1) == {"K-1": ["team leader"]}
        assert set(crm.acting(at=NINE + HOUR).complaints.alerts_due(ladder=LADDER)) == {"K-2"}
        with pytest.warns(CrmkitWarning, match="K-2"):
            assert told(crm, 1) == {}

    def test_leaves_out_what_is_deleted_meanwhile(self, crm: CRM) -> None:
        desk = crm.acting(at=NINE + HOUR).complaints
        due = desk.alerts_due(ladder=LADDER)
        desk.delete("K-2")
        desk.__dict__["alerts_due"] = lambda *, ladder: due

        assert set(desk.raise_alerts(ladder=LADDER)) == {"K-1"}

    def test_is_saved_with_its_transaction(self, crm: CRM) -> None:
        with crm.acting(at=NINE + HOUR).transaction() as tx:
            assert set(tx.complaints.raise_alerts(ladder=LADDER)) == {"K-1", "K-2"}
            assert tx.complaints.raise_alerts(ladder=LADDER) == {}

        assert len(crm.complaints.get("K-2").alerts) == 1


class TestAlertsDue:
    def test_puts_nothing_on_record(self, crm: CRM) -> None:
        desk = crm.acting(at=NINE + HOUR).complaints

        assert set(desk.alerts_due(ladder=LADDER)) == {"K-1", "K-2"}
        assert desk.get("K-1").alerts == ()

    def test_goes_by_the_ladder_of_the_policies(self, crm: CRM) -> None:
        raising = SlaPolicies(default=SEA_LION.default, ladder=LADDER)
        ten = crm.promising(raising).acting(at=NINE + HOUR)

        assert {id: len(due) for id, due in ten.inquiries.alerts_due().items()} == {"Q-1": 1}
        assert set(ten.inquiries.raise_alerts()) == {"Q-1"}
        assert ten.inquiries.alerts_due() == {}

    def test_refuses_to_ask_without_a_ladder(self, crm: CRM) -> None:
        for ask in (crm.complaints.alerts_due, crm.complaints.raise_alerts):
            with pytest.raises(InvalidValueError, match="give one to the call, or to the CRM"):
                ask()


class TestAlert:
    def test_is_for_whoever_tells_first_and_puts_down_afterwards(self, crm: CRM) -> None:
        desk = crm.acting(at=NINE + HOUR).complaints
        (one,) = desk.alerts_due(ladder=LADDER)["K-1"]

        desk.alert("K-1", to=one.to, clock=one.clock, level=one.level)

        assert set(desk.alerts_due(ladder=LADDER)) == {"K-2"}
        with pytest.raises(InvalidValueError, match="must not be told twice"):
            desk.alert("K-1", to=one.to, clock=one.clock, level=one.level)
