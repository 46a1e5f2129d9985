"""The shell: one CRM, one desk per subdomain. Load, ask the record, save.

Law: no business rule lives here; what the shell can do, a caller without it can do too.
"""

from typing import TYPE_CHECKING


if TYPE_CHECKING:
    from .activity import Activity as Activity
    from .awaiting import (
        AsyncCasesDesk as AsyncCasesDesk,
        AsyncClassesDesk as AsyncClassesDesk,
        AsyncClassTargetsDesk as AsyncClassTargetsDesk,
        AsyncComplaintsDesk as AsyncComplaintsDesk,
        AsyncCorrectiveActionsDesk as AsyncCorrectiveActionsDesk,
        AsyncCRM as AsyncCRM,
        AsyncCustomersDesk as AsyncCustomersDesk,
        AsyncDesk as AsyncDesk,
        AsyncEmergenciesDesk as AsyncEmergenciesDesk,
        AsyncFollower as AsyncFollower,
        AsyncFrames as AsyncFrames,
        AsyncHistory as AsyncHistory,
        AsyncImports as AsyncImports,
        AsyncImprovementsDesk as AsyncImprovementsDesk,
        AsyncInquiriesDesk as AsyncInquiriesDesk,
        AsyncInvitationsDesk as AsyncInvitationsDesk,
        AsyncJourneysDesk as AsyncJourneysDesk,
        AsyncLifetimeValuesDesk as AsyncLifetimeValuesDesk,
        AsyncOrdersDesk as AsyncOrdersDesk,
        AsyncPointsDesk as AsyncPointsDesk,
        AsyncProductRequestsDesk as AsyncProductRequestsDesk,
        AsyncRecallsDesk as AsyncRecallsDesk,
        AsyncRecordHistory as AsyncRecordHistory,
        AsyncSatisfactionDesk as AsyncSatisfactionDesk,
        AsyncStore as AsyncStore,
        AsyncSurveysDesk as AsyncSurveysDesk,
        AsyncTransaction as AsyncTransaction,
        AsyncUpkeep as AsyncUpkeep,
        BridgedStore as BridgedStore,
        open_async as open_async,
    )
    from .cases_desk import CasesDesk as CasesDesk
    from .classes_desk import (
        ClassesDesk as ClassesDesk,
        ClassTargetsDesk as ClassTargetsDesk,
        class_changes as class_changes,
    )
    from .collecting import Collected as Collected
    from .complaints_desk import ComplaintsDesk as ComplaintsDesk
    from .corrective_actions_desk import CorrectiveActionsDesk as CorrectiveActionsDesk
    from .crm import CRM as CRM
    from .customers_desk import CustomersDesk as CustomersDesk
    from .desk import Desk as Desk
    from .desks import Subscriber as Subscriber, Transaction as Transaction
    from .facts_desks import OrdersDesk as OrdersDesk, SatisfactionDesk as SatisfactionDesk
    from .following import Cursor as Cursor, Follower as Follower, Lag as Lag
    from .frames import Frames as Frames
    from .history import History as History, RecordHistory as RecordHistory, Revision as Revision
    from .importing import (
        Imported as Imported,
        Imports as Imports,
        Rejected as Rejected,
        SurveyFile as SurveyFile,
    )
    from .improvements_desk import ImprovementsDesk as ImprovementsDesk
    from .inquiries_desk import InquiriesDesk as InquiriesDesk
    from .journeys_desk import JourneysDesk as JourneysDesk, stage_changes as stage_changes
    from .lifetime_values_desk import (
        LifetimeValuesDesk as LifetimeValuesDesk,
        value_alert_changes as value_alert_changes,
    )
    from .opening import open as open
    from .points_desk import PointsDesk as PointsDesk
    from .surveys_desk import InvitationsDesk as InvitationsDesk, SurveysDesk as SurveysDesk
    from .undertakings_desks import (
        EmergenciesDesk as EmergenciesDesk,
        ProductRequestsDesk as ProductRequestsDesk,
        RecallsDesk as RecallsDesk,
    )
    from .unit import Changed as Changed, Committed as Committed
    from .upkeep import (
        Compacted as Compacted,
        Copied as Copied,
        Erasure as Erasure,
        Flaw as Flaw,
        Retention as Retention,
        Upkeep as Upkeep,
        Verification as Verification,
        copy as copy,
    )
else:
    from crmkit import _lazy

    __getattr__, __dir__, __all__ = _lazy.names(__name__)
