"""Which lifetime model, and is it still right: hold-outs, races, tracking, intervals, drift.

Law: what is judged has not seen what it is judged by.
"""

from typing import TYPE_CHECKING


if TYPE_CHECKING:
    from .drifting import Drift as Drift, DriftVerdict as DriftVerdict, check_drift as check_drift
    from .hold_outs import (
        HoldOut as HoldOut,
        hold_out as hold_out,
        rolling_origin as rolling_origin,
    )
    from .interval_checks import (
        IntervalCheck as IntervalCheck,
        IntervalVerdict as IntervalVerdict,
        check_intervals as check_intervals,
    )
    from .model_race import ModelRace as ModelRace, compare_models as compare_models
    from .rhythms import buying_rhythms as buying_rhythms
    from .scored import ModelScore as ModelScore, RaceOrigin as RaceOrigin
    from .tracked import (
        conditional_expectations as conditional_expectations,
        tracking_table as tracking_table,
    )
else:
    from crmkit import _lazy

    __getattr__, __dir__, __all__ = _lazy.names(__name__)
