"""What is told of a corrective action on its way through the eight disciplines, and what it tells.

Law: what was told agrees with the trail: nothing is told twice, and nothing that did not happen.

Source: domain fact K8; 8D, D0 to D8; ISO 13485:2016 clause 8.5.2.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import NewType, TypeAlias

import attrs

from crmkit.cases.passed import passed
from crmkit.errors import InvalidValueError
from crmkit.kernel import (
    Explanation,
    Name,
    Text,
    Trail,
    Workflow,
    all_are,
    instant,
    is_id,
    not_blank_if_given,
    personal_in,
    unbroken,
)

from .corrective_action_findings import ChosenAction, Prevention, ProblemDescription
from .corrective_action_table import (
    CORRECTIVE_ACTION_WORKFLOW,
    NOT_DUE,
    CorrectiveActionStage,
    entries,
    entries_since_failure,
    results,
)
from .effectiveness import CheckResult, EffectivenessCheck
from .linking import CaseLink, check_links, complaints_of
from .root_cause import CauseAnalysis, RootCause
from .supplier import SupplierAnswer, SupplierNotice, SupplierVerdict
from .team import LEAD, TeamMember, checked_team
from .undertaking import Undertaking


CorrectiveActionId = NewType("CorrectiveActionId", str)
"""Which corrective action."""

_Stage: TypeAlias = CorrectiveActionStage


@attrs.frozen(kw_only=True, slots=False)
class EightD(Undertaking[CorrectiveActionStage]):
    """What is known of a corrective action: its fields, and the questions that they answer.

    What is told with a move stands in the order of the moves: the second of `analyses` came when
    the trail entered that stage for the second time; who told it and when, the trail says.

    Attributes:
        id: Unique among corrective actions.
        about: What the complaints have in common; never blank.
        product: Which product, or batch; None where that is not said.
        links: Complaints linked and unlinked, oldest first.
        team: Who works on it, and as what.
        descriptions: The problem, each time that it was described.
        analyses: Root cause and escape point, each time that something was found.
        choices: The actions that were chosen.
        checks: For each implementation, the check of its effect.
        preventions: How recurrence is prevented.
        notices: What was sent to suppliers.
        answers: What suppliers said, each to the notice in the same place.
        trail: Every stage, and every wait for a supplier, oldest first; times never decrease.

    Raises:
        InvalidValueError: If a value is unfit, the trail breaks the workflow, or what was told does
            not agree with the trail.

    Examples:
        >>> from crmkit.complaints import CorrectiveAction
        >>> from crmkit.testing import NINE
        >>> action = CorrectiveAction.open(
        ...     "CA-1", "ann", NINE, complaints=("K-1", "K-4"), about="door seals leak"
        ... )
        >>> action.complaints, action.is_effective, action.due_check_on
        (('K-1', 'K-4'), False, None)
    """

    id: CorrectiveActionId = attrs.field(validator=is_id)
    product: str | None = attrs.field(default=None, validator=not_blank_if_given)
    links: tuple[CaseLink, ...] = attrs.field(validator=[passed(CaseLink), check_links])
    team: tuple[TeamMember, ...] = attrs.field(default=(), validator=all_are(TeamMember))
    descriptions: tuple[ProblemDescription, ...] = attrs.field(
        default=(), validator=all_are(ProblemDescription)
    )
    analyses: tuple[CauseAnalysis, ...] = attrs.field(default=(), validator=all_are(CauseAnalysis))
    choices: tuple[ChosenAction, ...] = attrs.field(default=(), validator=all_are(ChosenAction))
    checks: tuple[EffectivenessCheck, ...] = attrs.field(
        default=(), validator=all_are(EffectivenessCheck)
    )
    preventions: tuple[Prevention, ...] = attrs.field(default=(), validator=all_are(Prevention))
    notices: tuple[SupplierNotice, ...] = attrs.field(default=(), validator=all_are(SupplierNotice))
    answers: tuple[SupplierAnswer, ...] = attrs.field(default=(), validator=all_are(SupplierAnswer))
    trail: Trail[CorrectiveActionStage] = attrs.field(
        validator=[unbroken, CORRECTIVE_ACTION_WORKFLOW.follows], metadata=personal_in("note")
    )

    def __attrs_post_init__(self) -> None:
        checked_team(self.team)
        for name, found, stage in (
            ("descriptions", self.descriptions, _Stage.DESCRIBED),
            ("analyses", self.analyses, _Stage.ANALYSED),
            ("choices", self.choices, _Stage.CHOSEN),
            ("checks", self.checks, _Stage.IMPLEMENTED),
            ("preventions", self.preventions, _Stage.PREVENTED),
        ):
            _agree(name, len(found), entries(self.trail, stage))
        if tuple(check.result for check in self.checks) != results(self.trail):
            raise InvalidValueError(
                "checks", self.checks, "must have the results that its trail says"
            )
        waits = [step.awaits is not None for step in self.trail]
        pairs = list(zip([False, *waits], waits, strict=False))
        _agree("notices", len(self.notices), pairs.count((False, True)))
        _agree("answers", len(self.answers), pairs.count((True, False)))

    @property
    def workflow(self) -> Workflow[CorrectiveActionStage]:
        """Its stages, and the moves between them."""
        return CORRECTIVE_ACTION_WORKFLOW

    @property
    def complaints(self) -> tuple[str, ...]:
        """Ids of the complaints that are linked now."""
        return complaints_of(self.links)

    @property
    def description(self) -> ProblemDescription | None:
        """The problem, as it was described last; None while nobody has."""
        return self.descriptions[-1] if self.descriptions else None

    @property
    def containments(self) -> tuple[str, ...]:
        """What was done to keep customers from harm meanwhile, oldest first."""
        lines = zip(self.trail, self.trail[1:], strict=False)
        early = (_Stage.DESCRIBED, _Stage.CONTAINED)
        return tuple(
            step.note
            for before, step in lines
            if step.stage is _Stage.CONTAINED
            and before.stage in early
            and (before.stage is not step.stage or before.awaits is step.awaits)
        )

    @property
    def cause(self) -> RootCause | None:
        """The root cause that holds; None while none is known, or after a check that failed."""
        told = (found.cause for found in reversed(self._standing))
        return next((cause for cause in told if cause is not None), None)

    @property
    def escape_point(self) -> str | None:
        """Where it should have been found; None while that is not known, likewise."""
        told = (found.escape_point for found in reversed(self._standing))
        return next((point for point in told if point is not None), None)

    @property
    def action(self) -> ChosenAction | None:
        """The action that stands; None while none is chosen, or after a check that failed."""
        chosen = entries_since_failure(self.trail, _Stage.CHOSEN)
        return self.choices[-1] if chosen and self.stage is not _Stage.ANALYSED else None

    @property
    def is_effective(self) -> bool:
        """Whether a check after implementation has shown that it works."""
        return bool(self.checks) and self.checks[-1].result is CheckResult.PASSED

    @property
    def is_prevented(self) -> bool:
        """Whether it has been told how the cause that holds is kept from coming back."""
        return entries_since_failure(self.trail, _Stage.PREVENTED) > 0

    @property
    def due_check_on(self) -> date | None:
        """The first local day on which its effect may be checked; None where no check is due."""
        open_ = bool(self.checks) and self.checks[-1].result is None
        return self.checks[-1].due if open_ else None

    @property
    def failed_checks(self) -> tuple[EffectivenessCheck, ...]:
        """The checks that sent it back to its cause, oldest first."""
        return tuple(check for check in self.checks if check.result is CheckResult.FAILED)

    @property
    def awaits_supplier(self) -> bool:
        """Whether something was sent to a supplier that he has not answered."""
        return len(self.notices) > len(self.answers)

    @property
    def supplier(self) -> str | None:
        """The supplier to whom something was sent last; None where nothing was."""
        return self.notices[-1].supplier if self.notices else None

    @property
    def lead(self) -> str | None:
        """Whoever leads the team; None where nobody is said to."""
        return next((member.who for member in self.team if member.role == LEAD), None)

    @property
    def is_supplier_caused(self) -> bool:
        """Whether a supplier has taken the fault on himself."""
        return any(answer.verdict is SupplierVerdict.ACCEPTED for answer in self.answers)

    @property
    def facts(self) -> Mapping[str, object]:
        """What conditions can ask about it, by name; None for what nobody has said."""
        return {
            **super().facts,
            "product": self.product,
            "complaints": len(self.complaints),
            "is_effective": self.is_effective,
            "is_prevented": self.is_prevented,
            "awaits_supplier": self.awaits_supplier,
            "is_supplier_caused": self.is_supplier_caused,
        }

    def explain(
        self, stage: CorrectiveActionStage, *, as_of: datetime | None = None
    ) -> Explanation[bool]:
        """Say whether it may move to a stage, by what is known, and why.

        Args:
            stage: Where it would go.
            as_of: When it would; without it, no day of a check has come.

        Raises:
            InvalidValueError: If `as_of` is naive.
        """
        return self._judged(stage, {**self._known, **self._days(as_of)})

    @property
    def _called(self) -> Text:
        return Text("corrective action", "纠正措施")

    @property
    def _standing(self) -> tuple[CauseAnalysis, ...]:
        """What was found since the last check that failed."""
        count = entries_since_failure(self.trail, _Stage.ANALYSED)
        return self.analyses[len(self.analyses) - count :]

    @property
    def _known(self) -> Mapping[str, object]:
        return {
            "team": len(self.team),
            "has_cause": self.cause is not None,
            "has_escape_point": self.escape_point is not None,
            "check_result": "untold",
            "is_effective": self.is_effective,
            "is_prevented": self.is_prevented,
            "awaits_supplier": self.awaits_supplier,
        }

    @property
    def _details(self) -> Mapping[Text, Name]:
        if not self.checks:
            return {}
        due, zone = self.checks[-1].due, self.checks[-1].timezone
        on = Name(
            f"its effect may be checked from {due} ({zone})", f"自{due}起方可验证效果（{zone}）"
        )
        return {NOT_DUE: on}

    def _days(self, at: datetime | None) -> Mapping[str, object]:
        moment = None if at is None else instant(at, "as_of")
        if moment is None or not self.checks:
            return {}
        return {"days_until_check": self.checks[-1].days_until(moment)}


def _agree(name: str, found: int, said: int) -> None:
    """Refuse told facts that are not as many as the trail says."""
    if found != said:
        rule = f"must be {said}, as many as its trail says"
        raise InvalidValueError(name, found, rule)
