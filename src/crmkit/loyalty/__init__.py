"""Why they stay: a points scheme's ledger, its tiers, its accounts; motives and phases.

Law: earned + adjusted = redeemed + expired + balance, always.
"""

from typing import TYPE_CHECKING


if TYPE_CHECKING:
    from .points import (
        POINTS_ACCOUNT_CODEC as POINTS_ACCOUNT_CODEC,
        POINTS_ENTRY_CODEC as POINTS_ENTRY_CODEC,
        POINTS_POSTINGS as POINTS_POSTINGS,
        DeferredRevenue as DeferredRevenue,
        EarnRule as EarnRule,
        ExpiryEnd as ExpiryEnd,
        PointsAccount as PointsAccount,
        PointsAccountId as PointsAccountId,
        PointsAct as PointsAct,
        PointsCohort as PointsCohort,
        PointsEntry as PointsEntry,
        PointsEntryId as PointsEntryId,
        PointsExpiry as PointsExpiry,
        PointsLedger as PointsLedger,
        PointsLiability as PointsLiability,
        PointsLot as PointsLot,
        PointsPosting as PointsPosting,
        PointsScheme as PointsScheme,
        PointsSource as PointsSource,
        PointsStatement as PointsStatement,
        PointsTerms as PointsTerms,
        PointsTier as PointsTier,
        RedemptionCurve as RedemptionCurve,
        StatementLine as StatementLine,
        TierAct as TierAct,
        TierScheme as TierScheme,
        TierSpan as TierSpan,
        TierWindow as TierWindow,
        deferred_revenue as deferred_revenue,
        ledger_balances as ledger_balances,
        points_account_id as points_account_id,
        points_balances as points_balances,
        points_contribution as points_contribution,
        points_entry_id as points_entry_id,
        points_liability as points_liability,
        points_tiers as points_tiers,
        posting_row as posting_row,
        redemption_curve as redemption_curve,
        transfer_points as transfer_points,
    )
else:
    from crmkit import _lazy

    __getattr__, __dir__, __all__ = _lazy.names(__name__)
