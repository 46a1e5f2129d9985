r"""How points end: which share of them is redeemed in the end, by their age.

Law: a point is redeemed, lapses, or is open yet; what is open yet is censored, not counted as
either. Nothing is called breakage that was not seen to be.

Formula: with $N_a$ points at risk at age $a$, of which $r_a$ are redeemed and $e_a$ lapse,
$S_a = \prod_{b \le a} (1 - (r_b + e_b) / N_b)$ and $F_a = \sum_{b \le a} S_{b-1} r_b / N_b$. The
share that is redeemed in the end is $F$ at the highest age seen, and the share that is open there
is taken to be redeemed, too.

Source: cumulative incidence among competing ends, Aalen & Johansen (1978); science §9: open lots
censored, expected no less than redeemed. IFRS 15 B46: breakage in proportion to the rights
exercised, as far as it is expected; 56: only so far as it is highly probable. Interval: jackknife
over groups of accounts, Kott (2001), for one customer's points do not end each by itself.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

import attrs
import numpy as np
from numpy.typing import NDArray
from scipy import stats as distributions

from crmkit.errors import InvalidValueError
from crmkit.kernel import Estimate, instant, to_micros
from crmkit.kernel.estimate import check_confidence, doubt_of
from crmkit.stats.row_blocks import blocks

from .ledger import (
    EXPIRED,
    GIVEN_BACK,
    REDEEMED,
    TERM_CODES,
    PointsLedger,
    Whole,
    sums_by,
)


_GROUPS: Final = 32
_BLOCK: Final = 1 << 18  # rows
_FEWEST: Final = 10
_DAY: Final = 86_400_000_000
_SPENT, _LAPSED, _CAME, _OPEN = range(4)
# How points end, and with which sign, by the term of their posting.
_ENDS: Final = np.full(TERM_CODES, _CAME)
_ENDS[[REDEEMED, GIVEN_BACK]], _ENDS[EXPIRED] = _SPENT, _LAPSED
_SIGNS: Final = np.where(_ENDS == _CAME, 1, -1)
_METHOD: Final = "Aalen-Johansen, jackknife of accounts"


@attrs.frozen(eq=False, repr=False)
class RedemptionCurve:
    """Which share of points is redeemed by which age.

    Attributes:
        rate: The share that will have been redeemed in the end, with its interval: what is open at
            the highest age seen is taken to be redeemed.
        redeemed: Share redeemed by the end of each day of age, the first being the day on which
            points were earned.
        expired: Share lapsed by then.
        undecided: Share open at the highest age seen.

    Examples:
        >>> import pandas
        >>> from datetime import timedelta
        >>> from crmkit.testing import NINE
        >>> rows = pandas.DataFrame(
        ...     {
        ...         "account_id": [f"A-{place % 20}" for place in range(60)],
        ...         "act": ["earned"] * 20 + ["redeemed"] * 20 + ["expired"] * 20,
        ...         "points": [10] * 20 + [-8] * 20 + [-2] * 20,
        ...         "debt": 0,
        ...         "posted_at": [NINE + timedelta(days=row // 20 * 15) for row in range(60)],
        ...         "earned_at": NINE,
        ...         "expires_at": NINE + timedelta(days=30),
        ...         "source": "sale",
        ...         "amount": [100.0] * 20 + [None] * 40,
        ...         "currency": "CNY",
        ...     }
        ... )
        >>> ledger = PointsLedger.of(rows, currency="CNY", timezone="UTC")
        >>> curve = redemption_curve(ledger, as_of=NINE + timedelta(days=60))
        >>> round(float(curve.rate), 3), round(float(curve.expired[-1]), 3)
        (0.8, 0.2)
    """

    rate: Estimate
    redeemed: NDArray[np.float64]
    expired: NDArray[np.float64]

    @property
    def undecided(self) -> float:
        """Share open at the highest age seen."""
        return float(1 - self.redeemed[-1] - self.expired[-1])

    def still_redeemed(self, age_days: Whole) -> NDArray[np.float64]:
        """Return which share of the points open at an age will yet be redeemed."""
        last = len(self.redeemed) - 1
        ages = np.clip(age_days, 0, last)
        open_now = 1 - self.redeemed[ages] - self.expired[ages]
        later = self.redeemed[last] - self.redeemed[ages] + self.undecided
        # Where nothing was open at that age, nothing is known: it is taken to be redeemed.
        return np.where(open_now > 0, later / np.where(open_now > 0, open_now, 1.0), 1.0)

    def __repr__(self) -> str:
        return f"<RedemptionCurve over {len(self.redeemed) - 1} days: {self.rate}>"


def redemption_curve(
    ledger: PointsLedger, *, as_of: datetime, confidence: float = 0.95
) -> RedemptionCurve:
    """Learn from a ledger which share of points is redeemed, by their age.

    Args:
        ledger: All postings of a scheme.
        as_of: Until when; later postings do not count.
        confidence: How sure the interval is to be.

    Raises:
        InvalidValueError: If `as_of` is naive, the confidence no share, or fewer than ten accounts
            have points by then.

    Units:
        Shares, 0 to 1; ages in days.

    Examples:
        >>> import pandas
        >>> from crmkit.testing import NINE
        >>> rows = pandas.DataFrame(
        ...     {
        ...         "account_id": range(20),
        ...         "act": "earned",
        ...         "points": 10,
        ...         "debt": 0,
        ...         "posted_at": NINE,
        ...         "earned_at": NINE,
        ...         "expires_at": NINE,
        ...         "source": "sale",
        ...         "amount": 100.0,
        ...         "currency": "CNY",
        ...     }
        ... )
        >>> ledger = PointsLedger.of(rows, currency="CNY", timezone="UTC")
        >>> float(redemption_curve(ledger, as_of=NINE).rate)  # all have lapsed at once
        0.0
    """
    check_confidence(confidence)
    accounts = int(np.count_nonzero(np.bincount(ledger.rows.account[ledger.known(as_of)])))
    if accounts < _FEWEST:
        rule = f"must be of at least {_FEWEST} accounts that have points by then"
        raise InvalidValueError(
            "ledger", accounts, rule, "give the share that is expected yourself"
        )
    ends = _by_age(ledger, instant(as_of, "as_of"))
    whole = [part.sum(axis=1, keepdims=True) for part in ends]
    redeemed, expired = _incidence(*whole)
    left_out = _incidence(*(total - part for total, part in zip(whole, ends, strict=True)))[1]
    shares, own = 1 - left_out[-1], float(1 - expired[-1, 0])
    # Of as many shares, each without one of the groups.
    spread = float(np.sqrt((_GROUPS - 1) / _GROUPS * ((shares - shares.mean()) ** 2).sum()))
    half = spread * float(distributions.t.ppf(1 - doubt_of(confidence) / 2, _GROUPS - 1))
    low, high = max(0.0, own - half), min(1.0, own + half)
    rate = Estimate(own, low, high, confidence, accounts, 0, _METHOD)
    return RedemptionCurve(rate, redeemed[:, 0], expired[:, 0])


def _by_age(ledger: PointsLedger, as_of: datetime) -> list[NDArray[np.float64]]:
    """Return points redeemed, lapsed, come and open, each by day of age and group of accounts."""
    end = to_micros(as_of)
    known = ledger.known(as_of)
    # Nobody's points are older, nor end later than now, or than they were put down.
    size = int((end - int(ledger.earned[known].min())) // _DAY) + 1
    found = np.zeros(4 * size * _GROUPS, dtype=np.int64)
    for rows in blocks(len(known), at_least=_BLOCK):
        picked = np.flatnonzero(known[rows]) + rows.start
        found += _ended(ledger, picked, end, size)
    return list(found.reshape(4, size, _GROUPS).astype(np.float64))


def _ended(ledger: PointsLedger, picked: NDArray[np.intp], end: int, size: int) -> Whole:
    """Return the same of some rows, in one dimension."""
    rows = ledger.rows
    expires, earned = rows.expires[picked], ledger.earned[picked]
    term, points = rows.term[picked], rows.points[picked]
    group = rows.account[picked] % _GROUPS
    age = np.maximum(rows.posted[picked] - earned, 0) // _DAY
    # What lapsed and was not put down yet has lapsed when it did.
    last_age = np.maximum(np.minimum(expires, end) - earned, 0) // _DAY
    at = (_ENDS[term] * size + age) * _GROUPS + group
    left = (np.where(expires <= end, _LAPSED, _OPEN) * size + last_age) * _GROUPS + group
    whole = 4 * size * _GROUPS
    return sums_by(at, _SIGNS[term] * points, whole) + sums_by(left, points, whole)


def _incidence(
    redeemed: NDArray[np.float64],
    expired: NDArray[np.float64],
    came: NDArray[np.float64],
    left_open: NDArray[np.float64],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the cumulative incidence of both ends by age, column by column."""
    gone = redeemed + expired + left_open
    at_risk = np.cumsum(came, axis=0) - np.cumsum(gone, axis=0) + gone
    safe = np.where(at_risk > 0, at_risk, 1.0)
    hazards = [np.where(at_risk > 0, part / safe, 0.0) for part in (redeemed, expired)]
    open_after = np.cumprod(np.clip(1 - hazards[0] - hazards[1], 0, 1), axis=0)
    open_before = np.vstack([np.ones((1, open_after.shape[1])), open_after[:-1]])
    told = [np.cumsum(open_before * hazard, axis=0) for hazard in hazards]
    return told[0], told[1]
