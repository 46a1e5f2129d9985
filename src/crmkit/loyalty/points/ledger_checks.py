"""What no ledger can hold: refused when its rows are read, and named.

Law: points go the way of their act, and an account never goes below nothing. A sale has a price, in
whole coins; what came otherwise has none.

Source: `crmkit.loyalty.PointsAccount`, whose acts write no other postings; science §3.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import narwhals.stable.v2 as nw
import numpy as np
from numpy.typing import NDArray

from crmkit.errors import InvalidValueError
from crmkit.kernel.frames import Eager, Flaw, Lazy, bad_rows
from crmkit.stats.log_columns import text_codes

from .postings import PointsAct, PointsSource


Whole = NDArray[np.int64]

ACTS: Final = tuple(str(act.value) for act in PointsAct if act is not PointsAct.OPENED)
ONE_OF_ACTS: Final = f"must be one of {', '.join(ACTS)}"
EXACT: Final = 2**53
COUNTED: Final = tuple(str(act.value) for act in (PointsAct.EARNED, PointsAct.TAKEN_BACK))
"""What counts for a tier, and for a group of customers: sales, less the goods that came back."""

_SOURCES: Final = tuple(str(source.value) for source in PointsSource)
_SALE: Final = str(PointsSource.SALE.value)
_UP: Final = tuple(
    str(act.value) for act in (PointsAct.EARNED, PointsAct.GIVEN_BACK, PointsAct.TAKEN_IN)
)
_DOWN: Final = tuple(
    str(act.value)
    for act in (
        PointsAct.REDEEMED,
        PointsAct.EXPIRED,
        PointsAct.TAKEN_BACK,
        PointsAct.SENT,
        PointsAct.SETTLED,
    )
)
_SIGNED: Final = (
    f"must not be below 0 where points are {', '.join(_UP)}, nor above 0 where they are "
    f"{', '.join(_DOWN)}"
)
_OVERDRAWN: Final = "must not add up to less than 0 in an account"
_WHOLE_LEDGER: Final = "pass every posting of the account, each once"
_OF_A_COIN: Final = 1e-4
_ROUNDING: Final = 2.0**-50


def sign_flaw() -> Flaw:
    """Return what is wrong with points that go against their act."""
    act, points = nw.col("act"), nw.col("points")
    odd = (act.is_in(_UP) & (points < 0)) | (act.is_in(_DOWN) & (points > 0))
    return Flaw("points", odd, _SIGNED)


def checked_acts(frame: Eager, points: Whole) -> tuple[NDArray[np.integer], Sequence[str]]:
    """Return the acts of rows as numbers, and their names; points must go their way.

    Raises:
        InvalidValueError: If there is no such act, or points go against it.
    """
    codes, names = _known_texts(frame, "act", ACTS, ONE_OF_ACTS)
    signs = np.array([(name in _UP) - (name in _DOWN) for name in names], dtype=np.int8)
    odd = points * signs[codes] < 0
    if odd.any():
        raise bad_rows(frame, "points", np.flatnonzero(odd), _SIGNED)
    return codes, names


def are_sales(frame: Eager) -> NDArray[np.bool_]:
    """Return which rows are of points that came with a sale.

    Raises:
        InvalidValueError: If points came from no source that there is.
    """
    rule = f"must be one of {', '.join(_SOURCES)}"
    codes, names = _known_texts(frame, "source", _SOURCES, rule)
    made: NDArray[np.bool_] = np.array([name == _SALE for name in names], dtype=bool)[codes]
    return made


def check_not_overdrawn(
    account: Whole, accounts: Sequence[object], name: str, changes: Whole
) -> None:
    """Refuse accounts that lost more than they had.

    Raises:
        InvalidValueError: If the changes of an account add up to less than 0.
    """
    sums = np.bincount(account, weights=changes)
    odd = np.flatnonzero(sums < 0)
    if len(odd):
        rule = f"{_OVERDRAWN}, as in {accounts[int(odd[0])]!r}"
        raise InvalidValueError(name, int(sums[odd[0]]), rule, _WHOLE_LEDGER)


def check_asked_not_overdrawn(asked: Lazy) -> None:
    """Refuse accounts of a lazy frame that lost more than they had: by one query.

    Raises:
        InvalidValueError: If points or debts of an account add up to less than 0.
    """
    sums = asked.group_by("account_id").agg(nw.col("points").sum(), nw.col("debt").sum())
    odd = sums.filter((nw.col("points") < 0) | (nw.col("debt") < 0)).head(1).collect()
    for account, points, debt in odd.select("account_id", "points", "debt").iter_rows():
        name, value = ("points", points) if points < 0 else ("debt", debt)
        raise InvalidValueError(name, int(value), f"{_OVERDRAWN}, as in {account!r}", _WHOLE_LEDGER)


def coins_of(
    frame: Eager, coin: int, earned: NDArray[np.bool_], is_sale: NDArray[np.bool_]
) -> Whole:
    """Return the prices of rows in whole coins; 0 where there is none.

    Raises:
        InvalidValueError: If a price is not finite, finer than a coin, or too large to be added up
            exactly; a sale has none, or one below 0; or what goes back is above 0.
    """
    told = frame["amount"].cast(nw.Float64).to_numpy() * coin
    missing = np.isnan(told)
    amounts = np.where(missing, 0.0, told)
    if not (size := float(np.abs(amounts).sum())) < EXACT:
        _refuse(frame, np.isinf(amounts), "must be finite")
        check_sum("amount", size)
    whole = np.rint(amounts)
    odd = np.abs(amounts - whole) > _OF_A_COIN + _ROUNDING * np.abs(amounts)
    _refuse(frame, odd, f"must be in whole coins, {coin} of a unit", "round it to the coin first")
    sold = earned & is_sale
    _refuse(frame, sold & missing, "must be told where points are earned with a sale")
    _refuse(frame, sold & (whole < 0), "must not be below 0 where points are earned with a sale")
    rule = "must not be above 0 but where points are earned with a sale"
    _refuse(frame, ~sold & (whole > 0), rule, "what goes back is below 0")
    return whole.astype(np.int64)


def check_sum(name: str, size: float | None) -> None:
    """Refuse numbers whose sums floats do not hold exactly.

    Args:
        name: The column.
        size: The sum of its numbers without their signs; None where there are none.
    """
    if size is not None and size >= EXACT:
        rule = "must add up to less than 2^53, signs left out"
        raise InvalidValueError(name, size, rule, "ask for parts of the ledger")


def _known_texts(
    frame: Eager, name: str, known: tuple[str, ...], rule: str
) -> tuple[NDArray[np.integer], Sequence[str]]:
    codes, names = text_codes(frame[name])
    odd = [text not in known for text in names]
    if any(odd):
        raise bad_rows(frame, name, np.flatnonzero(np.array(odd)[codes]), rule)
    return codes, names


def _refuse(frame: Eager, odd: NDArray[np.bool_], rule: str, way_out: str = "") -> None:
    if odd.any():
        raise bad_rows(frame, "amount", np.flatnonzero(odd), rule, way_out)
