"""What exactly is still open where a requirement is not met: which remedy, which action.

Law: a refusal names what it waits for, in both languages.

Source: domain facts K8 and K9.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

import attrs

from crmkit.cases.first_ones import first_few as first_few
from crmkit.errors import TransitionError
from crmkit.kernel import Explanation, FrozenMap, Name, Text, spoken

from .particulars import Remedy
from .stages import THE_EFFECT, THE_REMEDY, THE_WORD


NO_WORD: Final = Name(
    f"{THE_WORD('en')}: where he cannot be reached, plan_calls(tries=…, reason=…) says how many"
    " calls in vain are enough",
    f"{THE_WORD('zh')}：如无法联系，用plan_calls(tries=…, reason=…)说明多少次未联系上即可",
)
"""What is open where he was called in vain, and nobody has planned how often is enough."""


def detailed(verdict: Explanation[bool], details: Mapping[Text, Name]) -> Explanation[bool]:
    """Return a verdict of a workflow that names what exactly is missing.

    Args:
        verdict: As the workflow judged.
        details: For a requirement that may be unmet: what exactly is open.

    Examples:
        >>> from crmkit.complaints import WORKFLOW, Stage
        >>> known = {"owes_remedy": True, "unverified_actions": 0, "is_satisfied": True}
        >>> verdict = WORKFLOW.judge("complaint K-1", Stage.ACCEPTED, Stage.CLOSED, known)
        >>> detailed(verdict, {THE_REMEDY: Name("no refund yet", "尚未退款")}).missing
        ('no refund yet',)
    """
    if not verdict.missing:
        return verdict
    open_ = [
        details.get(fact.value) or Name(fact.value("en"), fact.value("zh"))
        for fact in verdict.evidence
        if fact.met is False and isinstance(fact.value, Text) and fact.name == "requirement"
    ]
    told = Name("; ".join(name.en for name in open_), "；".join(name.zh for name in open_))
    evidence = tuple(
        attrs.evolve(fact, value=told) if fact.name == "missing" else fact
        for fact in verdict.evidence
    )
    return attrs.evolve(verdict, evidence=evidence, missing=tuple(map(str, open_)))


def restated(error: TransitionError, details: Mapping[Text, Name]) -> TransitionError:
    """Return a refusal of a workflow that names what exactly is missing.

    Examples:
        >>> from crmkit.testing import NINE, a_complaint
        >>> answered = a_complaint().acknowledge("ann", NINE).investigate("bob", NINE)
        >>> answered = answered.respond("bob", NINE, remedies=["refund", "apology"])
        >>> answered.accept("ann", NINE).implement("ann", NINE, remedy="refund").close("ann", NINE)
        Traceback (most recent call last):
        crmkit.errors.TransitionError: complaint K-1 is accepted and cannot become closed yet: the\
 remedy is not carried out: apology
    """
    verdict = error.explain()
    assert isinstance(verdict, Explanation), "a workflow explains each of its refusals"
    told = detailed(verdict, details)
    return TransitionError(
        error.record, error.stage, error.asked, error.allowed, told.missing, told
    )


def waited_for(remedies: Iterable[Remedy], actions: Sequence[str]) -> Mapping[Text, Name]:
    """Return what a complaint waits for: the remedies that are owed, the actions not verified.

    Examples:
        >>> from crmkit.complaints import RemedyKind
        >>> from crmkit.testing import NINE
        >>> owed = waited_for([Remedy(kind=RemedyKind.REFUND, promised_at=NINE)], ["CA-1"])
        >>> for name in owed.values():
        ...     print(name.zh)
        补救措施尚未落实：退款
        关联的纠正措施尚未验证有效：CA-1
    """
    owed = tuple(remedy.kind for remedy in remedies)
    english, chinese = ([spoken(kind, language) for kind in owed] for language in ("en", "zh"))
    return FrozenMap(
        {
            THE_REMEDY: first_few(THE_REMEDY("en"), THE_REMEDY("zh"), english, chinese),
            THE_EFFECT: first_few(THE_EFFECT("en"), THE_EFFECT("zh"), actions),
        }
    )
