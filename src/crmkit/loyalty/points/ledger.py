"""A ledger of postings, read once as arrays and asked as of any day.

Law: every posting counts, once: where postings are numbered, none may stand twice in an account.
What lapsed and was not put down yet has lapsed all the same. Every row tells when its points were
earned and when they lapse, so that nothing need be sorted.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final, cast

import attrs
import narwhals.stable.v2 as nw
import numpy as np
from narwhals.stable.v2.typing import IntoFrame, IntoSeries
from numpy.typing import NDArray

from crmkit.errors import InvalidValueError
from crmkit.kernel import decimals_of, instant, named_zone, to_micros
from crmkit.kernel.frames import ColumnKind, Eager, Flaw, Lazy, Words, empty, find_flaws, frame_of
from crmkit.stats.days import instants, local_days
from crmkit.stats.log_columns import text_codes

from .ledger_checks import (
    ACTS,
    EXACT,
    ONE_OF_ACTS,
    Whole as Whole,
    are_sales,
    check_not_overdrawn,
    check_sum,
    checked_acts,
    coins_of,
    sign_flaw,
)


TERM_CODES: Final = 8
EARNED, ADJUSTED, REDEEMED, EXPIRED, GIVEN_BACK, SETTLED, TAKEN_BACK, MOVED = range(TERM_CODES)
NEVER: Final = np.iinfo(np.int64).max
_CODES: Final = {
    "earned": EARNED,
    "adjusted": ADJUSTED,
    "redeemed": REDEEMED,
    "expired": EXPIRED,
    "given_back": GIVEN_BACK,
    "settled": SETTLED,
    "taken_back": TAKEN_BACK,
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
_LEDGER: Final = {
    **WANTED,
    "source": ColumnKind.TEXT,
    "earned_at": ColumnKind.TIME,
    "amount": ColumnKind.NUMBER,
    "currency": ColumnKind.TEXT,
}
_MAY_LACK: Final = ("expires_at", "amount")
_NUMBERS: Final = ("points", "debt", "number")


def checked_postings(
    postings: IntoFrame, wanted: dict[str, ColumnKind], *, numbers: tuple[str, ...] = _NUMBERS
) -> tuple[Eager | Lazy, bool]:
    """Wrap a frame of postings, and refuse what is no ledger; tell whether it holds any row."""
    schema = frame_of(postings, "postings", {}).collect_schema()
    there = [name for name in numbers if name in schema]
    asked = frame_of(postings, "postings", wanted | dict.fromkeys(there, ColumnKind.NUMBER))
    schema = asked.collect_schema()
    for name, kind in wanted.items():
        # A column in which nothing stands has no type in some engines.
        if kind is ColumnKind.TIME and not isinstance(schema[name], nw.Datetime):
            rule = f"must hold instants with a time zone, not {schema[name]}"
            way_out = "cast it, also where nothing lapses and it is empty"
            raise InvalidValueError(name, "the column", rule, way_out)
    filled = {name: None for name in (*wanted, "account_id", *there) if name in schema}
    for name in _MAY_LACK:
        filled.pop(name, None)
    flaws: list[Flaw] = []
    # `Rows.of` looks at acts as numbers, which is sooner done.
    if isinstance(asked, nw.LazyFrame) or not {*WANTED} <= {*wanted}:
        flaws = [Flaw("act", ~nw.col("act").is_in(ACTS), ONE_OF_ACTS), sign_flaw()]
    inexact = [name for name in there if not _is_exact(asked, name)]
    flaws = [*map(_gap, filled), *flaws, *(_not_whole(asked, one) for one in inexact)]
    sizes = {one: nw.col(one).cast(nw.Float64).abs().sum() for one in inexact if one in WANTED}
    told = find_flaws(asked, flaws, rows=nw.len(), **sizes)
    for name in sizes:
        check_sum(name, cast("float | None", told[name]))
    _check_numbers(asked)
    return asked, bool(told["rows"])


def _gap(name: str) -> Flaw:
    """Return the flaw of a row in which a column is empty.

    A blank act, source or currency is none of those that there are, and is refused as such: of a
    million texts it takes long to look for blanks.
    """
    return attrs.evolve(empty(name), nor_blank=name not in ("act", "source", "currency"))


def _is_exact(asked: Eager | Lazy, name: str) -> bool:
    """Tell whether a column at hand holds whole numbers whose sums floats hold exactly."""
    if isinstance(asked, nw.LazyFrame) or not asked.collect_schema()[name].is_integer():
        return False
    column = asked[name]
    if column.null_count():
        return False
    return float(np.abs(column.to_numpy().astype(np.float64)).sum()) < EXACT


def check_one_scheme(asked: Eager | Lazy) -> None:
    """Refuse postings of several schemes, where they tell of which they are."""
    if "scheme" not in asked.collect_schema():
        return
    column = asked.lazy().select("scheme").unique().collect()["scheme"]
    if len(column) > 1:
        # Text and numbers side by side have no order but that of their words.
        pairs = zip(column.is_null().to_list(), column.to_list(), strict=True)
        few = [one for _, one in sorted(pairs, key=lambda pair: (not pair[0], str(pair[1])))]
        rule = "must be postings of one scheme"
        raise InvalidValueError("scheme", tuple(few[:5]), rule, "filter them by scheme first")


def _check_numbers(asked: Eager | Lazy) -> None:
    """Refuse a posting that stands twice, where postings tell their account and number."""
    if not {"account_id", "number"} <= {*asked.collect_schema()}:
        return
    if isinstance(asked, nw.DataFrame):
        found = _twice(asked) if len(asked) else None
    else:
        keys = asked.group_by("account_id", "number").agg(times=nw.len())
        odd = keys.filter(nw.col("times") > 1).head(1).collect()
        found = next(odd.select("account_id", "number").iter_rows(), None)
    if found is not None:
        account, number = found
        rule = f"must stand once in the account {account}"
        raise InvalidValueError("number", number, rule, "pass each posting once")


def _twice(frame: Eager) -> tuple[object, ...] | None:
    """Return account and number of a posting that stands twice; None where none does."""
    codes, names = account_codes(frame["account_id"])
    number = whole_numbers(frame["number"])
    low, span = int(number.min()), int(number.max()) - int(number.min()) + 1
    numbers: Sequence[int] | Whole = range(low, low + span)
    number = number - low
    if span > _SPARSE * len(number):
        numbers, number = np.unique(number + low, return_inverse=True)
        span = len(numbers)
    keys = codes * span + number
    if len(names) * span < _SPARSE * len(keys):
        (odd,) = np.nonzero(np.bincount(keys) > 1)
    else:
        keys.sort()
        odd = keys[1:][keys[1:] == keys[:-1]]
    if not len(odd):
        return None
    account, place = divmod(int(odd[0]), span)
    return names[account], int(numbers[place])


def _not_whole(frame: Eager | Lazy, name: str) -> Flaw:
    value = nw.col(name)
    odd = value.abs() >= EXACT
    if not frame.collect_schema()[name].is_integer():
        value = value.cast(nw.Float64)
        odd = (value != value.round(0)) | (value.abs() >= EXACT)
    return Flaw(name, odd, "must be whole numbers below 2^53")


def instant_in(frame: Eager | Lazy, column: str, at: datetime) -> nw.Expr:
    """Return an instant as a literal in a column's zone: polars compares those of one zone only."""
    zone = cast("nw.Datetime", frame.collect_schema()[column]).time_zone
    return nw.lit(at.astimezone(named_zone(str(zone))))


def account_codes(ids: nw.Series[IntoSeries]) -> tuple[Whole, Sequence[object]]:
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
            return dense, range(low, int(array.max()) + 1)
        names, codes = np.unique(array, return_inverse=True)
        return codes.astype(np.int64), names.tolist()
    texts = ids if ids.implementation.is_pandas() else ids.cast(nw.String)
    places, told = text_codes(texts)
    return places.astype(np.int64, copy=False), [*told]


@attrs.frozen(eq=False, repr=False)
class Rows:
    """Postings as arrays, one value a row.

    Attributes:
        account: Number of the account.
        accounts: The ids, in the order of their numbers.
        posted: When, in microseconds of UTC.
        term: In which term of the identity it counts; acts that are told apart have their own.
        points: Change of the balance.
        debt: Change of the debt.
        expires: From when on the lot is void; `NEVER` for never.
    """

    account: Whole
    accounts: Sequence[object]
    posted: Whole
    term: Whole
    points: Whole
    debt: Whole
    expires: Whole

    @classmethod
    def of(cls, frame: Eager) -> Rows:
        """Read a frame that was checked.

        Raises:
            InvalidValueError: If there is no such act, points go against it, or an account is
                overdrawn.
        """
        account, accounts = account_codes(frame["account_id"])
        points, debt = whole_numbers(frame["points"]), whole_numbers(frame["debt"])
        acts, names = checked_acts(frame, points)
        terms = np.array([_CODES.get(name, MOVED) for name in names], dtype=np.int64)
        check_not_overdrawn(account, accounts, "points", points)
        if len(owing := np.flatnonzero(debt)):
            check_not_overdrawn(account[owing], accounts, "debt", debt[owing])
        expires = instants_or(frame["expires_at"], NEVER)
        posted = instants(frame["posted_at"])
        return cls(account, accounts, posted, terms[acts], points, debt, expires)

    def ids(self, there: NDArray[np.bool_]) -> Sequence[object] | Whole:
        """Return the ids of those accounts that are there."""
        (places,) = np.nonzero(there)
        if isinstance(self.accounts, range):
            numbers: Whole = places + self.accounts.start
            return numbers
        if len(places) == len(self.accounts):
            return self.accounts
        return [self.accounts[place] for place in places.tolist()]


def check_ledger(ledger: object) -> None:
    """Refuse what is no ledger: such as the frame of which one could be read."""
    if not isinstance(ledger, PointsLedger):
        told = Words(f"of type {type(ledger).__name__}")
        way_out = "read one: PointsLedger.of(postings, currency=…, timezone=…)"
        raise InvalidValueError("ledger", told, "must be a PointsLedger", way_out)


def chosen(known: NDArray[np.bool_]) -> NDArray[np.bool_] | slice:
    """Return what picks the rows that are known; where all are, they are not copied."""
    return slice(None) if known.all() else known


def sums_by(keys: Whole, weights: Whole, size: int) -> Whole:
    """Return the sum of weights by key, exactly."""
    # Sums below 2^53 are exact in floats: checked on reading.
    return np.bincount(keys, weights=weights, minlength=size).astype(np.int64)


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


def collected(asked: Eager | Lazy, wanted: dict[str, ColumnKind]) -> Eager:
    """Return the wanted columns of a frame, with the rows that it holds."""
    needed = asked.select(*wanted)
    return needed.collect() if isinstance(needed, nw.LazyFrame) else needed


@attrs.frozen(eq=False, repr=False)
class PointsLedger:
    """All postings of a scheme, read once: what it owes, and how its points end, as of any day.

    Attributes:
        rows: The postings as arrays.
        lot: Of which lot of its account each row is; where the frame does not tell, that is when
            its points were earned.
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
    lot: Whole
    earned: Whole
    earned_day: Whole
    is_sale: NDArray[np.bool_]
    coins: Whole
    currency: str
    timezone: str

    @classmethod
    def of(cls, postings: IntoFrame, *, currency: str, timezone: str) -> PointsLedger:
        """Read a frame of postings: columns as in `crmkit.loyalty.POINTS_POSTINGS`.

        Without a column `lot` points that an account earned at one moment are taken for one lot.

        Args:
            postings: pandas, polars (eager or lazy), DuckDB, PyArrow; a lazy frame is asked for
                the columns needed. In any order.
            currency: Of the prices.
            timezone: Where the scheme's days begin and end: cohorts are its months.

        Raises:
            InvalidValueError: If a column is missing or of another kind, a value is unfit, there is
                no posting, amounts are in another currency, postings stand twice or are of several
                schemes, points go against their act, an account is overdrawn, an amount is finer
                than a coin, a sale has none, or there is no such zone.
        """
        coin = 10 ** decimals_of(currency)
        asked, holds = checked_postings(postings, _LEDGER, numbers=(*_NUMBERS, "lot"))
        check_one_scheme(asked)
        if not holds:
            raise InvalidValueError("postings", 0, "must hold a posting at least")
        has_lots = "lot" in asked.collect_schema()
        frame = collected(asked, {**_LEDGER, "lot": ColumnKind.NUMBER} if has_lots else _LEDGER)
        if (found := str(frame["currency"].head(1).to_list()[0])) != currency:
            raise InvalidValueError("currency", currency, f"must be that of the rows, {found}")
        rows, is_sale = Rows.of(frame), are_sales(frame)
        earned = instants(frame["earned_at"])
        lot = whole_numbers(frame["lot"]) if has_lots else earned
        return cls(
            rows,
            lot,
            earned,
            local_days(frame["earned_at"], named_zone(timezone)),
            is_sale,
            coins_of(frame, coin, rows.term == EARNED, is_sale),
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
