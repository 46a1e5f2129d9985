"""Loyalty as separate questions: motive, phase, quadrant, causes, signs, group; of one, of many."""

from typing import TYPE_CHECKING


if TYPE_CHECKING:
    from .antecedent_rules import (
        ANTECEDENT_RULES as ANTECEDENT_RULES,
        AntecedentFinding as AntecedentFinding,
        find_antecedents as find_antecedents,
    )
    from .base_facts import facts_of as facts_of
    from .base_kinds import (
        add_antecedents as add_antecedents,
        add_drivers as add_drivers,
        add_groups as add_groups,
        add_motives as add_motives,
        add_signs as add_signs,
    )
    from .base_levels import (
        add_phases as add_phases,
        add_quadrants as add_quadrants,
        median_cuts as median_cuts,
    )
    from .driver_rules import (
        DRIVER_RULES as DRIVER_RULES,
        DriverFinding as DriverFinding,
        find_drivers as find_drivers,
    )
    from .group_rules import GROUP_RULES as GROUP_RULES, explain_group as explain_group
    from .loyalty_facts import LOYALTY_FACTS as LOYALTY_FACTS, LoyaltyFact as LoyaltyFact
    from .loyalty_words import (
        LoyaltyAntecedent as LoyaltyAntecedent,
        LoyaltyCurve as LoyaltyCurve,
        LoyaltyDriver as LoyaltyDriver,
        LoyaltyGroup as LoyaltyGroup,
        LoyaltyMotive as LoyaltyMotive,
        LoyaltyPhase as LoyaltyPhase,
        LoyaltyQuadrant as LoyaltyQuadrant,
        LoyaltySign as LoyaltySign,
    )
    from .motive_rules import (
        MOTIVE_RULES as MOTIVE_RULES,
        MotiveFinding as MotiveFinding,
        find_motives as find_motives,
    )
    from .phase_policy import (
        PHASE_POLICY as PHASE_POLICY,
        PhaseFinding as PhaseFinding,
        PhasePolicy as PhasePolicy,
        loyalty_phase as loyalty_phase,
    )
    from .quadrant_rule import (
        MIDDLES as MIDDLES,
        explain_quadrant as explain_quadrant,
        quadrant as quadrant,
    )
    from .sign_rules import (
        SIGN_RULES as SIGN_RULES,
        SignFinding as SignFinding,
        find_signs as find_signs,
    )
else:
    from crmkit import _lazy

    __getattr__, __dir__, __all__ = _lazy.names(__name__)
