"""The workflow of a complaint: its stages, the moves between them, and what a move requires.

Law: the table is the only place that says what is allowed. No answer without an investigation, or
the reason why none is needed; no closing before the remedy is carried out and the customer is
satisfied, or cannot be reached, and the corrective action has proved itself.

Source: domain facts K1, K7, K8 and K9; ISO 10002:2018 clauses 7.2 (receipt), 7.4 (acknowledgement),
7.5 (initial assessment), 7.6 (investigation), 7.7 (response), 7.8 (communicating the decision) and
7.9 (closing); ISO 10003:2018 (external dispute resolution).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, TypeAlias

from crmkit.kernel import (
    AnyOf,
    Compare,
    Condition,
    Labelled,
    Requirement,
    StateGroup,
    Text,
    Workflow,
)


class Stage(Labelled):
    """How far a complaint is."""

    RECEIVED = "received", "Received", "已受理"
    ACKNOWLEDGED = "acknowledged", "Acknowledged", "已确认"
    ASSESSED = "assessed", "Assessed", "已评估"
    ROUTED = "routed", "Routed", "已分派"
    INVESTIGATED = "investigated", "Investigated", "已调查"
    RESPONDED = "responded", "Responded", "已答复"
    COMMUNICATED = "communicated", "Communicated", "已告知决定"
    ACCEPTED = "accepted", "Accepted", "已接受"
    CLOSED = "closed", "Closed", "已结案"
    ESCALATED = "escalated", "Escalated inside", "已内部升级"
    REFERRED = "referred", "Referred outside", "已转外部处理"
    REOPENED = "reopened", "Reopened", "已重开"
    WITHDRAWN = "withdrawn", "Withdrawn", "已撤回"
    DUPLICATE = "duplicate", "Duplicate", "重复"


ANEW: Final = (Stage.INVESTIGATED, Stage.REOPENED)
"""Where a complaint is looked at anew."""

PAST: Final = (*ANEW, Stage.RESPONDED)
"""Where the answer given before stands no more, so that no call about it counts."""

DROPPED: Final = (Stage.DUPLICATE, Stage.WITHDRAWN)
"""Where a complaint is none of its own, or none any more: no other refers to it."""

ENDED: Final = (Stage.CLOSED, Stage.WITHDRAWN, Stage.DUPLICATE)
"""Where nothing more is done, unless it is opened again."""

OVER: Final = Text("it is over", "已结束")
"""Why nothing more is done there."""

THE_WORD: Final = Text("the customer has not accepted the answer", "客户尚未接受答复")
THE_REMEDY: Final = Text("the remedy is not carried out", "补救措施尚未落实")
THE_EFFECT: Final = Text(
    "a linked corrective action is not verified to be effective",
    "关联的纠正措施尚未验证有效",
)
"""What must be so before it is closed: a refusal names which remedy, and which action."""


def _needs(en: str, zh: str, condition: Condition) -> Requirement:
    return Requirement(Text(en, zh), condition)


_AN_ACCEPTANCE: Final = Requirement(THE_WORD, Compare("accepted", "=", True))
_AN_ANSWER_TO_REJECT: Final = _needs(
    "there is no answer that the customer could reject",
    "尚无可供客户拒绝的答复",
    Compare("rejected", "=", False),
)
_A_REJECTION: Final = _needs(
    "the customer has not rejected the answer",
    "客户尚未拒绝答复",
    Compare("rejected", "=", True),
)
_A_DISSATISFIED_CALL: Final = _needs(
    "no follow-up call found the customer dissatisfied",
    "尚无回访表明客户不满意",
    Compare("call", "=", "not_satisfied"),
)
_AN_INVESTIGATION: Final = _needs(
    "it is neither investigated nor exempt from it",
    "既未调查，也未记录免予调查的理由",
    AnyOf((Compare("is_investigated", "=", True), Compare("is_exempt", "=", True))),
)
_A_CONFIRMATION: Final = _needs(
    "the department responsible has not confirmed that it is",
    "责任部门尚未确认",
    Compare("is_confirmed", "=", True),
)
_A_REMEDY: Final = Requirement(THE_REMEDY, Compare("owes_remedy", "=", False))
_AN_EFFECT: Final = Requirement(THE_EFFECT, Compare("unverified_actions", "=", 0))
_A_SATISFIED_CUSTOMER: Final = _needs(
    "the customer is neither known to be satisfied nor documented as unreachable",
    "客户既未确认满意，也未记录为无法联系",
    Compare("is_satisfied", "=", True),
)
_AN_OUTCOME: Final = _needs(
    "the outside body has not decided",
    "外部机构尚未作出决定",
    Compare("outside_outcome", "=", True),
)

Moves: TypeAlias = Mapping[Stage, tuple[Requirement, ...]]

_OUT: Final[Moves] = {Stage.WITHDRAWN: (), Stage.DUPLICATE: ()}
_TO_INVESTIGATE: Final = (_AN_ANSWER_TO_REJECT, _A_CONFIRMATION)
_TO_RESPOND: Final = (_AN_INVESTIGATION, _A_CONFIRMATION)
_TO_CLOSE: Final = (_A_REMEDY, _AN_EFFECT, _A_SATISFIED_CUSTOMER)
_WORKED_ON: Final[Moves] = {
    Stage.ROUTED: (),
    Stage.INVESTIGATED: _TO_INVESTIGATE,
    Stage.RESPONDED: _TO_RESPOND,
    Stage.ESCALATED: (),
    **_OUT,
}
_ANSWERED: Final[Moves] = {
    Stage.ACCEPTED: (_AN_ACCEPTANCE,),
    Stage.CLOSED: (_AN_ACCEPTANCE, *_TO_CLOSE),
    # A customer who is still unhappy sends the complaint back; nobody else can.
    Stage.INVESTIGATED: (_A_REJECTION,),
    Stage.ESCALATED: (),
    Stage.REFERRED: (),
    Stage.WITHDRAWN: (),
}

WORKFLOW: Final = Workflow(
    {
        Stage.RECEIVED: {Stage.ACKNOWLEDGED: (), **_OUT},
        Stage.ACKNOWLEDGED: {Stage.ASSESSED: (), **_WORKED_ON},
        Stage.ASSESSED: _WORKED_ON,
        # Handed over before anybody took it, it stays routed: that is no move.
        Stage.ROUTED: {to: needs for to, needs in _WORKED_ON.items() if to is not Stage.ROUTED},
        Stage.INVESTIGATED: {
            # Sent back by the customer, it may be here though nobody has investigated it.
            Stage.RESPONDED: (_AN_INVESTIGATION,),
            # What was found may show that another department is responsible.
            Stage.ROUTED: (),
            Stage.ESCALATED: (),
            **_OUT,
        },
        Stage.RESPONDED: {Stage.COMMUNICATED: (), **_ANSWERED},
        Stage.COMMUNICATED: _ANSWERED,
        Stage.ACCEPTED: {
            Stage.CLOSED: _TO_CLOSE,
            Stage.INVESTIGATED: (_A_DISSATISFIED_CALL,),
            Stage.WITHDRAWN: (),
        },
        Stage.CLOSED: {Stage.REOPENED: ()},
        Stage.ESCALATED: {
            Stage.ROUTED: (),
            Stage.INVESTIGATED: _TO_INVESTIGATE,
            Stage.RESPONDED: _TO_RESPOND,
            Stage.REFERRED: (),
            Stage.WITHDRAWN: (),
        },
        Stage.REFERRED: {
            Stage.INVESTIGATED: _TO_INVESTIGATE,
            Stage.RESPONDED: _TO_RESPOND,
            # Where all recourse is exhausted, the outside body's word stands for the customer's.
            Stage.CLOSED: (_AN_OUTCOME, _A_REMEDY, _AN_EFFECT),
            Stage.WITHDRAWN: (),
        },
        Stage.REOPENED: {Stage.ASSESSED: (), **_WORKED_ON},
        Stage.WITHDRAWN: {},
        Stage.DUPLICATE: {},
    },
    groups={
        Stage.RECEIVED: StateGroup.OPEN,
        Stage.ACKNOWLEDGED: StateGroup.OPEN,
        Stage.ASSESSED: StateGroup.OPEN,
        Stage.ROUTED: StateGroup.OPEN,
        Stage.INVESTIGATED: StateGroup.OPEN,
        Stage.RESPONDED: StateGroup.RESOLVED,
        Stage.COMMUNICATED: StateGroup.RESOLVED,
        Stage.ACCEPTED: StateGroup.RESOLVED,
        Stage.CLOSED: StateGroup.CLOSED,
        Stage.ESCALATED: StateGroup.OPEN,
        Stage.REFERRED: StateGroup.WAITING_THIRD_PARTY,
        Stage.REOPENED: StateGroup.OPEN,
        Stage.WITHDRAWN: StateGroup.CANCELLED,
        Stage.DUPLICATE: StateGroup.DUPLICATE,
    },
)
"""The stages of a complaint and the moves between them."""
