"""The shell: one CRM, one desk per subdomain. Load, ask the record, save.

Law: no business rule lives here; what the shell can do, a caller without it can do too.
"""

from typing import TYPE_CHECKING


if TYPE_CHECKING:
    from .activity import Activity as Activity
    from .awaiting import (
        AsyncComplaintsDesk as AsyncComplaintsDesk,
        AsyncCRM as AsyncCRM,
        AsyncCustomersDesk as AsyncCustomersDesk,
        AsyncDesk as AsyncDesk,
        AsyncFollower as AsyncFollower,
        AsyncFrames as AsyncFrames,
        AsyncHistory as AsyncHistory,
        AsyncImports as AsyncImports,
        AsyncOrdersDesk as AsyncOrdersDesk,
        AsyncRecordHistory as AsyncRecordHistory,
        AsyncSatisfactionDesk as AsyncSatisfactionDesk,
        AsyncStore as AsyncStore,
        AsyncTransaction as AsyncTransaction,
        AsyncUpkeep as AsyncUpkeep,
        BridgedStore as BridgedStore,
        open_async as open_async,
    )
    from .complaints_desk import ComplaintsDesk as ComplaintsDesk
    from .crm import CRM as CRM
    from .customers_desk import CustomersDesk as CustomersDesk
    from .desk import Desk as Desk
    from .desks import Subscriber as Subscriber, Transaction as Transaction
    from .facts_desks import OrdersDesk as OrdersDesk, SatisfactionDesk as SatisfactionDesk
    from .following import Cursor as Cursor, Follower as Follower, Lag as Lag
    from .frames import Frames as Frames
    from .history import History as History, RecordHistory as RecordHistory, Revision as Revision
    from .importing import Imported as Imported, Imports as Imports, Rejected as Rejected
    from .opening import open as open
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
