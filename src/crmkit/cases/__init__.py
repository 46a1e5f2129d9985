"""What is asked of us: what every kind of case shares, whatever its own workflow.

Law: every stage belongs to one state group; who waits for whom is on the trail.
"""

from typing import TYPE_CHECKING


if TYPE_CHECKING:
    from crmkit.kernel import Party as Party, StateGroup as StateGroup

    from .asked_once import (
        ContactCount as ContactCount,
        contacts_per_resolution as contacts_per_resolution,
    )
    from .case import Case as Case
    from .follow_up_calls import (
        FollowUpCall as FollowUpCall,
        FollowUpOutcome as FollowUpOutcome,
        FollowUpResult as FollowUpResult,
        follow_up_result as follow_up_result,
    )
    from .follow_up_policy import FollowUpPolicy as FollowUpPolicy
    from .gravity import (
        Impact as Impact,
        Priority as Priority,
        Severity as Severity,
        Urgency as Urgency,
    )
    from .inquiry import (
        INQUIRY_WORKFLOW as INQUIRY_WORKFLOW,
        Inquiry as Inquiry,
        InquiryId as InquiryId,
        InquiryStage as InquiryStage,
        set_aside as set_aside,
    )
    from .inquiry_calls import (
        INQUIRY_TERMS as INQUIRY_TERMS,
        InquiryCall as InquiryCall,
        InquiryTerms as InquiryTerms,
        inquiry_call_due as inquiry_call_due,
        inquiry_calls_due as inquiry_calls_due,
    )
    from .kind import CaseKind as CaseKind
    from .passed import (
        Alert as Alert,
        Assignment as Assignment,
        Booking as Booking,
        Grading as Grading,
        Message as Message,
        Milestone as Milestone,
        Participant as Participant,
    )
    from .priorities import (
        ITIL_3X3 as ITIL_3X3,
        ITIL_4X4 as ITIL_4X4,
        SEVERITY_BY_IMPACT as SEVERITY_BY_IMPACT,
        PriorityMatrix as PriorityMatrix,
        highest_priority as highest_priority,
    )
    from .recurrence_rule import (
        LITTLE_WASHING_MACHINE as LITTLE_WASHING_MACHINE,
        REPEAT_REPAIR as REPEAT_REPAIR,
        CountedFrom as CountedFrom,
        RecurrenceRule as RecurrenceRule,
    )
    from .recurrent import (
        find_recurrences as find_recurrences,
        recurrence_rate as recurrence_rate,
    )
    from .risk import (
        AS_NZS_4360 as AS_NZS_4360,
        RiskLevel as RiskLevel,
        RiskMatrix as RiskMatrix,
        RiskScore as RiskScore,
    )
    from .same_question import (
        check_dealt_with as check_dealt_with,
        check_droppable as check_droppable,
    )
    from .stored import INQUIRY_CODEC as INQUIRY_CODEC
    from .waiting import state_of as state_of
else:
    from crmkit import _lazy

    __getattr__, __dir__, __all__ = _lazy.names(__name__)
