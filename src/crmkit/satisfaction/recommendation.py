"""The willingness to recommend: the Net Promoter Score with its interval.

Law: answers off the scale are refused, missing ones are counted, and rounding is left to whoever
shows the number. Never average the scores of segments: ask the answers again.

Source: Reichheld, "The one number you need to grow", Harvard Business Review, December 2003.
"""

from __future__ import annotations

from typing import Final, TypeGuard, cast, overload

import attrs
import narwhals.stable.v2 as nw
import numpy as np
from narwhals.exceptions import DuplicateError
from narwhals.stable.v2.typing import IntoFrame
from numpy.typing import NDArray

from crmkit.errors import InvalidValueError
from crmkit.kernel import Estimate
from crmkit.kernel.frames import (
    ColumnKind,
    Flaw,
    Lazy,
    Values,
    Words,
    bad_values,
    find_flaws,
    frame_of,
    numbers,
)
from crmkit.stats import adjusted_wald


_RECOMMEND: Final = "recommend"
_PROMOTES_FROM: Final = 9
_DETRACTS_TO: Final = 6
_HIGHEST: Final = 10
_ON_SCALE: Final = f"must be a whole number from 0 to {_HIGHEST}"
_WEIGHS: Final = "must be 0 or more"


@overload
def nps(scores: Values, *, weights: Values | None = None, confidence: float = 0.95) -> Estimate: ...


@overload
def nps(
    scores: IntoFrame,
    *,
    weights: str | None = None,
    recommend: str = "recommend",
    confidence: float = 0.95,
) -> Estimate: ...


def nps(
    scores: Values | IntoFrame,
    *,
    weights: Values | str | None = None,
    recommend: str = _RECOMMEND,
    confidence: float = 0.95,
) -> Estimate:
    """Estimate the Net Promoter Score: promoters (9, 10) less detractors (0 to 6).

    $100 (p - d)$ of those who answered. With weights $w$ the shares are weighted, and
    (Σw)²/Σw² stands for the number of answers in the interval.

    Args:
        scores: Whole numbers from 0 to 10, in one dimension; or a frame that has them in a
            column: pandas, polars (eager or lazy), DuckDB, PyArrow. None and NaN are counted as
            missing. A lazy frame is asked one aggregate query, and no row leaves its engine.
        weights: One per score, in the same order, none negative; of a frame, the name of the
            column that holds them; None weighs all alike.
        recommend: Name of the column of scores, where there is a frame.
        confidence: Share of such intervals that hold the true value.

    Returns:
        The raw score, with the adjusted Wald interval cut at ±100; the interval is centred on the
        adjusted score (`crmkit.stats.adjusted_wald`).

    Raises:
        InvalidValueError: If a score is off the scale, with its row, or of a lazy frame with how
            many are; if nobody answered; if the weights do not fit the scores; if a column is
            missing or of another kind.

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
        >>> import polars
        >>> answers = polars.LazyFrame({"recommend": [10, 9, 8, 3, None]})
        >>> print(nps(answers))
        25 (95 % interval -44.16 to 72.73, n = 4, 1 missing, adjusted-wald)
    """
    if _is_frame(scores):
        return _of_frame(scores, recommend, weights).estimate(confidence)
    if recommend != _RECOMMEND:
        rule = "must be left out where scores is no frame: it names a column"
        raise InvalidValueError("recommend", recommend, rule)
    told = None if weights is None else numbers(cast("Values", weights), "weights")
    asked = numbers(cast("Values", scores), "scores")
    if told is not None and len(told) != len(asked):
        rule = f"must be as many as the scores, {len(asked)}"
        raise InvalidValueError("len(weights)", len(told), rule)
    return _count(asked, "scores", told, "weights").estimate(confidence)


@attrs.frozen(kw_only=True)
class _Tally:
    """What the score is made of: sums of weights, of any scale."""

    promoters: float
    detractors: float
    total: float
    squares: float
    n: int
    n_missing: int

    def estimate(self, confidence: float) -> Estimate:
        return adjusted_wald(
            self.promoters,
            self.detractors,
            self.total,
            n=self.n,
            effective_n=self.total**2 / self.squares,
            n_missing=self.n_missing,
            confidence=confidence,
        )


def _is_frame(scores: Values | IntoFrame) -> TypeGuard[IntoFrame]:
    try:
        known = nw.from_native(scores, allow_series=True, pass_through=True)
    except DuplicateError:
        return True
    return isinstance(known, nw.DataFrame | nw.LazyFrame)


def _of_frame(scores: IntoFrame, recommend: str, weights: Values | str | None) -> _Tally:
    if not (weights is None or isinstance(weights, str)):
        kind, rule = Words(f"of type {type(weights).__name__}"), "must name a column of scores"
        way_out = "put them into the frame: they belong to its rows"
        raise InvalidValueError("weights", kind, rule, way_out)
    columns = [recommend] if weights is None else [recommend, weights]
    frame = frame_of(scores, "scores", dict.fromkeys(columns, ColumnKind.NUMBER))
    if isinstance(frame, nw.LazyFrame):
        # What else the frame holds, orders in two currencies say, is not asked.
        return _ask(frame.select(*dict.fromkeys(columns)), recommend, weights)
    asked, *told = (numbers(frame[name].to_native(), name) for name in columns)
    return _count(asked, recommend, told[0] if told else None, weights or "")


def _count(
    asked: NDArray[np.float64], name: str, told: NDArray[np.float64] | None, weights: str
) -> _Tally:
    """Count scores that are all there, NaN where one is missing."""
    there = ~np.isnan(asked)
    # NaN is not off the scale: it compares false.
    off = (asked < 0) | (asked > _HIGHEST) | (there & (asked != np.floor(asked)))
    _refuse(name, asked, off, _ON_SCALE)
    answered = asked[there]
    if not answered.size:
        raise _nobody(name, asked[:3].tolist())
    weight = np.ones(len(answered)) if told is None else _weights(told, weights, there)
    return _Tally(
        promoters=float(weight[answered >= _PROMOTES_FROM].sum()),
        detractors=float(weight[answered <= _DETRACTS_TO].sum()),
        total=float(weight.sum()),
        squares=float((weight**2).sum()),
        n=len(answered),
        n_missing=len(asked) - len(answered),
    )


def _ask(frame: Lazy, recommend: str, weights: str | None) -> _Tally:
    """Let the engine count: one question, one row for an answer."""
    found = nw.col(recommend).cast(nw.Float64)
    # Engines differ on where NaN stands among numbers; as a null it is nowhere.
    score = nw.when(~found.is_nan()).then(found)
    off = (score < 0) | (score > _HIGHEST) | (score != score.floor())
    flaws, weight = [Flaw(recommend, off, _ON_SCALE)], nw.lit(1.0)
    if weights is not None:
        told = nw.col(weights).cast(nw.Float64)
        flaws.append(Flaw(weights, told.is_null() | ~(told.is_finite() & (told >= 0)), _WEIGHS))
        own, most = _new_names(frame)
        frame = frame.with_columns(nw.when(~score.is_null()).then(told).alias(own))
        # As in `_weights`: of a scale of their own.
        frame = frame.with_columns(nw.col(own).max().alias(most))
        weight = nw.when(nw.col(most) > 0).then(nw.col(own) / nw.col(most)).otherwise(0.0)
    # None is the sum over no rows.
    sums = {
        name: float(cast("float", sum_ or 0))
        for name, sum_ in find_flaws(frame, flaws, **_counts(score, weight)).items()
    }
    n, rows = int(sums.pop("n")), int(sums.pop("rows"))
    if not n:
        raise _nobody(recommend, [])
    if not sums["total"]:
        raise _all_zero(str(weights), 0)
    return _Tally(**sums, n=n, n_missing=rows - n)


def _counts(score: nw.Expr, weight: nw.Expr) -> dict[str, nw.Expr]:
    there = ~score.is_null()
    return {
        "promoters": nw.when(score >= _PROMOTES_FROM).then(weight).sum(),
        "detractors": nw.when(score <= _DETRACTS_TO).then(weight).sum(),
        "total": nw.when(there).then(weight).sum(),
        "squares": nw.when(there).then(weight * weight).sum(),
        "n": score.count(),
        "rows": nw.len(),
    }


def _new_names(frame: Lazy) -> tuple[str, str]:
    columns = frame.collect_schema().names()
    first = nw.generate_temporary_column_name(8, columns)
    return first, nw.generate_temporary_column_name(8, [*columns, first])


def _weights(told: NDArray[np.float64], name: str, there: NDArray[np.bool_]) -> NDArray[np.float64]:
    _refuse(name, told, ~(np.isfinite(told) & (told >= 0)), _WEIGHS)
    of_answers = told[there]
    if not of_answers.any():
        raise _all_zero(name, of_answers[:3].tolist())
    # Of a scale of their own: squares of tiny or huge weights would leave the floats.
    scaled: NDArray[np.float64] = of_answers / of_answers.max()
    return scaled


def _nobody(name: str, found: object) -> InvalidValueError:
    rule, way_out = "must hold at least one answer", "nobody answered: there is no score"
    return InvalidValueError(name, found, rule, way_out)


def _all_zero(name: str, found: object) -> InvalidValueError:
    return InvalidValueError(name, found, "must not all be 0 where somebody answered")


def _refuse(name: str, values: NDArray[np.float64], bad: NDArray[np.bool_], rule: str) -> None:
    places = np.flatnonzero(bad)
    if places.size:
        first = [float(value) for value in values[places[:3]]]
        found = [int(value) if value.is_integer() else value for value in first]
        raise bad_values(name, found, places.tolist(), rule)
