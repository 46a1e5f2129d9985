"""A ledger of postings, read once as arrays and asked as of any day.

Law: every posting counts, once; what lapsed and was not put down yet has lapsed all the same.
Every row tells when its points were earned and when they lapse, so that nothing need be sorted.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Final, cast

import attrs
import narwhals.stable.v2 as nw
import numpy as np
from narwhals.stable.v2.typing import IntoFrame, IntoSeries
from numpy.typing import NDArray

from crmkit.errors import InvalidValueError
from crmkit.kernel import decimals_of, instant, named_zone, to_micros
from crmkit.kernel.frames import ColumnKind, Eager, Flaw, Lazy, empty, find_flaws, frame_of
from crmkit.stats.days import instants, local_days

from .postings import PointsAct, PointsSource


if TYPE_CHECKING:
    import pandas as pd

EARNED, ADJUSTED, REDEEMED, EXPIRED, GIVEN_BACK = range(5)
TERM_CODES: Final = 5
NEVER: Final = np.iinfo(np.int64).max
_CODES: Final = {
    "earned": EARNED,
    "redeemed": REDEEMED,
    "expired": EXPIRED,
    "given_back": GIVEN_BACK,
}
_SPARSE: Final = 8
WANTED: Final = {
    "account_id": ColumnKind.ID,
    "act": ColumnKind.TEXT,
    "posted_at": ColumnKind.TIME,
    "points": ColumnKind.NUMBER,
    "debt": ColumnKind.NUMBER,
    "expires_at": ColumnKind.TIME,
}
_EXACT: Final = 2**53
_ACTS: Final = tuple(str(act.value) for act in PointsAct if act is not PointsAct.OPENED)

Whole = NDArray[np.int64]


def checked_postings(
    postings: IntoFrame, wanted: dict[str, ColumnKind]
) -> tuple[Eager | Lazy, bool]:
    """Wrap a frame of postings, and refuse what is no ledger; tell whether it holds any row."""
    asked = frame_of(postings, "postings", wanted)
    schema = asked.collect_schema()
    for name, kind in wanted.items():
        # A column in which nothing stands has no type in some engines.
        if kind is ColumnKind.TIME and not isinstance(schema[name], nw.Datetime):
            rule = f"must hold instants with a time zone, not {schema[name]}"
            way_out = "cast it, also where nothing lapses and it is empty"
            raise InvalidValueError(name, "the column", rule, way_out)
    flaws = [empty(name) for name in wanted if name not in ("expires_at", "amount")]
    if not (isinstance(asked, nw.DataFrame) and _knows_all(asked["act"])):
        rule = f"must be one of {', '.join(_ACTS)}"
        flaws.append(Flaw("act", ~nw.col("act").is_in(_ACTS), rule))
    flaws += [_not_whole(asked, name) for name in ("points", "debt")]
    told = find_flaws(asked, flaws, rows=nw.len())
    return asked, bool(told["rows"])


def _knows_all(acts: nw.Series[IntoSeries]) -> bool:
    """Tell whether all are acts: of the few that there are it is quicker seen than of the rows."""
    return set(acts.unique().to_list()) <= {*_ACTS}


def _not_whole(frame: Eager | Lazy, name: str) -> Flaw:
    value = nw.col(name)
    odd = value.abs() >= _EXACT
    if not frame.collect_schema()[name].is_integer():
        value = value.cast(nw.Float64)
        odd = (value != value.round(0)) | (value.abs() >= _EXACT)
    return Flaw(name, odd, "must be whole numbers below 2^53")


def instant_in(frame: Eager | Lazy, column: str, at: datetime) -> nw.Expr:
    """Return an instant as a literal in a column's zone: polars compares those of one zone only."""
    zone = cast("nw.Datetime", frame.collect_schema()[column]).time_zone
    return nw.lit(at.astimezone(named_zone(str(zone))))


def account_codes(ids: nw.Series[IntoSeries]) -> tuple[Whole, list[object]]:
    """Number accounts from 0 up; return the numbers, and the ids in their order.

    Examples:
        >>> import pandas
        >>> ids = nw.from_native(pandas.Series(["b", "a"]), series_only=True)
        >>> codes, names = account_codes(ids)
        >>> codes.tolist(), names
        ([1, 0], ['a', 'b'])
    """
    if ids.dtype.is_integer():
        array = ids.to_numpy().astype(np.int64)
        low = int(array.min())
        # Numbers that lie close are their own codes; those in between are nobody's.
        if int(array.max()) - low < _SPARSE * len(array):
            dense: Whole = array - low
            return dense, list(range(low, int(array.max()) + 1))
        names, codes = np.unique(array, return_inverse=True)
        return codes.astype(np.int64), names.tolist()
    codes, told = text_codes(ids)
    # By their names, whatever came first.
    order = sorted(range(len(told)), key=told.__getitem__)
    place = np.empty(len(told), dtype=np.int64)
    place[order] = np.arange(len(told))
    return place[codes], [told[number] for number in order]


def text_codes(texts: nw.Series[IntoSeries]) -> tuple[Whole, list[str]]:
    """Number texts from 0 up, in some order; return the numbers, and the texts in that order.

    Examples:
        >>> import pandas
        >>> ids = nw.from_native(pandas.Series(["b", "a", "b"]), series_only=True)
        >>> codes, names = text_codes(ids)
        >>> [names[code] for code in codes]
        ['b', 'a', 'b']
    """
    if texts.implementation.is_pandas():
        # The quickest that there is: a comparison of texts costs as much for each of them.
        series = cast("pd.Series[str]", texts.to_native())
        codes, names = series.factorize()
        return codes.astype(np.int64, copy=False), [str(name) for name in names]
    told = texts.cast(nw.String).unique().sort().to_list()
    place = {name: number for number, name in enumerate(told)}
    values = texts.cast(nw.String).to_list()
    return np.fromiter(map(place.__getitem__, values), np.int64, len(values)), told


@attrs.frozen(eq=False, repr=False)
class Rows:
    """Postings as arrays, one value a row.

    Attributes:
        account: Number of the account.
        accounts: The ids, in the order of their numbers.
        posted: When, in microseconds of UTC.
        term: In which term of the identity it counts.
        points: Change of the balance.
        debt: Change of the debt.
        expires: From when on the lot is void; `NEVER` for never.
    """

    account: Whole
    accounts: list[object]
    posted: Whole
    term: Whole
    points: Whole
    debt: Whole
    expires: Whole

    @classmethod
    def of(cls, frame: Eager) -> Rows:
        """Read a frame that was checked."""
        account, accounts = account_codes(frame["account_id"])
        return cls(
            account,
            accounts,
            instants(frame["posted_at"]),
            terms_in(frame["act"]),
            whole_numbers(frame["points"]),
            whole_numbers(frame["debt"]),
            instants_or(frame["expires_at"], NEVER),
        )


def chosen(known: NDArray[np.bool_]) -> NDArray[np.bool_] | slice:
    """Return what picks the rows that are known; where all are, they are not copied."""
    return slice(None) if known.all() else known


def sums_by(keys: Whole, weights: Whole, size: int) -> Whole:
    """Return the sum of weights by key, exactly."""
    # Whole numbers below 2^53 are exact in floats, and so are their sums: checked on reading.
    return np.bincount(keys, weights=weights, minlength=size).astype(np.int64)


def terms_in(acts: nw.Series[IntoSeries]) -> Whole:
    """Return in which term of the identity each act counts; what is given back stands by itself."""
    codes, names = text_codes(acts)
    terms = np.array([_CODES.get(name, ADJUSTED) for name in names], dtype=np.int64)
    return terms[codes]


def whole_numbers(column: nw.Series[IntoSeries]) -> Whole:
    """Return a column that holds whole numbers, whatever its type."""
    return column.to_numpy().astype(np.int64)


def instants_or(column: nw.Series[IntoSeries], otherwise: int) -> Whole:
    """Return instants in microseconds; another number where there is none."""
    missing = column.is_null().to_numpy()
    if not missing.any():
        return instants(column)
    told = column.dt.timestamp("us").fill_null(0).to_numpy()
    return np.where(missing, np.int64(otherwise), told.astype(np.int64, copy=False))


def _are(texts: nw.Series[IntoSeries], name: str) -> NDArray[np.bool_]:
    codes, names = text_codes(texts)
    return np.array([one == name for one in names], dtype=bool)[codes]


def collected(asked: Eager | Lazy, wanted: dict[str, ColumnKind]) -> Eager:
    """Return the wanted columns of a frame, with the rows that it holds."""
    needed = asked.select(*wanted)
    return needed.collect() if isinstance(needed, nw.LazyFrame) else needed


@attrs.frozen(eq=False, repr=False)
class PointsLedger:
    """All postings of a scheme, read once: what it owes, and how its points end, as of any day.

    Attributes:
        rows: The postings as arrays.
        earned: When the points of each row's lot were earned, in microseconds of UTC.
        earned_day: The same as a day of the scheme's zone, since 1970-01-01.
        is_sale: Whether they came with a sale.
        coins: The price that they came with, in coins.
        currency: Of the prices.
        timezone: Where days begin and end.

    Examples:
        >>> import crmkit
        >>> from crmkit.kernel import Money, Text
        >>> from crmkit.loyalty import EarnRule, PointsExpiry, PointsScheme
        >>> basic = EarnRule(
        ...     code="basic", label=Text("1 for 10", "每10元1分"), points=1, per=Money.of(10, "CNY")
        ... )
        >>> club = PointsScheme(
        ...     name="club", currency="CNY", rules=(basic,), expiry=PointsExpiry(months=24)
        ... )
        >>> crm = crmkit.open(actor="ann")
        >>> one = crm.points.open(customer="C-7", scheme=club)
        >>> told = crm.points.earn(
        ...     one.id, reference="O-1", scheme=club, amount=Money.of(1000, "CNY")
        ... )
        >>> ledger = PointsLedger.of(crm.frames.points_postings(), currency="CNY", timezone="UTC")
        >>> ledger
        <PointsLedger of 1 posting in 1 account>
    """

    rows: Rows
    earned: Whole
    earned_day: Whole
    is_sale: NDArray[np.bool_]
    coins: Whole
    currency: str
    timezone: str

    @classmethod
    def of(cls, postings: IntoFrame, *, currency: str, timezone: str) -> PointsLedger:
        """Read a frame of postings: columns as in `crmkit.loyalty.POINTS_POSTINGS`.

        Args:
            postings: pandas, polars (eager or lazy), DuckDB, PyArrow; a lazy frame is asked for
                the columns needed. In any order.
            currency: Of the prices.
            timezone: Where the scheme's days begin and end: cohorts are its months.

        Raises:
            InvalidValueError: If a column is missing or of another kind, a value is unfit, there is
                no posting, amounts are in another currency, or there is no such zone.
        """
        wanted = {
            **WANTED,
            "source": ColumnKind.TEXT,
            "earned_at": ColumnKind.TIME,
            "amount": ColumnKind.NUMBER,
            "currency": ColumnKind.TEXT,
        }
        coin = 10 ** decimals_of(currency)
        asked, holds = checked_postings(postings, wanted)
        if not holds:
            raise InvalidValueError("postings", 0, "must hold a posting at least")
        frame = collected(asked, wanted)
        if (found := str(frame["currency"].head(1).to_list()[0])) != currency:
            raise InvalidValueError("currency", currency, f"must be that of the rows, {found}")
        amounts = frame["amount"].cast(nw.Float64).fill_null(0.0).to_numpy()
        return cls(
            Rows.of(frame),
            instants(frame["earned_at"]),
            local_days(frame["earned_at"], named_zone(timezone)),
            _are(frame["source"], PointsSource.SALE.value),
            np.rint(np.nan_to_num(amounts) * coin).astype(np.int64),
            currency,
            timezone,
        )

    def known(self, as_of: datetime) -> NDArray[np.bool_]:
        """Return which rows were put down by a moment."""
        return np.asarray(self.rows.posted <= to_micros(instant(as_of, "as_of")))

    def void(self, as_of: datetime) -> NDArray[np.bool_]:
        """Return which rows are of lots that have lapsed by a moment."""
        return np.asarray(self.rows.expires <= to_micros(instant(as_of, "as_of")))

    def __repr__(self) -> str:
        rows, accounts = len(self.rows.points), np.count_nonzero(np.bincount(self.rows.account))
        postings = "posting" if rows == 1 else "postings"
        named = "account" if accounts == 1 else "accounts"
        return f"<{type(self).__name__} of {rows:,} {postings} in {accounts:,} {named}>"
