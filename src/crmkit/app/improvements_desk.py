"""The desk of improvements: proposed from a round, followed until the next shows an effect."""

from __future__ import annotations

from datetime import date
from typing import Final

from crmkit.satisfaction import (
    IMPROVEMENT_CODEC,
    LEAST_ANSWERS,
    SURVEY_ROUND_CODEC,
    GapEvidence,
    Improvement,
    ImprovementProposal,
    ImprovementStage,
    overdue_improvements,
)

from .desk import Desk, Office, verb
from .named_rounds import check_kept
from .unit import UnitOfWork


_STILL_TO_DO: Final = (ImprovementStage.REQUIRED, ImprovementStage.PLANNED)


class ImprovementsDesk(Desk[Improvement]):
    """What is to score better: every act of an improvement, by its id.

    Keys to find by: survey, round, part, segment, owner, due, stage, proposed_at, moved_at.

    Examples:
        >>> from datetime import date
        >>> import crmkit
        >>> from crmkit.kernel import Estimate
        >>> from crmkit.satisfaction import SEA_LION, rank_improvements
        >>> from crmkit.testing import NINE
        >>> crm = crmkit.open(actor="ann").acting(at=NINE)
        >>> drafted = crm.surveys.draft(id="R-1", survey=SEA_LION)
        >>> scores = {"price": Estimate(55, 50, 60, 0.95, 120, 0, "student-t")}
        >>> (first,) = rank_improvements(scores, importance={"price": 1}, targets=70)
        >>> proposed = crm.improvements.propose("R-1", proposal=first, id="M-1")
        >>> due = date(2026, 6, 30)
        >>> crm.improvements.require("M-1", owner="bob", target=70, due=due).stage.label()
        'Required'
        >>> [one.id for one in crm.improvements.find(owner="bob", round="R-1")]
        ['M-1']
    """

    def __init__(self, office: Office) -> None:
        super().__init__(office, IMPROVEMENT_CODEC)

    def propose(
        self,
        round: str,
        /,
        *,
        proposal: ImprovementProposal,
        segment: str | None = None,
        about: str = "",
        id: str | None = None,
    ) -> Improvement:
        """Propose what a round shows to fall short.

        Args:
            round: Which round.
            proposal: As `crmkit.satisfaction.rank_improvements` returns them.
            segment: Whose answers it is about; None for everybody's.
            about: What is to be better, in words.
            id: Unique among improvements; made where none is given.

        Raises:
            NotFoundError: If there is no such round.
            InvalidValueError: If its survey has no such dimension or item, or a value is unfit.
            ConflictError: If there is, or was, an improvement of that id.
        """
        office = self._office
        new, by, at = office.new_id() if id is None else id, office.actor, office.now()

        def act(unit: UnitOfWork) -> Improvement:
            asked = unit.get(SURVEY_ROUND_CODEC, round)
            improvement = Improvement.propose(
                new,
                by,
                at,
                survey=asked.survey,
                proposal=proposal,
                round=asked.id,
                segment=segment,
                about=about,
            )
            return unit.add(self._codec, improvement)

        return office.work(act)

    require = verb(Improvement.require)
    plan = verb(Improvement.plan)
    carry_out = verb(Improvement.carry_out)
    drop = verb(Improvement.drop)

    def verify(
        self,
        id: str,
        /,
        *,
        evidence: GapEvidence,
        note: str = "",
        least: int = LEAST_ANSWERS,
    ) -> Improvement:
        """Evaluate it by the next round: verified where the gap is closed, else back to the plan.

        Args:
            id: Which improvement.
            evidence: The comparison of the new round with the one that it was found in, or with one
                that was checked since; a round that it names must be kept here.
            note: A remark.
            least: Of how many answers each of the two rounds must be.

        Raises:
            NotFoundError: If there is no such improvement, or no such round.
            TransitionError: If it is not carried out.
            InvalidValueError: If the round is of another survey, does not ask for that part, was
                never published, or was closed before the improvement was carried out; if the
                evidence is none, of the same round, of another score than was found, or of too few
                answers; or a value is unfit.

        Examples:
            >>> from datetime import date
            >>> import crmkit
            >>> from crmkit.kernel import Estimate
            >>> from crmkit.satisfaction import SEA_LION, rank_improvements
            >>> from crmkit.stats import compare_means
            >>> from crmkit.testing import NINE
            >>> crm = crmkit.open(actor="ann").acting(at=NINE)
            >>> for id in ("R-1", "R-2"):
            ...     drafted = crm.surveys.draft(id=id, survey=SEA_LION)
            ...     published = crm.surveys.publish(id)
            >>> before, after = [50, 75, 50, 50] * 10, [75, 100, 75, 75] * 10
            >>> scores = {"price": Estimate(56.25, 52, 60, 0.95, 40, 0, "student-t")}
            >>> (first,) = rank_improvements(scores, importance={"price": 1})
            >>> proposed = crm.improvements.propose("R-1", proposal=first, id="M-1")
            >>> due = date(2026, 6, 30)
            >>> required = crm.improvements.require("M-1", owner="bob", target=80, due=due)
            >>> planned = crm.improvements.plan("M-1", plan="a rebate")
            >>> done = crm.improvements.carry_out("M-1", done="the rebate holds")
            >>> found = compare_means(after, before)
            >>> crm.improvements.verify("M-1", evidence=GapEvidence.of(found, round="R-3"))
            Traceback (most recent call last):
            crmkit.errors.NotFoundError: there is no survey_round 'R-3'
            >>> evidence = GapEvidence.of(found, round="R-2")
            >>> crm.improvements.verify("M-1", evidence=evidence).stage.label()
            'Verified'
        """
        office = self._office
        by, at = office.actor, office.now()

        def act(unit: UnitOfWork) -> Improvement:
            known = unit.get(self._codec, id)
            checked = known.verify(by, at, evidence=evidence, note=note, least=least)
            check_kept(unit, known, evidence)
            return unit.put(self._codec, checked)

        return office.work(act)

    def overdue(self, on: date) -> tuple[Improvement, ...]:
        """Return those that should have been carried out before a day; the longest due first.

        Raises:
            InvalidValueError: If it is no date, or has a time of day.

        Examples:
            >>> import crmkit
            >>> crmkit.open(actor="ann").improvements.overdue(date(2026, 7, 1))
            ()
        """
        return overdue_improvements(self.each(("stage", "in", _STILL_TO_DO)), on=on)
