"""Putting right: complaints, from receipt until the customer accepts the answer.

Law: only the customer's word closes a complaint.
"""

from typing import TYPE_CHECKING


if TYPE_CHECKING:
    from crmkit.kernel import Channel as Channel

    from .complaint import Complaint as Complaint
    from .corrective_action import CorrectiveAction as CorrectiveAction
    from .corrective_action_findings import (
        ChosenAction as ChosenAction,
        Prevention as Prevention,
        ProblemDescription as ProblemDescription,
    )
    from .corrective_action_table import (
        CORRECTIVE_ACTION_WORKFLOW as CORRECTIVE_ACTION_WORKFLOW,
        CorrectiveActionStage as CorrectiveActionStage,
    )
    from .costed import Costed as Costed
    from .day_list import (
        action_work as action_work,
        checks_due as checks_due,
        complaint_work as complaint_work,
        undertaking_work as undertaking_work,
    )
    from .due_calls import (
        DueCall as DueCall,
        call_due as call_due,
        calls_due as calls_due,
        planned_by as planned_by,
        put_right_at as put_right_at,
    )
    from .effectiveness import (
        CheckResult as CheckResult,
        EffectivenessCheck as EffectivenessCheck,
    )
    from .eight_d import CorrectiveActionId as CorrectiveActionId, EightD as EightD
    from .emergency import (
        EMERGENCY_ROLES as EMERGENCY_ROLES,
        EMERGENCY_WORKFLOW as EMERGENCY_WORKFLOW,
        Emergency as Emergency,
        EmergencyId as EmergencyId,
        EmergencyStage as EmergencyStage,
    )
    from .examined import Examined as Examined
    from .fields import ComplaintField as ComplaintField
    from .grievance import ComplaintId as ComplaintId, Grievance as Grievance
    from .inquiry_list import inquiry_work as inquiry_work
    from .joint_acts import (
        accept_beside as accept_beside,
        agree as agree,
        check_action as check_action,
        close_beside as close_beside,
        link_complaint as link_complaint,
        open_action as open_action,
        unlink_complaint as unlink_complaint,
        unlink_from_action as unlink_from_action,
        verify_at_complaint as verify_at_complaint,
    )
    from .judgement import (
        CRITERIA as CRITERIA,
        Complexity as Complexity,
        Judgement as Judgement,
        Reason as Reason,
    )
    from .linking import CaseLink as CaseLink, LinkAct as LinkAct, check_kind as check_kind
    from .outlay import Cost as Cost, CostKind as CostKind
    from .owing import explain_owed_in as explain_owed_in, owed_in as owed_in
    from .particulars import (
        ActionLink as ActionLink,
        CallPlan as CallPlan,
        Finding as Finding,
        Goods as Goods,
        PromisedDay as PromisedDay,
        Referral as Referral,
        Remedy as Remedy,
        RemedyKind as RemedyKind,
        Route as Route,
        UndoneRepeat as UndoneRepeat,
    )
    from .product_request import (
        PRODUCT_REQUEST_WORKFLOW as PRODUCT_REQUEST_WORKFLOW,
        ProductRequest as ProductRequest,
        ProductRequestId as ProductRequestId,
        ProductRequestStage as ProductRequestStage,
    )
    from .recall import Recall as Recall
    from .recall_units import (
        UNIT_WORKFLOW as UNIT_WORKFLOW,
        UnitStage as UnitStage,
        UnitStep as UnitStep,
    )
    from .repeated import mark_repeated as mark_repeated
    from .root_cause import (
        CauseAnalysis as CauseAnalysis,
        CauseCategory as CauseCategory,
        Fishbone as Fishbone,
        FiveWhys as FiveWhys,
        RootCause as RootCause,
    )
    from .routing_rules import EXAMPLE_ROUTING as EXAMPLE_ROUTING, Routing as Routing
    from .same_report import check_droppable as check_droppable, set_aside as set_aside
    from .settled import Settled as Settled
    from .stages import WORKFLOW as WORKFLOW, Stage as Stage
    from .stored import COMPLAINT_CODEC as COMPLAINT_CODEC
    from .stored_undertakings import (
        CORRECTIVE_ACTION_CODEC as CORRECTIVE_ACTION_CODEC,
        EMERGENCY_CODEC as EMERGENCY_CODEC,
        PRODUCT_REQUEST_CODEC as PRODUCT_REQUEST_CODEC,
        RECALL_CODEC as RECALL_CODEC,
    )
    from .supplier import (
        SupplierAnswer as SupplierAnswer,
        SupplierNotice as SupplierNotice,
        SupplierVerdict as SupplierVerdict,
    )
    from .team import EmergencyRole as EmergencyRole, TeamMember as TeamMember
    from .telling import Telling as Telling
    from .terms import (
        COMPLAINT_TERMS as COMPLAINT_TERMS,
        MAJOR as MAJOR,
        ComplaintTerms as ComplaintTerms,
    )
    from .triggers import (
        explain_major as explain_major,
        recurrence_facts as recurrence_facts,
        recurrence_keys as recurrence_keys,
        recurrence_of as recurrence_of,
        told_of_chain as told_of_chain,
        told_of_recurrence as told_of_recurrence,
    )
    from .undertaking import Undertaking as Undertaking
    from .unit_list import (
        RECALL_WORKFLOW as RECALL_WORKFLOW,
        RecallId as RecallId,
        RecallStage as RecallStage,
        UnitList as UnitList,
    )
    from .work_items import (
        WorkItem as WorkItem,
        WorkKind as WorkKind,
        by_person as by_person,
    )
else:
    from crmkit import _lazy

    __getattr__, __dir__, __all__ = _lazy.names(__name__)
