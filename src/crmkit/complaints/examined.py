"""What precedes the answer: how grave it is, whose it is, and what was wrong.

Law: rules propose, and say why; people decide, and their reasons are kept.

Source: ISO 10002:2018 clauses 7.5 and 7.6; domain facts K1 (the responsible department is
confirmed) and K8 (cause analysis).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final, Self

import attrs

from crmkit.cases import Impact, Priority, PriorityMatrix, Severity, Urgency
from crmkit.errors import InvalidValueError
from crmkit.kernel import Explanation, FrozenMap, Text, instant, not_now
from crmkit.kernel.checks import of_kind, told

from .grievance import Grievance
from .judgement import Complexity, Judgement, Reason
from .particulars import Finding, Route
from .root_cause import CauseAnalysis
from .routing_rules import Routing
from .stages import ENDED, OVER, Stage


_NO_REASONS: Final[Mapping[str, str]] = FrozenMap()
_CONFIRMED: Final = Text("confirmed", "确认归属")
_DIAGNOSED: Final = Text("diagnosed", "记录原因")
_EXEMPT: Final = Text("exempt from investigation", "免予调查")
_SENT_NOWHERE: Final = Text("it was sent to no department yet", "尚未分派给任何部门")
_TAKEN: Final = Text("the department has confirmed it already", "责任部门已经确认")


@attrs.frozen(kw_only=True, slots=False)
class Examined(Grievance):
    """A complaint with the acts that lead to its answer.

    Examples:
        >>> from crmkit.testing import NINE, a_complaint
        >>> complaint = a_complaint().acknowledge("ann", NINE)
        >>> complaint = complaint.route("ann", NINE, department="quality")
        >>> complaint.investigate("bob", NINE)
        Traceback (most recent call last):
        crmkit.errors.TransitionError: complaint K-1 is routed and cannot become investigated yet:\
 the department responsible has not confirmed that it is
        >>> complaint.confirm("bob", NINE).investigate("bob", NINE, cause="seal").cause
        'seal'
    """

    def assess(
        self,
        by: str,
        at: datetime,
        *,
        severity: Severity | str | None = None,
        safety: bool | None = None,
        complexity: Complexity | str | None = None,
        impact: Impact | str | None = None,
        urgency: Urgency | str | None = None,
        priority: Priority | str | None = None,
        matrix: PriorityMatrix | None = None,
        reasons: Mapping[str, str] = _NO_REASONS,
        note: str = "",
    ) -> Self:
        """Judge it at first sight: how grave, how hard, what comes first, and why.

        What is left out stays as it was.

        Args:
            by: Who judges.
            at: When.
            severity: How grave it is.
            safety: Whether somebody could come to harm.
            complexity: How hard it is to clear up.
            impact: How many it touches.
            urgency: How soon it must be dealt with.
            priority: What comes first; leave it out where a matrix decides.
            matrix: Decides the priority from the rest, and its reason is kept.
            reasons: For each criterion, why it was judged so.
            note: What else is said.

        Raises:
            TransitionError: If it is neither just acknowledged nor just opened again.
            InvalidValueError: If a word is none of its kind, the matrix lacks what it needs, there
                are a priority and a matrix, nobody acts, or `at` is naive or before the last step.

        Examples:
            >>> from crmkit.cases import ITIL_3X3
            >>> from crmkit.testing import NINE, a_complaint
            >>> complaint = a_complaint().acknowledge("ann", NINE).assess(
            ...     "ann",
            ...     NINE,
            ...     safety=True,
            ...     matrix=ITIL_3X3,
            ...     reasons={"safety": "sparks at the plug"},
            ... )
            >>> for reason in complaint.reasons:
            ...     print(f"{reason.criterion}: {reason.says}")
            safety: sparks at the plug
            priority: priority is urgent: safety is at stake
        """
        moved = self._advance(Stage.ASSESSED, by, at, note)
        was = self.judgement or Judgement()
        judgement = Judgement(
            safety=was.safety if safety is None else safety,
            urgency=was.urgency if urgency is None else Urgency.of(urgency, "urgency"),
            complexity=(
                was.complexity if complexity is None else Complexity.of(complexity, "complexity")
            ),
        )
        judged = attrs.evolve(moved, judgement=judgement)
        if (severity, impact, priority) != (None, None, None):
            judged = judged.prioritise(by, at, severity=severity, impact=impact, priority=priority)
        if not isinstance(reasons, Mapping):
            raise InvalidValueError("reasons", reasons, "must map each criterion to its reason")
        given = [Reason(instant(at), by, criterion, says) for criterion, says in reasons.items()]
        if matrix is not None:
            decided, why = _decided(matrix, judged.facts, priority)
            judged = judged.prioritise(by, at, priority=decided)
            if "priority" not in reasons:
                zh = why.sentence("zh")
                given.append(Reason(instant(at), by, "priority", str(why), zh=zh))
        return attrs.evolve(judged, reasons=(*self.reasons, *given))

    def route(
        self,
        by: str,
        at: datetime,
        *,
        department: str | None = None,
        routing: Routing | None = None,
        reason: str = "",
        note: str = "",
    ) -> Self:
        """Send it to the department responsible, whose head confirms it; hand-overs are kept.

        Args:
            by: Who sends it.
            at: When.
            department: Where to; None for what the rules propose.
            routing: The rules; what they propose is kept even where it is not followed.
            reason: Why there; where it is left out and the rules are followed, theirs is kept.
            note: What else is said; of a hand-over it is kept with the department.

        Raises:
            TransitionError: If it cannot be sent on now.
            InvalidValueError: If there is neither a department nor a rule, nobody acts, or `at` is
                naive or before the last step.

        Examples:
            >>> from crmkit.complaints import EXAMPLE_ROUTING
            >>> from crmkit.testing import NINE, a_complaint
            >>> complaint = a_complaint().acknowledge("ann", NINE)
            >>> complaint.route("ann", NINE, routing=EXAMPLE_ROUTING).department
            'customer_care'
        """
        where, why, zh, proposed = _sent(self.facts, department, routing, reason)
        sent = Route(instant(at), by, where, why, proposed, reason_zh=zh)
        if self.stage is Stage.ROUTED:
            # Handed over before anybody took it: it stays sent, to somebody else.
            self._act(by, at)
            return attrs.evolve(self, routes=(*self.routes, attrs.evolve(sent, note=note)))
        routed = self._advance(Stage.ROUTED, by, at, note)
        return attrs.evolve(routed, routes=(*self.routes, sent))

    def confirm(self, by: str, at: datetime) -> Self:
        """Say, as its head, that the department is responsible.

        Raises:
            TransitionError: If it was sent nowhere, or is confirmed already.
            InvalidValueError: If nobody acts, or `at` is naive or before it was sent.
        """
        confirmed_at = self._act(by, at)
        if not self.routes or self.routes[-1].is_confirmed:
            why = _TAKEN if self.routes else _SENT_NOWHERE
            raise not_now(self, self.stage, _CONFIRMED, why)
        *others, last = self.routes
        taken = attrs.evolve(last, confirmed_by=by, confirmed_at=confirmed_at)
        return attrs.evolve(self, routes=(*others, taken))

    def exempt(self, by: str, at: datetime, *, reason: str) -> Self:
        """Say why no investigation is needed; it can then be answered without one.

        Opened again, or sent back by the customer, it is exempt no more.

        Raises:
            TransitionError: If it is over.
            InvalidValueError: If no reason is given, nobody acts, or `at` is naive.
        """
        self._act(by, at)
        if self.stage in ENDED:
            raise not_now(self, self.stage, _EXEMPT, OVER)
        return attrs.evolve(self, exemption=told(reason, "reason"))

    def investigate(
        self,
        by: str,
        at: datetime,
        *,
        note: str = "",
        cause: str | None = None,
        analysis: CauseAnalysis | None = None,
    ) -> Self:
        """Put down what was found: what is wrong, why, and where it should have been found.

        One that the customer sent back stays in its stage: what is found anew is kept in
        `findings`.

        Args:
            by: Who investigated.
            at: When.
            note: What was found.
            cause: The class of the cause.
            analysis: The root cause and the escape point.

        Raises:
            TransitionError: If it cannot be investigated now, or the department responsible has
                not confirmed that it is.
            InvalidValueError: If nobody acts, or `at` is naive or before the last step.
        """
        if self.is_sent_back:
            return self._looked_into(by, at, note)._found(cause, analysis)
        return self._advance(Stage.INVESTIGATED, by, at, note)._found(cause, analysis)

    def diagnose(
        self,
        by: str,
        at: datetime,
        *,
        cause: str | None = None,
        analysis: CauseAnalysis | None = None,
    ) -> Self:
        """Put down a cause that is found, or put right, in between; what is left out stays.

        Raises:
            TransitionError: If it is over.
            InvalidValueError: If neither is told, the cause is blank, nobody acts, or `at` is
                naive.
        """
        self._act(by, at)
        if self.stage in ENDED:
            raise not_now(self, self.stage, _DIAGNOSED, OVER)
        if cause is None and analysis is None:
            raise InvalidValueError("cause", None, "must be told, or the analysis")
        return self._found(cause, analysis)

    def _looked_into(self, by: str, at: datetime, note: str) -> Self:
        """Return it investigated where the customer's word has put it, which is no move."""
        found = Finding(self._act(by, at), by, len(self.trail), note=note)
        last = self.trail[-1].at
        if found.at < last:
            rule = f"must not be before the last step, {last.isoformat()}"
            raise InvalidValueError("at", found.at, rule)
        return attrs.evolve(self, findings=(*self.findings, found))

    def _found(self, cause: str | None, analysis: CauseAnalysis | None) -> Self:
        if cause is None and analysis is None:
            return self
        return attrs.evolve(
            self,
            cause=self.cause if cause is None else cause,
            analysis=_joined(self.analysis, analysis),
        )


def _sent(
    facts: Mapping[str, object], department: str | None, routing: Routing | None, reason: str
) -> tuple[str, str, str, str | None]:
    """Return where it is sent, why, the same in Chinese, and what the rules proposed."""
    if routing is None:
        if department is None:
            raise InvalidValueError("department", None, "must be told", "or give a routing")
        return department, reason, "", None
    why = of_kind(routing, Routing, "routing").propose(facts)
    is_followed = department in (None, why.verdict)
    where = why.verdict if department is None else department
    if is_followed and not reason:
        return where, str(why), why.sentence("zh"), why.verdict
    return where, reason, "", why.verdict


def _decided(
    matrix: PriorityMatrix, facts: Mapping[str, object], priority: Priority | str | None
) -> tuple[Priority, Explanation[Priority | None]]:
    """Return the priority that a matrix gives, and its reason."""
    if priority is not None:
        raise InvalidValueError("priority", priority, "must be left out where a matrix decides")
    why = of_kind(matrix, PriorityMatrix, "matrix").decide(facts)
    if why.verdict is None:
        lacking = " and ".join(why.missing)
        raise InvalidValueError("matrix", matrix.name, f"cannot decide without {lacking}")
    return why.verdict, why


def _joined(was: CauseAnalysis | None, now: CauseAnalysis | None) -> CauseAnalysis | None:
    """Return what is known now: what a later analysis leaves open, the earlier one says."""
    if now is None:
        return was
    of_kind(now, CauseAnalysis, "analysis")
    if was is None:
        return now
    return CauseAnalysis(
        cause=was.cause if now.cause is None else now.cause,
        escape_point=was.escape_point if now.escape_point is None else now.escape_point,
    )
