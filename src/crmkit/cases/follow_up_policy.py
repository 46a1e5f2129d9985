"""Whom to call after the fix, by when, how often, and what the calls come down to.

Law: who is called is decided by the case's id alone, so that it is the same on every machine and
can be checked afterwards; the customer's last word counts.

Source: domain fact K9 (回访 of all or of a share by policy).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Final

import attrs

from crmkit.errors import InvalidValueError
from crmkit.kernel import (
    Condition,
    Evidence,
    Explanation,
    FrozenMap,
    Rule,
    Share,
    Text,
    WorkCalendar,
    checked_id,
    instant,
    is_a,
    not_blank,
)

from .follow_up_calls import FollowUpCall, FollowUpResult, follow_up_result, tries_in_vain
from .passed import FARTHEST


_NONE: Final = timedelta(0)
_NOTHING: Final[Mapping[str, object]] = FrozenMap()
_BITS: Final = 53
"""As many as a float holds exactly."""

_WHOLE: Final = 1 << _BITS

_SOURCE: Final = "domain fact K9"


def _rule(code: str, en: str, zh: str) -> Rule:
    return Rule(code=f"cases.follow_up.{code}", says=Text(en, zh), source=_SOURCE)


_DRAWN: Final = _rule(
    "drawn",
    "{id} is called after the fix by {policy}: {draw} is below the share {share}",
    "按“{policy}”须回访{id}：{draw}小于比例{share}",
)
_NOT_DRAWN: Final = _rule(
    "not_drawn",
    "{id} is not called after the fix by {policy}: {draw} is not below the share {share}",
    "按“{policy}”不回访{id}：{draw}不小于比例{share}",
)
_NOT_MET: Final = _rule(
    "not_met",
    "{id} is not called after the fix by {policy}: its condition is not met",
    "按“{policy}”不回访{id}：不符合条件",
)
_TO_CALL: Final = _rule(
    "to_call",
    "{verdict}: calls that found nobody: {failed}, enough are {attempts}",
    "{verdict}：已有{failed}次未联系上，规定为{attempts}次",
)
_UNREACHABLE: Final = _rule(
    "unreachable",
    "{verdict}: calls that found nobody: {failed}, enough are {attempts}",
    "{verdict}：{failed}次未联系上，达到规定的{attempts}次",
)
_SAID: Final = _rule("said", "{verdict}: so said the customer on {at}", "{verdict}：客户于{at}表示")
_RULES: Final[Mapping[FollowUpResult, Rule]] = FrozenMap(
    {
        FollowUpResult.TO_CALL: _TO_CALL,
        FollowUpResult.SATISFIED: _SAID,
        FollowUpResult.DISSATISFIED: _SAID,
        FollowUpResult.UNREACHABLE: _UNREACHABLE,
    }
)


def _share(share: Share | float) -> Share:
    return share if isinstance(share, Share) else Share(share)


@attrs.frozen(kw_only=True)
class FollowUpPolicy:
    """Whom to call after the fix, by when, and how often.

    Attributes:
        name: What it is called.
        within: Within what working time after the fix the first call is due.
        calendar: When calls are made.
        share: Which share of the cases is called; 1 for all.
        attempts: How many calls that find nobody make a customer documented as unreachable.
        again_within: Within what working time after a call that found nobody the next one is due;
            None for as after the fix.
        condition: Which cases it is for, by their facts; None for all.
        salt: Put before each id before it is drawn; another one draws other cases.

    Raises:
        InvalidValueError: If a value is unfit, or the condition asks for nothing.

    Examples:
        >>> from crmkit.testing import NINE
        >>> policy = FollowUpPolicy(
        ...     name="after repairs",
        ...     within=timedelta(hours=24),
        ...     calendar=WorkCalendar.always("Asia/Shanghai"),
        ...     share=0.5,
        ... )
        >>> policy.is_called("K-1"), policy.is_called("K-2")
        (True, False)
        >>> print(policy.explain("K-1"))
        K-1 is called after the fix by after repairs: 0.4718 is below the share 50 %
        >>> from crmkit.cases import FollowUpOutcome
        >>> nobody = FollowUpCall(NINE + timedelta(hours=5), "eva", FollowUpOutcome.UNREACHABLE)
        >>> print(policy.verdict([nobody], since=NINE))
        to be called: calls that found nobody: 1, enough are 3
    """

    name: str = attrs.field(validator=not_blank)
    within: timedelta
    calendar: WorkCalendar = attrs.field(validator=is_a(WorkCalendar))
    share: Share = attrs.field(default=Share(1.0), converter=_share)
    attempts: int = 3
    again_within: timedelta | None = None
    condition: Condition | None = None
    salt: str = ""

    def __attrs_post_init__(self) -> None:
        for name in ("within", "again_within"):
            time = getattr(self, name)
            if name == "again_within" and time is None:
                continue
            if not isinstance(time, timedelta) or not _NONE < time <= FARTHEST:
                rule = f"must be a timedelta above 0, and of {FARTHEST.days} days at most"
                raise InvalidValueError(name, time, rule)
        if type(self.attempts) is not int or self.attempts < 1:
            raise InvalidValueError("attempts", self.attempts, "must be a whole number from 1 on")
        if not isinstance(self.salt, str) or not self.salt.isprintable():
            raise InvalidValueError("salt", self.salt, "must be printable text, or empty")
        condition = self.condition
        if condition is not None and not isinstance(condition, Condition):
            raise InvalidValueError("condition", condition, "must be a Condition, or None")
        if condition is not None and not condition.facts:
            rule = "must ask for something"
            raise InvalidValueError("condition", str(condition), rule, "leave it out for all cases")

    def is_called(self, id: str, facts: Mapping[str, object] = _NOTHING) -> bool:
        """Tell whether the customer of a case is to be called.

        Args:
            id: The case's, or whatever else decides: an id drawn once is drawn for ever, and stays
                drawn when the share is raised.
            facts: What the condition asks about; what is not known meets no condition.

        Raises:
            InvalidValueError: If the id is unfit, or a fact cannot be compared as the condition
                asks.
        """
        return self.explain(id, facts).verdict

    def explain(self, id: str, facts: Mapping[str, object] = _NOTHING) -> Explanation[bool]:
        """Say whether the customer of a case is to be called, and why; arguments as above.

        The id is drawn by the first 53 bits of the SHA-256 of salt and id in UTF-8, as a fraction.
        """
        draw, share = self._draw(id), float(self.share)
        condition = self.condition
        applies = condition is None or condition.holds(facts)
        told = [
            Evidence("policy", self.name, condition, applies),
            Evidence("id", id),
            Evidence("draw", draw, share, draw < share),
            Evidence("share", self.share),
        ]
        missing: tuple[str, ...] = ()
        if condition is not None:
            told += condition.evidence(facts)
            missing = condition.missing(facts) if applies is None else ()
        drawn = _DRAWN if draw < share else _NOT_DRAWN
        return Explanation(
            verdict=bool(applies) and draw < share,
            rule=drawn if applies else _NOT_MET,
            evidence=tuple(told),
            missing=missing,
        )

    def verdict(
        self, calls: Iterable[FollowUpCall], *, since: datetime | None = None
    ) -> Explanation[FollowUpResult]:
        """Say what the calls after a fix come down to: the customer's last word counts.

        Args:
            calls: In any order.
            since: When it was fixed; earlier calls were about an earlier fix and do not count.
                None to count all.

        Returns:
            Satisfied; dissatisfied, which reopens; unreachable after so many calls; or that he is
            still to be called. What the customer has said, no later call that finds nobody undoes.

        Raises:
            InvalidValueError: If `since` is naive.

        Examples:
            >>> from crmkit.testing import NINE
            >>> policy = FollowUpPolicy(
            ...     name="all", within=timedelta(days=1), calendar=WorkCalendar.always("UTC")
            ... )
            >>> from crmkit.cases import FollowUpOutcome
            >>> unhappy = FollowUpCall(NINE, "eva", FollowUpOutcome.NOT_SATISFIED)
            >>> print(policy.verdict([unhappy]))
            dissatisfied, to be reopened: so said the customer on 2026-03-02 09:00 UTC
        """
        counted = _since(calls, since)
        reached = [call for call in counted if call.is_reached]
        failed = tries_in_vain(counted)
        told = [
            Evidence("calls", tuple(call.outcome for call in counted)),
            Evidence("failed", failed, self.attempts, failed >= self.attempts),
            Evidence("attempts", self.attempts),
        ]
        if reached:
            told += [Evidence("at", reached[-1].at), Evidence("said", reached[-1].outcome)]
        verdict = follow_up_result(counted, attempts=self.attempts)
        return Explanation(verdict=verdict, rule=_RULES[verdict], evidence=tuple(told))

    def due(self, fixed_at: datetime, *, calls: Iterable[FollowUpCall] = ()) -> datetime | None:
        """Return when the next call is due, in UTC; None where none is needed any more.

        Args:
            fixed_at: When it was fixed.
            calls: Those made so far; only those after the fix count.

        Raises:
            InvalidValueError: If `fixed_at` is naive, or so much time never passes.

        Examples:
            >>> from crmkit.testing import NINE
            >>> week = {day: [("09:00", "17:00")] for day in ("mon", "tue", "wed")}
            >>> policy = FollowUpPolicy(
            ...     name="all", within=timedelta(hours=10), calendar=WorkCalendar("UTC", week)
            ... )
            >>> policy.due(NINE).isoformat()
            '2026-03-03T11:00:00+00:00'
        """
        counted = _since(calls, instant(fixed_at, "fixed_at"))
        if self.verdict(counted).verdict is not FollowUpResult.TO_CALL:
            return None
        if not counted:
            return self.calendar.due(fixed_at, self.within)
        return self.calendar.due(counted[-1].at, self.again_within or self.within)

    def _draw(self, id: str) -> float:
        """Return an id's place between 0 and 1, spread evenly over many ids."""
        digest = sha256(f"{self.salt}{checked_id(id)}".encode()).digest()
        return (int.from_bytes(digest[:8], "big") >> (64 - _BITS)) / _WHOLE


def _since(calls: Iterable[FollowUpCall], since: datetime | None) -> list[FollowUpCall]:
    """Return the calls from an instant on, in the order of time; of one instant as they came."""
    told = sorted(calls, key=lambda call: call.at)
    if since is None:
        return told
    from_then = instant(since, "since")
    return [call for call in told if call.at >= from_then]
