"""Why a case meets a policy, and why none before it: each that was tried, with what failed.

Law: a condition that asks for nothing is met by nobody.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Final

import attrs

from crmkit.kernel import Condition, Evidence, Explanation, FrozenMap, Name, Rule, Text

from .clock_words import policy_told
from .found_words import found_in_words, parts_of


_NO_LABELS: Final[Mapping[str, Text]] = FrozenMap()
_SOURCE: Final = "the policies' own conditions, in the order of their priority"


def _rule(code: str, en: str, zh: str) -> Rule:
    return Rule(code=f"sla.{code}", says=Text(en, zh), source=_SOURCE)


_MATCHED: Final = _rule(
    "policy", "{record} is promised what {policy} says", "{record}适用“{policy}”"
)
_DEFAULT: Final = _rule(
    "default",
    "{record} meets no policy's condition, and is promised what {policy} says by default",
    "{record}不符合任何政策的条件，默认适用“{policy}”",
)
_UNMATCHED: Final = _rule(
    "none",
    "{record} meets no policy's condition: nothing is promised",
    "{record}不符合任何政策的条件：无承诺",
)
_MET: Final = _rule("met", "{policy}: met ({why})", "“{policy}”：符合（{why}）")
_NOT_MET: Final = _rule("not_met", "{policy}: not met ({why})", "“{policy}”：不符合（{why}）")
_EMPTY: Final = _rule(
    "empty",
    "{policy}: not met (its condition asks for nothing)",
    "“{policy}”：不符合（条件为空）",
)
_NOT_IN_FORCE: Final = _rule(
    "not_in_force",
    "{policy}: not in force when it was received ({in_force})",
    "“{policy}”：受理时不适用（{in_force}）",
)


@attrs.frozen(kw_only=True)
class Trial:
    """One policy that was tried on a case.

    Attributes:
        policy: Its name.
        condition: Its condition.
        known: The facts of the case.
        is_met: Whether the case meets it.
        is_in_force: Whether it was in force when the case was received.
        since: From when it is in force.
        until: Until when.
        labels: What facts and their texts are called.
    """

    policy: str
    condition: Condition | None
    known: Mapping[str, object]
    is_met: bool
    is_in_force: bool
    since: date | None
    until: date | None
    labels: Mapping[str, Text] = _NO_LABELS

    def explain(self) -> Explanation[bool]:
        """Say whether the case meets it, and why."""
        told = [
            Evidence("policy", policy_told(self.policy), self.condition, self.is_met),
            Evidence("in_force", _in_force(self.since, self.until), None, self.is_in_force),
            Evidence("since", self.since),
            Evidence("until", self.until),
        ]
        condition = self.condition
        if not self.is_in_force:
            return Explanation(verdict=False, rule=_NOT_IN_FORCE, evidence=tuple(told))
        if condition is None or is_empty(condition):
            return Explanation(verdict=False, rule=_EMPTY, evidence=tuple(told))
        facts = condition.evidence(self.known)
        missing = condition.missing(self.known)
        told += [Evidence("why", found_in_words(condition, self.known, self.labels)), *facts]
        return Explanation(
            verdict=self.is_met,
            rule=_MET if self.is_met else _NOT_MET,
            evidence=tuple(told),
            missing=missing if condition.holds(self.known) is None else (),
        )


def explain_match(
    record: Name, policy: str | None, trials: Iterable[Trial], *, is_default: bool
) -> Explanation[str | None]:
    """Return which policy a case meets, and why none before it."""
    because = tuple(trial.explain() for trial in trials)
    missing = dict.fromkeys(name for reason in because for name in reason.missing)
    rule = _DEFAULT if is_default else _MATCHED
    return Explanation(
        verdict=policy,
        rule=_UNMATCHED if policy is None else rule,
        evidence=(
            Evidence("record", record),
            Evidence("policy", None if policy is None else policy_told(policy)),
        ),
        missing=tuple(missing),
        because=because,
    )


def is_empty(condition: Condition) -> bool:
    """Tell whether a condition asks for nothing.

    Examples:
        >>> from crmkit.kernel import AllOf, AnyOf, Not
        >>> is_empty(AllOf(())), is_empty(Not(AnyOf(())))
        (True, True)
    """
    return not condition.facts


def has_empty_part(condition: Condition) -> bool:
    """Tell whether a condition that asks for something holds a group that asks for nothing.

    Examples:
        >>> from crmkit.kernel import AllOf, AnyOf, Compare
        >>> grave = Compare("severity", "=", "critical")
        >>> has_empty_part(AnyOf((grave, AllOf(())))), has_empty_part(AllOf((grave,)))
        (True, False)
    """
    return not is_empty(condition) and any(
        is_empty(part) or has_empty_part(part) for part in parts_of(condition)
    )


def _in_force(since: date | None, until: date | None) -> Text:
    """Return from when to when in words."""
    told = Text("always", "长期有效")
    if since is not None and until is not None:
        told = Text(f"in force from {since} until {until}", f"有效期为{since}起，{until}前")
    elif since is not None:
        told = Text(f"in force since {since}", f"自{since}起有效")
    elif until is not None:
        told = Text(f"in force until {until}", f"{until}前有效")
    return told
