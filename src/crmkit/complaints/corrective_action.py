"""The corrective action: from the cause behind many complaints to its removal, shown to work.

Law: a correction mends one case, a corrective action removes the cause; only an effect that was
seen after implementation closes it, and a check that fails sends it back to the cause.

Source: domain fact K8; 8D, D0 to D8; ISO 13485:2016 clause 8.5.2.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Final, TypeAlias, TypedDict, Unpack

import attrs

from crmkit.cases import CaseKind
from crmkit.errors import InvalidValueError
from crmkit.kernel import Party, Step, Text, checked_act, instant
from crmkit.kernel.checks import several, told

from .corrective_action_findings import ChosenAction, Prevention, ProblemDescription
from .corrective_action_table import CORRECTIVE_ACTION_WORKFLOW, CorrectiveActionStage
from .effectiveness import CheckResult, EffectivenessCheck
from .eight_d import CorrectiveActionId, EightD
from .linking import born_with, linked, unlinked
from .root_cause import CauseAnalysis, RootCause
from .supplier import SupplierAnswer, SupplierNotice, SupplierVerdict
from .team import Role, TeamMember, team_of
from .undertaking import NOTHING_TOLD


_Stage: TypeAlias = CorrectiveActionStage

_SEND: Final = Text("sent to a supplier", "发给供应商")
_HEAR: Final = Text("answered by a supplier", "由供应商答复")
_MAN: Final = Text("given another team", "更换小组")
_IS_CLOSED: Final = Text("it is closed", "已经结案")
_AWAITED: Final = Text("a supplier has not answered yet", "供应商尚未答复")
_NOT_AWAITED: Final = Text(
    "nothing was sent to a supplier that is unanswered", "没有待供应商答复的事项"
)


class _Told(TypedDict, total=False):
    team: tuple[TeamMember, ...]
    descriptions: tuple[ProblemDescription, ...]
    analyses: tuple[CauseAnalysis, ...]
    choices: tuple[ChosenAction, ...]
    checks: tuple[EffectivenessCheck, ...]
    preventions: tuple[Prevention, ...]


@attrs.frozen(kw_only=True, slots=False)
class CorrectiveAction(EightD):
    """What is done about the cause of complaints, until it is seen to work.

    Its fields, and the questions that they answer, are told at `EightD`. Corrective actions are
    immutable: every verb returns a new one.

    Raises:
        InvalidValueError: If a value is unfit, the trail breaks the workflow, or what was told does
            not agree with the trail.

    Examples:
        >>> from datetime import UTC
        >>> nine = datetime(2026, 3, 2, 9, tzinfo=UTC)
        >>> action = CorrectiveAction.open(
        ...     "CA-1", "ann", nine, complaints=("K-1", "K-4"), about="door seals leak"
        ... )
        >>> action = action.form_team("ann", nine, team=[("bob", "lead"), ("eve", "quality")])
        >>> action.stage.label(), action.complaints
        ('Staffed', ('K-1', 'K-4'))
        >>> print(action.explain(CorrectiveActionStage.CLOSED))
        corrective action CA-1 is staffed and can become described, not closed
    """

    @classmethod
    def open(
        cls,
        id: str,
        by: str,
        at: datetime,
        *,
        complaints: Iterable[str],
        about: str,
        product: str | None = None,
    ) -> CorrectiveAction:
        """Begin one: complaints have a cause in common that must go.

        Args:
            id: Unique among corrective actions.
            by: Who opens it.
            at: When.
            complaints: Their ids; at least one.
            about: What they have in common.
            product: Which product, or batch.

        Raises:
            InvalidValueError: If a value is unfit.
        """
        return cls(
            id=CorrectiveActionId(id),
            about=about,
            product=product,
            links=born_with(by, at, complaints, "complaints"),
            trail=(Step(CORRECTIVE_ACTION_WORKFLOW.start, by, instant(at)),),
        )

    # -- the way from D1 to D8 ---

    def form_team(
        self,
        by: str,
        at: datetime,
        *,
        team: Iterable[TeamMember | tuple[str, Role]],
        note: str = "",
    ) -> CorrectiveAction:
        """Name those who work on it (D1), as members or pairs of who and role.

        Raises:
            TransitionError: If the team is formed already, or nobody is in it.
            InvalidValueError: If a value is unfit.
        """
        named = team_of(team)
        return self._advance(_Stage.STAFFED, by, at, note, {"team": len(named)}, team=named)

    def describe(
        self, by: str, at: datetime, *, description: ProblemDescription, note: str = ""
    ) -> CorrectiveAction:
        """Say what the problem is and is not (D2); said again, the last word counts.

        Raises:
            TransitionError: If there is no team yet, or the problem is contained already.
            InvalidValueError: If a value is unfit.
        """
        said = (*self.descriptions, description)
        return self._advance(_Stage.DESCRIBED, by, at, note, descriptions=said)

    def contain(self, by: str, at: datetime, *, containment: str) -> CorrectiveAction:
        """Keep customers from harm until the cause is gone (D3); more can be done later.

        Raises:
            TransitionError: If the problem is not described, or its cause is known already.
            InvalidValueError: If nothing is told, or a value is unfit.
        """
        return self._advance(_Stage.CONTAINED, by, at, told(containment, "containment"))

    def analyse(
        self,
        by: str,
        at: datetime,
        *,
        cause: RootCause | None = None,
        escape_point: str | None = None,
        note: str = "",
    ) -> CorrectiveAction:
        """Put down the root cause and where it escaped us (D4), together or one after the other.

        Args:
            by: Who acts.
            at: When.
            cause: Why it happens; left out, the one that was told before stands.
            escape_point: Where it should have been found; left out, likewise.
            note: What is said on the occasion.

        Raises:
            TransitionError: If it is not contained, or the action is implemented already.
            InvalidValueError: If neither is told, or a value is unfit.
        """
        found = CauseAnalysis(cause=cause, escape_point=escape_point)
        return self._advance(_Stage.ANALYSED, by, at, note, analyses=(*self.analyses, found))

    def choose(
        self,
        by: str,
        at: datetime,
        *,
        action: str,
        why: str,
        alternatives: Iterable[str] = (),
        note: str = "",
    ) -> CorrectiveAction:
        """Choose what is done about the cause (D5), among what else, and why.

        Raises:
            TransitionError: If the root cause or the escape point is not known.
            InvalidValueError: If a value is unfit.
        """
        chosen = ChosenAction(
            action=action, why=why, alternatives=several(alternatives, "alternatives")
        )
        return self._advance(_Stage.CHOSEN, by, at, note, choices=(*self.choices, chosen))

    def implement(
        self,
        by: str,
        at: datetime,
        *,
        done: str,
        criterion: str,
        check_from: date,
        timezone: str = "UTC",
    ) -> CorrectiveAction:
        """Put down that it is carried out (D6), and how and when its effect will be checked.

        Args:
            by: Who acts.
            at: When.
            done: What was done.
            criterion: What must be seen for it to count as effective.
            check_from: The first day on which that may be checked; not before this one.
            timezone: Of that day.

        Raises:
            TransitionError: If no action is chosen.
            InvalidValueError: If a value is unfit.
        """
        check = EffectivenessCheck(criterion=criterion, due=check_from, timezone=timezone)
        if check.days_until(at) < 0:
            raise InvalidValueError(
                "check_from", check_from, "must not be before the day it is done"
            )
        note = told(done, "done")
        return self._advance(_Stage.IMPLEMENTED, by, at, note, checks=(*self.checks, check))

    def check(
        self, by: str, at: datetime, *, observed: str, result: CheckResult | str
    ) -> CorrectiveAction:
        """Check whether it worked; what did not work goes back to its cause, and the check stays.

        Args:
            by: Who checked.
            at: When.
            observed: What was seen, to be held against the criterion.
            result: Whether it counts as effective.

        Raises:
            TransitionError: If it is not implemented, its day has not come, or it was checked.
            InvalidValueError: If a value is unfit.
        """
        shown = CheckResult.of(result, "result")
        stage = _Stage.VERIFIED if shown is CheckResult.PASSED else _Stage.CONTAINED
        checks = tuple(check.seen(told(observed, "observed"), shown) for check in self.checks[-1:])
        facts = {"check_result": shown.value}
        return self._advance(stage, by, at, "", facts, checks=(*self.checks[:-1], *checks))

    def prevent(
        self,
        by: str,
        at: datetime,
        *,
        systemic: str,
        read_across: Iterable[str] = (),
        note: str = "",
    ) -> CorrectiveAction:
        """Say what keeps the cause from coming back (D7), and where else that was done.

        Raises:
            TransitionError: If nothing is implemented, or it was said already.
            InvalidValueError: If a value is unfit.
        """
        how = Prevention(systemic=systemic, read_across=several(read_across, "read_across"))
        return self._advance(_Stage.PREVENTED, by, at, note, preventions=(*self.preventions, how))

    def close(self, by: str, at: datetime, *, recognition: str) -> CorrectiveAction:
        """Close it, and thank those who did it (D8).

        Raises:
            TransitionError: If its effect is not verified, nobody has told how recurrence is
                prevented, or a supplier has not answered.
            InvalidValueError: If nobody is thanked, or a value is unfit.
        """
        return self._advance(_Stage.CLOSED, by, at, told(recognition, "recognition"))

    # -- beside the way ---

    def change_team(
        self, by: str, at: datetime, *, team: Iterable[TeamMember | tuple[str, Role]]
    ) -> CorrectiveAction:
        """Have others work on it.

        Raises:
            TransitionError: If no team was formed yet, or it is closed.
            InvalidValueError: If nobody is in it, or a value is unfit.
        """
        checked_act(by, at)
        if self.stage in (_Stage.OPENED, _Stage.CLOSED):
            self._refuse(
                _MAN, _IS_CLOSED if self.is_over else Text("no team was formed", "尚未组队")
            )
        if not (named := team_of(team)):
            raise InvalidValueError("team", (), "must have somebody in it")
        return attrs.evolve(self, team=named)

    def link(self, by: str, at: datetime, *, complaint: str) -> CorrectiveAction:
        """Link another complaint with the same cause; at any time.

        Raises:
            InvalidValueError: If it is linked already, or a value is unfit.
        """
        links = linked(self.links, by, at, complaint, CaseKind.COMPLAINT)
        return attrs.evolve(self, links=links)

    def unlink(self, by: str, at: datetime, *, complaint: str) -> CorrectiveAction:
        """Undo a link: that complaint has another cause. That it was linked stays on record.

        Raises:
            InvalidValueError: If it is not linked, or a value is unfit.
        """
        links = unlinked(self.links, by, at, complaint, CaseKind.COMPLAINT)
        return attrs.evolve(self, links=links)

    def send_to_supplier(
        self, by: str, at: datetime, *, supplier: str, about: str
    ) -> CorrectiveAction:
        """Send it to the supplier who may have caused it; it then waits for him.

        Work goes on meanwhile, but nothing is closed before he has answered.

        Raises:
            TransitionError: If it waits for a supplier already, or is closed.
            InvalidValueError: If a value is unfit.
        """
        notice = SupplierNotice(supplier, about)
        if self.is_over or self.awaits_supplier:
            self._refuse(_SEND, _IS_CLOSED if self.is_over else _AWAITED)
        step = Step(self.stage, by, instant(at), "", Party.THIRD_PARTY)
        return attrs.evolve(self, trail=(*self.trail, step), notices=(*self.notices, notice))

    def hear_from_supplier(
        self, by: str, at: datetime, *, verdict: SupplierVerdict | str, text: str
    ) -> CorrectiveAction:
        """Put down what the supplier said, or that he said nothing; the wait ends.

        Raises:
            TransitionError: If it waits for no supplier.
            InvalidValueError: If a value is unfit.
        """
        answer = SupplierAnswer(SupplierVerdict.of(verdict, "verdict"), text)
        if not self.awaits_supplier:
            self._refuse(_HEAR, _NOT_AWAITED)
        step = Step(self.stage, by, instant(at))
        return attrs.evolve(self, trail=(*self.trail, step), answers=(*self.answers, answer))

    def restore(self, by: str, at: datetime, *, earlier: CorrectiveAction) -> CorrectiveAction:
        """Put back what an earlier version said it was about; what was done since stays.

        Raises:
            InvalidValueError: If `earlier` is another corrective action, nobody acts, or `at` is
                naive.
        """
        self._check_restored(by, at, earlier)
        team = earlier.team or self.team
        return attrs.evolve(self, about=earlier.about, product=earlier.product, team=team)

    def _advance(
        self,
        stage: CorrectiveActionStage,
        by: str,
        at: datetime,
        note: str,
        facts: Mapping[str, object] = NOTHING_TOLD,
        **said: Unpack[_Told],
    ) -> CorrectiveAction:
        step = self._step(stage, by, at, note, {**self._days(at), **facts})
        return attrs.evolve(self, trail=(*self.trail, step), **said)
