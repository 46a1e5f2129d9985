"""What they are worth: purchase behaviour in four numbers, classes by amount.

Law: no order is dropped in silence, and classes are compared in whole coins.
"""

from typing import TYPE_CHECKING


if TYPE_CHECKING:
    from .abc_policy import HAIER as HAIER, AbcClass as AbcClass, AbcPolicy as AbcPolicy
    from .class_explained import explain_abc_class as explain_abc_class
    from .class_membership import (
        ClassAct as ClassAct,
        ClassChanged as ClassChanged,
        ClassMembership as ClassMembership,
        ClassPlace as ClassPlace,
        MembershipId as MembershipId,
        membership_id as membership_id,
        reclassed as reclassed,
    )
    from .class_scheme import (
        ABC_SCHEME as ABC_SCHEME,
        PYRAMID_SCHEME as PYRAMID_SCHEME,
        ClassScheme as ClassScheme,
    )
    from .class_target import (
        ClassTarget as ClassTarget,
        TargetAct as TargetAct,
        TargetId as TargetId,
        TargetSense as TargetSense,
    )
    from .classing import abc_classes as abc_classes
    from .cohort_curves import cohort_values as cohort_values
    from .concentrations import (
        Concentration as Concentration,
        concentration as concentration,
        pareto_curve as pareto_curve,
    )
    from .health_policy import (
        ACCOUNT_HEALTH as ACCOUNT_HEALTH,
        HealthFigure as HealthFigure,
        HealthPolicy as HealthPolicy,
        HealthScale as HealthScale,
    )
    from .healths import (
        account_health as account_health,
        explain_account_health as explain_account_health,
    )
    from .lifetime.lifetime_model import LifetimeModel as LifetimeModel
    from .lifetime.maximum import ModelFit as ModelFit
    from .lifetime.new_customers import NewCustomer as NewCustomer
    from .lifetime.occasions import (
        BGBB as BGBB,
        ShiftedBetaGeometric as ShiftedBetaGeometric,
    )
    from .lifetime.repeat_buying import (
        BGNBD as BGNBD,
        MBGNBD as MBGNBD,
        ParetoNBD as ParetoNBD,
    )
    from .lifetime.spending import GammaGamma as GammaGamma
    from .look_policy import (
        SECOND_LOOK as SECOND_LOOK,
        Dealings as Dealings,
        LookReason as LookReason,
        SecondLookPolicy as SecondLookPolicy,
    )
    from .payback_state import Payback as Payback
    from .paybacks import (
        cohort_payback as cohort_payback,
        explain_cohort_payback as explain_cohort_payback,
    )
    from .profits import customer_profit as customer_profit
    from .purchase_days import rfm_table as rfm_table
    from .purchase_state import (
        RfmState as RfmState,
        merge as merge,
        rfm_state as rfm_state,
    )
    from .pyramid_policy import (
        CURRY as CURRY,
        CustomerTier as CustomerTier,
        PyramidPolicy as PyramidPolicy,
    )
    from .pyramids import customer_pyramid as customer_pyramid, explain_tier as explain_tier
    from .record_totals import (
        StateTotals as StateTotals,
        state_totals as state_totals,
    )
    from .returned_orders import (
        OrderEntry as OrderEntry,
        trace_returns as trace_returns,
    )
    from .rfm_bars import RfmBars as RfmBars, rfm_quintiles as rfm_quintiles
    from .rfm_scoring import rfm_scores as rfm_scores
    from .second_looks import (
        explain_second_look as explain_second_look,
        second_look as second_look,
    )
    from .segment_explained import explain_rfm_segment as explain_rfm_segment
    from .segment_scheme import (
        RFM_EIGHT as RFM_EIGHT,
        RFM_GRID as RFM_GRID,
        Segment as Segment,
        SegmentScheme as SegmentScheme,
    )
    from .segmenting import (
        rfm_segments as rfm_segments,
        segment_history as segment_history,
        segment_movement as segment_movement,
    )
    from .stored_classes import (
        CLASS_MEMBERSHIP_CODEC as CLASS_MEMBERSHIP_CODEC,
        CLASS_TARGET_CODEC as CLASS_TARGET_CODEC,
    )
    from .winning_back import (
        LossReason as LossReason,
        WinBackPolicy as WinBackPolicy,
        win_back_worth as win_back_worth,
    )
    from .worths import customer_values as customer_values
else:
    from crmkit import _lazy

    __getattr__, __dir__, __all__ = _lazy.names(__name__)
