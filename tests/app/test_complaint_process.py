"""The whole process of a complaint through its desk, in memory and in a file."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

import crmkit
from crmkit.app import CRM
from crmkit.cases import ITIL_3X3
from crmkit.complaints import EXAMPLE_ROUTING, Goods, Stage
from crmkit.errors import TransitionError
from crmkit.kernel import StillClock
from crmkit.testing import NINE


@pytest.fixture(params=["memory", "sqlite"])
def crm(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[CRM]:
    url = "memory:" if request.param == "memory" else f"sqlite:///{tmp_path / 'crm.db'}"
    with crmkit.open(url, actor="ann", clock=StillClock(NINE), durable=False) as crm:
        yield crm


@pytest.fixture
def accepted(crm: CRM) -> CRM:
    """A complaint that is accepted, with a remedy, an action and a call outstanding."""
    desk = crm.complaints
    desk.receive(
        id="K-1",
        customer="C-7",
        about="smokes",
        field="goods_quality",
        goods=Goods(product="H-20", batch="2026-01"),
        symptom="smoke",
        concerned="workshop 3",
        remedy_wanted="money back",
        immediate_action="told to pull the plug",
        due_on=NINE.date(),
    )
    desk.receive(id="K-2", customer="C-8", about="smokes, too")
    desk.acknowledge("K-1")
    desk.assess("K-1", safety=True, matrix=ITIL_3X3)
    desk.route("K-1", routing=EXAMPLE_ROUTING)
    desk.confirm("K-1")
    desk.investigate("K-1", cause="clamp")
    desk.diagnose("K-1", cause="loose clamp")
    desk.respond("K-1", remedies=["refund", "apology"])
    desk.communicate("K-1")
    crm.corrective_actions.open(id="A-1", complaints=["K-2"], about="loose clamps")
    desk.link_action("K-1", action="A-1")
    desk.plan_calls("K-1", tries=1)
    desk.accept("K-1")
    return crm


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("department", "quality"),
        ("field", "goods_quality"),
        ("product", "H-20"),
        ("cause", "loose clamp"),
        ("stage", "accepted"),
        ("state", "resolved"),
    ],
)
def test_a_complaint_is_found_by_what_was_put_down(accepted: CRM, key: str, value: str) -> None:
    assert [found.id for found in accepted.complaints.find((key, "=", value))] == ["K-1"]


def test_a_refused_closing_names_all_that_is_missing_and_saves_nothing(accepted: CRM) -> None:
    before = accepted.complaints.get("K-1")

    with pytest.raises(TransitionError) as refused:
        accepted.complaints.close("K-1")

    assert len(refused.value.missing) == 3
    assert accepted.complaints.get("K-1") == before


def test_it_closes_when_nothing_is_outstanding(accepted: CRM) -> None:
    desk = accepted.complaints
    desk.implement("K-1", remedy="refund")
    desk.waive("K-1", remedy="apology", reason="he needs none")
    desk.unlink_action("K-1", action="A-1", reason="it is A-2")
    desk.follow_up("K-1", outcome="satisfied")

    closed = desk.close("K-1")

    assert closed.is_closed
    assert closed == desk.get("K-1")
    assert len(accepted.history.of("K-1")) == len(closed.trail) + 8


def test_another_report_of_the_same_is_set_aside(accepted: CRM) -> None:
    assert accepted.complaints.mark_duplicate("K-2", of="K-1").duplicate_of == "K-1"


def test_it_goes_up_and_out_and_comes_back(accepted: CRM) -> None:
    desk = accepted.acting(at=NINE + timedelta(hours=1)).complaints
    desk.follow_up("K-1", outcome="not_satisfied", note="no money yet")
    desk.escalate("K-1")
    desk.refer("K-1", body="consumers' association")
    desk.settle("K-1", outcome="for him")
    desk.implement("K-1")
    desk.unlink_action("K-1", action="A-1", reason="it is A-2")
    desk.close("K-1")

    assert desk.reopen("K-1").stage is Stage.REOPENED
    desk.exempt("K-1", reason="known")
    desk.respond("K-1")
    assert desk.withdraw("K-1").stage is Stage.WITHDRAWN
