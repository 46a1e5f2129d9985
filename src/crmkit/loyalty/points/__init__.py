"""A points scheme (积分): its rules, its ledger, its tiers, and what it owes.

Law: earned + adjusted = redeemed + expired + balance, always.
"""

from typing import TYPE_CHECKING


if TYPE_CHECKING:
    from .account import PointsAccount as PointsAccount
    from .balances import ledger_balances as ledger_balances, points_balances as points_balances
    from .base_tiers import points_tiers as points_tiers
    from .contributions import points_contribution as points_contribution
    from .earning import (
        EarnRule as EarnRule,
        ExpiryEnd as ExpiryEnd,
        PointsExpiry as PointsExpiry,
        PointsScheme as PointsScheme,
    )
    from .entry import (
        PointsEntry as PointsEntry,
        PointsEntryId as PointsEntryId,
        points_entry_id as points_entry_id,
    )
    from .holdings import (
        PointsAccountId as PointsAccountId,
        points_account_id as points_account_id,
    )
    from .ledger import PointsLedger as PointsLedger
    from .liabilities import (
        PointsCohort as PointsCohort,
        PointsLiability as PointsLiability,
        points_liability as points_liability,
    )
    from .lots import PointsLot as PointsLot
    from .postings import (
        POINTS_POSTINGS as POINTS_POSTINGS,
        PointsAct as PointsAct,
        PointsPosting as PointsPosting,
        PointsSource as PointsSource,
        posting_row as posting_row,
    )
    from .redemption import (
        RedemptionCurve as RedemptionCurve,
        redemption_curve as redemption_curve,
    )
    from .revenue import (
        DeferredRevenue as DeferredRevenue,
        PointsTerms as PointsTerms,
        deferred_revenue as deferred_revenue,
    )
    from .statements import (
        PointsStatement as PointsStatement,
        StatementLine as StatementLine,
    )
    from .stored import (
        POINTS_ACCOUNT_CODEC as POINTS_ACCOUNT_CODEC,
        POINTS_ENTRY_CODEC as POINTS_ENTRY_CODEC,
    )
    from .tier_times import TierWindow as TierWindow
    from .tiers import (
        PointsTier as PointsTier,
        TierAct as TierAct,
        TierScheme as TierScheme,
        TierSpan as TierSpan,
    )
    from .transfer import transfer_points as transfer_points
else:
    from crmkit import _lazy

    __getattr__, __dir__, __all__ = _lazy.names(__name__)
