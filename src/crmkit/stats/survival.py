"""How long it takes, where some have not come to the end yet: the estimate of Kaplan and Meier.

Law: who has not ended counts for as long as he was seen, and no longer; he is neither left out nor
taken for ended. Who came under observation late counts from then on, for had he ended before, he
would not be known.

Source: Kaplan, E. L. and Meier, P. (1958), "Nonparametric estimation from incomplete observations",
JASA 53(282), 457–481. Intervals: Greenwood's variance on the scale of log(−log S), Kalbfleisch and
Prentice, "The statistical analysis of failure time data" (1980), section 1.3. Of the median:
Brookmeyer, R. and Crowley, J. (1982), "A confidence interval for the median survival time",
Biometrics 38(1), 29–41, on the same scale. Delayed entry: Tsai, W.-Y., Jewell, N. P. and Wang,
M.-C. (1987), "A note on the product-limit estimator under right censoring and left truncation",
Biometrika 74(4), 883–886.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

import attrs
import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from crmkit.errors import InvalidValueError
from crmkit.kernel import Estimate
from crmkit.kernel.estimate import check_confidence

from .observed_times import at_risk_of, entries_in, flags_in, lengths_in, step_at, warn_of_early_end


if TYPE_CHECKING:
    import pandas as pd


Floats = NDArray[np.float64]

_HOUR: Final = timedelta(hours=1)
_ROUNDING: Final = 1e-12  # a product of shares misses one half by its rounding
_METHOD: Final = "kaplan-meier"


@attrs.frozen(kw_only=True)
class MedianTime:
    """The time by which half have ended, with its interval.

    Attributes:
        value: The first time at which at most half are left; None where more than half were left
            when the observation ended.
        low: Lower end of the interval; None where that is so of the curve's lower ends.
        high: Upper end; None where it lies beyond what was observed.
        confidence: Share of such intervals that hold the true value.
        n: How many were observed.
        ended: How many of them ended.

    Examples:
        >>> print(kaplan_meier([3, 5, 8, 13], [True, False, False, False]).median)
        not reached (95 % interval 3 to not reached, n = 4, 1 ended, kaplan-meier)
    """

    value: float | None
    low: float | None
    high: float | None
    confidence: float
    n: int
    ended: int

    def __str__(self) -> str:
        value, low, high = (
            "not reached" if told is None else f"{told:.4g}"
            for told in (self.value, self.low, self.high)
        )
        return (
            f"{value} ({100 * self.confidence:g} % interval {low} to {high}, n = {self.n}, "
            f"{self.ended} ended, {_METHOD})"
        )


@attrs.frozen(kw_only=True, eq=False, repr=False)
class SurvivalCurve:
    """What share goes on beyond each time: steps, each at a time at which something happened.

    Attributes:
        time: When, rising.
        at_risk: How many were still going on just before.
        ended: How many ended then.
        censored: How many were seen no longer.
        survival: What share goes on beyond it.
        low: Lower ends of the intervals of that share.
        high: Upper ends.
        confidence: Share of such intervals that hold the true value.
        n: How many were observed.
        n_missing: How many durations were missing, and left out.
        n_delayed: How many came under observation after they had begun.

    Units:
        Times as the durations were given; shares 0 to 1.

    Examples:
        >>> curve = kaplan_meier([6, 6, 6, 7, 10], [True, True, True, True, False])
        >>> curve
        SurvivalCurve(n=5, ended=4, censored=1, median 6, up to 10)
        >>> curve.table()[["time", "at_risk", "ended", "censored", "survival"]]
           time  at_risk  ended  censored  survival
        0   6.0        5      3         0       0.4
        1   7.0        2      1         0       0.2
        2  10.0        1      0         1       0.2
    """

    time: Floats
    at_risk: NDArray[np.int64]
    ended: NDArray[np.int64]
    censored: NDArray[np.int64]
    survival: Floats
    low: Floats
    high: Floats
    confidence: float
    n: int
    n_missing: int
    n_delayed: int = 0

    def at(self, time: float) -> Estimate:
        """Return the share that goes on beyond a time.

        Where nobody is left, the formula of the interval has no value; it then runs from 0 to the
        upper end of the step before.

        Args:
            time: In the units of the durations; not beyond the last of them, unless all ended.

        Raises:
            InvalidValueError: If it is negative or no number, or if nobody was seen for so long.

        Examples:
            >>> print(kaplan_meier([6, 6, 6, 7, 10], [True, True, True, True, False]).at(6.5))
            0.4 (95 % interval 0.05198 to 0.7528, n = 5, kaplan-meier)
        """
        step = step_at(self.time, self.survival, time)
        told = (self.survival, self.low, self.high)
        value, low, high = (float(share[step]) if step >= 0 else 1.0 for share in told)
        return Estimate(
            value,
            low,
            high,
            confidence=self.confidence,
            n=self.n,
            n_missing=self.n_missing,
            method=_METHOD,
        )

    @property
    def median(self) -> MedianTime:
        """The time by which half have ended."""
        value, low, high = (
            self._first_below_half(share) for share in (self.survival, self.low, self.high)
        )
        return MedianTime(
            value=value,
            low=low,
            high=high,
            confidence=self.confidence,
            n=self.n,
            ended=int(self.ended.sum()),
        )

    def table(self) -> pd.DataFrame:
        """Return one row a step, as a pandas frame.

        Columns: `time`, `at_risk`, `ended`, `censored`, `survival`, `low`, `high`.
        """
        # Loaded here, for a curve does not need it.
        import pandas as pd

        names = ("time", "at_risk", "ended", "censored", "survival", "low", "high")
        return pd.DataFrame({name: getattr(self, name) for name in names})

    def _first_below_half(self, share: Floats) -> float | None:
        below = np.flatnonzero(share <= 0.5 + _ROUNDING)
        return float(self.time[below[0]]) if len(below) else None

    def __repr__(self) -> str:
        median = self.median.value
        told = "not reached" if median is None else f"{median:.4g}"
        missing = f", {self.n_missing} missing" if self.n_missing else ""
        missing += f", {self.n_delayed} seen late" if self.n_delayed else ""
        return (
            f"SurvivalCurve(n={self.n}, ended={int(self.ended.sum())}, "
            f"censored={int(self.censored.sum())}, median {told}, up to {self.time[-1]:.4g}"
            f"{missing})"
        )


def kaplan_meier(
    durations: object,
    observed: object,
    *,
    entries: object = None,
    confidence: float = 0.95,
    unit: timedelta = _HOUR,
) -> SurvivalCurve:
    r"""Estimate what share goes on beyond each time, from durations of which some have not ended.

    $$\hat S(t) = \prod_{t_i \le t} \left(1 - \frac{d_i}{n_i}\right)$$

    with $d_i$ ends among $n_i$ that were still going on just before $t_i$; who is censored at the
    time of an end was still going on. With $\hat V = \sum d_i / (n_i (n_i - d_i))$ the interval is
    $\hat S(t)^{\exp(\pm z \sqrt{\hat V} / \log \hat S(t))}$.

    Assumes that who is still going on does not differ from the others, but for being younger.

    Args:
        durations: Numbers that are not negative, or durations (`timedelta64`, a Series of them);
            None, NaN and NaT are counted as missing.
        observed: For each, True where it ended then, False where it was only seen up to then.
        entries: For each, at what age it came under observation, in the form of the durations: 0
            where it was seen from its beginning; None where all were.
        confidence: Share of such intervals that hold the true value.
        unit: In what durations are counted; numbers are taken as they are.

    Raises:
        InvalidValueError: If none is there, one is negative or infinite, the flags are not as many,
            or neither true nor false, or an entry is missing, or not before the end.

    Warns:
        AssumptionWarning: If all who were at risk at a time ended then although others came under
            observation later: the curve stays at nothing, and so few tell little.

    Units:
        Times as the durations, or in `unit`.

    Source:
        Kaplan and Meier (1958); the intervals are those of R's `survfit(conf.type = "log-log")`,
        those with entries as of `Surv(entry, time, event)`: at risk from after the entry on.

    Examples:
        >>> curve = kaplan_meier([2, 3, 3, 5, 8], [True, True, False, True, False])
        >>> print(curve.median)
        5 (95 % interval 2 to not reached, n = 5, 3 ended, kaplan-meier)
        >>> kaplan_meier([4, 5, 8], [True, True, False], entries=[0, 3, 4]).at_risk.tolist()
        [2, 2, 1]
    """
    check_confidence(confidence)
    told = lengths_in(durations, unit)
    ended = flags_in(observed, len(told))
    there = ~np.isnan(told)
    if not there.any():
        raise InvalidValueError("durations", told.tolist(), "must hold at least one that is known")
    since = entries_in(entries, told, unit)
    n_missing = int((~there).sum())
    return curve_of(
        told[there], ended[there], confidence, entries=since[there], n_missing=n_missing
    )


def curve_of(
    lengths: Floats,
    ended: NDArray[np.bool_],
    confidence: float,
    *,
    entries: Floats | None = None,
    n_missing: int = 0,
) -> SurvivalCurve:
    """Return the curve of lengths that are known to be there; at least one."""
    time: Floats
    time, place = np.unique(lengths, return_inverse=True)
    ends = np.bincount(place[ended], minlength=len(time)).astype(np.int64)
    left = np.bincount(place, minlength=len(time)).astype(np.int64)
    since = np.zeros(len(lengths)) if entries is None else entries
    at_risk = at_risk_of(time, left, since)
    survival = np.cumprod((at_risk - ends) / at_risk, dtype=np.float64)
    warn_of_early_end(time, survival)
    low, high = _interval(survival, at_risk, ends, confidence)
    censored = left - ends
    for array in (time, at_risk, ends, censored, survival, low, high):
        array.flags.writeable = False
    return SurvivalCurve(
        time=time,
        at_risk=at_risk,
        ended=ends,
        censored=censored,
        survival=survival,
        low=low,
        high=high,
        confidence=confidence,
        n=len(lengths),
        n_missing=n_missing,
        n_delayed=int((since > 0).sum()),
    )


def _interval(
    survival: Floats, at_risk: NDArray[np.int64], ends: NDArray[np.int64], confidence: float
) -> tuple[Floats, Floats]:
    inside = (survival > 0) & (survival < 1)
    share, risk, gone = survival[inside], at_risk[inside], ends[inside]
    # What ended before the first step inside is nothing; what ends after the last is all.
    spread = np.sqrt(np.cumsum(gone / (risk * (risk - gone).astype(np.float64))))
    power = float(ndtri(0.5 + confidence / 2)) * spread / np.log(share)
    low, high = survival.copy(), survival.copy()
    low[inside], high[inside] = share ** np.exp(-power), share ** np.exp(power)
    high[survival <= 0] = high[inside][-1] if inside.any() else 1.0
    return low, high
