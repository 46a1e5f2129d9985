from collections import defaultdict
from datetime import UTC, date, datetime, timedelta
from typing import Any, Literal
from zoneinfo import ZoneInfo

import attrs
import pandas as pd
import polars as pl
import pytest
from hypothesis import given, settings, strategies as st

from crmkit.errors import InvalidValueError
from crmkit.value import RfmState, buying_rhythms, merge, rfm_state, rfm_table, state_totals
from tests.value.engines import ENGINES, FEW, Columns, Schema, in_engine, rows_of


DAYS: Schema = {"customer_id": pl.String, "ordered_at": pl.Date, "amount": pl.Float64}
INSTANTS: Schema = {**DAYS, "ordered_at": pl.Datetime("us", "UTC")}
ENTRIES: Schema = {**DAYS, "entry": pl.String, "original_at": pl.Date}
TIMED: Schema = {**INSTANTS, "entry": pl.String, "original_at": pl.Datetime("us", "UTC")}
COLUMNS = [
    "customer_id",
    "day",
    "known",
    "orders",
    "ordered",
    "returned",
    "cancelled",
    "untraced",
]
EPOCH = date(1970, 1, 1)
SHANGHAI = ZoneInfo("Asia/Shanghai")
START = datetime(2024, 2, 25, tzinfo=UTC)

Kind = Literal["order", "return", "cancellation"]


@attrs.frozen
class Entry:
    """One row of a record, in cents, with the order to which it belongs."""

    customer: str
    at: datetime
    cents: int
    kind: Kind = "order"
    original: datetime | None = None


def columns_of(entries: list[Entry]) -> Columns:
    return {
        "customer_id": [entry.customer for entry in entries],
        "ordered_at": [entry.at for entry in entries],
        "amount": [entry.cents / 100 for entry in entries],
        "entry": [entry.kind for entry in entries],
        "original_at": [entry.original for entry in entries],
    }


def state_of(engine: str, entries: list[Entry]) -> RfmState[Any]:
    frame = in_engine(engine, columns_of(entries), TIMED)
    return rfm_state(frame, timezone="Asia/Shanghai", entry="entry", original_at="original_at")


def days_of(state: RfmState[Any]) -> list[tuple[object, ...]]:
    return sorted(rows_of(state.days), key=str)


def by_definition(entries: list[Entry], as_of: date) -> list[tuple[object, ...]]:
    """Science.md §9 word for word: money back to the original day, the occasion kept; a
    cancellation removes it; what is known later is not known yet."""
    spent: dict[str, dict[date, int]] = defaultdict(lambda: defaultdict(int))
    orders: dict[str, dict[date, int]] = defaultdict(lambda: defaultdict(int))
    for entry in entries:
        if entry.at.astimezone(SHANGHAI).date() > as_of:
            continue
        origin = entry.at if entry.kind == "order" else entry.original
        if origin is not None:
            day = origin.astimezone(SHANGHAI).date()
            spent[entry.customer][day] += entry.cents
            orders[entry.customer][day] += {"order": 1, "return": 0, "cancellation": -1}[entry.kind]
    rows: list[tuple[object, ...]] = []
    for customer in sorted(spent):
        days = sorted(day for day, count in orders[customer].items() if count > 0)
        if days:
            repeat = [spent[customer][day] for day in days[1:]]
            rows.append(
                (
                    customer,
                    len(repeat),
                    float((days[-1] - days[0]).days),
                    float((as_of - days[0]).days),
                    pytest.approx(sum(repeat) / 100 / len(repeat)) if repeat else 0.0,
                    True,
                    pytest.approx(sum(spent[customer][day] for day in days) / 100),
                    "D",
                )
            )
    return rows


def near(rows: list[tuple[object, ...]]) -> list[tuple[object, ...]]:
    """Rows whose money is equal but for the rounding of a division: polars multiplies instead."""
    return [
        (*row[:4], pytest.approx(row[4]), row[5], pytest.approx(row[6]), row[7]) for row in rows
    ]


@st.composite
def records(draw: st.DrawFn) -> list[Entry]:
    times = st.integers(0, 40 * 24 * 60).map(lambda minutes: START + timedelta(minutes=minutes))
    cents = st.integers(0, 5_000)
    orders = draw(st.lists(st.builds(Entry, st.sampled_from("VWXYZ"), times, cents), max_size=12))
    entries = list(orders)
    if orders:
        for order in draw(st.lists(st.sampled_from(orders), max_size=6)):
            late = timedelta(hours=draw(st.integers(0, 24 * 30)))
            kind: Kind = draw(st.sampled_from(["return", "cancellation"]))
            back = -draw(st.integers(0, max(order.cents, 1)))
            original = draw(st.sampled_from([order.at, None]))
            entries.append(Entry(order.customer, order.at + late, back, kind, original))
    return entries


class TestRfmState:
    @pytest.mark.parametrize("engine", ENGINES)
    def test_is_what_a_hand_counts(self, engine: str) -> None:
        # V orders 20.00 and 1.99 on one day and 30.00 on another; 5.50 of the 30.00 come back.
        # W cancels his only order of 9.99 a day later, and returns something nobody knows for 3.00.
        def day(number: int) -> date:
            return date(2026, 1, number)

        columns: Columns = {
            "customer_id": ["V", "V", "V", "V", "W", "W", "W"],
            "ordered_at": [day(number) for number in (1, 1, 8, 20, 3, 4, 5)],
            "amount": [20.0, 1.99, 30.0, -5.5, 9.99, -9.99, -3.0],
            "entry": ["order", "order", "order", "return", "order", "cancellation", "return"],
            "original_at": [None, None, None, day(8), None, day(3), None],
        }
        frame = in_engine(engine, columns, ENTRIES)

        state = rfm_state(frame, entry="entry", original_at="original_at")

        first = (day(1) - EPOCH).days
        assert type(state.days) is type(frame)
        assert days_of(state) == [
            ("V", first, first, 2, 2199, 0, 0, 0),
            ("V", first + 7, first + 7, 1, 3000, 0, 0, 0),
            ("V", first + 7, first + 19, 0, 0, 550, 0, 0),
            ("W", first + 2, first + 2, 1, 999, 0, 0, 0),
            ("W", first + 2, first + 3, -1, 0, 0, 999, 0),
            ("W", first + 4, first + 4, 0, 0, 0, 0, 300),
        ]
        assert (state.timezone, state.decimals, state.currency) == (None, 2, None)

    @FEW
    @given(records(), st.dates(date(2024, 2, 24), date(2024, 5, 10)))
    def test_gives_the_table_of_the_definition_as_of_any_date(
        self, entries: list[Entry], as_of: date
    ) -> None:
        expected = by_definition(entries, as_of)

        for engine in ("pandas", "polars lazy"):
            table = rfm_table(state_of(engine, entries), as_of=as_of)

            assert sorted(rows_of(table), key=lambda row: str(row[0])) == expected

    @settings(FEW, max_examples=6)
    @given(records(), st.dates(date(2024, 2, 24), date(2024, 5, 10)))
    def test_is_the_same_in_every_engine(self, entries: list[Entry], as_of: date) -> None:
        states = [state_of(engine, entries) for engine in ENGINES]

        days = [days_of(state) for state in states]
        tables = [sorted(rows_of(rfm_table(state, as_of=as_of))) for state in states]

        assert all(found == days[0] for found in days[1:])
        assert all(found == near(tables[0]) for found in tables[1:])

    @FEW
    @given(records(), st.randoms(use_true_random=False))
    def test_does_not_hang_on_the_order_of_rows(self, entries: list[Entry], chance: Any) -> None:
        shuffled = chance.sample(entries, len(entries))

        for engine in ("pandas", "polars"):
            found, expected = (state_of(engine, rows).days for rows in (shuffled, entries))
            assert rows_of(found) == rows_of(expected)

    @FEW
    @given(records())
    def test_reconciles_to_the_cent(self, entries: list[Entry]) -> None:
        state = state_of("polars", entries)

        totals = state_totals(state)

        assert 100 * totals.net == sum(entry.cents for entry in entries)
        assert totals.net == totals.counted + totals.uncounted - totals.untraced
        late = rfm_table(state, as_of=date(2025, 1, 1))
        assert round(100 * sum(late["amount"])) == 100 * totals.counted

    @FEW
    @given(
        st.lists(
            st.tuples(
                st.sampled_from("VWXYZ"),
                st.dates(date(2026, 1, 1), date(2026, 3, 1)),
                st.integers(0, 10**6).map(lambda cents: cents / 100),
            ),
            max_size=20,
        ),
        st.dates(date(2026, 1, 1), date(2026, 4, 1)),
        st.booleans(),
    )
    def test_gives_the_table_that_plain_orders_give(
        self, rows: list[tuple[str, date, float]], as_of: date, observed: bool
    ) -> None:
        columns: Columns = {name: [row[place] for row in rows] for place, name in enumerate(DAYS)}
        since = min(date(2026, 1, 20), as_of) if observed else None

        for engine in ("pandas", "polars", "polars lazy"):
            orders = in_engine(engine, columns, DAYS)
            of_state = rfm_table(rfm_state(orders), as_of=as_of, unit="W", observed_from=since)
            of_orders = rfm_table(
                orders, as_of=as_of, unit="W", observed_from=since, later="leave_out"
            )

            assert sorted(rows_of(of_state)) == near(sorted(rows_of(of_orders)))

    @pytest.mark.parametrize("engine", ENGINES)
    def test_tells_zone_decimals_and_currency(self, engine: str) -> None:
        columns: Columns = {
            "customer_id": ["V"],
            # The 2nd in Shanghai.
            "ordered_at": [datetime(2026, 1, 1, 17, tzinfo=UTC)],
            "amount": [1200.0],
            "currency": ["JPY"],
        }
        frame = in_engine(engine, columns, {**INSTANTS, "currency": pl.String})

        state = rfm_state(frame, timezone="Asia/Shanghai", decimals=0, as_of=date(2026, 1, 2))

        assert repr(state) == "RfmState(timezone='Asia/Shanghai', decimals=0, currency='JPY')"
        assert days_of(state)[0][1:5] == ((date(2026, 1, 2) - EPOCH).days,) * 2 + (1, 1200)
        assert rows_of(rfm_table(state, as_of=date(2026, 1, 2)))[0][6] == 1200.0

    @pytest.mark.parametrize("engine", ENGINES)
    def test_of_no_orders_is_empty(self, engine: str) -> None:
        frame = in_engine(engine, {name: [] for name in TIMED}, TIMED)

        state = rfm_state(
            frame, timezone="UTC", entry="entry", original_at="original_at", as_of=date(2026, 1, 1)
        )

        assert rows_of(state.days) == []
        assert rows_of(rfm_table(state, as_of=date(2026, 1, 1))) == []
        assert state_totals(state).net == state_totals(state).orders == 0

    def test_takes_returns_that_nobody_can_trace(self) -> None:
        columns: Columns = {
            "customer_id": ["V", "V"],
            "ordered_at": [date(2026, 1, 1), date(2026, 1, 2)],
            "amount": [5.0, -2.0],
            "entry": ["order", "return"],
        }

        for engine in ENGINES:
            frame = in_engine(engine, columns, {**DAYS, "entry": pl.String})
            totals = state_totals(rfm_state(frame, entry="entry"))

            assert [totals.counted, totals.untraced, totals.net] == [5, 2, 3]

    def test_is_kept_as_a_frame_and_made_again(self) -> None:
        state = state_of("polars", [Entry("V", START, 500), Entry("V", START, -500, "return")])
        again = RfmState(days=pl.read_json(state.days.write_json().encode()), timezone="UTC")

        assert again.days.rows() == state.days.rows()

    @pytest.mark.parametrize(
        ("changes", "message"),
        [
            ({"days": pl.DataFrame({"customer_id": [1]})}, "day is missing"),
            ({"timezone": "Nowhere"}, "Nowhere"),
            ({"decimals": 9}, "decimals is 9"),
        ],
    )
    def test_refuses_to_be_made_of_anything_else(
        self, changes: dict[str, Any], message: str
    ) -> None:
        state = rfm_state(pl.DataFrame(schema=DAYS))

        with pytest.raises(InvalidValueError, match=message):
            attrs.evolve(state, **changes)


class TestMerge:
    @FEW
    @given(records(), st.data())
    def test_is_the_state_of_both_for_any_split(
        self, entries: list[Entry], data: st.DataObject
    ) -> None:
        whole = days_of(state_of("polars", entries))
        split = data.draw(st.sampled_from(["customer", "day", "any"]), "split by")
        if split == "customer":
            mine = data.draw(st.sets(st.sampled_from("VWXYZ")))
            of_first = [entry.customer in mine for entry in entries]
        elif split == "day":
            border = START + timedelta(days=data.draw(st.integers(0, 70)))
            of_first = [entry.at < border for entry in entries]
        else:
            of_first = [data.draw(st.booleans()) for _ in entries]
        parts = [
            [entry for entry, first in zip(entries, of_first, strict=True) if first is wanted]
            for wanted in (True, False)
        ]

        for engine in ("pandas", "polars", "polars lazy"):
            both = merge(*(state_of(engine, part) for part in parts))
            assert days_of(both) == whole

    @settings(FEW, max_examples=5)
    @given(records(), st.integers(0, 70))
    def test_is_the_state_of_both_in_duckdb(self, entries: list[Entry], day: int) -> None:
        border = START + timedelta(days=day)
        parts = [[e for e in entries if (e.at < border) is early] for early in (True, False)]

        both = merge(*(state_of("duckdb", part) for part in parts))

        assert days_of(both) == days_of(state_of("polars", entries))

    @FEW
    @given(st.lists(records(), min_size=3, max_size=3))
    def test_takes_any_number_in_any_order(self, parts: list[list[Entry]]) -> None:
        a, b, c = (state_of("polars", part) for part in parts)

        whole = days_of(merge(a, b, c))

        assert days_of(merge(merge(c, a), b)) == whole
        assert days_of(merge(merge(a))) == days_of(a)

    @pytest.mark.parametrize("engine", ENGINES)
    def test_stays_in_its_engine(self, engine: str) -> None:
        entries = [Entry("V", START, 500), Entry("V", START, -200, "return", START)]
        parts = [state_of(engine, [entry]) for entry in entries]

        both = merge(*parts)

        assert type(both.days) is type(parts[0].days)
        assert days_of(both) == days_of(state_of("polars", entries))

    def test_takes_ids_of_other_widths_and_a_currency_that_only_one_tells(self) -> None:
        orders = pl.DataFrame(
            {"customer_id": [1], "ordered_at": [date(2026, 1, 1)], "amount": [5.0]}
        )
        narrow = orders.with_columns(pl.col("customer_id").cast(pl.Int32), currency=pl.lit("EUR"))

        both = merge(rfm_state(orders), rfm_state(narrow))

        assert both.days.select("customer_id", "orders", "ordered").rows() == [(1, 2, 1000)]
        assert both.currency == "EUR"

    def test_takes_an_empty_part_whose_ids_have_no_type(self) -> None:
        none = rfm_state(pd.DataFrame(columns=list(DAYS)))
        some = rfm_state(
            pd.DataFrame({"customer_id": [7], "ordered_at": [date(2026, 1, 1)], "amount": [5.0]})
        )

        for both in (merge(none, some), merge(some, none)):
            assert both.days[["customer_id", "ordered"]].to_numpy().tolist() == [[7, 500]]

    @pytest.mark.parametrize(
        ("changes", "message"),
        [
            ({"timezone": "UTC"}, r"timezone is \(None, 'UTC'\): it must be one"),
            ({"decimals": 0}, r"decimals is \(2, 0\)"),
            ({"currency": "JPY"}, r"currency is \('EUR', 'JPY'\)"),
            ({"days": pl.LazyFrame(schema=dict.fromkeys(COLUMNS, pl.Int64))}, "of one kind"),
            ({"days": pl.DataFrame([[1]] * 8, schema=COLUMNS)}, "ids of one kind"),
        ],
    )
    def test_refuses_what_does_not_add_up(self, changes: dict[str, Any], message: str) -> None:
        orders: Columns = {"customer_id": ["V"], "ordered_at": [date(2026, 1, 1)], "amount": [1.0]}
        state = attrs.evolve(rfm_state(pl.DataFrame(orders)), currency="EUR")

        with pytest.raises(InvalidValueError, match=message):
            merge(state, attrs.evolve(state, **changes))

    def test_refuses_what_is_no_state(self) -> None:
        with pytest.raises(InvalidValueError, match="state is of type DataFrame: it must be a Rfm"):
            merge(pl.DataFrame())  # type: ignore[arg-type]  # what is refused


class TestTableOfAState:
    def test_has_its_zone(self) -> None:
        state = state_of("polars", [Entry("V", START, 500)])
        as_of = date(2024, 3, 1)

        assert len(rfm_table(state, as_of=as_of, timezone="Asia/Shanghai")) == 1
        with pytest.raises(InvalidValueError, match="must be the state's own, 'Asia/Shanghai'"):
            rfm_table(state, as_of=as_of, timezone="UTC")

    def test_is_made_of_whole_days(self) -> None:
        state = state_of("polars", [Entry("V", START, 500)])

        with pytest.raises(InvalidValueError, match="a state knows whole days"):
            rfm_table(state, as_of=START)
        with pytest.raises(InvalidValueError, match="a state knows whole days"):
            state_totals(state, as_of=START)

    def test_can_be_reconciled_as_of_a_date(self) -> None:
        back = Entry("V", START + timedelta(days=5), -200, "return", START)
        state = state_of("polars lazy", [Entry("V", START, 500), back])

        assert state_totals(state, as_of=START.date()).counted == 5
        assert state_totals(state).counted == 3


REFUSED: list[tuple[str, dict[str, Any], str]] = [
    ("no customer", {"customer_id": ["V", None]}, "customer_id is None: it must not be empty"),
    ("a sign", {"amount": [-1.0, 2.0]}, "amount is -1.0: it must not be negative in an order"),
    ("a gift", {"entry": ["order", "return"]}, "amount is 2.0: it must be 0 or negative"),
    ("an entry", {"entry": ["order", "gift"]}, "entry is 'gift': it must be one of order, return"),
    ("no entry", {"entry": ["order", None]}, "entry is None: it must not be empty"),
    ("half a coin", {"amount": [1.0, 2.005]}, "amount is 2.005: it must have no more than 2"),
    ("much", {"amount": [1.0, 1e15]}, "must be below 9007199254740992 coins"),
    (
        "after the record",
        {"ordered_at": [date(2026, 1, 1), date(2026, 2, 1)]},
        r"ordered_at is .*2026.*: it must not be after as_of, 2026-01-31",
    ),
    ("twice", {"order_id": ["O-1", "O-1"]}, "order_id is .*: it must stand in one order, as in"),
    (
        "no number",
        {"order_id": ["O-1", None]},
        "order_id is None: it must not be empty in an order",
    ),
    (
        "an order's origin",
        {"original_at": [None, date(2026, 1, 1)]},
        "original_at is .*: it must be empty in an order",
    ),
    (
        "a return before its order",
        {
            "entry": ["order", "return"],
            "amount": [1.0, -1.0],
            "original_at": [None, date(2026, 1, 9)],
        },
        "original_at is .*: it must not be after ordered_at",
    ),
    ("two currencies", {"currency": ["EUR", "JPY"]}, "currency is of several kinds"),
]


class TestACancellationOfNoOrder:
    @pytest.mark.parametrize("engine", ENGINES)
    def test_is_left_uncounted_in_the_totals(self, engine: str) -> None:
        # 20.00 are ordered on the 5th; 9.00 go back for an order of the 3rd, which is not there.
        columns: Columns = {
            "customer_id": ["V", "V"],
            "ordered_at": [date(2026, 1, 5), date(2026, 1, 8)],
            "amount": [20.0, -9.0],
            "entry": ["order", "cancellation"],
            "original_at": [None, date(2026, 1, 3)],
        }
        orders = in_engine(engine, columns, ENTRIES)

        totals = state_totals(rfm_state(orders, entry="entry", original_at="original_at"))

        assert (totals.orders, int(totals.counted), int(totals.uncounted)) == (1, 20, -9)


class TestWhatIsAskedOfAState:
    DAY = date(2026, 1, 10)

    def state(self, engine: str) -> RfmState[Any]:
        columns: Columns = {
            "customer_id": ["V", "V"],
            "ordered_at": [date(2026, 1, 5), date(2026, 1, 20)],
            "amount": [9.0, 4.0],
        }
        schema: Schema = {"customer_id": pl.String, "ordered_at": pl.Date, "amount": pl.Float64}
        return rfm_state(in_engine(engine, columns, schema))

    @pytest.mark.parametrize("engine", ENGINES)
    def test_later_orders_are_refused_where_that_is_said(self, engine: str) -> None:
        state = self.state(engine)

        table = rfm_table(state, as_of=date(2026, 1, 20), later="refuse")
        left_out = [rfm_table(state, as_of=self.DAY, later=later) for later in ("leave_out", None)]

        assert [row[1] for row in rows_of(table)] == [1]
        assert [[row[1] for row in rows_of(found)] for found in left_out] == [[0], [0]]
        message = (
            r"last day of the state is .*2026, 1, 20.*: it must not be after as_of, 2026-01-10"
        )
        with pytest.raises(InvalidValueError, match=message):
            rfm_table(state, as_of=self.DAY, later="refuse")

    def test_an_empty_state_has_nothing_later(self) -> None:
        orders = pl.DataFrame(
            schema={"customer_id": pl.String, "ordered_at": pl.Date, "amount": pl.Float64}
        )

        assert not len(rfm_table(rfm_state(orders), as_of=self.DAY, later="refuse"))

    @pytest.mark.parametrize("argument", ["order_id", "customer_id", "ordered_at", "amount"])
    def test_columns_are_not_named_beside_it(self, argument: str) -> None:
        named: dict[str, Any] = {argument: "mine"}

        message = f"{argument} is 'mine': it must not be named beside a state"
        with pytest.raises(InvalidValueError, match=message):
            rfm_table(self.state("polars"), as_of=self.DAY, **named)

    def test_columns_are_not_named_beside_it_when_asked_for_rhythms(self) -> None:
        with pytest.raises(InvalidValueError, match="customer_id is 'mine': it must not be named"):
            buying_rhythms(self.state("polars"), as_of=self.DAY, customer_id="mine")

    def test_another_word_for_later_is_refused(self) -> None:
        with pytest.raises(InvalidValueError, match="later is 'drop': it must be"):
            rfm_table(self.state("polars"), as_of=self.DAY, later="drop")  # type: ignore[arg-type]  # what is refused


@pytest.mark.parametrize("engine", ENGINES)
class TestRefusals:
    @pytest.mark.parametrize(
        ("changes", "message"), [case[1:] for case in REFUSED], ids=[case[0] for case in REFUSED]
    )
    def test_name_the_rows(self, engine: str, changes: dict[str, Any], message: str) -> None:
        columns: Columns = {
            "customer_id": ["V", "W"],
            "ordered_at": [date(2026, 1, 1), date(2026, 1, 2)],
            "amount": [1.0, 2.0],
            "entry": ["order", "order"],
            "order_id": ["O-1", "O-2"],
            "original_at": [None, None],
            "currency": ["EUR", "EUR"],
            **changes,
        }
        schema: Schema = {**ENTRIES, "order_id": pl.String, "currency": pl.String}

        with pytest.raises(InvalidValueError, match=message) as refused:
            rfm_state(
                in_engine(engine, columns, schema),
                as_of=date(2026, 1, 31),
                entry="entry",
                order_id="order_id",
                original_at="original_at",
            )

        if "as in" in str(refused.value):
            assert "as in row" in str(refused.value) or "row" in str(refused.value)

    def test_of_negative_amounts_without_entries(self, engine: str) -> None:
        orders: Columns = {"customer_id": ["V"], "ordered_at": [date(2026, 1, 1)], "amount": [-1.0]}

        with pytest.raises(
            InvalidValueError, match=r"must not be negative, as in .*; name the col"
        ):
            rfm_state(in_engine(engine, orders, DAYS))

    def test_of_naive_times(self, engine: str) -> None:
        orders: Columns = {
            "customer_id": ["V"],
            "ordered_at": [datetime(2026, 1, 1)],
            "amount": [1.0],
        }
        frame = in_engine(engine, orders, {**DAYS, "ordered_at": pl.Datetime("us")})

        with pytest.raises(InvalidValueError, match="a column of naive times"):
            rfm_state(frame, timezone="UTC")

    def test_of_instants_after_the_last_local_day(self, engine: str) -> None:
        # 16:00 UTC is midnight in Shanghai.
        at = [datetime(2026, 1, 1, hour, 0, tzinfo=UTC) for hour in (15, 16)]
        orders: Columns = {"customer_id": ["V"] * 2, "ordered_at": at, "amount": [1.0, 1.0]}
        frame = in_engine(engine, orders, INSTANTS)

        assert rfm_state(frame, timezone="Asia/Shanghai", as_of=date(2026, 1, 2))
        where = "in row 1" if engine in ("pandas", "polars") else "in 1 row"
        with pytest.raises(InvalidValueError, match=f"after as_of, 2026-01-01, as {where}"):
            rfm_state(frame, timezone="Asia/Shanghai", as_of=date(2026, 1, 1))

    def test_let_a_return_bear_the_number_of_its_order(self, engine: str) -> None:
        day = date(2026, 1, 1)
        columns: Columns = {
            "customer_id": ["V"] * 5,
            "ordered_at": [day] * 5,
            "amount": [9.0, -1.0, -1.0, -7.0, -1.0],
            "entry": ["order", "return", "return", "cancellation", "return"],
            "order_id": ["O-1", "O-1", "O-1", "O-1", None],
            "original_at": [None, day, day, day, day],
        }
        frame = in_engine(engine, columns, {**ENTRIES, "order_id": pl.String})

        state = rfm_state(frame, entry="entry", order_id="order_id", original_at="original_at")

        assert rows_of(rfm_table(state, as_of=day)) == []
        assert state_totals(state).uncounted == -1

    def test_of_numbers_that_stand_twice_among_plain_orders(self, engine: str) -> None:
        columns: Columns = {
            "customer_id": ["V"] * 2,
            "ordered_at": [date(2026, 1, 1)] * 2,
            "amount": [9.0, 1.0],
            "order_id": ["O-1", "O-1"],
        }
        frame = in_engine(engine, columns, {**DAYS, "order_id": pl.String})

        with pytest.raises(InvalidValueError, match="add up the lines of each order first"):
            rfm_state(frame, order_id="order_id")

    def test_of_dates_beside_instants(self, engine: str) -> None:
        columns: Columns = {
            "customer_id": ["V"],
            "ordered_at": [datetime(2026, 1, 1, tzinfo=UTC)],
            "amount": [-9.0],
            "entry": ["return"],
            "original_at": [date(2026, 1, 1)],
        }
        frame = in_engine(engine, columns, {**TIMED, "original_at": pl.Date})

        with pytest.raises(
            InvalidValueError, match=r"original_at is a column of .*must hold dates"
        ):
            rfm_state(frame, timezone="UTC", entry="entry", original_at="original_at")

    def test_of_origins_without_entries(self, engine: str) -> None:
        frame = in_engine(engine, {name: [] for name in ENTRIES}, ENTRIES)

        with pytest.raises(InvalidValueError, match="entry is None: it must be given with orig"):
            rfm_state(frame, original_at="original_at")
