"""Why they stay: motive, phase, quadrant, shares of wallet, and what points are worth.

Law: loyalty is several questions that are never mixed into one score; what is not known is told.
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
else:
    from crmkit import _lazy

    __getattr__, __dir__, __all__ = _lazy.names(__name__)
