"""Scores held against one another: periods, segments, waves, windows, cross-tables."""

from typing import TYPE_CHECKING


if TYPE_CHECKING:
    from .crossing import (
        CrossCell as CrossCell,
        CrossTable as CrossTable,
        cross_table as cross_table,
    )
    from .group_table import compare_groups as compare_groups
    from .rolling import rolling_scores as rolling_scores
    from .score_comparison import (
        compare_nps as compare_nps,
        compare_paired_nps as compare_paired_nps,
        compare_paired_scores as compare_paired_scores,
        compare_scores as compare_scores,
    )
    from .standardised import standardised_trend as standardised_trend
    from .waves import Wave as Wave, WaveTrend as WaveTrend, wave_trend as wave_trend
else:
    from crmkit import _lazy

    __getattr__, __dir__, __all__ = _lazy.names(__name__)
