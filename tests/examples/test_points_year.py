"""The scheme over the orders of CDNOW, beside numbers worked out by hand and by plain counting."""

import gzip
import re
from collections.abc import Callable
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path
from runpy import run_path

import pandas as pd
import pytest


ROOT = Path(__file__).parents[2]
DATA = ROOT.parent / "shared" / "data" / "orders"
FILE = "cdnow_master.csv.gz"
Main = Callable[[list[str]], None]


@pytest.fixture(scope="module")
def main() -> Main:
    found: Main = run_path(str(ROOT / "examples" / "points_year.py"))["main"]
    return found


def tell(main: Main, folder: Path) -> str:
    with redirect_stdout(StringIO()) as out:
        main(["--data", str(folder)])
    return out.getvalue()


def numbers(told: str, start: str) -> list[float]:
    """Return the numbers of the line that begins so."""
    (line,) = (one for one in told.splitlines() if one.startswith(start))
    return [float(one.replace(",", "")) for one in re.findall(r"-?[\d,]*\.?\d+", line)]


@pytest.fixture(scope="module")
def made_up(main: Main, tmp_path_factory: pytest.TempPathFactory) -> str:
    """Of twenty customers each buys for 100.50 in January and 60 in February 1997.

    The twentieth order, of the twentieth customer's January, goes back.
    """
    folder = tmp_path_factory.mktemp("orders")
    with gzip.open(folder / FILE, "wt") as packed:
        packed.write("customer_id,date,cds,amount\n")
        packed.writelines(f"{who},1997-01-06,1,100.50\n" for who in range(1, 21))
        packed.writelines(f"{who},1997-02-03,1,60.00\n" for who in range(1, 20))
    return tell(main, folder)


class TestMadeUpData:
    def test_adds_up(self, made_up: str) -> None:
        """19 earn 160 and redeem 50 of them in February; what is left lapses by February 1998."""
        assert numbers(made_up, "earned")[:6] == [
            20 * 100 + 19 * 60,
            -100,
            19 * 50,
            19 * 110,
            0,
            0,
        ]

    def test_tells_what_is_owed_by_month(self, made_up: str) -> None:
        """By hand: 1900 points with 1909.50; T · S / (T + S), S = 1900 · 0.05 · 0.6."""
        worth = 1900 * 0.05 * 0.6
        price = 1909.50 * worth / (1909.50 + worth)

        assert numbers(made_up, "1997-01 ")[2] == pytest.approx(price, abs=0.005)
        assert numbers(made_up, "1998-06 ")[4] == 0
        assert numbers(made_up, "1998-06 ")[2] == numbers(made_up, "1998-06 ")[3]

    def test_expects_what_was_assumed_until_the_first_points_lapse(self, made_up: str) -> None:
        """All of January 1997 lapses in January 1998; 950 of 3040 are redeemed in the end."""
        assert numbers(made_up, "1997-12 ")[5] == 0.6
        assert numbers(made_up, "1998-01 ")[5] < 0.6
        assert numbers(made_up, "1998-06 ")[4] == numbers(made_up, "1998-06 ")[7]

    def test_counts_tiers(self, made_up: str) -> None:
        """All reached 100 points in 1997: silver to the end of 1998, whatever went back since."""
        for day in ("1997-06-30", "1998-06-30"):
            assert numbers(made_up, day)[3:] == [0, 20, 0]

    def test_counts_nothing_of_the_first_moment_of_the_next_month(
        self, main: Main, tmp_path: Path
    ) -> None:
        """The file has days alone: an order of 1 February stands at its first moment."""
        with gzip.open(tmp_path / FILE, "wt") as packed:
            packed.write("customer_id,date,cds,amount\n")
            packed.writelines(f"{who},1997-01-06,1,100.50\n" for who in range(1, 19))
            packed.write("1,1997-02-01,1,40.00\n")

        told = tell(main, tmp_path)

        assert numbers(told, "1997-01 ")[6] == 1800
        # 50 of 100 are redeemed with the second order, which brings 40.
        assert numbers(told, "1997-02 ")[6] == 1790

    def test_writes_a_statement(self, made_up: str) -> None:
        assert "Points of C-1, 1998-06-01 00:00 UTC to 1998-07-01 00:00 UTC" in made_up


class TestWarnings:
    def test_are_told_of_every_book_that_a_month_belies(self, main: Main, tmp_path: Path) -> None:
        """Of 150 points of January customers redeem 50 in February and 50 in March: two thirds.

        From March on the books expect 60 %, until in January 1998 the first points lapse.
        """
        with gzip.open(tmp_path / FILE, "wt") as packed:
            packed.write("customer_id,date,cds,amount\n")
            packed.writelines(f"{who},1997-01-06,1,150.50\n" for who in range(1, 20))
            for day in ("1997-02-03", "1997-03-03"):
                packed.writelines(f"{who},{day},1,10.00\n" for who in range(1, 20))

        told = tell(main, tmp_path)

        assert "In 10 of these books more points of some month had been redeemed than" in told
        assert "First in 1997-03: 1,900 of 2,850 points of 1997-01 are redeemed" in told


class TestMissingData:
    def test_is_told_with_exit_code_2(
        self, main: Main, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        with pytest.raises(SystemExit) as left:
            main(["--data", str(tmp_path)])

        assert left.value.code == 2
        assert f"lacks {FILE}" in capsys.readouterr().err


@pytest.mark.skipif(
    not (DATA / FILE).is_file(),
    reason="no ../shared/data/orders with CDNOW beside the checkout",
)
class TestRealData:
    def test_adds_up_and_counts_as_plain_counting_does(self, main: Main, tmp_path: Path) -> None:
        """Of the first two thousand customers, so that the test is quick."""
        orders = pd.read_csv(DATA / FILE)
        orders = orders[orders["customer_id"] <= 2000].reset_index(drop=True)
        orders.to_csv(tmp_path / FILE, index=False)

        told = tell(main, tmp_path)

        earned, adjusted, redeemed, expired, balance, debt = numbers(told, "earned")
        assert earned == (orders["amount"] + 1e-9).astype(int).sum()
        assert earned + adjusted == redeemed + expired + balance
        returned = orders[(orders.index + 1) % 20 == 0]
        back = returned[returned["date"] < "1998-06-21"]["amount"]
        # What went back was taken, is owed, or had lapsed: within 90 days nothing has.
        assert -adjusted + debt == (back + 1e-9).astype(int).sum()
        (deferred,) = numbers(told, "1998-06 ")[4:5]
        assert 0 < deferred < numbers(told, "1998-06 ")[2]
