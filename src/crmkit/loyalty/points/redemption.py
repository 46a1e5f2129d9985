r"""How points end: which share of them is redeemed in the end, by their age.

Law: a point is redeemed, lapses, or is open yet; what is open yet is censored, not counted as
either. A redemption that is undone opens its points again. Nothing is called breakage that was not
seen to be.

Formula: by each age $a$ the share $S_a$ is open, $R_a$ redeemed. On a day of age first $g_a$ of the
$M_a$ redeemed points that are still under observation are given back, then $r_a$ of the $N_a$ open
ones are redeemed and $e_a$ lapse: $S' = S_{a-1} + R_{a-1} g_a / M_a$,
$R_a = R_{a-1} (1 - g_a / M_a) + S' r_a / N_a$, $S_a = S' (1 - (r_a + e_a) / N_a)$. The share
redeemed in the end is $R$ at the highest age seen, and the share that is open there is taken to be
redeemed, too. Where nothing is given back, $R$ is the cumulative incidence. What becomes of points
after an age of which none were seen any longer is not known: they are taken to be redeemed.

Source: transitions of a Markov chain under censoring, Aalen & Johansen (1978); science §9: open
lots censored, expected no less than redeemed. IFRS 15 B46: breakage in proportion to the rights
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
from crmkit.kernel.frames import Words
from crmkit.stats.days import MICROS_OF_DAY
from crmkit.stats.row_blocks import blocks

from .ledger import (
    EXPIRED,
    GIVEN_BACK,
    REDEEMED,
    SETTLED,
    TERM_CODES,
    PointsLedger,
    Whole,
    check_ledger,
    sums_by,
)


_GROUPS: Final = 32
_BLOCK: Final = 1 << 18  # rows
_FEWEST: Final = 10
_FATES: Final = 6
_SPENT, _LAPSED, _CAME, _OPEN, _BACK, _SEEN = range(_FATES)
# How points end, and with which sign, by the term of their posting. What is used against a debt
# pays for what was redeemed before.
_ENDS: Final = np.full(TERM_CODES, _CAME)
_ENDS[[REDEEMED, SETTLED]], _ENDS[EXPIRED], _ENDS[GIVEN_BACK] = _SPENT, _LAPSED, _BACK
_SIGNS: Final = np.where((_ENDS == _SPENT) | (_ENDS == _LAPSED), -1, 1)
_METHOD: Final = "Aalen-Johansen, jackknife of accounts"


@attrs.frozen(eq=False, repr=False)
class RedemptionCurve:
    """Which share of points is redeemed by which age.

    Attributes:
        rate: The share that will have been redeemed in the end, with its interval: what is open at
            the highest age seen is taken to be redeemed.
        redeemed: Share redeemed by the end of each day of age, and not given back by then. The
            first day is that of the 24 hours after points were earned.
        expired: Share lapsed by then.
        to_come: Of the points open by then, the share that will yet be redeemed; 1 where none were
            seen open for longer.
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
    to_come: NDArray[np.float64]

    @property
    def undecided(self) -> float:
        """Share open at the highest age seen."""
        return float(1 - self.redeemed[-1] - self.expired[-1])

    def still_redeemed(self, age_days: Whole) -> NDArray[np.float64]:
        """Return which share of the points open at an age will yet be redeemed.

        Where nothing was open at that age, nothing is known: it is taken to be redeemed.
        """
        return self.to_come[np.clip(age_days, 0, len(self.to_come) - 1)]

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
    moment = instant(as_of, "as_of")
    check_ledger(ledger)
    present = np.bincount(ledger.rows.account[ledger.known(moment)]) > 0
    accounts = int(np.count_nonzero(present))
    if accounts < _FEWEST:
        count = f"of {accounts} account{'' if accounts == 1 else 's'}"
        rule = f"must be of at least {_FEWEST} accounts that have points by then"
        raise InvalidValueError(
            "ledger", Words(count), rule, "pass expected=Share(…) to points_liability()"
        )
    # Accounts without points, and gaps between their numbers, make no group smaller.
    groups = min(_GROUPS, accounts)
    flows = _by_age(ledger, moment, (np.cumsum(present) - 1) % groups, groups)
    whole = flows.sum(axis=2, keepdims=True)
    steps, seen_on = _steps(np.concatenate((whole, whole - flows), axis=2))
    redeemed, expired = _shares(steps)
    shares, own = 1 - expired[-1, 1:], float(1 - expired[-1, 0])
    # Of as many shares, each without one of the groups.
    spread = float(np.sqrt((groups - 1) / groups * ((shares - shares.mean()) ** 2).sum()))
    half = spread * float(distributions.t.ppf(1 - doubt_of(confidence) / 2, groups - 1))
    low, high = max(0.0, own - half), min(1.0, own + half)
    rate = Estimate(own, low, high, confidence, accounts, 0, _METHOD)
    to_come = np.where(seen_on[:, 0] > 0, _to_come(steps[:, :, 0]), 1.0)
    return RedemptionCurve(rate, redeemed[:, 0], expired[:, 0], to_come)


def ages(earned: Whole, at: Whole | int) -> Whole:
    """Return the age of points at a moment: whole days of 24 hours since they were earned."""
    old: Whole = np.maximum(at - earned, 0) // MICROS_OF_DAY
    return old


def _by_age(
    ledger: PointsLedger, as_of: datetime, group: Whole, groups: int
) -> NDArray[np.float64]:
    """Return what became of points, by fate, by day of age, and by group of accounts."""
    end = to_micros(as_of)
    known = ledger.known(as_of)
    # Nobody's points are older, nor end later than now, or than they were put down.
    size = int(ages(ledger.earned[known].min(), end)) + 1
    found = np.zeros(_FATES * size * groups, dtype=np.int64)
    undone = bool((ledger.rows.term[known] == GIVEN_BACK).any())
    for rows in blocks(len(known), at_least=_BLOCK):
        picked = np.flatnonzero(known[rows]) + rows.start
        found += _ended(ledger, picked, end, (size, groups), group)
        if undone:
            found += _seen(ledger, picked, end, (size, groups), group)
    return found.reshape(_FATES, size, groups).astype(np.float64)


def _ended(
    ledger: PointsLedger,
    picked: NDArray[np.intp],
    end: int,
    shape: tuple[int, int],
    group: Whole,
) -> Whole:
    """Return the same of some rows, in one dimension."""
    rows, (size, groups) = ledger.rows, shape
    expires, earned = rows.expires[picked], ledger.earned[picked]
    term, points = rows.term[picked], rows.points[picked]
    own, whole = group[rows.account[picked]], _FATES * size * groups
    fate = _ENDS[term]
    at = (fate * size + ages(earned, rows.posted[picked])) * groups + own
    # What lapsed and was not put down yet has lapsed when it did.
    last = np.where(expires <= end, _LAPSED, _OPEN) * size + ages(earned, np.minimum(expires, end))
    found = sums_by(at, _SIGNS[term] * points, whole)
    return found + sums_by(last * groups + own, points, whole)


def _seen(
    ledger: PointsLedger,
    picked: NDArray[np.intp],
    end: int,
    shape: tuple[int, int],
    group: Whole,
) -> Whole:
    """Return until when redeemed points are under observation, and may be given back: until now."""
    rows, (size, groups) = ledger.rows, shape
    spent = picked[np.isin(_ENDS[rows.term[picked]], (_SPENT, _BACK))]
    at = (_SEEN * size + ages(ledger.earned[spent], end)) * groups + group[rows.account[spent]]
    return sums_by(at, -rows.points[spent], _FATES * size * groups)


def _steps(flows: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return, by age, which shares are given back, redeemed and lapse, column by column.

    With it, how many points are open by the end of each age, and seen for longer.
    """
    spent, lapsed, came, left_open, back, seen = flows
    # What is given back on the day on which it was redeemed was never redeemed.
    redeemed_before = _before(spent - back - seen)
    at_once = np.clip(back - redeemed_before, 0, spent)
    spent, back = spent - at_once, back - at_once
    seen_on = np.cumsum(came + back - spent - lapsed - left_open, axis=0)
    at_risk = seen_on + spent + lapsed + left_open
    steps = [_part(back, redeemed_before), _part(spent, at_risk), _part(lapsed, at_risk)]
    return np.stack(steps, axis=0).swapaxes(0, 1), seen_on


def _before(flow: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return what has come together before each age."""
    return np.cumsum(flow, axis=0) - flow


def _part(count: NDArray[np.float64], of: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.where(of > 0, count / np.where(of > 0, of, 1.0), 0.0)


def _shares(steps: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return which shares are redeemed and lapsed by each age, column by column."""
    if not steps[:, 0].any():
        # Nothing was given back: what is open is so after every day of age.
        left = np.cumprod(1 - steps[:, 1] - steps[:, 2], axis=0)
        begun = np.vstack([np.ones((1, left.shape[1])), left[:-1]])
        return np.cumsum(begun * steps[:, 1], axis=0), np.cumsum(begun * steps[:, 2], axis=0)
    redeemed, expired = (np.empty(steps[:, 0].shape) for _ in range(2))
    still, spent, gone = np.ones(steps.shape[2]), *(np.zeros(steps.shape[2]) for _ in range(2))
    for age, (back, use, lapse) in enumerate(steps):
        still, spent = still + spent * back, spent * (1 - back)
        spent, gone, still = spent + still * use, gone + still * lapse, still * (1 - use - lapse)
        redeemed[age], expired[age] = spent, gone
    return redeemed, expired


def _to_come(steps: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return which share of what is open by the end of each age will be redeemed in the end."""
    told = np.ones(len(steps))
    is_open = is_spent = 1.0
    for age in range(len(steps) - 1, 0, -1):
        back, use, lapse = steps[age].tolist()
        is_open = (1 - use - lapse) * is_open + use * is_spent
        is_spent = (1 - back) * is_spent + back * is_open
        told[age - 1] = is_open
    return told
