"""Classes of two shops are what plain counting tells, in whole tenths of a penny."""

import csv
import gzip
import re
from collections.abc import Callable
from contextlib import redirect_stdout
from datetime import date, datetime
from fractions import Fraction
from io import StringIO
from pathlib import Path
from runpy import run_path

import pandas as pd
import pytest


ROOT = Path(__file__).parents[2]
DATA = ROOT.parent / "shared" / "data" / "orders"
FILES = (
    "online_retail.parquet",
    "cdnow_master.csv.gz",
    "cdnow_sample.csv",
    "cdnow_customers_summary.csv",
)


@pytest.fixture(scope="module")
def main() -> Callable[[list[str]], None]:
    found: Callable[[list[str]], None] = run_path(str(ROOT / "examples" / "customer_classes.py"))[
        "main"
    ]
    return found


def tell(main: Callable[[list[str]], None], folder: Path) -> str:
    with redirect_stdout(StringIO()) as out:
        main(["--data", str(folder)])
    return out.getvalue()


@pytest.fixture(scope="module")
def told(main: Callable[[list[str]], None]) -> str:
    """What it prints of the real data."""
    return tell(main, DATA)


def line(told: str, start: str) -> list[str]:
    """Return the words after a line's beginning."""
    (found,) = re.findall(rf"^{re.escape(start)}  +(.*)$", told, re.MULTILINE)
    return str(found).split()


def pounds(mills: int) -> str:
    whole = f"{mills / 1000:,.3f}"
    return whole[:-1] if whole.endswith("0") else whole


def classes_of(mills: dict[int, int]) -> dict[int, str]:
    """Value.md §4 word for word, in whole numbers: the share before each customer."""
    total = sum(amount for amount in mills.values() if amount > 0)
    before: dict[int, int] = {}
    so_far = 0
    for amount in sorted(mills.values(), reverse=True):
        before.setdefault(amount, so_far)
        so_far += amount
    found = {}
    for customer, amount in mills.items():
        a, b = (amount > 0 and 100 * before[amount] < share * total for share in (80, 95))
        found[customer] = "A" if a else "B" if b else "C"
    return found


@pytest.fixture
def made_up(tmp_path: Path) -> Path:
    """Ten lines of a gift shop, and six orders of a music shop."""
    lines = [
        ("1", "X", 10, 8.0, 1, "2011-01-03"),
        ("2", "X", 1, 15.0, 2, "2011-02-03"),
        ("3", "X", 2, 1.5, 3, "2011-12-02"),
        ("4", "X", 1, 2.0, 4, "2011-12-03"),
        ("C5", "X", -1, 2.0, 4, "2011-12-04"),
        ("C6", "X", -1, 5.0, 5, "2011-12-04"),
        ("7", "X", 3, 0.0, 1, "2011-12-05"),
        ("8", "X", 4, 2.5, None, "2011-12-06"),
        ("C9", "X", -1, 2.5, None, "2011-12-06"),
        ("A10", "B", 1, -7.05, None, "2011-12-09"),
    ]
    pd.DataFrame(
        {
            "InvoiceNo": [one[0] for one in lines],
            "StockCode": [one[1] for one in lines],
            "Quantity": [one[2] for one in lines],
            "UnitPrice": [one[3] for one in lines],
            "CustomerID": pd.Series([one[4] for one in lines], dtype="Int64"),
            "InvoiceDate": pd.to_datetime([one[5] for one in lines]),
        }
    ).to_parquet(tmp_path / FILES[0])
    with gzip.open(tmp_path / FILES[1], "wt", newline="") as packed:
        rows = [(1, 80.0), (2, 15.0), (3, 4.0), (4, 1.0)]
        csv.writer(packed).writerows(
            [("customer_id", "amount"), *((who, amount) for who, amount in rows)]
        )
    (tmp_path / FILES[2]).write_text(
        "sample_id,date,amount\n1,1997-01-01,5.00\n1,1997-01-15,5.00\n2,1997-09-23,4.00\n"
    )
    (tmp_path / FILES[3]).write_text("ID,frequency,recency,T\n1,1,2.00,38.86\n2,0,0.00,2.00\n")
    return tmp_path


class TestMadeUpData:
    def test_accounts_for_every_line(
        self, main: Callable[[list[str]], None], made_up: Path
    ) -> None:
        """By hand: 80 + 15 + 3 + 2 sold, 7 cancelled, 10 sold to nobody known, 2.50 of it back."""
        told = tell(main, made_up)

        assert line(told, "sold") == ["4", "100.00"]
        assert line(told, "cancelled") == ["2", "-7.00"]
        assert line(told, "no price") == ["1", "0.00"]
        assert line(told, "sold, anonymous") == ["1", "10.00"]
        assert line(told, "cancelled, anonymous") == ["1", "-2.50"]
        assert line(told, "bad debt, anonymous") == ["1", "-7.05"]
        assert line(told, "all") == ["10", "93.45"]

    def test_classes_and_stores(self, main: Callable[[list[str]], None], made_up: Path) -> None:
        """By hand: 80 % before the second customer, 95 % before the third, who is C like the last.

        In September there were two, of whom 84 % before the second; nothing changes but two more.
        """
        told = tell(main, made_up)

        assert line(told, "A")[:2] == ["1", "80.00"]
        assert line(told, "B")[:2] == ["1", "15.00"]
        assert line(told, "C")[:2] == ["2", "5.00"]
        assert line(told, "VIP")[0] == "1"
        assert "5 customers ordered, less what they cancelled, for £ 93.00." in told
        assert "2 took nothing in the end, or less: they are in class C." in told
        assert "2011-09-09: 2 placed" in told
        assert "2011-12-09: 2 placed" in told

    def test_holds_the_published_rfm_against_ours(
        self, main: Callable[[list[str]], None], made_up: Path
    ) -> None:
        """The second customer's T is wrong there by a week: 23 to 30 September is one."""
        told = tell(main, made_up)

        assert "Classes: A 1, B 1, C 2" in told
        assert "T of 1 of 2 are as published" in told


class TestMissingData:
    def test_is_told_with_exit_code_2(
        self,
        main: Callable[[list[str]], None],
        tmp_path: Path,
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        with pytest.raises(SystemExit) as left:
            main(["--data", str(tmp_path)])

        assert left.value.code == 2
        assert "lacks online_retail.parquet, cdnow_master.csv.gz" in capsys.readouterr().err


@pytest.fixture(scope="module")
def mills() -> pd.DataFrame:
    """Every line in whole tenths of a penny."""
    raw = pd.read_parquet(DATA / FILES[0])
    thousandths = [round(Fraction(str(price)) * 1000) for price in raw["UnitPrice"]]
    worth = [int(q) * p for q, p in zip(raw["Quantity"], thousandths, strict=True)]
    kept = raw["CustomerID"].notna() & (raw["Quantity"] > 0) & (raw["UnitPrice"] > 0)
    return pd.DataFrame(
        {"who": raw["CustomerID"], "at": raw["InvoiceDate"], "worth": worth, "kept": kept}
    )


@pytest.mark.skipif(
    not all((DATA / name).is_file() for name in FILES),
    reason="no ../shared/data/orders with both shops beside the checkout",
)
class TestRealData:
    def test_prints_the_published_numbers_beside_its_own(self, told: str) -> None:
        """The notes of the data: 397,884 lines, 4,338 customers, 8,911,407.90; the top 74.6 %."""
        pairs = {
            "lines in all": "541,909",
            "customers in all": "4,372",
            "lines without a customer": "135,080",
            "lines kept": "397,884",
            "customers kept": "4,338",
            "sales kept": "8,911,407.90",
            "share of the top 20 %, in %": "74.6",
            "orders": "69,659",
            "customers": "23,570",
            "sales": "2,500,315.63",
            "customers of the sample": "2,357",
        }
        for name, number in pairs.items():
            assert line(told, name) == [number, number], name

    def test_accounts_for_every_line_to_the_cent(self, told: str, mills: pd.DataFrame) -> None:
        """Parts sum to the whole; 9,288 lines are cancellations by the notes of the data."""
        kinds = ("sold", "cancelled", "no price")
        parts = [line(told, kind) for kind in (*kinds, *(f"{kind}, anonymous" for kind in kinds))]
        parts.append(line(told, "bad debt, anonymous"))
        counts = [int(count.replace(",", "")) for count, _ in parts]
        worth = [round(Fraction(amount.replace(",", "")) * 1000) for _, amount in parts]

        assert line(told, "all") == ["541,909", pounds(sum(mills["worth"]))]
        assert (sum(counts), sum(worth)) == (541_909, sum(mills["worth"]))
        assert counts[1] + counts[4] == 9_288
        assert parts[0][1] == pounds(sum(mills.loc[mills["kept"], "worth"]))

    def test_classes_by_the_definition(self, told: str, mills: pd.DataFrame) -> None:
        kept = mills[mills["kept"]]
        sums = kept.groupby("who")["worth"].sum()
        classes = classes_of({int(k): int(v) for k, v in sums.items()})  # type: ignore[call-overload]  # ids
        for letter in "ABC":
            own = sums[[who for who, told_letter in classes.items() if told_letter == letter]]
            assert line(told, letter)[:2] == [f"{len(own):,}", f"{own.sum() / 1000:,.2f}"]

    def test_tells_heads_by_tier(self, told: str) -> None:
        """1, 4 and 15 % of 4,338 are 43.4, 216.9 and 867.6: who begins below them is in."""
        heads = [line(told, tier)[0] for tier in ("VIP", "Major", "Ordinary", "Small")]

        assert heads == ["44", "173", "651", "3,470"]

    def test_takes_cancellations_off(self, told: str, mills: pd.DataFrame) -> None:
        known = mills[mills["who"].notna()]
        sums = known.groupby("who")["worth"].sum()
        last = known[known["at"].dt.date > date(2011, 9, 9)]["worth"].sum()

        assert f"{len(sums):,} customers ordered" in told
        assert f"for £ {pounds(int(sums.sum()))}." in told
        assert f"Of the last 91 days are £ {last / 1000:,.2f}." in told
        assert f"{(sums <= 0).sum()} took nothing in the end" in told

    def test_announces_what_changed_between_two_days(self, told: str, mills: pd.DataFrame) -> None:
        kept = mills[mills["kept"]]
        runs = []
        for last in (datetime(2011, 9, 10), datetime(2011, 12, 10)):
            sums = kept[kept["at"] < last].groupby("who")["worth"].sum()
            runs.append(classes_of({int(k): int(v) for k, v in sums.items()}))  # type: ignore[call-overload]  # ids
        before, after = runs
        raised = sum(after[who] < letter for who, letter in before.items())
        lowered = sum(after[who] > letter for who, letter in before.items())

        assert f"2011-09-09: {len(before):,} placed" in told
        placed = len(after) - len(before)
        assert f"2011-12-09: {lowered} lowered, {placed} placed, {raised} raised" in told
        in_a = [sum(letter == "A" for letter in run.values()) for run in runs]
        assert f"October {in_a[0]:,} customers were in class A,\nat the end {in_a[1]:,}." in told

    def test_agrees_with_the_published_rfm(self, told: str) -> None:
        assert "Frequency, recency and T of 2,357 of 2,357 are as published." in told
