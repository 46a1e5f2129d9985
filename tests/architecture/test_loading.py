"""What is loaded when: the desks work without the numerical libraries."""

import subprocess
import sys

import pytest


HEAVY = ("numpy", "scipy", "pandas", "matplotlib", "narwhals", "polars", "duckdb")

IMPORT = "import crmkit"
OPEN = "import crmkit; crmkit.open()"
CALENDAR = """
from datetime import UTC, datetime, timedelta

from crmkit.sla import WorkCalendar

noon = datetime(2026, 3, 2, 12, tzinfo=UTC)
calendar = WorkCalendar("Europe/Berlin", {"mon": [("09:00", "17:00")]})
str(calendar.explain(noon, calendar.due(noon, timedelta(hours=9))))
"""
SESSION = """
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

import crmkit
from crmkit.complaints import Stage
from crmkit.kernel import Money
from crmkit.testing import a_forecast

with tempfile.TemporaryDirectory() as folder:
    orders = Path(folder) / "orders.csv"
    orders.write_text("customer_id,ordered_at,amount\\nC-7,2026-03-01,19.99\\n")
    with crmkit.open(f"sqlite:///{folder}/crm.db", actor="ann") as crm:
        li = crm.customers.add_person(name="Li Wei", type="end_consumer")
        crm.customers.change(li.id, region="Shandong")
        crm.customers.classify(li.id, handling="key")
        crm.imports.orders(orders, timezone="Asia/Shanghai", currency="CNY")
        crm.orders.add(customer=li.id, amount=Money.of(5, "CNY"))
        crm.satisfaction.record(customer=li.id, occasion="call", recommend=9)
        complaint = crm.complaints.receive(customer=li.id, about="leaks", channel="phone")
        crm.complaints.acknowledge(complaint.id)
        crm.complaints.hear(complaint.id, text="and when?")
        crm.complaints.explain(complaint.id).sentence("zh")
        crm.complaints.clocks(complaint.id)
        assert crm.complaints.overdue() == crm.complaints.due_within(timedelta(hours=1)) == ()
        assert len(crm.complaints.agenda()) == 0
        crm.complaints.get(complaint.id).explain(Stage.CLOSED).sentence("zh")
        with crm.transaction() as tx:
            tx.complaints.investigate(complaint.id)
            tx.complaints.respond(complaint.id)
        crm.complaints.reject(complaint.id)
        crm.history.of(li.id).restore(1)
        crm.customers.delete(li.id)
        crm.customers.undelete(li.id)
        assert len(list(crm.orders.each())) == 2
        assert len(crm.complaints.find(stage="investigated")) == 1
        crm.lifetime_values.take_up({li.id: a_forecast()})
        crm.lifetime_values.explain(li.id).sentence("zh")
"""


def loaded_by(program: str) -> set[str]:
    """Return which of the heavy libraries a program has loaded when it ends."""
    report = f"import sys; print(*(set({HEAVY!r}) & sys.modules.keys()))"
    done = subprocess.run(
        [sys.executable, "-c", f"{program}\n{report}"], capture_output=True, text=True, check=True
    )
    return set(done.stdout.split())


@pytest.mark.parametrize(
    "program",
    [IMPORT, OPEN, CALENDAR, SESSION],
    ids=["import", "open", "calendar", "session"],
)
def test_the_desks_load_nothing_heavy(program: str) -> None:
    assert loaded_by(program) == set()


@pytest.mark.parametrize("program", [OPEN, f"{OPEN}.complaints.receive(customer='C', about='x')"])
def test_promises_are_loaded_when_somebody_asks(program: str) -> None:
    report = "import sys; print(*[name for name in sys.modules if name.startswith('crmkit.sla.')])"
    done = subprocess.run(
        [sys.executable, "-c", f"{program}\n{report}"], capture_output=True, text=True, check=True
    )

    assert done.stdout.split() == []


def test_measures_load_what_they_need() -> None:
    """The test above would pass in silence if it looked for names that nobody ever loads."""
    assert "numpy" in loaded_by("from crmkit.satisfaction import nps; nps([9])")
