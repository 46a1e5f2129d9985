"""How sure we are: intervals and comparisons that several subdomains need.

Law: an estimate never leaves without its interval, its sample size and the name of its method.
"""

from typing import TYPE_CHECKING


if TYPE_CHECKING:
    from .case_log import CaseLog as CaseLog
    from .chain_checks import (
        ChainTest as ChainTest,
        homogeneity_test as homogeneity_test,
        order_test as order_test,
    )
    from .chain_passage import Passage as Passage
    from .chains import MarkovChain as MarkovChain
    from .comparison import Comparison as Comparison
    from .competing import (
        CumulativeIncidence as CumulativeIncidence,
        aalen_johansen as aalen_johansen,
    )
    from .dwell import dwell_by_activity as dwell_by_activity, dwell_times as dwell_times
    from .families import AdjustedPValues as AdjustedPValues, adjust_for_many as adjust_for_many
    from .group_comparison import (
        compare_means as compare_means,
        compare_net_scores as compare_net_scores,
        compare_shares as compare_shares,
    )
    from .group_sizes import GroupSize as GroupSize, SmallGroupRule as SmallGroupRule
    from .histogram import Histogram as Histogram
    from .intervals import (
        adjusted_wald as adjusted_wald,
        mean_difference as mean_difference,
        mean_interval as mean_interval,
        wilson as wilson,
    )
    from .paired_comparison import (
        compare_paired_means as compare_paired_means,
        compare_paired_shares as compare_paired_shares,
    )
    from .power import minimum_detectable_change as minimum_detectable_change
    from .rates import RateComparison as RateComparison, compare_rates as compare_rates
    from .resampling import bootstrap as bootstrap
    from .small_groups import guard_small_groups as guard_small_groups
    from .survival import (
        MedianTime as MedianTime,
        SurvivalCurve as SurvivalCurve,
        kaplan_meier as kaplan_meier,
    )
    from .transitions import (
        TransitionMatrix as TransitionMatrix,
        transition_matrix as transition_matrix,
    )
    from .weighted import (
        design_effect as design_effect,
        effective_n as effective_n,
        weighted_mean as weighted_mean,
        weighted_net_score as weighted_net_score,
        weighted_share as weighted_share,
    )
    from .working_time import (
        due_many as due_many,
        elapsed_many as elapsed_many,
        is_open_many as is_open_many,
    )
else:
    from crmkit import _lazy

    __getattr__, __dir__, __all__ = _lazy.names(__name__)
