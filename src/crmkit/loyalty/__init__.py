"""Why they stay: motive, phase, quadrant, shares of wallet; and a points scheme's ledger.

Law: loyalty is several questions, never mixed into one score, and what is not known is told; of
points, earned + adjusted = redeemed + expired + balance, always.
"""

from typing import TYPE_CHECKING


if TYPE_CHECKING:
    from .kinds import (
        ANTECEDENT_RULES as ANTECEDENT_RULES,
        GROUP_RULES as GROUP_RULES,
        LOYALTY_FACTS as LOYALTY_FACTS,
        MIDDLES as MIDDLES,
        MOTIVE_RULES as MOTIVE_RULES,
        PHASE_POLICY as PHASE_POLICY,
        AntecedentFinding as AntecedentFinding,
        LoyaltyAntecedent as LoyaltyAntecedent,
        LoyaltyFact as LoyaltyFact,
        LoyaltyGroup as LoyaltyGroup,
        LoyaltyMotive as LoyaltyMotive,
        LoyaltyPhase as LoyaltyPhase,
        LoyaltyQuadrant as LoyaltyQuadrant,
        MotiveFinding as MotiveFinding,
        PhaseFinding as PhaseFinding,
        PhasePolicy as PhasePolicy,
        add_antecedents as add_antecedents,
        add_groups as add_groups,
        add_motives as add_motives,
        add_phases as add_phases,
        add_quadrants as add_quadrants,
        explain_group as explain_group,
        explain_quadrant as explain_quadrant,
        facts_of as facts_of,
        find_antecedents as find_antecedents,
        find_motives as find_motives,
        loyalty_phase as loyalty_phase,
        median_cuts as median_cuts,
        quadrant as quadrant,
    )
    from .measures import (
        SatisfactionTie as SatisfactionTie,
        TieModerator as TieModerator,
        WalletShare as WalletShare,
        allocate_wallets as allocate_wallets,
        behaviour_index as behaviour_index,
        bought_again as bought_again,
        compare_ties as compare_ties,
        loyalty_groups as loyalty_groups,
        loyalty_index as loyalty_index,
        satisfaction_tie as satisfaction_tie,
        share_of_wallet as share_of_wallet,
        wallet_allocation as wallet_allocation,
        wallet_share as wallet_share,
    )
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
