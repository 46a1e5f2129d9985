"""Who is asked and whom the answers stand for: sample sizes, response rates, weights."""

from typing import TYPE_CHECKING


if TYPE_CHECKING:
    from .allocation import Allocation as Allocation, allocate_sample as allocate_sample
    from .calibration import calibrate as calibrate
    from .dispositions import (
        Dispositions as Dispositions,
        ResponseRates as ResponseRates,
        response_rates as response_rates,
    )
    from .raking import poststratify as poststratify, rake as rake
    from .sample_sizes import (
        margin_of_error as margin_of_error,
        nps_sample_size as nps_sample_size,
        sample_size as sample_size,
    )
    from .trimming import trim_weights as trim_weights
    from .weighting import MarginLine as MarginLine, Weighting as Weighting
else:
    from crmkit import _lazy

    __getattr__, __dir__, __all__ = _lazy.names(__name__)
