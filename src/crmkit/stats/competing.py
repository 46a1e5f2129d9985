"""Which way it ends, where it can end in several ways: the estimate of Aalen and Johansen.

Law: who left in one way can no longer leave in another; he is not censored. One less Kaplan and
Meier's share would count him as if he still could, and the ways would add up to more than all.

Source: Aalen, O. O. and Johansen, S. (1978), "An empirical transition matrix for non-homogeneous
Markov chains based on censored observations", Scandinavian Journal of Statistics 5(3), 141–150.
Variance by the delta method: Marubini, E. and Valsecchi, M. G. (1995), "Analysing survival data
from clinical trials and observational studies", Wiley, section 10.3; interval on the scale of
log(−log I), as of Kaplan and Meier's share.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

import attrs
import numpy as np
from numpy.typing import NDArray

from crmkit.errors import InvalidValueError
from crmkit.kernel import Estimate
from crmkit.kernel.estimate import check_confidence
from crmkit.kernel.frames import bad_values

from .chain_arrays import place_of
from .intervals import normal_quantile
from .observed_times import (
    Floats,
    at_risk_of,
    entries_in,
    lengths_in,
    listed,
    step_at,
    warn_of_early_end,
)


if TYPE_CHECKING:
    import pandas as pd


Counts = NDArray[np.int64]

_HOUR: Final = timedelta(hours=1)
_METHOD: Final = "aalen-johansen"


@attrs.frozen(kw_only=True, eq=False, repr=False)
class CumulativeIncidence:
    """What share has ended in which way by each time.

    Attributes:
        ways: In which ways it ended, in alphabetical order: one row of the arrays below each.
        time: When somebody was seen for the last time, rising: one column each.
        at_risk: How many were still going on just before.
        ended: How many ended then, by way.
        incidence: What share has ended so by then.
        low: Lower ends of the intervals of that share.
        high: Upper ends.
        survival: What share goes on beyond each time: what is left of the whole.
        confidence: Share of such intervals that hold the true value.
        n: How many were observed.
        n_missing: How many durations were missing, and left out.
        n_delayed: How many came under observation after they had begun.

    Units:
        Times as the durations were given; shares 0 to 1.

    Examples:
        >>> left = aalen_johansen([2, 3, 5, 8], ["lost", "grew", None, "lost"])
        >>> left
        CumulativeIncidence(n=4, grew 1, lost 2, censored 1, up to 8)
        >>> print(left.at("lost", 4))
        0.25 (95 % interval 0.008948 to 0.6653, n = 4, aalen-johansen)
    """

    ways: tuple[str, ...]
    time: Floats
    at_risk: Counts
    ended: Counts
    incidence: Floats
    low: Floats
    high: Floats
    survival: Floats
    confidence: float
    n: int
    n_missing: int
    n_delayed: int

    def at(self, way: str, time: float) -> Estimate:
        """Return what share has ended in a way by a time.

        Args:
            way: One of the ways.
            time: In the units of the durations; not beyond the last of them, unless all ended.

        Raises:
            InvalidValueError: If the way is none, the time negative or no number, or nobody was
                seen for so long.
        """
        row = place_of(way, self.ways, "way")
        step = step_at(self.time, self.survival, time)
        told = (self.incidence, self.low, self.high)
        value, low, high = (float(share[row, step]) if step >= 0 else 0.0 for share in told)
        return Estimate(
            value,
            low,
            high,
            confidence=self.confidence,
            n=self.n,
            n_missing=self.n_missing,
            method=_METHOD,
        )

    def table(self) -> pd.DataFrame:
        """Return one row a way and time at which something ended so, as a pandas frame.

        Columns: `way`, `time`, `at_risk`, `ended`, `incidence`, `low`, `high`.
        """
        # Loaded here, for an estimate does not need it.
        import pandas as pd

        row, step = np.nonzero(self.ended)
        return pd.DataFrame(
            {
                "way": [self.ways[number] for number in row],
                "time": self.time[step],
                "at_risk": self.at_risk[step],
                "ended": self.ended[row, step],
                "incidence": self.incidence[row, step],
                "low": self.low[row, step],
                "high": self.high[row, step],
            }
        )

    def __repr__(self) -> str:
        ended = self.ended.sum(axis=1).tolist()
        told = [f"{way} {count}" for way, count in zip(self.ways, ended, strict=True)]
        told.append(f"censored {self.n - sum(ended)}")
        told += [f"{self.n_missing} missing"] * bool(self.n_missing)
        told += [f"{self.n_delayed} seen late"] * bool(self.n_delayed)
        return f"CumulativeIncidence(n={self.n}, {', '.join(told)}, up to {self.time[-1]:.4g})"


def aalen_johansen(
    durations: object,
    ways: object,
    *,
    entries: object = None,
    confidence: float = 0.95,
    unit: timedelta = _HOUR,
) -> CumulativeIncidence:
    r"""Estimate what share ends in which way by each time, from durations of which some go on.

    $$\hat I_k(t) = \sum_{t_i \le t} \hat S(t_i^-) \frac{d_{ki}}{n_i}$$

    with $d_{ki}$ ends of way $k$ among $n_i$ that were still going on, and $\hat S$ Kaplan and
    Meier's share of those who go on whatever the way. The ways and that share add up to one.

    Assumes that who is still going on does not differ from the others, but for being younger.

    Args:
        durations: Numbers that are not negative, or durations (`timedelta64`, a Series of them);
            None, NaN and NaT are counted as missing.
        ways: For each, in which way it ended, as text; None where it was only seen up to then.
        entries: For each, at what age it came under observation, as of `kaplan_meier`.
        confidence: Share of such intervals that hold the true value.
        unit: In what durations are counted; numbers are taken as they are.

    Raises:
        InvalidValueError: If none is there, none ended, one is negative or infinite, the ways are
            not as many, or no text, or an entry is missing, or not before the end.

    Warns:
        AssumptionWarning: As `kaplan_meier`.

    Units:
        Times as the durations, or in `unit`; shares 0 to 1.

    Source:
        Aalen and Johansen (1978).

    Examples:
        >>> left = aalen_johansen([2, 3, 5, 8], ["lost", "grew", None, "lost"])
        >>> left.table()[["way", "time", "at_risk", "incidence"]]
            way  time  at_risk  incidence
        0  grew   3.0        3       0.25
        1  lost   2.0        4       0.25
        2  lost   8.0        1       0.75
    """
    check_confidence(confidence)
    told = lengths_in(durations, unit)
    codes, names = _ways(ways, len(told))
    there = ~np.isnan(told)
    if not there.any():
        raise InvalidValueError("durations", told.tolist(), "must hold at least one that is known")
    since = entries_in(entries, told, unit)
    found = incidence_of(told[there], codes[there], names, confidence, entries=since[there])
    return attrs.evolve(found, n_missing=int((~there).sum()))


def incidence_of(
    lengths: Floats,
    codes: Counts,
    ways: tuple[str, ...],
    confidence: float,
    *,
    entries: Floats,
) -> CumulativeIncidence:
    """Return the shares of lengths that are known to be there; at least one.

    Args:
        lengths: How long each was seen.
        codes: The place of its way among the ways; -1 where it was not seen to end.
        ways: Their names.
        confidence: Share of such intervals that hold the true value.
        entries: At what age each came under observation.
    """
    time: Floats
    time, place = np.unique(lengths, return_inverse=True)
    left = np.bincount(place, minlength=len(time)).astype(np.int64)
    at_risk = at_risk_of(time, left, entries)
    ended = np.zeros((len(ways), len(time)), dtype=np.int64)
    np.add.at(ended, (codes[codes >= 0], place[codes >= 0]), 1)
    survival = np.cumprod(1 - ended.sum(axis=0) / at_risk)
    warn_of_early_end(time, survival)
    arrays: dict[str, NDArray[Any]] = {
        "time": time,
        "at_risk": at_risk,
        "ended": ended,
        "survival": survival,
    }
    arrays |= _shares(survival, ended, at_risk, normal_quantile(confidence))
    for array in arrays.values():
        array.flags.writeable = False
    return CumulativeIncidence(
        ways=ways,
        confidence=confidence,
        n=len(lengths),
        n_missing=0,
        n_delayed=int((entries > 0).sum()),
        **arrays,
    )


def _shares(survival: Floats, ended: Counts, at_risk: Counts, z: float) -> dict[str, Floats]:
    """Return the shares that ended in each way, with the ends of their intervals."""
    before = np.append(1.0, survival[:-1])
    incidence: Floats = np.cumsum(before * ended / at_risk, axis=1)
    error = np.sqrt(_variance(incidence, before, ended, at_risk))
    low, high = _ends(incidence, error, z)
    return {"incidence": incidence, "low": low, "high": high}


def _variance(incidence: Floats, before: Floats, ended: Counts, at_risk: Counts) -> Floats:
    r"""Return the squared errors of all shares.

    $$\sum_{t_i \le t} (I(t) - I(t_i))^2 \frac{d_i}{n_i (n_i - d_i)}
    + \hat S(t_i^-)^2 \frac{(n_i - d_{ki}) d_{ki}}{n_i^3}
    - 2 (I(t) - I(t_i)) \hat S(t_i^-) \frac{d_{ki}}{n_i^2}$$

    written out in powers of I(t), so that sums that run along serve for every t.
    """
    risk, gone = at_risk.astype(np.float64), ended.sum(axis=0)
    # Where all end at once, nothing of the share is left to change: the term is zero.
    some = gone < risk
    every = np.zeros(len(risk))
    every[some] = gone[some] / (risk[some] * (risk[some] - gone[some]))
    own = before**2 * (risk - ended) * ended / risk**3
    mixed = before * ended / risk**2
    running = [every * np.ones_like(incidence), every * incidence + mixed]
    running.append(every * incidence**2 + own + 2 * incidence * mixed)
    square, linear, constant = (np.cumsum(part, axis=1) for part in running)
    found: Floats = np.maximum(incidence**2 * square - 2 * incidence * linear + constant, 0.0)
    return found


def _ends(share: Floats, error: Floats, z: float) -> tuple[Floats, Floats]:
    low, high = share.copy(), share.copy()
    inside = (share > 0) & (share < 1)
    told = share[inside]
    power = z * error[inside] / (told * np.log(told))
    low[inside], high[inside] = told ** np.exp(-power), told ** np.exp(power)
    # Rounding may carry the last step of all a little beyond one.
    np.clip(share, 0, 1, out=share)
    return np.clip(low, 0, share), np.clip(high, share, 1)


def _ways(ways: object, rows: int) -> tuple[Counts, tuple[str, ...]]:
    told = [None if _is_missing(way) else way for way in listed(ways)]
    known = [way for way in told if way is not None]
    bad = [place for place, way in enumerate(told) if not isinstance(way, str | None)]
    if bad:
        values = [told[place] for place in bad]
        raise bad_values("ways", values, bad, "must be text, or None where it goes on")
    if len(told) != rows:
        raise InvalidValueError("len(ways)", len(told), f"must be {rows}, as the durations")
    if not known:
        way_out = "where nothing ended there is nothing to tell"
        raise InvalidValueError("ways", None, "must hold at least one end", way_out)
    names = tuple(sorted({str(way) for way in known}))
    place_of = {name: place for place, name in enumerate(names)}
    codes = [-1 if way is None else place_of[str(way)] for way in told]
    return np.array(codes, dtype=np.int64), names


def _is_missing(way: object) -> bool:
    # Of a missing one in pandas no test of equality is sure: it is no text, nor equal to itself.
    return way is None or type(way).__name__ in ("NAType", "NaTType") or way != way
