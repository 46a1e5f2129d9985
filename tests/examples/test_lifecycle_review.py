"""The review of two shops, beside numbers worked out by hand and by plain counting."""

import gzip
import re
from collections.abc import Callable
from contextlib import redirect_stdout
from datetime import date, timedelta
from io import StringIO
from pathlib import Path
from runpy import run_path

import pandas as pd
import pytest


ROOT = Path(__file__).parents[2]
DATA = ROOT.parent / "shared" / "data" / "orders"
FILES = ("cdnow_master.csv.gz", "online_retail.parquet")
Main = Callable[[list[str]], None]


@pytest.fixture(scope="module")
def main() -> Main:
    found: Main = run_path(str(ROOT / "examples" / "lifecycle_review.py"))["main"]
    return found


def tell(main: Main, folder: Path) -> list[str]:
    """Return what it prints, one text for each shop."""
    with redirect_stdout(StringIO()) as out:
        main(["--data", str(folder)])
    first, second = re.split(r"(?m)^(?=Online Retail: )", out.getvalue())
    return [first, second]


def lines(told: str, start: str) -> list[list[str]]:
    """Return the words of all lines that begin so."""
    return [line.split() for line in told.splitlines() if line.startswith(start)]


def bought(begin: date, end: date, back: date) -> list[tuple[int, date]]:
    """Return a shop's orders: twelve who buy every four weeks, twelve who buy once at the start.

    Of these, three come back.
    """
    rows = [(who, begin) for who in range(1, 25)]
    day = begin + timedelta(days=28)
    while day <= end:
        rows += [(who, day) for who in range(1, 13)]
        day += timedelta(days=28)
    return [*rows, *((who, back) for who in (13, 14, 15))]


@pytest.fixture(scope="module")
def made_up(main: Main, tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    folder = tmp_path_factory.mktemp("orders")
    music = bought(date(1997, 1, 6), date(1998, 6, 30), date(1998, 1, 15))
    with gzip.open(folder / FILES[0], "wt") as packed:
        packed.write("customer_id,date,cds,amount\n")
        packed.writelines(f"{who},{day},1,10.00\n" for who, day in music)
    gifts = bought(date(2010, 12, 6), date(2011, 12, 9), date(2011, 10, 10))
    kept = pd.DataFrame(
        {
            "InvoiceNo": [str(number) for number in range(len(gifts))],
            "StockCode": "X",
            "Quantity": 2,
            "UnitPrice": 5.0,
            "CustomerID": pd.Series([who for who, _ in gifts], dtype="Int64"),
            "InvoiceDate": pd.to_datetime([day for _, day in gifts]),
        }
    )
    # 98 and 99 order on the first day; 99 cancels at once, 98 a part, and the rest a day later.
    noon = pd.Timestamp(2010, 12, 6, 12)
    slips = pd.DataFrame(
        [
            ("900", 74215, 99, noon),
            ("C901", -74215, 99, noon + pd.Timedelta(minutes=16)),
            ("902", 5, 98, noon),
            ("C903", -4, 98, noon + pd.Timedelta(minutes=16)),
            ("C904", -1, 98, noon + pd.Timedelta(days=1)),
        ],
        columns=["InvoiceNo", "Quantity", "CustomerID", "InvoiceDate"],
    ).assign(StockCode="X", UnitPrice=1.0)
    pd.concat([kept, slips.astype({"CustomerID": "Int64"})]).to_parquet(folder / FILES[1])
    return tell(main, folder)


@pytest.fixture(scope="module")
def told(main: Main) -> list[str]:
    """What it prints of the real data."""
    return tell(main, DATA)


class TestMadeUpData:
    def test_counts_stages_by_month(self, made_up: list[str]) -> None:
        """By hand: the fourth order makes loyal, on 31 March; 270 days after 6 January warn."""
        months = {words[0]: words[1:] for words in lines(made_up[0], "199")}

        assert months["1997-01"] == ["24", "0", "0", "0", "0", "0"]
        assert months["1997-03"] == ["12", "12", "0", "0", "0", "0"]
        assert months["1997-09"] == ["12", "12", "0", "0", "0", "0"]
        assert months["1997-10"] == ["0", "12", "12", "0", "0", "0"]
        # Three came back in January; the others are silent for 450 days from April on.
        assert months["1998-02"] == ["3", "12", "9", "0", "0", "0"]
        assert months["1998-04"] == ["3", "12", "0", "9", "0", "0"]

    def test_judges_the_warning_by_who_came_back(self, made_up: list[str]) -> None:
        assert ["at_risk", "12", "3", "25.0%"] in [
            words[:4] for words in lines(made_up[0], "at_risk")
        ]
        assert "Of 12 who were warned of, 3 came back: false alarms." in made_up[0]
        assert "Of 9 who bought no more, 9 had been warned of, or were given up." in made_up[0]
        # In the other shop nobody was silent for long by the end of August.
        assert "Of 0 who were warned of, 0 came back: false alarms." in made_up[1]

    def test_foretells_what_the_steady_ones_buy(self, made_up: list[str]) -> None:
        """By hand: on each day of the grid loyal customers buy; seven steps after 8 December."""
        (foretold,) = (words for words in lines(made_up[0], "loyal") if "to" in words[3:5])

        assert foretold[1] == "12"
        assert float(foretold[-2]) == 70

    def test_leaves_out_what_was_cancelled_on_its_own_day(self, made_up: list[str]) -> None:
        """By hand: of 24 customers and 98, who sent the rest back a day later; not of 99."""
        assert "Cancelled on their own day, and left out: 1 more." in made_up[1]
        assert "Of 25 customers, 25 may have bought before the record begins." in made_up[1]

    def test_tells_who_has_no_stage_yet(self, made_up: list[str]) -> None:
        assert "0 more began after 1998-06-22, the last day of the grid" in made_up[0]

    def test_flags_few_and_tells_the_short_record(self, made_up: list[str]) -> None:
        assert "few" in made_up[0]
        assert "The record is too short to tell what becomes of a warning" in made_up[1]


class TestMissingData:
    def test_is_told_with_exit_code_2(
        self, main: Main, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        with pytest.raises(SystemExit) as left:
            main(["--data", str(tmp_path)])

        assert left.value.code == 2
        assert "lacks cdnow_master.csv.gz, online_retail.parquet" in capsys.readouterr().err


@pytest.mark.skipif(
    not all((DATA / name).is_file() for name in FILES),
    reason="no ../shared/data/orders with both shops beside the checkout",
)
class TestRealData:
    def test_holds_everybody(self, told: list[str]) -> None:
        """By the notes of the data 23,570 customers of CDNOW, 4,338 of the gift shop.

        Of these, those count who had bought by the last day of the grid.
        """
        for text, year, everybody in ((told[0], "1998-06", 23_570), (told[1], "2011-11", 4_338)):
            (last,) = lines(text, year)
            total = sum(int(word.replace(",", "")) for word in last[1:])
            assert 0.97 * everybody < total <= everybody
        assert "CDNOW: 69,659 orders" in told[0]

    def test_tells_who_began_since_the_last_day_of_the_grid(self, told: list[str]) -> None:
        """With those who have a stage they are all whom plain counting finds to have bought."""
        bought_lines = pd.read_parquet(DATA / FILES[1])
        sold = bought_lines[
            (bought_lines["Quantity"] > 0) & (bought_lines["UnitPrice"] > 0)
        ].dropna(subset="CustomerID")
        found = re.search(r"Of ([\d,]+) customers, .*\n([\d,]+) more began after", told[1])
        assert found is not None
        counts = [int(group.replace(",", "")) for group in found.groups()]

        # Two bought nothing but what they cancelled minutes later: orders 541431 and 560651.
        assert sum(counts) == sold["CustomerID"].nunique() - 2

    def test_takes_an_order_cancelled_after_16_minutes_for_none(self, told: list[str]) -> None:
        assert "77,183.60" not in told[1]

    def test_judges_the_warning_as_plain_counting_does(self, told: list[str]) -> None:
        """One order in March and none since: warned of from silence for 270 days on."""
        orders = pd.read_csv(DATA / FILES[0])
        days, looked = pd.to_datetime(orders["date"]), pd.Timestamp("1997-12-08")
        first = orders[days <= looked].groupby("customer_id")["date"].agg(["min", "max"])
        once = first[first["min"] == first["max"]]
        silent = (looked - pd.to_datetime(once["max"])).dt.days
        # Who bought on one day only has the usual rhythm of 90 days; five times it is dormant.
        warned = set(once.index[(silent >= 270) & (silent < 450)])
        back = set(orders.loc[days > looked, "customer_id"])

        (row,) = (words for words in lines(told[0], "at_risk") if words[3].endswith("%"))
        n, came = (int(word.replace(",", "")) for word in row[1:3])

        # The others at risk bought more than once.
        assert n > len(warned) > n / 2
        assert came > len(warned & back) > came / 2
        assert f"Of {n:,} who were warned of, {came:,} came back: false alarms." in told[0]

    def test_tells_that_no_chain_without_memory_made_them(self, told: list[str]) -> None:
        for text in told:
            assert "where one was before, too: yes (p < 0.0001;" in text
            assert "the moves differ between the parts: yes (p < 0.0001;" in text

    def test_explains_who_is_at_risk_in_both_languages(self, told: list[str]) -> None:
        for text in told:
            assert 'is in the stage "customer at risk" as of' in text
            assert "处于“流失预警客户”" in text
