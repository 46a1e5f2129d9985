"""What is known of a complaint, and what follows from it: no act, only facts and questions.

Law: the requirements of the workflow are held against these facts and nothing else.

Source: ISO 10002:2018 clause 7.2 (what is put down on receipt); domain facts K1, K8, K9 and K10.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from itertools import pairwise
from typing import Any, Final, NewType, Self

import attrs
from attrs.validators import optional

from crmkit.cases import (
    Case,
    CaseKind,
    FollowUpCall,
    FollowUpResult,
    Message,
    follow_up_result,
)
from crmkit.cases.passed import passed
from crmkit.errors import InvalidValueError, TransitionError
from crmkit.kernel import (
    PERSONAL,
    Explanation,
    FrozenMap,
    Language,
    Name,
    Step,
    Text,
    Trail,
    Workflow,
    all_are,
    checked_act,
    checked_language,
    instant,
    is_a,
    is_id,
    lengthened,
    not_blank_if_given,
    personal_in,
    unbroken,
)

from .fields import ComplaintField
from .his_word import Known, words
from .judgement import Judgement, Reason
from .particulars import (
    ActionLink,
    CallPlan,
    Finding,
    Goods,
    PromisedDay,
    Referral,
    Remedy,
    Route,
    check_last,
    check_tries,
)
from .root_cause import CauseAnalysis
from .sending_back import is_investigation, is_rejection, is_sending_back, was_sent_back
from .stages import PAST, THE_WORD, WORKFLOW, Stage
from .still_open import NO_WORD, detailed, restated, waited_for


ComplaintId = NewType("ComplaintId", str)
"""Which complaint."""

_CONFIRMED_FIRST: Final = (Stage.INVESTIGATED, Stage.RESPONDED)
_SETTLED: Final = (FollowUpResult.SATISFIED, FollowUpResult.UNREACHABLE)
_BY_US: Final[Mapping[str, object]] = FrozenMap()


@attrs.frozen(kw_only=True, slots=False)
class Grievance(Case[Stage]):
    """What is known of a complaint: `Complaint` adds the acts.

    Attributes:
        id: Unique among complaints.
        field: What kind of thing it is about; None while nobody has said.
        goods: Which product, unit and batch; None where it is about none.
        symptom: What shows, in the user's own words or codes; None while nobody has said.
        concerned: Which department, branch or people it is about; None where nobody said.
        remedy_wanted: What the customer asks for; empty where he asks for nothing.
        immediate_action: What was done at once; empty where nothing was.
        due_on: The day on which the customer was promised an answer; None where none was.
        days_promised: Every such day, oldest first, once one was told anew; the last says `due_on`.
        judgement: How it was judged at first sight; None while it is not assessed.
        reasons: Why it was judged so, oldest first.
        routes: The departments it was sent to, oldest first.
        exemption: Why no investigation is needed; empty where it is. Opened again, or sent back by
            the customer, it is needed.
        findings: The investigations made after the customer sent it back, oldest first.
        cause: The class of the cause, in the user's own words or codes; None while it is unknown.
        analysis: The root cause and where it should have been found; None while it is unknown.
        remedies: What was promised to put it right, oldest first.
        actions: The corrective actions it led to.
        calls: The follow-up calls, oldest first.
        calls_past: How many of them, about an earlier answer or before the remedy, count no more.
        call_tries: After how many calls in vain he counts as unreachable; 0 where none is owed.
        call_plans: What was planned of them, oldest first; the last says `call_tries`.
        accepted: The lines of the trail at which the customer himself accepted, the first being 1.
        referrals: The outside bodies it was referred to, oldest first.
        duplicate_of: The complaint that reports the same; None where it is no duplicate.
        trail: Every stage and every wait so far, oldest first; times never decrease.

    Raises:
        InvalidValueError: If a value is unfit, anything goes back in time, or the trail breaks the
            workflow.

    Examples:
        >>> from crmkit.testing import NINE, a_complaint
        >>> complaint = a_complaint().acknowledge("ann", NINE).investigate("bob", NINE)
        >>> complaint = complaint.respond("bob", NINE, remedies=["refund", "apology"])
        >>> [remedy.kind.label() for remedy in complaint.owed_remedies]
        ['Refund', 'Apology']
        >>> complaint.is_investigated, complaint.contacts, complaint.owners
        (True, 1, ('ann',))
    """

    id: ComplaintId = attrs.field(validator=is_id)
    field: ComplaintField | None = attrs.field(
        default=None, validator=optional(is_a(ComplaintField))
    )
    goods: Goods | None = attrs.field(default=None, validator=optional(is_a(Goods)))
    symptom: str | None = attrs.field(default=None, validator=not_blank_if_given)
    concerned: str | None = attrs.field(default=None, validator=not_blank_if_given)
    remedy_wanted: str = attrs.field(default="", validator=is_a(str), metadata=PERSONAL)
    immediate_action: str = attrs.field(default="", validator=is_a(str), metadata=PERSONAL)
    due_on: date | None = attrs.field(default=None, validator=optional(is_a(date)))
    days_promised: tuple[PromisedDay, ...] = attrs.field(
        default=(), validator=passed(PromisedDay), metadata=personal_in("reason")
    )
    judgement: Judgement | None = attrs.field(default=None, validator=optional(is_a(Judgement)))
    reasons: tuple[Reason, ...] = attrs.field(
        default=(), validator=passed(Reason), metadata=personal_in("says", "zh")
    )
    routes: tuple[Route, ...] = attrs.field(
        default=(), validator=passed(Route), metadata=personal_in("reason", "reason_zh", "note")
    )
    exemption: str = attrs.field(default="", validator=is_a(str), metadata=PERSONAL)
    findings: tuple[Finding, ...] = attrs.field(
        default=(), validator=passed(Finding), metadata=personal_in("note")
    )
    cause: str | None = attrs.field(default=None, validator=not_blank_if_given)
    analysis: CauseAnalysis | None = attrs.field(
        default=None, validator=optional(is_a(CauseAnalysis))
    )
    remedies: tuple[Remedy, ...] = attrs.field(
        default=(), validator=all_are(Remedy), metadata=personal_in("why_waived")
    )
    actions: tuple[ActionLink, ...] = attrs.field(
        default=(), validator=all_are(ActionLink), metadata=personal_in("undone_because")
    )
    calls: tuple[FollowUpCall, ...] = attrs.field(
        default=(), validator=passed(FollowUpCall), metadata=personal_in("note")
    )
    calls_past: int = attrs.field(default=0)
    call_tries: int = attrs.field(default=0)
    call_plans: tuple[CallPlan, ...] = attrs.field(
        default=(), validator=passed(CallPlan), metadata=personal_in("reason")
    )
    accepted: tuple[int, ...] = attrs.field(default=(), validator=all_are(int))
    referrals: tuple[Referral, ...] = attrs.field(
        default=(), validator=passed(Referral), metadata=personal_in("outcome")
    )
    duplicate_of: str | None = attrs.field(default=None, validator=optional(is_id))
    trail: Trail[Stage] = attrs.field(
        validator=[unbroken, WORKFLOW.follows], metadata=personal_in("note")
    )

    @calls_past.validator
    def _check_past(self, _: object, past: int) -> None:
        if type(past) is not int or not 0 <= past <= len(self.calls):
            rule = f"must be a whole number from 0 to {len(self.calls)}, the number of calls"
            raise InvalidValueError("calls_past", past, rule)

    @call_tries.validator
    def _check_tries(self, _: object, tries: int) -> None:
        check_tries(tries, "call_tries")

    @call_plans.validator
    def _check_plans(self, _: object, plans: tuple[CallPlan, ...]) -> None:
        check_last("call_tries", self.call_tries, [plan.tries for plan in plans])

    @days_promised.validator
    def _check_days(self, _: object, days: tuple[PromisedDay, ...]) -> None:
        check_last("due_on", self.due_on, [day.due_on for day in days])

    @property
    def kind(self) -> CaseKind:
        """The kind of case."""
        return CaseKind.COMPLAINT

    @property
    def workflow(self) -> Workflow[Stage]:
        """Its stages, and the moves between them."""
        return WORKFLOW

    @property
    def is_closed(self) -> bool:
        """Whether it is closed: put right, with the customer's word or without a way to him."""
        return self.stage is Stage.CLOSED

    @property
    def was_rejected(self) -> bool:
        """Whether the customer has ever sent it back."""
        return self._rejections > 0

    @property
    def department(self) -> str | None:
        """Where it was sent to last; None while it was sent nowhere."""
        return self.routes[-1].department if self.routes else None

    @property
    def is_sent_back(self) -> bool:
        """Whether it is to be investigated because the customer, not content, sent it back."""
        return was_sent_back(self.trail)

    @property
    def is_confirmed(self) -> bool:
        """Whether no department is still to say that it is theirs."""
        return not self.routes or self.routes[-1].is_confirmed

    @property
    def is_investigated(self) -> bool:
        """Whether somebody investigated it, since it was opened last.

        That the customer sent it back is no investigation.
        """
        again = (n for n, step in enumerate(self.trail, 1) if step.stage is Stage.REOPENED)
        opened = max(again, default=1)
        moves = pairwise(self.trail[opened - 1 :])
        is_found = any(is_investigation(before, step) for before, step in moves)
        return is_found or any(finding.line > opened for finding in self.findings)

    @property
    def owed_remedies(self) -> tuple[Remedy, ...]:
        """What was promised, and is neither carried out nor waived."""
        return tuple(remedy for remedy in self.remedies if remedy.is_owed)

    @property
    def unverified_actions(self) -> tuple[str, ...]:
        """The corrective actions that have not proved themselves yet."""
        return tuple(link.action for link in self.actions if link.is_awaited)

    @property
    def calls_since(self) -> tuple[FollowUpCall, ...]:
        """The follow-up calls that count: about the last answer, and since it is put right.

        Those about an earlier answer count no more; those before everything that was promised was
        carried out or waived never did.
        """
        if not self.calls or self.owed_remedies:
            return ()
        since = self._discharged_at
        made = self.calls[self.calls_past :]
        return made if since is None else tuple(call for call in made if call.at >= since)

    @property
    def followed_up(self) -> FollowUpResult:
        """What the follow-up calls of this answer come down to: the customer's last word counts."""
        return follow_up_result(self.calls_since, attempts=self.call_tries or None)

    @property
    def has_planned_calls(self) -> bool:
        """Whether somebody has said how many calls are owed, though it be none."""
        return bool(self.call_plans or self.call_tries)

    @property
    def is_satisfied(self) -> bool:
        """Whether nobody need ask the customer any more: he said so, or cannot be reached.

        Where no follow-up call is owed, that he accepted the answer is enough.
        """
        return not self.call_tries or self.followed_up in _SETTLED

    @property
    def facts(self) -> Mapping[str, object]:
        """What conditions can ask about it, by name; None for what nobody has said."""
        goods, judged = self.goods or Goods(), self.judgement
        return {
            **super().facts,
            "field": self.field,
            "product": goods.product,
            "unit": goods.unit,
            "batch": goods.batch,
            "symptom": self.symptom,
            "concerned": self.concerned,
            "department": self.department,
            "cause": self.cause,
            "urgency": None if judged is None else judged.urgency,
            "safety": None if judged is None else judged.safety,
            "complexity": None if judged is None else judged.complexity,
        }

    def explain(self, stage: Stage) -> Explanation[bool]:
        """Say whether we may move it to a stage now, without a word from the customer, and why."""
        return detailed(WORKFLOW.judge(self, self.stage, stage, self._known()), self.waits_for)

    def label(self, language: Language = "en") -> str:
        """Return what a user calls it: its kind and its id.

        Raises:
            InvalidValueError: If the language is neither "en" nor "zh".
        """
        return f"complaint {self.id}" if checked_language(language) == "en" else f"投诉{self.id}"

    def _known(self) -> dict[str, object]:
        """Return what the workflow's requirements are held against, while nobody but us acts."""
        return {
            "accepted": self.followed_up in _SETTLED,
            "rejected": False,
            "call": "none",
            "is_investigated": self.is_investigated,
            "is_exempt": bool(self.exemption.strip()),
            "is_confirmed": self.is_confirmed,
            "owes_remedy": bool(self.owed_remedies),
            "unverified_actions": len(self.unverified_actions),
            "is_satisfied": self.is_satisfied,
            "outside_outcome": bool(self.referrals) and self.referrals[-1].is_decided,
        }

    @property
    def _discharged_at(self) -> datetime | None:
        """When the last of what was promised was carried out, or waived; None where none was."""
        done = (one.discharged_at for one in self.remedies if one.discharged_at is not None)
        return max(done, default=None)

    @property
    def waits_for(self) -> Mapping[Text, Name]:
        """What exactly is open of what a move may require, and the way out where there is one."""
        waits = waited_for(self.owed_remedies, self.unverified_actions)
        if self.has_planned_calls or self.followed_up is FollowUpResult.SATISFIED:
            return waits
        return FrozenMap({**waits, THE_WORD: NO_WORD}) if self.calls_since else waits

    @property
    def _rejections(self) -> int:
        return sum(is_rejection(before, step) for before, step in pairwise(self.trail))

    def _asked(self) -> int:
        # Whoever sends an answer back had to ask once more.
        return super()._asked() + self._rejections

    def _spoken(self) -> tuple[Message, ...]:
        done = (one.discharged_at for one in self.remedies)
        known = Known(
            accepted=self.accepted,
            calls=self.calls,
            plans=self.call_plans,
            tries=self.call_tries,
            discharged=tuple(when for when in done if when is not None),
        )
        return (*super()._spoken(), *words(self.trail, known))

    def _act(self, by: str, at: datetime) -> datetime:
        """Return when somebody acts who moves nothing; the journal keeps who he is."""
        return checked_act(by, at)

    def _advance(self, stage: Stage, by: str, at: datetime, note: str, **facts: object) -> Self:
        if stage in _CONFIRMED_FIRST:
            self._check_confirmed_by(at)
        known = self._known() | facts if WORKFLOW.moves[self.stage].get(stage) else _BY_US
        try:
            step = WORKFLOW.step(self, self.trail, stage, by, at, note=note, facts=known)
        except TransitionError as error:
            raise restated(error, self.waits_for) from None
        moved = lengthened(self, step)
        changes = self._voided(step) if stage in PAST else None
        return attrs.evolve(moved, **changes) if changes else moved

    def _check_confirmed_by(self, at: datetime) -> None:
        """Refuse a time at which the department responsible had not confirmed that it is."""
        confirmed_at = self.routes[-1].confirmed_at if self.routes else None
        if confirmed_at is not None and instant(at) < confirmed_at:
            rule = f"must not be before the department confirmed it, {confirmed_at.isoformat()}"
            raise InvalidValueError("at", at, rule)

    def _voided(self, step: Step[Stage]) -> dict[str, Any]:
        """Return what no longer holds once it is looked at, or answered, anew."""
        changes: dict[str, Any] = {}
        if self.calls:
            changes["calls_past"] = len(self.calls)
        if self.exemption and (
            step.stage is Stage.REOPENED or is_sending_back(self.trail[-1], step)
        ):
            changes["exemption"] = ""
        return changes
