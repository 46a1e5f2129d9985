"""The review tells what plain counting tells: of the real data, and of a small made-up folder."""

import csv
import gzip
import re
from collections.abc import Callable
from contextlib import redirect_stdout
from datetime import date, datetime, timedelta
from io import StringIO
from itertools import product
from pathlib import Path
from runpy import run_path
from statistics import mean

import pytest


ROOT = Path(__file__).parents[2]
DATA = ROOT.parent / "shared" / "data"
WRITTEN = "%m/%d/%Y %H:%M"


@pytest.fixture(scope="module")
def main() -> Callable[[list[str]], None]:
    found: Callable[[list[str]], None] = run_path(str(ROOT / "examples" / "loyalty_review.py"))[
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
    if not (DATA / "surveys" / "ecsi_mobi.csv").is_file():
        pytest.skip(f"the data are not there: {DATA}")
    return tell(main, DATA)


def number_after(told: str, start: str) -> float:
    (found,) = re.findall(rf"^ *{re.escape(start)} +([\d.,]+)", told, re.MULTILINE)
    return float(found.replace(",", ""))


def rows(name: str) -> list[dict[str, str]]:
    path = DATA / "marketplace" / f"{name}.csv.gz"
    with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


class TestSurvey:
    def test_scores_what_they_say(self, told: str) -> None:
        with (DATA / "surveys" / "ecsi_mobi.csv").open(encoding="utf-8", newline="") as file:
            answers = [
                {name: int(one) for name, one in row.items()} for row in csv.DictReader(file)
            ]

        satisfied = mean((row["CUSA1"] + row["CUSA2"] + row["CUSA3"] - 3) / 27 for row in answers)
        loyal = mean((row["CUSL1"] - 1) * (row["CUSL3"] - 1) / 81 for row in answers)
        assert number_after(told, "satisfaction ") == pytest.approx(100 * satisfied, abs=0.05)
        assert number_after(told, "loyalty by intent") == pytest.approx(100 * loyal, abs=0.05)

    def test_leaves_the_last_phase_open(self, told: str) -> None:
        assert number_after(told, "Action: overcomes obstacles") == 0
        assert number_after(told, "Phase not known") > 0

    def test_says_what_may_come_before_trust(self, told: str) -> None:
        assert "stays by trust, as far as is known" in told


class TestMarketplace:
    def test_counts_who_came_back(self, told: str) -> None:
        owner = {row["customer_id"]: row["customer_unique_id"] for row in rows("customers")}
        days: dict[str, list[date]] = {}
        for row in rows("orders"):
            if row["order_status"] not in ("canceled", "unavailable"):
                on = datetime.strptime(row["order_purchase_timestamp"], WRITTEN).date()
                days.setdefault(owner[row["customer_id"]], []).append(on)
        last = max(day for own in days.values() for day in own)
        within = timedelta(days=180)
        old = [own for own in days.values() if min(own) + within <= last]
        came = [own for own in old if any(min(own) < day <= min(own) + within for day in own)]

        assert f"{len(days):,} customers." in told
        assert number_after(told, "how many come back") == pytest.approx(
            100 * len(came) / len(old), abs=0.005
        )
        assert f"Of {len(days) - len(old):,} it is too early to tell." in told
        assert number_after(told, "Not loyal: hardly buys from us") == len(old) - len(came)

    def test_keeps_the_few_back(self, told: str) -> None:
        assert re.search(r"^Truly loyal: .* too few", told, re.MULTILINE)


def write(path: Path, head: str, lines: list[str]) -> None:
    path.parent.mkdir(exist_ok=True)
    text = "\n".join([head, *lines]) + "\n"
    if path.suffix == ".gz":
        path.write_bytes(gzip.compress(text.encode()))
    else:
        path.write_text(text, encoding="utf-8")


@pytest.fixture
def made_up(tmp_path: Path) -> Path:
    """A hundred respondents, and forty customers of whom every fourth came back a month later."""
    items = [*(f"PERQ{n}" for n in range(1, 8)), "PERV1", "PERV2", "IMAG1", "CUSCO"]
    asked = [*items, "CUSA1", "CUSA2", "CUSA3", "CUSL1", "CUSL2", "CUSL3"]
    answers = [
        ",".join([str(one)] * len(items) + [str(other)] * 6)
        for one, other in product(range(1, 11), repeat=2)
    ]
    write(tmp_path / "surveys" / "ecsi_mobi.csv", ",".join(asked), answers)
    orders = [(n, f"1/{n % 28 + 1}/2018 9:05") for n in range(40)]
    orders += [(n, f"2/{n % 28 + 1}/2018 9:05") for n in range(0, 40, 4)]
    orders.append((99, "9/1/2018 9:05"))
    folder = tmp_path / "marketplace"
    write(
        folder / "customers.csv.gz",
        "customer_id,customer_unique_id",
        [f"o{place},C{who}" for place, (who, _) in enumerate(orders)],
    )
    write(
        folder / "orders.csv.gz",
        "order_id,customer_id,order_status,order_purchase_timestamp",
        [f"O{place},o{place},delivered,{at}" for place, (_, at) in enumerate(orders)],
    )
    write(
        folder / "order_payments.csv.gz",
        "order_id,payment_value",
        [f"O{place},10.5" for place in range(len(orders))],
    )
    write(
        folder / "order_reviews.csv.gz",
        "order_id,review_score",
        [f"O{place},{5 if who % 3 else 1}" for place, (who, _) in enumerate(orders)],
    )
    return tmp_path


class TestMadeUp:
    def test_tells_what_was_made_up(self, main: Callable[[list[str]], None], made_up: Path) -> None:
        told = tell(main, made_up)

        # Of forty, ten came back: the customers 0, 4, …, 36, of whom every third is unhappy.
        assert number_after(told, "how many come back") == 25
        assert number_after(told, "Not loyal: hardly buys from us") == 30
        assert "41 customers." in told
        assert "unknown to latent" in told

    def test_says_what_it_lacks(
        self, main: Callable[[list[str]], None], tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        with pytest.raises(SystemExit) as left:
            main(["--data", str(tmp_path)])

        assert left.value.code == 2
        assert "lacks surveys/ecsi_mobi.csv" in capsys.readouterr().err
