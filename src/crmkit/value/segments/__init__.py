"""Scores of recency, frequency and amount, and the named segments they make."""

from typing import TYPE_CHECKING


if TYPE_CHECKING:
    from .rfm_bars import RfmBars as RfmBars, rfm_quintiles as rfm_quintiles
    from .rfm_scoring import rfm_scores as rfm_scores
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
else:
    from crmkit import _lazy

    __getattr__, __dir__, __all__ = _lazy.names(__name__)
