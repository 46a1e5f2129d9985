"""The round: one survey, put to customers from the day it is published until it is closed.

Law: while answers come in nothing of it changes: neither a question nor a weight, nor the rules by
which a low score opens a case.

Source: ISO 10004:2018, clauses 6 (purpose, scope, frequency, methods) and 7.3 (gathering data).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Final, NewType

import attrs

from crmkit.errors import InvalidValueError
from crmkit.kernel import (
    Explanation,
    Labelled,
    Language,
    Step,
    Text,
    Trail,
    Workflow,
    all_are,
    checked_language,
    instant,
    is_a,
    is_id,
    lengthened,
    not_now,
    personal_in,
    unbroken,
)

from .answers import Answers
from .careless import CareRule
from .contact_rule import ContactRule
from .half_rule import SurveyScore
from .invitation import Invitation
from .low_score import LowScoreRule, case_opened_by
from .survey import Survey


SurveyRoundId = NewType("SurveyRoundId", str)
"""Which round."""


class SurveyStage(Labelled):
    """How far a round is."""

    DRAFTED = "drafted", "Drafted", "草拟"
    PUBLISHED = "published", "Published", "已发布"
    CLOSED = "closed", "Closed", "已结束"
    DROPPED = "dropped", "Dropped", "已放弃"


SURVEY_WORKFLOW: Final = Workflow(
    {
        SurveyStage.DRAFTED: {SurveyStage.PUBLISHED, SurveyStage.DROPPED},
        # What was reported of a closed round must not change: it is never opened again.
        SurveyStage.PUBLISHED: {SurveyStage.CLOSED},
    }
)
"""The stages of a round and the moves between them."""

_TO_REVISE: Final = Text("revised", "修改")
_TO_INVITE: Final = Text("put to customers", "邀请客户")
_TO_COLLECT: Final = Text("answered", "收集答卷")
_IS_OUT: Final = Text(
    "customers have seen it: draft another round", "客户已看到问卷：请另行草拟一轮"
)
_IS_NOT_OPEN: Final = Text("only a published round is open", "只有已发布的一轮才开放")


@attrs.frozen(kw_only=True, slots=False)
class SurveyRound:
    """One survey, asked once: this year's, or after every repair.

    Rounds are immutable: every verb returns a new one.

    Attributes:
        id: Unique among rounds.
        survey: What is asked, in one version.
        purpose: What it is to tell; empty where nothing is said.
        contact: How often a customer may be asked.
        low_scores: Which answers open which case, in the order in which the rules are tried.
        care: From where on answers are flagged as given without care.
        trail: Every stage so far, oldest first; times never decrease.

    Raises:
        InvalidValueError: If a value is unfit, a rule asks for what the survey does not tell, or
            the trail breaks the workflow.

    Examples:
        >>> from crmkit.satisfaction import SEA_LION
        >>> from crmkit.testing import NINE
        >>> drafted = SurveyRound.draft("R-1", "ann", NINE, survey=SEA_LION)
        >>> drafted.publish("ann", NINE).close("ann", NINE).stage.label()
        'Closed'
        >>> drafted.collect("A-1", "ann", NINE, cells={"price": 4})
        Traceback (most recent call last):
        crmkit.errors.TransitionError: survey round R-1 is drafted and cannot be answered:\
 only a published round is open
    """

    id: SurveyRoundId = attrs.field(validator=is_id)
    survey: Survey = attrs.field(validator=is_a(Survey))
    purpose: str = attrs.field(default="", validator=attrs.validators.instance_of(str))
    contact: ContactRule = attrs.field(default=ContactRule(), validator=is_a(ContactRule))
    low_scores: tuple[LowScoreRule, ...] = attrs.field(default=(), validator=all_are(LowScoreRule))
    care: CareRule = attrs.field(default=CareRule(), validator=is_a(CareRule))
    trail: Trail[SurveyStage] = attrs.field(
        validator=[unbroken, SURVEY_WORKFLOW.follows], metadata=personal_in("note")
    )

    def __attrs_post_init__(self) -> None:
        for rule in self.low_scores:
            rule.check(self.survey)

    @classmethod
    def draft(
        cls,
        id: str,
        by: str,
        at: datetime,
        *,
        survey: Survey,
        purpose: str = "",
        contact: ContactRule = ContactRule(),  # noqa: B008  # immutable
        low_scores: Iterable[LowScoreRule] = (),
        care: CareRule = CareRule(),  # noqa: B008  # immutable
    ) -> SurveyRound:
        """Draft a round; nobody is asked before it is published.

        Args:
            id: Unique among rounds.
            by: Who drafts.
            at: When.
            survey: What is asked.
            purpose: What it is to tell.
            contact: How often a customer may be asked.
            low_scores: Which answers open which case.
            care: From where on answers are flagged.

        Raises:
            InvalidValueError: If a value is unfit.
        """
        return cls(
            id=SurveyRoundId(id),
            survey=survey,
            purpose=purpose,
            contact=contact,
            low_scores=tuple(low_scores),
            care=care,
            trail=(Step(SURVEY_WORKFLOW.start, by, instant(at)),),
        )

    def revise(
        self,
        by: str,
        at: datetime,
        *,
        survey: Survey | None = None,
        purpose: str | None = None,
        contact: ContactRule | None = None,
        low_scores: Iterable[LowScoreRule] | None = None,
        care: CareRule | None = None,
    ) -> SurveyRound:
        """Change what is drafted; what is None stays.

        Raises:
            TransitionError: If it was published.
            InvalidValueError: If a value is unfit.
        """
        Step(self.stage, by, instant(at))  # the checks of every act; the journal keeps who and when
        if self.stage is not SurveyStage.DRAFTED:
            raise not_now(self, self.stage, _TO_REVISE, _IS_OUT)
        told: Mapping[str, object] = {
            "survey": survey,
            "purpose": purpose,
            "contact": contact,
            "low_scores": None if low_scores is None else tuple(low_scores),
            "care": care,
        }
        return attrs.evolve(self, **{name: new for name, new in told.items() if new is not None})  # type: ignore[arg-type]  # checked by the fields

    def publish(self, by: str, at: datetime, *, note: str = "") -> SurveyRound:
        """Open it: customers may be invited, and their answers collected.

        Raises:
            TransitionError: If it is not drafted.
            InvalidValueError: If nobody acts, or `at` is naive or before the last step.
        """
        return self._advance(SurveyStage.PUBLISHED, by, at, note)

    def close(self, by: str, at: datetime, *, note: str = "") -> SurveyRound:
        """Close it: nobody is invited any more, and no answers are taken.

        Raises:
            TransitionError: If it is not published.
            InvalidValueError: If nobody acts, or `at` is naive or before the last step.
        """
        return self._advance(SurveyStage.CLOSED, by, at, note)

    def drop(self, by: str, at: datetime, *, note: str = "") -> SurveyRound:
        """Give it up before anybody was asked.

        Raises:
            TransitionError: If it is not drafted.
            InvalidValueError: If nobody acts, or `at` is naive or before the last step.
        """
        return self._advance(SurveyStage.DROPPED, by, at, note)

    def restore(self, by: str, at: datetime, *, earlier: SurveyRound) -> SurveyRound:
        """Put back what an earlier draft said.

        Raises:
            TransitionError: If it was published, and the earlier one says something else.
            InvalidValueError: If `earlier` is another round, nobody acts, or `at` is naive.
        """
        if earlier.id != self.id:
            raise InvalidValueError("earlier", earlier.id, f"must be a version of {self.id!r}")
        return self.revise(
            by,
            at,
            survey=earlier.survey,
            purpose=earlier.purpose,
            contact=earlier.contact,
            low_scores=earlier.low_scores,
            care=earlier.care,
        )

    def invite(
        self,
        id: str,
        by: str,
        at: datetime,
        *,
        customer: str,
        occasion: str | None = None,
        case: str | None = None,
        segment: str | None = None,
    ) -> Invitation:
        """Return the invitation of a customer; whether he may be asked, his contact log says.

        Arguments and errors as for `Invitation.send`.

        Raises:
            TransitionError: If it is not published.
            InvalidValueError: If a value is unfit.
        """
        self._check_open(_TO_INVITE)
        self.survey.check_segment(segment)
        return Invitation.send(
            id,
            by,
            at,
            round=self.id,
            customer=customer,
            occasion=occasion,
            case=case,
            segment=segment,
        )

    def collect(
        self,
        id: str,
        by: str,
        at: datetime,
        *,
        cells: Mapping[str, object],
        invitation: Invitation | None = None,
        customer: str | None = None,
        occasion: str | None = None,
        case: str | None = None,
        segment: str | None = None,
        seconds: float | None = None,
    ) -> Answers:
        """Return somebody's answers, as given in this round.

        Arguments and errors as for `Answers.record`, and `invitation`: by which he was asked. What
        it says of customer, occasion, case and segment need not be said again.

        Raises:
            TransitionError: If it is not published.
            InvalidCellsError: If cells are unfit: all of them are named.
            InvalidValueError: If another value is unfit.
        """
        self._check_open(_TO_COLLECT)
        told = {"customer": customer, "occasion": occasion, "case": case, "segment": segment}
        if invitation is not None:
            told = invitation.told(told, round=self.id)
        return Answers.record(
            id,
            by,
            at,
            survey=self.survey,
            cells=cells,
            round=self.id,
            seconds=seconds,
            **told,
        )

    def opens(self, answers: Answers, score: SurveyScore) -> Explanation[str | None]:
        """Say what kind of case answers open, by this round's rules, and why.

        Raises:
            InvalidValueError: If a fact cannot be compared as a rule asks.
        """
        return case_opened_by(self.low_scores, answers, score)

    @property
    def stage(self) -> SurveyStage:
        """How far it is: the last line of its trail."""
        return self.trail[-1].stage

    def explain(self, stage: SurveyStage) -> Explanation[bool]:
        """Say whether it may move to a stage now, and why."""
        return SURVEY_WORKFLOW.judge(self, self.stage, stage)

    def label(self, language: Language = "en") -> str:
        """Return what a user calls it.

        Raises:
            InvalidValueError: If the language is neither "en" nor "zh".
        """
        english = checked_language(language) == "en"
        return f"survey round {self.id}" if english else f"调查{self.id}"

    def __str__(self) -> str:
        return self.label()

    def _check_open(self, asked: Text) -> None:
        if self.stage is not SurveyStage.PUBLISHED:
            raise not_now(self, self.stage, asked, _IS_NOT_OPEN)

    def _advance(self, stage: SurveyStage, by: str, at: datetime, note: str) -> SurveyRound:
        step = SURVEY_WORKFLOW.step(self, self.trail, stage, by, at, note=note)
        return lengthened(self, step)
