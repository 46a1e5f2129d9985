"""Columns of cells: the quick ways answer as the slow way."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given, strategies as st

from crmkit.app.importing import cells as module
from crmkit.app.importing.cells import (
    CellReader,
    Cells,
    Form,
    IdReader,
    MoneyReader,
    Refusal,
    TextReader,
    TimeReader,
)
from crmkit.app.importing.parsing import read_text, read_time
from crmkit.errors import InvalidValueError
from crmkit.kernel import FactColumn, FactType, Text, to_micros
from crmkit.orders import ORDERS
from tests.kernel.zones import ALL_ZONES, changes


ZONES = ("UTC", "Europe/Berlin", "America/Sao_Paulo", "Australia/Lord_Howe", "Pacific/Apia")
"""Clocks moved by an hour, at midnight, by half an hour, and over a whole day."""

AT = FactColumn("at", FactType.TIME, Text("When", "时间"))
ID = ORDERS.column("customer_id")


def time_column(zone: ZoneInfo | None, *, iso: bool = True) -> TimeReader:
    return TimeReader(lambda cell: AT.store(read_time("at", cell, zone, None)), zone, iso=iso)


def plain(values: Sequence[object]) -> list[object]:
    """Return values with refusals as what can be compared."""
    return [("refused", v.value, v.reason) if isinstance(v, Refusal) else v for v in values]


def one_by_one(column: CellReader, cells: Cells) -> list[object]:
    return plain([column.one(cell) for cell in cells.loose()])


class TestColumn:
    def test_reads_each_distinct_cell_once(self) -> None:
        read: list[object] = []
        column = CellReader(lambda cell: read.append(cell))

        column(Cells(["a", "b", "a"]))
        column(Cells(["b"]))

        assert read == ["a", "b"]

    def test_tells_equal_objects_apart(self) -> None:
        """To a dictionary, 1 and True are one."""
        column = CellReader(lambda cell: type(cell).__name__)

        assert column(Cells([1, True, 1.0], Form.OBJECTS)) == ["int", "bool", "float"]

    def test_remembers_so_many_and_no_more(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(module, "_REMEMBERED", 2)
        column = CellReader(lambda cell: cell)

        assert column(Cells(["a", "b", "c", "a"])) == ["a", "b", "c", "a"]

    def test_marks_what_was_refused(self) -> None:
        column = CellReader(lambda cell: ID.store(read_text("customer_id", cell)))

        (refusal,) = column(Cells([""]))

        assert column.has_refused
        assert isinstance(refusal, Refusal)
        assert (refusal.value, refusal.reason) == ("", "must not be empty")


class TestTextColumn:
    @given(st.lists(st.text(max_size=5) | st.none()))
    def test_answers_as_cell_by_cell(self, values: list[str | None]) -> None:
        cells = Cells(values)

        def column() -> TextReader:
            return TextReader(lambda cell: read_text("product", cell))

        assert plain(column()(cells)) == one_by_one(column(), cells)


class TestIdColumn:
    @given(st.lists(st.text(" C-7ü\n", max_size=4) | st.none()))
    @example(["C" * 101, "C" * 200])
    @example(["C" * 201])
    @example(["C-1", "C-2"])
    @example(["Li Wei"])
    def test_answers_as_cell_by_cell(self, values: list[str | None]) -> None:
        cells = Cells(values)

        def column() -> IdReader:
            return IdReader(lambda cell: ID.store(read_text("customer_id", cell)))

        assert plain(column()(cells)) == one_by_one(column(), cells)


class TestTimeColumn:
    @given(
        st.lists(
            st.datetimes().map(lambda at: at.isoformat())
            | st.datetimes(datetime(2018, 1, 1), datetime(2019, 1, 1)).map(datetime.isoformat)
            | st.sampled_from(["", "soon", "2026-03-01", "2026-03-01T09:30Z", " 2026-03-01T09:30"])
        ),
        st.sampled_from(ZONES).map(ZoneInfo) | st.none(),
    )
    @example(["2026-03-29T02:30:00", "2026-03-29T03:30:00"], ZoneInfo("Europe/Berlin"))
    @example(["2026-10-25T02:30:00"], ZoneInfo("Europe/Berlin"))
    @example(["2018-11-04T00:30:00", "2018-11-04T01:30:00"], ZoneInfo("America/Sao_Paulo"))
    @example(["2011-12-30T12:00:00", "2011-12-31T12:00:00"], ZoneInfo("Pacific/Apia"))
    @example(["0001-01-01T00:00:00"], ZoneInfo("Europe/Berlin"))
    @example(["9999-12-31T23:59:59"], ZoneInfo("America/Sao_Paulo"))
    @example(["1970-01-01T00:00:00"], ZoneInfo("UTC"))
    def test_answers_as_cell_by_cell(self, texts: list[str], zone: ZoneInfo | None) -> None:
        cells = Cells(texts)

        assert plain(time_column(zone)(cells)) == one_by_one(time_column(zone), cells)

    @given(
        st.lists(st.datetimes(datetime(1900, 1, 1), datetime(2100, 1, 1))),
        st.sampled_from(ZONES).map(ZoneInfo) | st.none(),
    )
    def test_reads_walls_as_it_reads_their_text(
        self, walls: list[datetime], zone: ZoneInfo | None
    ) -> None:
        micros = [(wall - datetime(1970, 1, 1)) // timedelta(microseconds=1) for wall in walls]
        cells = Cells(micros, Form.WALL)

        assert plain(time_column(zone)(cells)) == one_by_one(time_column(zone), cells)

    def test_knows_the_days_on_which_clocks_were_moved(self) -> None:
        """Of all zones some days of change, and the days beside them, by the hour."""
        for name in ALL_ZONES:
            moved = changes(name)
            days = {
                at.astimezone(ZoneInfo(name)).date() + timedelta(days=beside)
                for at in moved[:: max(1, len(moved) // 3)]
                for beside in (-1, 0, 1)
            }
            for day in days:
                cells = Cells([f"{day}T{hour:02}:15:00" for hour in range(24)])
                column = time_column(ZoneInfo(name))

                assert plain(column(cells)) == one_by_one(column, cells), (name, day)

    def test_takes_instants_as_they_are(self) -> None:
        cells = Cells([1_000_000, 5], Form.INSTANT)

        assert list(time_column(None)(cells)) == [1_000_000, 5]

    def test_knows_the_first_instant_and_none(self) -> None:
        """Zero is an instant, None is not."""
        cells = Cells([0, None, 7], Form.INSTANT)

        assert list(time_column(None)(cells)) == [0, None, 7]

    def test_reads_objects_one_by_one(self) -> None:
        """Of two equal datetimes, the second may be an hour later."""
        first = datetime(2026, 10, 25, 2, 30, tzinfo=ZoneInfo("Europe/Berlin"))
        second = first.replace(fold=1)

        found = time_column(None)(Cells([first, second], Form.OBJECTS))

        assert list(found) == [to_micros(first), to_micros(first) + 3_600_000_000]

    def test_leaves_other_spellings_to_the_slow_way(self) -> None:
        column = TimeReader(lambda cell: 7, ZoneInfo("UTC"), iso=False)

        assert list(column(Cells(["2026-03-01T09:30"]))) == [7]

    def test_knows_an_hour_that_never_was(self) -> None:
        """In Berlin, 02:00 on 29 March 2026 became 03:00; on the other days nothing happened."""
        texts = ["2026-03-28T02:30:00", "2026-03-29T02:30:00", "2026-03-30T02:30:00"]

        before, refused, after = time_column(ZoneInfo("Europe/Berlin"))(Cells(texts))

        assert before == to_micros(datetime(2026, 3, 28, 1, 30, tzinfo=UTC))
        assert isinstance(refused, Refusal)
        assert after == to_micros(datetime(2026, 3, 30, 0, 30, tzinfo=UTC))


class TestMoneyColumn:
    def test_reads_one_currency(self) -> None:
        column = MoneyReader(ORDERS.column("amount"))

        assert column(Cells(["19.99", "5", "1e1"]), "EUR") == [1999, 500, 1000]

    def test_reads_one_currency_told_in_every_row(self) -> None:
        column = MoneyReader(ORDERS.column("amount"))

        assert column(Cells(["19.99", "5"]), ["EUR", "EUR"]) == [1999, 500]

    def test_reads_each_amount_in_its_own_currency(self) -> None:
        column = MoneyReader(ORDERS.column("amount"))

        found = column(Cells(["500", "500", "1.005"]), ["EUR", "JPY", "KWD"])

        assert found == [50_000, 500, 1005]

    def test_leaves_an_amount_alone_whose_currency_was_refused(self) -> None:
        column = MoneyReader(ORDERS.column("amount"))

        assert column(Cells(["5"]), [Refusal("Euro", "no")]) == [None]
        assert not column.has_refused

    @pytest.mark.parametrize("cell", ["", None, "free", "1.999"])
    def test_refuses_what_is_no_amount(self, cell: object) -> None:
        column = MoneyReader(ORDERS.column("amount"))

        (refusal,) = column(Cells([cell]), "EUR")

        assert isinstance(refusal, Refusal)
        assert column.has_refused

    def test_keeps_to_the_bounds_of_the_column(self) -> None:
        bounded = FactColumn("fee", FactType.MONEY, Text("Fee", "费用"), low=0, high=1000)
        column = MoneyReader(bounded)

        found = column(Cells(["5.00", "-1.00", Decimal(11)], Form.OBJECTS), "EUR")

        assert found[0] == 500
        assert [one.reason for one in found if isinstance(one, Refusal)] == [
            "must be at least 0",
            "must be at most 1000",
        ]

    def test_refuses_an_amount_as_the_column_does(self) -> None:
        column = MoneyReader(ORDERS.column("amount"))
        with pytest.raises(InvalidValueError) as error:
            ORDERS.column("amount").store(None)

        (refusal,) = column(Cells([None]), "EUR")

        assert isinstance(refusal, Refusal)
        assert refusal.reason == error.value.rule
