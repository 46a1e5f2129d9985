"""The quickstart tells the truth, and tells it to a stranger."""

import csv
from collections import Counter
from decimal import Decimal
from pathlib import Path
from runpy import run_path

import pytest


ROOT = Path(__file__).parents[2]
SAMPLE = ROOT / "examples" / "data" / "CDNOW_sample.txt"


@pytest.fixture(scope="module")
def told() -> str:
    """What it prints."""
    with pytest.MonkeyPatch.context() as patch:
        lines: list[str] = []
        patch.setattr("builtins.print", lambda text="": lines.append(str(text)))
        run_path(str(ROOT / "examples" / "quickstart.py"))["main"]()
    return "\n".join(lines)


@pytest.fixture(scope="module")
def sample() -> list[list[str]]:
    """The orders, read without any help of ours."""
    with SAMPLE.open(newline="") as file:
        return [row for row in csv.reader(file, delimiter=" ", skipinitialspace=True) if row]


def spent(sample: list[list[str]]) -> dict[str, Decimal]:
    total: dict[str, Decimal] = {}
    for _, customer, _, _, dollars in sample:
        total[customer] = total.get(customer, Decimal(0)) + Decimal(dollars)
    return total


class TestSample:
    def test_is_that_of_the_literature(self, sample: list[list[str]]) -> None:
        """Fader and Hardie's tenth of the cohort: 2,357 customers, 6,919 orders."""
        assert len(sample) == 6919
        assert {int(customer) for _, customer, *_ in sample} == set(range(1, 2358))


class TestQuickstart:
    def test_brings_every_customer_and_order_in(self, told: str) -> None:
        assert "customers: 2,357 rows read: 2,357 stored, 0 refused" in told
        assert "orders:    6,922 rows read: 6,919 stored, 3 refused" in told

    def test_shows_the_rows_that_were_refused(self, told: str) -> None:
        assert "row 6920: ordered_at (column 'day') is '19970230'" in told
        assert "row 6921: amount (column 'dollars') is 'free'" in told
        assert "row 6922: customer_id (column 'customer') is ''" in told

    def test_classes_by_sales(self, told: str, sample: list[list[str]]) -> None:
        """Counted by hand: A while those before made less than 80 %, B until 95 %."""
        total, before = sum(spent(sample).values()), Decimal(0)
        heads: Counter[str] = Counter()
        sales: Counter[str] = Counter()
        amounts = sorted(spent(sample).values(), reverse=True)
        for place, amount in enumerate(amounts):
            if place and amount < amounts[place - 1]:
                before = sum(amounts[:place], Decimal(0))
            share = before / total
            letter = "C" if amount <= 0 or share >= Decimal("0.95") else "B"
            letter = "A" if amount > 0 and share < Decimal("0.8") else letter
            heads[letter] += 1
            sales[letter] += int(amount * 100)

        for letter in "ABC":
            (line,) = (line for line in told.splitlines() if line.startswith(f"{letter}  "))
            _, customers, _, dollars, _ = line.split()
            assert customers == f"{heads[letter]:,}"
            assert dollars == f"{Decimal(sales[letter]) / 100:,.2f}"

    def test_explains_a_class_in_both_languages(self, told: str, sample: list[list[str]]) -> None:
        assert "customer 401 is class B" in told
        assert "客户401为B类" in told
        assert f"{sum(spent(sample).values())}" in told

    def test_tells_who_comes_back(self, told: str, sample: list[list[str]]) -> None:
        days: dict[str, set[str]] = {}
        for _, customer, day, *_ in sample:
            days.setdefault(customer, set()).add(day)
        once = sum(len(one) == 1 for one in days.values())
        best = max(days, key=lambda customer: len(days[customer]))

        assert f"{once:,} of 2,357 customers never came back." in told
        assert f"\n        {int(best)}         {len(days[best]) - 1} " in told

    def test_says_that_the_answers_are_invented(self, told: str) -> None:
        assert "THESE ANSWERS ARE INVENTED" in told

    def test_tells_the_score_with_its_interval(self, told: str) -> None:
        """The score of 300 answers is a whole number of thirds of a point."""
        assert "It is 33, from 300 answers." in told
        assert "anything from 24 to 41" in told

    def test_takes_a_complaint_from_the_call_to_the_customers_word(self, told: str) -> None:
        stages = ["Received", "Acknowledged", "Investigated", "Responded", "Investigated"]
        lines = [
            line.split()[3]
            for line in told.splitlines()
            if "  by ann" in line or "  by bob" in line
        ]

        assert lines == [*stages, "Responded", "Closed"]
        assert "complaint K-1 is acknowledged and can become assessed, routed, " in told
        assert "不能转为“已结案”" in told

    def test_puts_an_earlier_version_back(self, told: str) -> None:
        assert told.rstrip().endswith("4  Restored  Chen Hong, Ohio")

    def test_fits_a_screen(self, told: str) -> None:
        assert max(map(len, told.splitlines())) <= 100
