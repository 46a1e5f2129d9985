"""Models of lifetime value: laws of buying and of loss, fitted, and asked in one way.

Law: what is expected and what will be counted have two intervals, by two names.
"""

from typing import TYPE_CHECKING


if TYPE_CHECKING:
    from .covariate_model import CovariateModel as CovariateModel
    from .equities import customer_equity as customer_equity
    from .equity_terms import (
        CustomerEquity as CustomerEquity,
        EquityLever as EquityLever,
        EquitySensitivity as EquitySensitivity,
    )
    from .fitted_model import FittedModel as FittedModel
    from .lifetime_model import LifetimeModel as LifetimeModel
    from .maximum import ModelFit as ModelFit
    from .new_customers import NewCustomer as NewCustomer
    from .occasions import (
        BGBB as BGBB,
        OccasionModel as OccasionModel,
        ShiftedBetaGeometric as ShiftedBetaGeometric,
    )
    from .repeat_buying import (
        BGNBD as BGNBD,
        MBGNBD as MBGNBD,
        NBD as NBD,
        ParetoNBD as ParetoNBD,
        TimedModel as TimedModel,
    )
    from .spending import GammaGamma as GammaGamma
    from .with_covariates import WithCovariates as WithCovariates
else:
    from crmkit import _lazy

    __getattr__, __dir__, __all__ = _lazy.names(__name__)
