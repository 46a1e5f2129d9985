"""The improvement: from a proposal to the test that its gap has closed.

Law: evaluate, require, plan, carry out, evaluate: nothing is verified but by the next round's
comparison, and a gap that is still there goes back to the plan.

Source: domain fact Q3; ISO 10004:2018, clause 8 (maintenance and improvement).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Final, NewType, TypeAlias

import attrs

from crmkit.errors import InvalidValueError
from crmkit.kernel import (
    PERSONAL,
    Explanation,
    Language,
    Step,
    Text,
    Trail,
    all_are,
    checked_act,
    checked_language,
    instant,
    is_a,
    is_id,
    not_blank_if_given,
    not_now,
    personal_in,
    unbroken,
)
from crmkit.satisfaction.surveys import Survey, SurveyRound, SurveyStage

from .gap_check import LEAST_ANSWERS, GapCheck, GapEvidence, GapResult
from .improvement_proposal import ImprovementProposal
from .improvement_stages import IMPROVEMENT_WORKFLOW, ImprovementStage, ImprovementTerms


ImprovementId = NewType("ImprovementId", str)
"""Which improvement."""


_Stage: TypeAlias = ImprovementStage

_TO_VERIFY: Final = Text("verified", "验证")
_NOT_DONE: Final = Text("only what has been carried out can be checked", "只有已实施的改进才能验证")
_STILL_TO_DO: Final = (_Stage.REQUIRED, _Stage.PLANNED)


@attrs.frozen(kw_only=True, slots=False)
class Improvement:
    """One dimension or item that is to score better, until the next round shows that it does.

    Improvements are immutable: every verb returns a new one with a longer trail.

    Attributes:
        id: Unique among improvements.
        survey: By which survey it was found.
        survey_version: In which version.
        round: In which round; None where it is none that is kept here.
        segment: Whose answers it is about; None for everybody's.
        about: What is to be better, in words; may be empty.
        proposal: What was proposed, and by which numbers.
        agreed: What is required now; None until something is.
        checks: What each round after it showed, oldest first.
        trail: Every stage so far, oldest first; times never decrease.

    Raises:
        InvalidValueError: If a value is unfit, the trail breaks the workflow, or the terms and
            checks do not agree with it.

    Examples:
        >>> from crmkit.kernel import Share
        >>> from crmkit.satisfaction import SEA_LION
        >>> from crmkit.testing import NINE
        >>> low = ImprovementProposal(
        ...     part="delivery",
        ...     score=56.25,
        ...     low=50,
        ...     high=62.5,
        ...     n=40,
        ...     target=100,
        ...     importance=Share(0.25),
        ...     rank=1,
        ... )
        >>> one = Improvement.propose("M-1", "ann", NINE, survey=SEA_LION, proposal=low)
        >>> one = one.require("eve", NINE, owner="bob", target=80, due=date(2026, 6, 30))
        >>> one = one.plan("bob", NINE, plan="a second van")
        >>> one = one.carry_out("bob", NINE, done="the van drives since May")
        >>> from crmkit.stats import compare_means
        >>> found = compare_means([75, 100, 75, 75] * 10, [50, 75, 50, 50] * 10)
        >>> checked = one.verify("ann", NINE, evidence=GapEvidence.of(found, round="R-2"))
        >>> checked.stage.label(), checked.result.label()
        ('Verified', 'Closed')
        >>> print(one.explain(ImprovementStage.VERIFIED))
        improvement M-1 is carried out and cannot become verified yet: no comparison has shown that\
 the gap is closed
    """

    id: ImprovementId = attrs.field(validator=is_id)
    survey: str = attrs.field(validator=is_id)
    survey_version: int = attrs.field(validator=is_a(int))
    round: str | None = attrs.field(default=None, validator=attrs.validators.optional(is_id))
    segment: str | None = attrs.field(default=None, validator=not_blank_if_given)
    about: str = attrs.field(default="", validator=is_a(str), metadata=PERSONAL)
    proposal: ImprovementProposal = attrs.field(validator=is_a(ImprovementProposal))
    agreed: ImprovementTerms | None = attrs.field(
        default=None, validator=attrs.validators.optional(is_a(ImprovementTerms))
    )
    checks: tuple[GapCheck, ...] = attrs.field(default=(), validator=all_are(GapCheck))
    trail: Trail[ImprovementStage] = attrs.field(
        validator=[unbroken, IMPROVEMENT_WORKFLOW.follows], metadata=personal_in("note")
    )

    def __attrs_post_init__(self) -> None:
        score, agreed = self.proposal.score, self.agreed
        if score is None:
            rule, way_out = "must have a score", "what is kept back shows no gap"
            raise InvalidValueError("proposal", self.proposal.part, rule, way_out)
        if (agreed is None) is any(step.stage is _Stage.REQUIRED for step in self.trail):
            raise InvalidValueError("agreed", agreed, "must be told exactly where it is required")
        if agreed is not None and agreed.target <= score:
            rule = f"must be above the score that was found, {score!r}"
            raise InvalidValueError("target", agreed.target, rule)
        told = [check.result is GapResult.CLOSED for check in self.checks]
        if told != list(_outcomes(self.trail)):
            rule = "must agree with the trail: one for each time that it was evaluated"
            raise InvalidValueError("checks", tuple(one.result.value for one in self.checks), rule)
        for check in self.checks:
            if self.round is not None and check.evidence.round == self.round:
                rule = "must not be the round in which the gap was found"
                raise InvalidValueError("round", self.round, rule)

    # -- verbs ---

    @classmethod
    def propose(
        cls,
        id: str,
        by: str,
        at: datetime,
        *,
        survey: Survey,
        proposal: ImprovementProposal,
        round: str | None = None,
        segment: str | None = None,
        about: str = "",
    ) -> Improvement:
        """Propose it: a round shows that it falls short.

        Args:
            id: Unique among improvements.
            by: Who proposes.
            at: When.
            survey: The survey that was answered.
            proposal: As `rank_improvements` returns them.
            round: In which round.
            segment: Whose answers it is about; None for everybody's.
            about: What is to be better, in words.

        Raises:
            InvalidValueError: If the survey has no such dimension or item, the proposal has no
                score, or a value is unfit.
        """
        _check_part(survey, proposal)
        return cls(
            id=ImprovementId(id),
            survey=survey.id,
            survey_version=survey.version,
            round=round,
            segment=segment,
            about=about,
            proposal=proposal,
            trail=(Step(IMPROVEMENT_WORKFLOW.start, by, instant(at)),),
        )

    def require(
        self, by: str, at: datetime, *, owner: str, target: float, due: date, note: str = ""
    ) -> Improvement:
        """Require it: somebody is responsible from now on; also anew, by other terms.

        Raises:
            TransitionError: If it was carried out, or is over.
            InvalidValueError: If nobody is named, the target is not above the score that was found,
                the last day is over, or a value is unfit.
        """
        step = self._step(_Stage.REQUIRED, by, at, note)
        terms = ImprovementTerms(owner=owner, target=target, due=due)
        # The day before is still today somewhere.
        if due < (step.at - timedelta(days=1)).date():
            rule = f"must not be before it is required, on {step.at:%Y-%m-%d}"
            raise InvalidValueError("due", due, rule, "enter what is past as of its own day")
        return attrs.evolve(self, agreed=terms, trail=(*self.trail, step))

    def plan(self, by: str, at: datetime, *, plan: str) -> Improvement:
        """Put down what is to be done; also anew.

        Raises:
            TransitionError: If it is not required, or carried out already.
            InvalidValueError: If nothing is told, or a value is unfit.
        """
        return self._advance(_Stage.PLANNED, by, at, _told(plan, "plan"))

    def carry_out(self, by: str, at: datetime, *, done: str) -> Improvement:
        """Put down that it is done, and what; the next round shows whether it helps.

        Raises:
            TransitionError: If it is not planned.
            InvalidValueError: If nothing is told, or a value is unfit.
        """
        return self._advance(_Stage.CARRIED_OUT, by, at, _told(done, "done"))

    def verify(
        self,
        by: str,
        at: datetime,
        *,
        evidence: GapEvidence,
        note: str = "",
        least: int = LEAST_ANSWERS,
    ) -> Improvement:
        """Evaluate it by the next round: verified where the gap is closed, else back to the plan.

        Args:
            by: Who evaluates.
            at: When.
            evidence: The comparison of the new round with the one that it was found in, or with one
                that was checked since.
            note: A remark.
            least: Of how many answers each of the two rounds must be.

        Raises:
            TransitionError: If it is not carried out.
            InvalidValueError: If the evidence is none, of the same round, of another score than was
                found, or of too few answers, or a value is unfit.
        """
        if self.stage is not _Stage.CARRIED_OUT:
            raise not_now(self, self.stage, _TO_VERIFY, _NOT_DONE)
        assert self.agreed is not None  # nothing is carried out that was not required
        check = GapCheck(evidence, self.agreed.target)
        evidence.check_fits(self.proposal, self.checks, least=least)
        closed = check.result is GapResult.CLOSED
        stage = _Stage.VERIFIED if closed else _Stage.PLANNED
        step = self._step(stage, by, at, note, gap=check.result.value)
        return attrs.evolve(self, checks=(*self.checks, check), trail=(*self.trail, step))

    def check_round(self, round: SurveyRound) -> None:
        """Refuse to be evaluated by a round in which nobody was asked what it is about.

        Raises:
            InvalidValueError: If it is of another survey, does not ask for the part, was never
                published, or was closed before the improvement was carried out.
        """
        if round.survey.id != self.survey:
            rule = f"must ask by the survey {self.survey!r}, not by {round.survey.id!r}"
            raise InvalidValueError("round", round.id, rule)
        _check_part(round.survey, self.proposal)
        if round.stage not in (SurveyStage.PUBLISHED, SurveyStage.CLOSED):
            rule = f"must have been published, but is {round.stage.value}: nobody was asked"
            raise InvalidValueError("round", round.id, rule)
        done = [step.at for step in self.trail if step.stage is _Stage.CARRIED_OUT]
        closed = round.trail[-1].at
        if round.stage is SurveyStage.CLOSED and done and closed < done[-1]:
            rule = f"must not have been closed on {closed.date()}, before it was carried out"
            raise InvalidValueError("round", round.id, rule, "ask again: it shows nothing of it")

    def drop(self, by: str, at: datetime, *, reason: str) -> Improvement:
        """Give it up, and say why.

        Raises:
            TransitionError: If it is verified, or dropped already.
            InvalidValueError: If no reason is given, or a value is unfit.
        """
        return self._advance(_Stage.DROPPED, by, at, _told(reason, "reason"))

    def restore(self, by: str, at: datetime, *, earlier: Improvement) -> Improvement:
        """Put back what an earlier version said and required; what was done since stays.

        Raises:
            InvalidValueError: If `earlier` is another improvement, nobody acts, or `at` is naive.
        """
        if earlier.id != self.id:
            raise InvalidValueError("earlier", earlier.id, f"must be a version of {self.id!r}")
        checked_act(by, at)
        return attrs.evolve(self, about=earlier.about, agreed=earlier.agreed or self.agreed)

    # -- questions ---

    @property
    def stage(self) -> ImprovementStage:
        """How far it is: the last line of its trail."""
        return self.trail[-1].stage

    @property
    def is_over(self) -> bool:
        """Whether nothing is left to do."""
        return self.stage in IMPROVEMENT_WORKFLOW.final

    @property
    def result(self) -> GapResult | None:
        """What the last round that was compared showed; None where none was."""
        return self.checks[-1].result if self.checks else None

    def is_overdue(self, on: date) -> bool:
        """Return whether it is still to be carried out though its last day is over.

        Raises:
            InvalidValueError: If `on` is no date, or has a time of day.
        """
        _check_day(on)
        return self.agreed is not None and self.stage in _STILL_TO_DO and self.agreed.due < on

    def explain(self, stage: ImprovementStage) -> Explanation[bool]:
        """Say whether it may move to a stage now, by what is known, and why."""
        return IMPROVEMENT_WORKFLOW.judge(self, self.stage, stage)

    def label(self, language: Language = "en") -> str:
        """Return what a user calls it.

        Raises:
            InvalidValueError: If the language is neither "en" nor "zh".
        """
        english = checked_language(language) == "en"
        return f"improvement {self.id}" if english else f"改进{self.id}"

    def __str__(self) -> str:
        return self.label()

    def _step(
        self, stage: ImprovementStage, by: str, at: datetime, note: str, **facts: object
    ) -> Step[ImprovementStage]:
        return IMPROVEMENT_WORKFLOW.step(self, self.trail, stage, by, at, note=note, facts=facts)

    def _advance(self, stage: ImprovementStage, by: str, at: datetime, note: str) -> Improvement:
        return attrs.evolve(self, trail=(*self.trail, self._step(stage, by, at, note)))


def overdue_improvements(
    improvements: Iterable[Improvement], *, on: date
) -> tuple[Improvement, ...]:
    """Return those that should have been carried out before a day; the longest due first.

    Raises:
        InvalidValueError: If `on` is no date, or has a time of day.

    Examples:
        >>> overdue_improvements([], on=date(2026, 7, 1))
        ()
    """
    _check_day(on)
    late = [
        (one.agreed.due, one.id, one)
        for one in improvements
        if one.agreed is not None and one.is_overdue(on)
    ]
    return tuple(one for _, _, one in sorted(late, key=lambda found: found[:2]))


def _check_day(on: date) -> None:
    if not isinstance(on, date) or isinstance(on, datetime):
        raise InvalidValueError("on", on, "must be a date without a time of day")


def _outcomes(trail: Trail[ImprovementStage]) -> Iterator[bool]:
    """Yield, for each time that it was evaluated, whether the gap was closed."""
    for before, step in pairwise(trail):
        if before.stage is _Stage.CARRIED_OUT and step.stage is not _Stage.DROPPED:
            yield step.stage is _Stage.VERIFIED


def _check_part(survey: Survey, proposal: ImprovementProposal) -> None:
    if not isinstance(survey, Survey):
        raise InvalidValueError("survey", survey, "must be a Survey")
    if not isinstance(proposal, ImprovementProposal):
        raise InvalidValueError("proposal", proposal, "must be an ImprovementProposal")
    if proposal.part not in [item.id for item in survey.ratings]:
        survey.items_of(proposal.part)  # refuses what is no part either, with the nearest that is


def _told(text: str, name: str) -> str:
    if not isinstance(text, str) or not text.strip():
        raise InvalidValueError(name, text, "must be text, and not blank")
    return text
