"""The study tells what plain counting tells: fractions and decimals, none of our own code."""

import csv
import gzip
import re
from collections.abc import Callable, Iterable, Sequence
from contextlib import redirect_stdout
from datetime import datetime
from fractions import Fraction
from io import StringIO
from math import sqrt
from pathlib import Path
from runpy import run_path

import pytest
from scipy.stats import t as student, ttest_ind


ROOT = Path(__file__).parents[2]
DATA = ROOT.parent / "shared" / "data"
ITEMS = {
    "image": ["IMAG1", "IMAG2", "IMAG3", "IMAG4", "IMAG5"],
    "expectations": ["CUEX1", "CUEX2", "CUEX3"],
    "quality": ["PERQ1", "PERQ2", "PERQ3", "PERQ4", "PERQ5", "PERQ6", "PERQ7"],
    "value": ["PERV1", "PERV2"],
    "satisfaction": ["CUSA1", "CUSA2", "CUSA3"],
    "complaints": ["CUSCO"],
    "loyalty": ["CUSL1", "CUSL2", "CUSL3"],
}

Tell = Callable[[Path], str]


@pytest.fixture(scope="module")
def main() -> Callable[[list[str]], None]:
    found: Callable[[list[str]], None] = run_path(str(ROOT / "examples" / "satisfaction_study.py"))[
        "main"
    ]
    return found


@pytest.fixture
def tell(main: Callable[[list[str]], None], capsys: pytest.CaptureFixture[str]) -> Tell:
    """Run it on a folder; return what it prints."""

    def tell(folder: Path) -> str:
        main(["--data", str(folder)])
        return capsys.readouterr().out

    return tell


@pytest.fixture(scope="module")
def told(main: Callable[[list[str]], None]) -> str:
    """What it prints of the real data."""
    with redirect_stdout(StringIO()) as out:
        main(["--data", str(DATA)])
    return out.getvalue()


def mean(values: Sequence[Fraction]) -> Fraction:
    return sum(values, Fraction()) / len(values)


def interval(values: Sequence[Fraction]) -> tuple[float, float, float]:
    """Return mean and ends: Student's, of exact sums."""
    middle = mean(values)
    spread = float(sum((one - middle) ** 2 for one in values)) / (len(values) - 1)
    reach = float(student.ppf(0.975, len(values) - 1)) * sqrt(spread / len(values))
    return float(middle), float(middle) - reach, float(middle) + reach


def line(told: str, start: str) -> str:
    (found,) = re.findall(rf"^{re.escape(start)}.*$", told, re.MULTILINE)
    return str(found)


def rows(path: Path) -> list[dict[str, str]]:
    data = path.read_bytes()
    text = (gzip.decompress(data) if path.suffix == ".gz" else data).decode()
    return list(csv.DictReader(StringIO(text)))


def scores_of(folder: Path) -> dict[str, list[Fraction]]:
    """Return each respondent's score of each construct, 0 to 100."""
    answers = rows(folder / "surveys" / "ecsi_mobi.csv")
    return {
        name: [mean([Fraction(100 * (int(one[item]) - 1), 9) for item in items]) for one in answers]
        for name, items in ITEMS.items()
    }


def reviews_of(folder: Path) -> list[tuple[int, bool, datetime, str]]:
    """Return stars, whether late, when ordered and the state of every delivered order's review."""
    folder /= "marketplace"
    states = {
        one["customer_id"]: one["customer_state"] for one in rows(folder / "customers.csv.gz")
    }
    orders = {}
    for one in rows(folder / "orders.csv.gz"):
        if one["order_delivered_customer_date"]:
            came, promised, ordered = (
                datetime.strptime(one[f"order_{name}"], "%m/%d/%Y %H:%M")
                for name in (
                    "delivered_customer_date",
                    "estimated_delivery_date",
                    "purchase_timestamp",
                )
            )
            late = came.date() > promised.date()
            orders[one["order_id"]] = (late, ordered, states[one["customer_id"]])
    return [
        (int(one["review_score"]), *orders[one["order_id"]])
        for one in rows(folder / "order_reviews.csv.gz")
        if one["order_id"] in orders
    ]


def stars(values: Iterable[int]) -> list[Fraction]:
    return [Fraction(one) for one in values]


@pytest.fixture
def made_up(tmp_path: Path) -> Path:
    """Forty answers, and a review of every order: two quarters, some late, in two states."""
    for name in ("surveys", "marketplace"):
        (tmp_path / name).mkdir()
    names = [item for items in ITEMS.values() for item in items]
    with (tmp_path / "surveys" / "ecsi_mobi.csv").open("w", newline="") as file:
        # Everybody else says 7 and 9 by turns; the value is 4 and 6.
        low = set(ITEMS["value"])
        lines = [[4 + 2 * (n % 2) + 3 * (one not in low) for one in names] for n in range(40)]
        # The questions of satisfaction must not all say the same.
        for n, answers in enumerate(lines):
            answers[names.index("CUSA1")] = 6 + n % 4
        csv.writer(file).writerows([names, *lines])
    orders = [
        (f"o{n}", f"c{n}", f"{1 + n // 40 * 3}/{1 + n % 28}/2018 9:05", 20 if n % 3 else 9)
        for n in range(80)
    ]
    tables: dict[str, list[tuple[str, ...]]] = {
        "customers": [
            ("customer_id", "customer_state"),
            *((f"c{n}", "SP" if n < 75 else "AC") for n in range(80)),
        ],
        "orders": [
            (
                "order_id",
                "customer_id",
                "order_purchase_timestamp",
                "order_delivered_customer_date",
                "order_estimated_delivery_date",
            ),
            *(
                (order, who, when, f"6/{came}/2018 8:00", "6/10/2018 0:00")
                for order, who, when, came in orders
            ),
        ],
        "order_reviews": [
            ("order_id", "review_score"),
            *((f"o{n}", str((4 if n < 40 else 5) - n % 2 - (n % 3 > 0))) for n in range(80)),
        ],
    }
    for name, lines_ in tables.items():
        with gzip.open(tmp_path / "marketplace" / f"{name}.csv.gz", "wt", newline="") as packed:
            csv.writer(packed).writerows(lines_)
    return tmp_path


class TestMadeUpData:
    def test_goes_through_from_the_scores_to_the_verified_improvement(
        self, tell: Tell, made_up: Path
    ) -> None:
        """By hand: value 4 and 6 of 1 to 10, so that (33.3 + 55.6) / 2 = 44.4; the others 77.8."""
        told = tell(made_up)

        assert line(told, "value").split()[1:3] == ["2", "44.4"]
        assert line(told, "loyalty").split()[1:3] == ["3", "77.8"]
        assert line(told, "1. value").split()[2:4] == ["44.4", "35.6"]
        assert "Improvement M-1 is" in told

    def test_keeps_small_cells_back(self, tell: Tell, made_up: Path) -> None:
        """AC has five orders, so that no cell of it, and none that would tell of it, is shown."""
        told = tell(made_up)

        assert "kept back" in line(told, "AC")
        assert line(told, "SP").split()[1:] == ["..", ".."]


class TestMissingData:
    def test_is_told_with_exit_code_2(
        self, tell: Tell, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        with pytest.raises(SystemExit) as left:
            tell(tmp_path)

        assert left.value.code == 2
        assert "lacks surveys/ecsi_mobi.csv, marketplace/customers.csv.gz" in (
            capsys.readouterr().err
        )


@pytest.mark.skipif(
    not (DATA / "surveys").is_dir() or not (DATA / "marketplace").is_dir(),
    reason="no ../shared/data with surveys and marketplace beside the checkout",
)
class TestRealData:
    @pytest.mark.parametrize("name", ITEMS)
    def test_scores_a_construct_with_its_interval(self, told: str, name: str) -> None:
        value, low, high = interval(scores_of(DATA)[name])

        found = line(told, f"{name:12}  ").split()

        assert found[1:3] == [str(len(ITEMS[name])), f"{value:.1f}"]
        assert found[3:] == [f"{low:.1f}", "to", f"{high:.1f}"]

    def test_tells_the_published_index(self, told: str) -> None:
        """72.5428 by the outer weights that SmartPLS publishes; the plain mean is 71.97."""
        assert "its index is 72.54 (" in told
        assert line(told, "satisfaction  ").split()[2] == "72.0"

    def test_ranks_causes_by_importance_times_gap(self, told: str) -> None:
        """Effects counted way by way: of value v; of quality q + qv·v; and so on."""
        v, q, e, i = 0.19181566, 0.51254524, 0.06442534, 0.17883348
        quality = q + 0.55721686 * v
        expectations = e + 0.05078755 * v + 0.55724786 * quality
        image = i + 0.50470564 * expectations
        effects = {"value": v, "quality": quality, "expectations": expectations, "image": image}
        scores = {name: float(mean(scores_of(DATA)[name])) for name in effects}
        priority = {
            name: effect / sum(effects.values()) * (80 - scores[name])
            for name, effect in effects.items()
        }

        order = sorted(priority, key=lambda name: -priority[name])

        assert re.findall(r"^\d\. ([a-z]+)", told, re.MULTILINE) == order
        for place, name in enumerate(order, 1):
            found = line(told, f"{place}. {name}").split()
            assert found[4] == f"{100 * effects[name] / sum(effects.values()):.1f}%"
            assert found[5] == f"{priority[name]:.2f}"

    def test_compares_late_with_punctual_deliveries(self, told: str) -> None:
        """The notes of the data: on time 4.32, late 2.36; Welch's interval by SciPy."""
        every = reviews_of(DATA)
        late, punctual = ([one[0] for one in every if one[1] is kind] for kind in (True, False))
        gap = ttest_ind(punctual, late, equal_var=False).confidence_interval()

        for name, values in (("on time", punctual), ("late", late)):
            value, low, high = interval(stars(values))
            assert line(told, f"{name}  ").removeprefix(name).split(maxsplit=1) == [
                f"{len(values):,}",
                f"{value:.2f} ({low:.2f} to {high:.2f})",
            ]
        assert (len(punctual), len(late)) == (4522, 326)
        assert re.search(r"^late +326  2\.36 ", told, re.MULTILINE)
        assert re.search(r"^on time +4,522  4\.32 ", told, re.MULTILINE)
        assert f"reviewed 1.96 lower ({gap.low:.2f} to {gap.high:.2f}); p < 0.0001" in told

    @pytest.mark.parametrize("what", ["month", "state"])
    def test_shows_what_may_be_shown_group_by_group(self, told: str, what: str) -> None:
        every = reviews_of(DATA)
        cells: dict[str, dict[bool, list[int]]] = {}
        for score, late, ordered, state in every:
            group = f"{ordered:%Y-%m}" if what == "month" else state
            cells.setdefault(group, {True: [], False: []})[late].append(score)

        for group, kinds in cells.items():
            found = line(told, f"{group} ")
            for values in kinds.values():
                if not 0 < len(values) < 10 and all(
                    len(k) not in range(1, 10) for k in kinds.values()
                ):
                    few = "*" if len(values) < 30 else ""
                    value, low, high = interval(stars(values)) if values else (0, 0, 0)
                    shown = f"{value:.2f} ({low:.2f} to {high:.2f}) {len(values):,}{few}"
                    assert (shown if values else "none") in found
            small = [values for values in kinds.values() if 0 < len(values) < 10]
            assert found.count("kept back") == len(small)
            if small:
                # Neither is the other one told: what the group has in all would give it away.
                assert "to" not in found

    def test_verifies_the_improvement_by_the_next_quarter(self, told: str) -> None:
        every = reviews_of(DATA)
        first, second = (
            [25.0 * (one[0] - 1) for one in every if one[2].year == 2018 and one[2].month in months]
            for months in ((1, 2, 3), (4, 5, 6))
        )
        test = ttest_ind(second, first, equal_var=False)
        before, after = (sum(values) / len(values) for values in (first, second))

        assert (len(first), len(second)) == (1011, 1013)
        assert f"the gap: closed; {before:.4g} (n = 1011) became {after:.4g} (n = 1013)" in told
        low, high = test.confidence_interval()
        assert f"a difference of {after - before:.4g}, between {low:.4g} and {high:.4g}" in told
        assert test.pvalue < 0.0001
        assert "p < 0.0001 (Welch's t test)" in told
        assert "Improvement M-1 is verified (已验证)." in told
