"""The desk of improvements, in memory and in a file."""

import asyncio
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import attrs
import pytest

import crmkit
from crmkit.app import CRM
from crmkit.errors import ConflictError, InvalidValueError, NotFoundError, TransitionError
from crmkit.kernel import Estimate
from crmkit.satisfaction import (
    SEA_LION,
    GapEvidence,
    ImprovementProposal,
    ImprovementStage,
    Item,
    Survey,
    rank_improvements,
)
from crmkit.stats import compare_means
from crmkit.testing import NINE


JUNE = date(2026, 6, 30)
AFTER = JUNE + timedelta(days=1)


@pytest.fixture(params=["memory", "sqlite"])
def crm(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[CRM]:
    url = "memory:" if request.param == "memory" else f"sqlite:///{tmp_path / 'crm.db'}"
    with crmkit.open(url, actor="ann", durable=False) as opened:
        crm = opened.acting(at=NINE)
        for id in ("R-1", "R-2"):
            crm.surveys.draft(id=id, survey=SEA_LION)
            crm.surveys.publish(id)
        yield crm


def first(part: str = "price") -> ImprovementProposal:
    scores = {part: Estimate(56.25, 50, 62.5, 0.95, 40, 0, "student-t")}
    (proposal,) = rank_improvements(scores, importance={part: 1}, targets=80)
    return proposal


def compared(*, after: int) -> GapEvidence:
    """Return the comparison of forty answers with forty that came before."""
    found = compare_means([after, after - 25] * 20, [50, 75, 50, 50] * 10)
    return GapEvidence.of(found, round="R-2")


class TestPropose:
    def test_is_from_a_round_and_by_its_survey(self, crm: CRM) -> None:
        one = crm.improvements.propose("R-1", proposal=first(), segment="hotel", about="dear")

        assert crm.improvements.get(one.id) == one
        assert (one.survey, one.round, one.segment) == ("sea_lion", "R-1", "hotel")
        assert crm.improvements.find(round="R-1", part="price", segment="hotel") == (one,)

    def test_is_refused_whole(self, crm: CRM) -> None:
        crm.improvements.propose("R-1", proposal=first(), id="M-1")

        with pytest.raises(NotFoundError, match="R-9"):
            crm.improvements.propose("R-9", proposal=first())
        with pytest.raises(InvalidValueError, match="is no part of"):
            crm.improvements.propose("R-1", proposal=first("prize"))
        with pytest.raises(ConflictError):
            crm.improvements.propose("R-2", proposal=first(), id="M-1")
        assert len(crm.improvements.find()) == 1


class TestWay:
    def test_leads_back_to_the_plan_until_the_gap_is_closed(self, crm: CRM) -> None:
        desk = crm.improvements
        desk.propose("R-1", proposal=first(), id="M-1")
        desk.require("M-1", owner="bob", target=80, due=JUNE)
        assert desk.overdue(JUNE) == ()
        assert [one.id for one in desk.overdue(AFTER)] == ["M-1"]
        assert [one.id for one in desk.find(("due", "<", AFTER), owner="bob")] == ["M-1"]
        desk.plan("M-1", plan="a rebate")
        with pytest.raises(TransitionError):
            desk.verify("M-1", evidence=compared(after=100))

        desk.carry_out("M-1", done="the rebate holds")
        back = desk.verify("M-1", evidence=compared(after=75))
        desk.carry_out("M-1", done="a larger rebate")
        done = desk.verify("M-1", evidence=compared(after=100))

        assert back.stage is ImprovementStage.PLANNED
        assert [check.result.value for check in done.checks] == ["narrowed", "closed"]
        assert desk.find(stage="verified") == (done,)
        assert desk.overdue(AFTER) == ()

    @pytest.mark.parametrize(
        ("changed", "error", "says"),
        [
            ({"round": "R-9"}, NotFoundError, "R-9"),
            ({"round": "R-3"}, InvalidValueError, "must ask by the survey 'sea_lion', not by 'y'"),
            ({"round": "R-4"}, InvalidValueError, "part is 'price': it is no part of sea_lion v2"),
            ({"round": "R-5"}, InvalidValueError, "must have been published, but is drafted"),
            ({"before": 1.0, "difference": 98.0, "high": 99}, InvalidValueError, "^before is 1.0"),
            ({"n_before": 2}, InvalidValueError, "n_before is 2: it must be 10 or more"),
            ({"n_after": 9}, InvalidValueError, "n_after is 9: it must be 10 or more"),
        ],
    )
    def test_ends_by_no_evidence_that_does_not_fit(
        self, crm: CRM, changed: dict[str, Any], error: type[Exception], says: str
    ) -> None:
        """As of an improvement found at 56.25 of 40 answers."""
        desk = crm.improvements
        crm.surveys.draft(id="R-3", survey=Survey.of("y", 1, SEA_LION.items))
        crm.surveys.draft(id="R-4", survey=Survey.of("sea_lion", 2, SEA_LION.items[:3]))
        crm.surveys.draft(id="R-5", survey=SEA_LION)
        desk.propose("R-1", proposal=first(), id="M-1")
        desk.require("M-1", owner="bob", target=80, due=JUNE)
        desk.plan("M-1", plan="a rebate")
        carried_out = desk.carry_out("M-1", done="the rebate holds")
        told = {
            "before": 56.25,
            "after": 99.0,
            "difference": 42.75,
            "low": 40,
            "high": 44,
            "p_value": 0.001,
            "n_before": 40,
            "n_after": 40,
            "method": "welch-t",
            **changed,
        }

        with pytest.raises(error, match=says):
            desk.verify("M-1", evidence=GapEvidence(**told))

        assert desk.get("M-1") == carried_out

    def test_ends_by_no_round_that_was_closed_before_it_was_carried_out(self, crm: CRM) -> None:
        desk = crm.improvements
        desk.propose("R-1", proposal=first(), id="M-1")
        desk.require("M-1", owner="bob", target=80, due=JUNE)
        crm.surveys.close("R-2")
        later = crm.acting(at=NINE + timedelta(days=900)).improvements
        later.plan("M-1", plan="a rebate")
        later.carry_out("M-1", done="the rebate holds")

        with pytest.raises(
            InvalidValueError, match=r"R-2.*closed on 20.*before it was carried out"
        ):
            later.verify("M-1", evidence=compared(after=100))

    def test_ends_by_a_round_that_was_closed_since(self, crm: CRM) -> None:
        desk = crm.improvements
        desk.propose("R-1", proposal=first(), id="M-1")
        desk.require("M-1", owner="bob", target=80, due=JUNE)
        desk.plan("M-1", plan="a rebate")
        desk.carry_out("M-1", done="the rebate holds")
        crm.surveys.close("R-2")

        assert desk.verify("M-1", evidence=compared(after=100)).is_over

    def test_of_an_item_ends_by_a_round_that_asks_for_it(self, crm: CRM) -> None:
        desk = crm.improvements
        survey = Survey.of("sea_lion", 2, [Item("price", dimension="money"), Item("terms")])
        crm.surveys.draft(id="R-6", survey=survey)
        crm.surveys.publish("R-6")
        desk.propose("R-1", proposal=first(), id="M-1")
        desk.require("M-1", owner="bob", target=80, due=JUNE)
        desk.plan("M-1", plan="a rebate")
        desk.carry_out("M-1", done="the rebate holds")

        told = attrs.evolve(compared(after=100), round="R-6")

        assert desk.verify("M-1", evidence=told).is_over

    def test_ends_by_a_comparison_made_elsewhere(self, crm: CRM) -> None:
        desk = crm.improvements
        desk.propose("R-1", proposal=first(), id="M-1")
        desk.require("M-1", owner="bob", target=80, due=JUNE)
        desk.plan("M-1", plan="a rebate")
        desk.carry_out("M-1", done="the rebate holds")

        assert desk.verify("M-1", evidence=attrs.evolve(compared(after=100), round=None)).is_over

    def test_may_end_before(self, crm: CRM) -> None:
        crm.improvements.propose("R-1", proposal=first(), id="M-1")

        assert crm.improvements.drop("M-1", reason="the price is the list's").is_over


class TestRooms:
    def test_have_a_frame_a_log_and_a_history(self, crm: CRM) -> None:
        desk = crm.improvements
        desk.propose("R-1", proposal=first(), id="M-1", about="dear")
        desk.require("M-1", owner="bob", target=80, due=JUNE)
        desk.require("M-1", owner="lu", target=90, due=JUNE)

        (row,) = crm.frames.improvements().to_dict("records")
        log = crm.frames.event_log("improvement")
        restored = crm.history.of("M-1", kind="improvement").restore(2)

        assert (row["id"], row["owner"], row["stage"]) == ("M-1", "lu", "required")
        assert row["proposal_part"] == "price"
        assert log["activity"].to_list() == ["proposed", "required", "required"]
        assert restored.agreed is not None
        assert (restored.agreed.owner, len(restored.trail)) == ("bob", 3)

    def test_let_words_be_taken_out(self, crm: CRM) -> None:
        crm.improvements.propose("R-1", proposal=first(), id="M-1", about="Li Wei says: dear")
        crm.improvements.drop("M-1", reason="Li Wei left")

        crm.history.of("M-1").redact("about", "trail.note")

        found = crm.improvements.get("M-1")
        assert "Li Wei" not in (found.about, found.trail[-1].note)
        assert found.stage is ImprovementStage.DROPPED


class TestAwaited:
    def test_is_the_same(self) -> None:
        async def work() -> str:
            async with crmkit.open_async(actor="ann") as crm:
                await crm.surveys.draft(id="R-1", survey=SEA_LION)
                await crm.improvements.propose("R-1", proposal=first(), id="M-1")
                later = date.today() + timedelta(days=9)
                await crm.improvements.require("M-1", owner="bob", target=80, due=later)
                frame = await crm.frames.improvements()
                assert frame["owner"].to_list() == ["bob"]
                return (await crm.improvements.overdue(later + timedelta(days=1)))[0].id

        assert asyncio.run(work()) == "M-1"
