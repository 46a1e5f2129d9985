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
        PointsEntry as PointsEntry,
        PointsEntryId as PointsEntryId,
        PointsExpiry as PointsExpiry,
        PointsLot as PointsLot,
        PointsPosting as PointsPosting,
        PointsScheme as PointsScheme,
        PointsSource as PointsSource,
        PointsStatement as PointsStatement,
        PointsTerms as PointsTerms,
        PointsTier as PointsTier,
        StatementLine as StatementLine,
        TierAct as TierAct,
        TierScheme as TierScheme,
        TierSpan as TierSpan,
        TierWindow as TierWindow,
        deferred_revenue as deferred_revenue,
        points_account_id as points_account_id,
        points_entry_id as points_entry_id,
        posting_row as posting_row,
        transfer_points as transfer_points,
    )
else:
    from crmkit import _lazy

    __getattr__, __dir__, __all__ = _lazy.names(__name__)
