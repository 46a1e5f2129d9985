"""What a customer brings and may bring: profit, worth, health, cohorts that pay back, win-back."""

from typing import TYPE_CHECKING


if TYPE_CHECKING:
    from .cohort_curves import cohort_values as cohort_values
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
    from .payback_state import Payback as Payback
    from .paybacks import (
        cohort_payback as cohort_payback,
        explain_cohort_payback as explain_cohort_payback,
    )
    from .profits import customer_profit as customer_profit
    from .winning_back import (
        LossReason as LossReason,
        WinBackPolicy as WinBackPolicy,
        win_back_worth as win_back_worth,
    )
    from .worths import customer_values as customer_values
else:
    from crmkit import _lazy

    __getattr__, __dir__, __all__ = _lazy.names(__name__)
