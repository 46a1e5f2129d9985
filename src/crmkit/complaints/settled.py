"""What follows the answer: the remedy, the calls, the corrective action, the word from outside.

Law: what was promised is owed until it is carried out; what was found by calling is on record.

Source: domain facts K8 and K9; ISO 10002:2018 clauses 7.7 and 7.9; ISO 10003:2018.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final, Self

import attrs

from crmkit.cases import FollowUpCall, FollowUpOutcome, FollowUpPolicy, FollowUpResult
from crmkit.cases.follow_up_calls import tries_in_vain
from crmkit.errors import InvalidValueError
from crmkit.kernel import FrozenMap, Score, Text, did_you_mean, instant, not_now
from crmkit.kernel.checks import of_kind, told

from .examined import Examined
from .particulars import ActionLink, CallPlan, Referral, RemedyKind
from .stages import ENDED, OVER, Stage


_FOLLOWED_UP: Final = Text("followed up", "回访")
_NO_FIX: Final = Text("nothing is put right yet", "问题尚未处理")
_CALLED_LATER: Final = Text("given a plan of follow-up calls", "制定回访计划")
_CARRIED_OUT: Final = Text("put right by a remedy", "落实补救措施")
_WAIVED: Final = Text("relieved of a remedy", "免除补救措施")
_NONE_OWED: Final = Text("no such remedy is owed", "没有待落实的此项补救措施")
_SETTLED: Final = Text("settled outside", "由外部机构处理完毕")
_NONE_ASKED: Final = Text("no outside body is still to decide", "没有待外部机构作出的决定")
_BACK: Final[Mapping[Stage, Stage]] = FrozenMap(
    {
        Stage.RESPONDED: Stage.INVESTIGATED,
        Stage.COMMUNICATED: Stage.INVESTIGATED,
        Stage.ACCEPTED: Stage.INVESTIGATED,
        Stage.CLOSED: Stage.REOPENED,
    }
)
"""Where a customer who is not satisfied sends it."""


@attrs.frozen(kw_only=True, slots=False)
class Settled(Examined):
    """A complaint with the acts that follow its answer, too.

    Examples:
        >>> from crmkit.testing import NINE, a_complaint
        >>> complaint = a_complaint().acknowledge("ann", NINE).investigate("bob", NINE)
        >>> complaint = complaint.respond("bob", NINE, remedies=["refund"]).accept("ann", NINE)
        >>> complaint.close("ann", NINE)
        Traceback (most recent call last):
        crmkit.errors.TransitionError: complaint K-1 is accepted and cannot become closed yet: the\
 remedy is not carried out: refund
        >>> complaint.implement("ann", NINE).close("ann", NINE).is_closed
        True
    """

    def implement(self, by: str, at: datetime, *, remedy: RemedyKind | str | None = None) -> Self:
        """Say that a promised remedy is carried out.

        Args:
            by: Who says so.
            at: When it was carried out.
            remedy: Which; None for all that are owed.

        Raises:
            TransitionError: If it is not owed.
            InvalidValueError: If nobody acts, or `at` is naive or before the promise.
        """
        done = self._act(by, at)
        return self._discharged(_CARRIED_OUT, remedy, {"carried_out_at": done})

    def waive(
        self, by: str, at: datetime, *, reason: str, remedy: RemedyKind | str | None = None
    ) -> Self:
        """Say that the customer lets go of a promised remedy, and why.

        Args:
            by: Who says so.
            at: When he did.
            reason: What he said.
            remedy: Which; None for all that are owed.

        Raises:
            TransitionError: If it is not owed.
            InvalidValueError: If no reason is given, nobody acts, or `at` is naive or before the
                promise.
        """
        waived = {"waived_at": self._act(by, at), "why_waived": told(reason, "reason")}
        return self._discharged(_WAIVED, remedy, waived)

    def plan_calls(
        self,
        by: str,
        at: datetime,
        *,
        tries: int | None = None,
        policy: FollowUpPolicy | None = None,
        reason: str = "",
    ) -> Self:
        """Owe the customer a follow-up call; after so many in vain he counts as unreachable.

        Fewer than were planned before, or than were made in vain already, need a reason: it is kept
        with the plan.

        Args:
            by: Who plans.
            at: When.
            tries: How many in vain are enough; 0 where none is owed.
            policy: Decides it, where `tries` is left out: who is not drawn is owed none.
            reason: Why fewer are enough than before.

        Raises:
            TransitionError: If it is over.
            InvalidValueError: If `tries` is not from 0 to 100, there are both or neither, a reason
                is missing, nobody acts, or `at` is naive or before the last plan.

        Examples:
            >>> from crmkit.testing import NINE, a_complaint
            >>> complaint = a_complaint().plan_calls("ann", NINE, tries=3)
            >>> complaint.plan_calls("ann", NINE, tries=1)
            Traceback (most recent call last):
            crmkit.errors.InvalidValueError: tries is 1: it must be 3 at least without a reason;\
 say why fewer are enough: plan_calls(tries=1, reason=…)
            >>> why = "he has moved abroad"
            >>> complaint.plan_calls("ann", NINE, tries=1, reason=why).call_plans[-1].reason
            'he has moved abroad'
        """
        planned_at = self._act(by, at)
        if self.stage in ENDED:
            raise not_now(self, self.stage, _CALLED_LATER, OVER)
        if policy is not None and tries is None:
            rule = of_kind(policy, FollowUpPolicy, "policy")
            tries = rule.attempts if rule.is_called(self.id, self.facts) else 0
        elif tries is None or policy is not None:
            raise InvalidValueError("tries", tries, "must be told, or the policy, and not both")
        plan = CallPlan(planned_at, by, tries, reason=reason)
        self._check_fewer(plan)
        return attrs.evolve(self, call_tries=tries, call_plans=(*self.call_plans, plan))

    def follow_up(
        self,
        by: str,
        at: datetime,
        *,
        outcome: FollowUpOutcome | str,
        note: str = "",
        rating: Score | None = None,
    ) -> Self:
        """Put down a follow-up call; a customer who is not satisfied sends it back.

        Of a complaint that is answered, a satisfied customer's word on the telephone is as good as
        any: it can then be closed. So it can after as many calls in vain as were planned; several
        put down at one instant are one. A call before what was promised is carried out is put down,
        and counts for neither.

        Args:
            by: Who called.
            at: When.
            outcome: What it found.
            note: What the customer said.
            rating: How satisfied he says he is.

        Raises:
            TransitionError: If it is neither answered nor closed.
            InvalidValueError: If the outcome is none, nobody acts, or `at` is naive or before the
                last step.
        """
        found = FollowUpOutcome.of(outcome, "outcome")
        call = FollowUpCall(instant(at), by, found, note=note, rating=rating)
        if self.stage not in _BACK:
            raise not_now(self, self.stage, _FOLLOWED_UP, _NO_FIX)
        last = self.trail[-1].at
        if call.at < last:
            rule = f"must not be before the last step, {last.isoformat()}"
            raise InvalidValueError("at", at, rule)
        called = attrs.evolve(self, calls=(*self.calls, call))
        if found is not FollowUpOutcome.NOT_SATISFIED:
            return called
        back = _BACK[self.stage]
        return called._advance(back, by, at, note, rejected=True, call=found.value)

    def close(self, by: str, at: datetime, *, note: str = "") -> Self:
        """Close it: it is put right, and the customer is satisfied or cannot be reached.

        Raises:
            TransitionError: If something is outstanding; it says what.
            InvalidValueError: If nobody acts, or `at` is naive or before the last step.
        """
        return self._advance(Stage.CLOSED, by, at, note)

    def refer(self, by: str, at: datetime, *, body: str, note: str = "") -> Self:
        """Refer it outside: to an ombudsman, a mediator, a court.

        Raises:
            TransitionError: If it is neither answered nor escalated.
            InvalidValueError: If no body is named, nobody acts, or `at` is naive or before the
                last step.

        Source:
            ISO 10003:2018.
        """
        referred = self._advance(Stage.REFERRED, by, at, note)
        return attrs.evolve(referred, referrals=(*self.referrals, Referral(instant(at), by, body)))

    def settle(self, by: str, at: datetime, *, outcome: str) -> Self:
        """Put down what the outside body decided.

        Raises:
            TransitionError: If nothing is to be decided outside.
            InvalidValueError: If no outcome is told, nobody acts, or `at` is naive.
        """
        self._act(by, at)
        if not self.referrals or self.referrals[-1].is_decided:
            raise not_now(self, self.stage, _SETTLED, _NONE_ASKED)
        *others, last = self.referrals
        decided = attrs.evolve(last, outcome=told(outcome, "outcome"))
        return attrs.evolve(self, referrals=(*others, decided))

    def link_action(self, by: str, at: datetime, *, action: str) -> Self:
        """Have it led to a corrective action: it is not closed before that has proved itself.

        One that is closed stays so; opened again, it waits.

        Raises:
            InvalidValueError: If it is linked already, the id is unfit, nobody acts, or `at` is
                naive.
        """
        self._act(by, at)
        if any(link.action == action and link.is_linked for link in self.actions):
            raise InvalidValueError("action", action, "must not be linked twice")
        return attrs.evolve(self, actions=(*self.actions, ActionLink(action)))

    def verify_action(self, by: str, at: datetime, *, action: str) -> Self:
        """Say that a linked corrective action has proved to be effective.

        Raises:
            InvalidValueError: If it is not linked, or verified already, nobody acts, or `at` is
                naive.
        """
        self._act(by, at)
        return self._relinked(action, {"verified_at": instant(at)})

    def unlink_action(self, by: str, at: datetime, *, action: str, reason: str) -> Self:
        """Undo a link that was made by mistake; it and the reason stay on record.

        Raises:
            InvalidValueError: If it is not linked, or verified already, no reason is given, nobody
                acts, or `at` is naive.
        """
        self._act(by, at)
        return self._relinked(action, {"undone_because": told(reason, "reason")})

    def _discharged(
        self, asked: Text, remedy: RemedyKind | str | None, changes: dict[str, Any]
    ) -> Self:
        kind = None if remedy is None else RemedyKind.of(remedy, "remedy")
        meant = [owed for owed in self.owed_remedies if kind in (None, owed.kind)]
        if not meant:
            raise not_now(self, self.stage, asked, _NONE_OWED)
        remedies = (attrs.evolve(one, **changes) if one in meant else one for one in self.remedies)
        done = attrs.evolve(self, remedies=tuple(remedies))
        return done if done.owed_remedies or not self.calls else done._put_right()

    def _put_right(self) -> Self:
        """Return it with the calls past that were made before everything was carried out."""
        since = self._discharged_at
        assert since is not None  # it was just discharged
        # At one instant what was put down first came first.
        before = sum(call.at <= since for call in self.calls)
        return attrs.evolve(self, calls_past=max(self.calls_past, before))

    def _check_fewer(self, plan: CallPlan) -> None:
        """Refuse a plan that would do with fewer calls than before, for no reason."""
        is_to_call = self.followed_up is FollowUpResult.TO_CALL
        in_vain = tries_in_vain(self.calls_since) if is_to_call else 0
        is_enough = 0 < plan.tries <= in_vain
        if plan.reason.strip() or (plan.tries >= self.call_tries and not is_enough):
            return
        least = max(self.call_tries, in_vain + 1)
        rule = f"must be {least} at least without a reason"
        way_out = f"say why fewer are enough: plan_calls(tries={plan.tries}, reason=…)"
        raise InvalidValueError("tries", plan.tries, rule, way_out)

    def _relinked(self, action: str, changes: dict[str, Any]) -> Self:
        awaited = self.unverified_actions
        if action not in awaited:
            is_linked = any(link.action == action and link.is_linked for link in self.actions)
            rule = "has proved to be effective already" if is_linked else "is not linked"
            way_out = did_you_mean(action, awaited) if awaited else ""
            raise InvalidValueError("action", action, rule, way_out)
        links = (
            attrs.evolve(link, **changes) if link.is_awaited and link.action == action else link
            for link in self.actions
        )
        return attrs.evolve(self, actions=tuple(links))
