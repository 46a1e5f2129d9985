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
GROUPS = ("Captive", "Vulnerable", "Truly loyal", "Not loyal", "Group not known")
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


def surveyed() -> list[dict[str, int]]:
    with (DATA / "surveys" / "ecsi_mobi.csv").open(encoding="utf-8", newline="") as file:
        return [{name: int(one) for name, one in row.items()} for row in csv.DictReader(file)]


class TestSurvey:
    def test_scores_what_they_say(self, told: str) -> None:
        answers = surveyed()

        satisfied = mean((row["CUSA1"] + row["CUSA2"] + row["CUSA3"] - 3) / 27 for row in answers)
        loyal = mean((row["CUSL1"] - 1) * (row["CUSL3"] - 1) / 81 for row in answers)
        assert number_after(told, "satisfaction ") == pytest.approx(100 * satisfied, abs=0.05)
        assert number_after(told, "loyalty by intent") == pytest.approx(100 * loyal, abs=0.05)

    def test_leaves_the_last_phase_open(self, told: str) -> None:
        assert number_after(told, "Action loyalty") == 0
        assert number_after(told, "Phase not known") > 0

    def test_says_what_may_come_before_trust(self, told: str) -> None:
        assert "as far as is known: trust; family and friends, incentive, price and" in told

    def test_counts_who_is_satisfied_and_would_go_and_who_is_not_and_stays(self, told: str) -> None:
        answers = surveyed()
        scores = [(sum(row[f"CUSA{n}"] - 1 for n in (1, 2, 3)) / 27, row) for row in answers]
        content = [row for score, row in scores if score >= 0.75]
        gone = [row for row in content if (row["CUSL1"] - 1) * (row["CUSL3"] - 1) / 81 < 0.5]
        captive = [row for score, row in scores if score < 0.5]

        said = f"{len(content)} are satisfied with 75 points or more; {len(gone)} of them would"
        assert said in told
        assert f"\n{len(captive)} are below 50, and are its customers all the same." in told

    def test_tells_the_size_of_every_group_the_unknown_one_too(self, told: str) -> None:
        image = [sum(row[f"IMAG{n}"] - 1 for n in range(1, 6)) / 45 for row in surveyed()]
        attached = sum(one >= 0.5 for one in image)
        part = told.split("5. What does")[1].split("6. The marketplace")[0]

        unknown, free = part.split("If leaving cost them nothing")
        assert [number_after(unknown, group) for group in GROUPS] == [0, 0, 0, 0, 250]
        assert "of 250 is not known: switching_cost" in unknown
        sizes = [number_after(free, group) for group in GROUPS]
        assert sizes == [0, 250 - attached, attached, 0, 0]


class TestMarketplace:
    def test_tells_that_patronage_is_not_known(self, told: str) -> None:
        """Who came back cannot be learnt from one order in twenty."""
        owner = {row["customer_id"]: row["customer_unique_id"] for row in rows("customers")}
        placed: dict[str, list[date]] = {}
        for row in rows("orders"):
            if row["order_status"] not in ("canceled", "unavailable"):
                on = datetime.strptime(row["order_purchase_timestamp"], WRITTEN).date()
                placed.setdefault(owner[row["customer_id"]], []).append(on)
        last = max(day for own in placed.values() for day in own)
        several = sum(len(own) > 1 for own in placed.values())
        order_of = {row["order_id"]: owner[row["customer_id"]] for row in rows("orders")}
        known = {
            order_of[row["order_id"]]
            for row in rows("order_reviews")
            if datetime.strptime(row["review_creation_date"], WRITTEN).date() <= last
        }
        asked = len(known & set(placed))

        part = told.split("6. The marketplace")[1].split("7. The record shop")[0]
        assert f"{len(placed):,} customers." in part
        assert f"of {asked:,} who said anything" in part
        once = f"{len(placed) - several:,} of them stand in the file with one order, {several} with"
        assert once in part
        assert [number_after(part, group) for group in GROUPS] == [0, 0, 0, 0, len(placed)]
        assert f"of {asked:,} is not known: patronage\n" in part
        assert f"of {len(placed) - asked:,} is not known: patronage; attitude\n" in part


class TestManual:
    def test_says_what_the_example_tells(self, told: str) -> None:
        page = (ROOT / "docs" / "explanation" / "loyalty.md").read_text(encoding="utf-8")
        market = told.split("6. The marketplace")[1]
        free = told.split("If leaving cost them nothing")[1].split("6. The marketplace")[0]
        content, unmoved = re.findall(r"(\d+) are satisfied .*; (\d+) of them", told)[0]
        (below,) = re.findall(r"(\d+) are below 50", told)
        said = market.split("interval:\n")[1].split()[0]
        (placed,) = re.findall(r"^([\d,]+) customers\. What", market, re.MULTILINE)
        (once,) = re.findall(r"^([\d,]+) of them stand", market, re.MULTILINE)
        ((drawn, whole),) = re.findall(r"holds ([\d,]+) orders, drawn out of the ([\d,]+)", market)
        (shoppers,) = re.findall(r"^([\d,]+) customers, drawn with all", market, re.MULTILINE)
        ties = re.findall(r"other: ([\d.]+), between ([\d.]+) and ([\d.]+) with", told)[0]
        tie, low, high = (f"{float(one):.2f}" for one in ties)
        (asked,) = re.findall(r"\((\d+) answers\)", told)
        sizes = [number_after(free, group) for group in ("Vulnerable", "Truly loyal")]

        for sentence in (
            f"{below} score satisfaction below 50",
            f"{sizes[0]:.0f} would be vulnerable and {sizes[1]:.0f} truly loyal",
            f"{content} score satisfaction 75 or more; {unmoved} of these {content} would",
            f"{drawn} orders are at hand, drawn out of the {whole} that it published",
            f"of the {placed} customers whose orders were not cancelled {once} stand there with",
            f"What they say scores {said} of 100",
            f"Of {shoppers} customers who were drawn",
            f"Of the {asked} answers",
            f"the tie is {tie} ({low} to {high})",
            f"{number_after(told, 'customers drawn')} of a hundred came back",
            f"one would learn {number_after(told, 'orders drawn')}.",
        ):
            assert sentence in page


class TestRecordShop:
    def test_counts_who_came_back(self, told: str) -> None:
        days: dict[str, list[date]] = {}
        with (DATA / "orders" / "cdnow_sample.csv").open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                days.setdefault(row["sample_id"], []).append(date.fromisoformat(row["date"]))
        within = timedelta(days=180)
        came = [
            own for own in days.values() if any(min(own) < day <= min(own) + within for day in own)
        ]

        share = 100 * len(came) / len(days)
        assert number_after(told, "customers drawn") == pytest.approx(share, abs=0.05)
        assert number_after(told, "orders drawn") < share / 2
        early = [own for own in days.values() if min(own) + within > date(1997, 8, 15)]
        moved = number_after(told, "early to yes") + number_after(told, "early to no")
        assert moved == len(early)


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
    items = [f"PERQ{n}" for n in range(1, 8)] + [f"IMAG{n}" for n in range(1, 6)]
    items += ["PERV1", "PERV2", "CUSCO"]
    asked = [*items, "CUSA1", "CUSA2", "CUSA3", "CUSL1", "CUSL2", "CUSL3"]
    answers = [
        ",".join([str(one)] * len(items) + [str(other)] * 6)
        for one, other in product(range(1, 11), repeat=2)
    ]
    write(tmp_path / "surveys" / "ecsi_mobi.csv", ",".join(asked), answers)
    orders = [(n, f"1/{n % 28 + 1}/2018 9:05") for n in range(40)]
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
        "order_id,review_score,review_creation_date",
        [
            f"O{place},{5 if who % 3 else 1},{'9/2' if who == 5 else '2/28'}/2018 0:00"
            for place, (who, _) in enumerate(orders)
        ],
    )
    days = [(n, f"1997-01-{n % 28 + 1:02}") for n in range(40)]
    days += [(n, f"1997-02-{n % 28 + 1:02}") for n in range(0, 40, 4)]
    write(
        tmp_path / "orders" / "cdnow_sample.csv",
        "master_id,sample_id,date,cds,amount",
        [f"{who},{who},{on},1,9.99" for who, on in [*days, (99, "1998-06-30")]],
    )
    return tmp_path


class TestMadeUp:
    def test_tells_what_was_made_up(self, main: Callable[[list[str]], None], made_up: Path) -> None:
        told = tell(main, made_up)

        # Of forty, ten came back, and of one it is too early to tell.
        assert number_after(told, "customers drawn") == 25
        assert "early to no" not in told
        # Every third of 0, 3, …, 39 and 99 is unhappy; the review of customer 5 came too late.
        attitude = 100 * (40 - 15) / 40
        part = told.split("6. The marketplace")[1]
        assert f"{attitude:.1f} (" in part
        assert "of 40 who said anything" in part
        assert "of 1 is not known: patronage; attitude" in part

    def test_says_what_it_lacks(
        self, main: Callable[[list[str]], None], tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        with pytest.raises(SystemExit) as left:
            main(["--data", str(tmp_path)])

        assert left.value.code == 2
        assert "lacks surveys/ecsi_mobi.csv" in capsys.readouterr().err
