"""How sure we are: intervals and comparisons that several subdomains need.

Law: an estimate never leaves without its interval, its sample size and the name of its method.
"""

from typing import TYPE_CHECKING


if TYPE_CHECKING:
    from .case_log import CaseLog as CaseLog
    from .dwell import dwell_by_stage as dwell_by_stage, dwell_times as dwell_times
    from .intervals import (
        adjusted_wald as adjusted_wald,
        mean_difference as mean_difference,
        mean_interval as mean_interval,
        wilson as wilson,
    )
    from .rates import RateComparison as RateComparison, compare_rates as compare_rates
    from .survival import (
        MedianTime as MedianTime,
        SurvivalCurve as SurvivalCurve,
        kaplan_meier as kaplan_meier,
    )
    from .transitions import (
        TransitionMatrix as TransitionMatrix,
        transition_matrix as transition_matrix,
    )
    from .working_time import (
        due_many as due_many,
        elapsed_many as elapsed_many,
        is_open_many as is_open_many,
    )
else:
    from crmkit import _lazy

    __getattr__, __dir__, __all__ = _lazy.names(__name__)
