"""The willingness to recommend: the Net Promoter Score with its interval.

Law: answers off the scale are refused, missing ones are counted, and rounding is left to whoever
shows the number. Never average the scores of segments: ask the answers again.

Source: Reichheld, "The one number you need to grow", Harvard Business Review, December 2003.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from crmkit.errors import InvalidValueError
from crmkit.kernel import Estimate
from crmkit.kernel.frames import Values, bad_values, numbers
from crmkit.stats import adjusted_wald


_PROMOTES_FROM: Final = 9
_DETRACTS_TO: Final = 6
_HIGHEST: Final = 10


def nps(scores: Values, *, weights: Values | None = None, confidence: float = 0.95) -> Estimate:
    """Estimate the Net Promoter Score: promoters (9, 10) less detractors (0 to 6).

    $100 (p - d)$ of those who answered. With weights $w$ the shares are weighted, and
    (Σw)²/Σw² stands for the number of answers in the interval.

    Args:
        scores: Whole numbers from 0 to 10, in one dimension; None and NaN are counted as missing.
        weights: One per score, in the same order, none negative; None weighs all alike.
        confidence: Share of such intervals that hold the true value.

    Returns:
        The raw score, with the adjusted Wald interval cut at ±100; the interval is centred on the
        adjusted score (`crmkit.stats.adjusted_wald`).

    Raises:
        InvalidValueError: If a score is off the scale, with its row; if nobody answered; if the
            weights do not fit the scores.

    Units:
        Points: −100 (all detract) to 100 (all promote).

    Source:
        Reichheld (2003); interval: Rocks (2016), Lewis and Sauro; weights: Kish's effective
        sample size.

    Examples:
        >>> print(nps([10, 9, 8, 3, None]))
        25 (95 % interval -44.16 to 72.73, n = 4, 1 missing, adjusted-wald)
        >>> nps([10, 11])
        Traceback (most recent call last):
        crmkit.errors.InvalidValueError: scores is 11: it must be a whole number from 0 to 10, as\
 in row 1
    """
    asked = numbers(scores, "scores")
    there = ~np.isnan(asked)
    # NaN is not off the scale: it compares false.
    off = (asked < 0) | (asked > _HIGHEST) | (there & (asked != np.floor(asked)))
    _refuse("scores", asked, off, f"must be a whole number from 0 to {_HIGHEST}")
    answered = asked[there]
    if not answered.size:
        rule, way_out = "must hold at least one answer", "nobody answered: there is no score"
        raise InvalidValueError("scores", asked[:3].tolist(), rule, way_out)
    weight = _weights(weights, there)
    total = float(weight.sum())
    return adjusted_wald(
        float(weight[answered >= _PROMOTES_FROM].sum()),
        float(weight[answered <= _DETRACTS_TO].sum()),
        total,
        n=len(answered),
        effective_n=total**2 / float((weight**2).sum()),
        n_missing=len(asked) - len(answered),
        confidence=confidence,
    )


def _weights(weights: Values | None, there: NDArray[np.bool_]) -> NDArray[np.float64]:
    if weights is None:
        return np.ones(int(there.sum()))
    told = numbers(weights, "weights")
    if len(told) != len(there):
        rule = f"must be as many as the scores, {len(there)}"
        raise InvalidValueError("len(weights)", len(told), rule)
    _refuse("weights", told, ~(np.isfinite(told) & (told >= 0)), "must be 0 or more")
    of_answers = told[there]
    if not of_answers.any():
        rule = "must not all be 0 where somebody answered"
        raise InvalidValueError("weights", of_answers[:3].tolist(), rule)
    # Of a scale of their own: squares of tiny or huge weights would leave the floats.
    scaled: NDArray[np.float64] = of_answers / of_answers.max()
    return scaled


def _refuse(name: str, values: NDArray[np.float64], bad: NDArray[np.bool_], rule: str) -> None:
    places = np.flatnonzero(bad)
    if places.size:
        first = [float(value) for value in values[places[:3]]]
        found = [int(value) if value.is_integer() else value for value in first]
        raise bad_values(name, found, places.tolist(), rule)
