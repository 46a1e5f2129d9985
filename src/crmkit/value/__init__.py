"""What they are worth: purchase behaviour in four numbers, classes by amount.

Law: no order is dropped in silence, and classes are compared in whole coins.
"""

from typing import TYPE_CHECKING


if TYPE_CHECKING:
    from .classes import (
        ABC_SCHEME as ABC_SCHEME,
        CLASS_MEMBERSHIP_CODEC as CLASS_MEMBERSHIP_CODEC,
        CLASS_TARGET_CODEC as CLASS_TARGET_CODEC,
        CURRY as CURRY,
        HAIER as HAIER,
        PYRAMID_SCHEME as PYRAMID_SCHEME,
        SECOND_LOOK as SECOND_LOOK,
        AbcClass as AbcClass,
        AbcPolicy as AbcPolicy,
        ClassAct as ClassAct,
        ClassChanged as ClassChanged,
        ClassMembership as ClassMembership,
        ClassPlace as ClassPlace,
        ClassScheme as ClassScheme,
        ClassTarget as ClassTarget,
        Concentration as Concentration,
        CustomerTier as CustomerTier,
        Dealings as Dealings,
        LookReason as LookReason,
        MembershipId as MembershipId,
        PyramidPolicy as PyramidPolicy,
        SecondLookPolicy as SecondLookPolicy,
        TargetAct as TargetAct,
        TargetId as TargetId,
        TargetSense as TargetSense,
        abc_classes as abc_classes,
        concentration as concentration,
        customer_pyramid as customer_pyramid,
        explain_abc_class as explain_abc_class,
        explain_second_look as explain_second_look,
        explain_tier as explain_tier,
        membership_id as membership_id,
        pareto_curve as pareto_curve,
        reclassed as reclassed,
        second_look as second_look,
    )
    from .forecasts import (
        LIFETIME_VALUE_CODEC as LIFETIME_VALUE_CODEC,
        LifetimeValue as LifetimeValue,
        LifetimeValueId as LifetimeValueId,
        ValueAct as ValueAct,
        ValueAlert as ValueAlert,
        ValueAlertAct as ValueAlertAct,
        ValueAlertChanged as ValueAlertChanged,
        ValueAlertPolicy as ValueAlertPolicy,
        ValueAlertRule as ValueAlertRule,
        ValueFigure as ValueFigure,
        ValueForecast as ValueForecast,
        lifetime_value_id as lifetime_value_id,
        revalued as revalued,
        value_forecasts as value_forecasts,
    )
    from .lifetime.checking.drifting import (
        Drift as Drift,
        DriftVerdict as DriftVerdict,
        check_drift as check_drift,
    )
    from .lifetime.checking.hold_outs import (
        HoldOut as HoldOut,
        hold_out as hold_out,
        rolling_origin as rolling_origin,
    )
    from .lifetime.checking.interval_checks import (
        IntervalCheck as IntervalCheck,
        IntervalVerdict as IntervalVerdict,
        check_intervals as check_intervals,
    )
    from .lifetime.checking.model_race import (
        ModelRace as ModelRace,
        compare_models as compare_models,
    )
    from .lifetime.checking.rhythms import buying_rhythms as buying_rhythms
    from .lifetime.checking.scored import ModelScore as ModelScore, RaceOrigin as RaceOrigin
    from .lifetime.checking.tracked import (
        conditional_expectations as conditional_expectations,
        tracking_table as tracking_table,
    )
    from .lifetime.covariate_model import CovariateModel as CovariateModel
    from .lifetime.equities import customer_equity as customer_equity
    from .lifetime.equity_terms import (
        CustomerEquity as CustomerEquity,
        EquityLever as EquityLever,
        EquitySensitivity as EquitySensitivity,
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
        NBD as NBD,
        ParetoNBD as ParetoNBD,
    )
    from .lifetime.spending import GammaGamma as GammaGamma
    from .lifetime.with_covariates import WithCovariates as WithCovariates
    from .purchases import (
        OrderEntry as OrderEntry,
        RfmState as RfmState,
        StateTotals as StateTotals,
        merge as merge,
        rfm_state as rfm_state,
        rfm_table as rfm_table,
        state_totals as state_totals,
        trace_returns as trace_returns,
    )
    from .segments import (
        RFM_EIGHT as RFM_EIGHT,
        RFM_GRID as RFM_GRID,
        RfmBars as RfmBars,
        Segment as Segment,
        SegmentScheme as SegmentScheme,
        explain_rfm_segment as explain_rfm_segment,
        rfm_quintiles as rfm_quintiles,
        rfm_scores as rfm_scores,
        rfm_segments as rfm_segments,
        segment_history as segment_history,
        segment_movement as segment_movement,
    )
    from .worth import (
        ACCOUNT_HEALTH as ACCOUNT_HEALTH,
        HealthFigure as HealthFigure,
        HealthPolicy as HealthPolicy,
        HealthScale as HealthScale,
        LossReason as LossReason,
        Payback as Payback,
        WinBackPolicy as WinBackPolicy,
        account_health as account_health,
        cohort_payback as cohort_payback,
        cohort_values as cohort_values,
        customer_profit as customer_profit,
        customer_values as customer_values,
        explain_account_health as explain_account_health,
        explain_cohort_payback as explain_cohort_payback,
        win_back_worth as win_back_worth,
    )
else:
    from crmkit import _lazy

    __getattr__, __dir__, __all__ = _lazy.names(__name__)
