"""The first command of the README, and what it prints."""

import runpy
from decimal import Decimal
from pathlib import Path

import pytest


EXAMPLES = Path(__file__).parents[2] / "examples"


@pytest.fixture(scope="module")
def printed() -> str:
    with pytest.MonkeyPatch.context() as patch:
        lines: list[str] = []
        patch.setattr("builtins.print", lambda *words: lines.append(" ".join(map(str, words))))
        runpy.run_path(str(EXAMPLES / "quickstart.py"), run_name="__main__")
    return "\n".join(lines)


def real_orders() -> list[tuple[str, Decimal]]:
    """Return customer and amount of each order, read without crmkit."""
    text = (EXAMPLES / "data" / "CDNOW_sample.txt").read_text(encoding="ascii")
    rows = [line.split() for line in text.splitlines()]
    return [(row[1], Decimal(row[4])) for row in rows]


def test_brings_in_every_real_row_and_refuses_the_bad_ones(printed: str) -> None:
    """The sample has 6,919 orders of 2,357 customers (Fader and Hardie)."""
    assert len(real_orders()) == 6919

    assert "2,357 stored, 0 refused" in printed
    assert "6,919 stored, 3 refused" in printed
    for reason in ("'1997-02-30'", "'free'", "customer_id (column 'customer') is ''"):
        assert reason in printed


def test_classes_the_customers_as_counted_by_hand(printed: str) -> None:
    """The class of the share before each customer, in cents, by sorting and adding."""
    sums: dict[str, Decimal] = {}
    for customer, amount in real_orders():
        sums[customer] = sums.get(customer, Decimal()) + amount
    total, before, heads = sum(sums.values()), Decimal(), {"A": 0, "B": 0, "C": 0}
    for amount in sorted(set(sums.values()), reverse=True):
        equals = [one for one in sums.values() if one == amount]
        share = before / total
        letter = "C" if amount <= 0 or share >= Decimal("0.95") else "AB"[share >= Decimal("0.80")]
        heads[letter] += len(equals)
        before += sum(equals)

    for letter, count in heads.items():
        (line,) = [line for line in printed.splitlines() if line.startswith(f"{letter}  ")]
        assert line.split()[1] == str(count)


def test_says_what_is_made_up(printed: str) -> None:
    assert "made up with the fixed seed" in printed


def test_tells_the_complaint_in_both_languages(printed: str) -> None:
    assert "complaint K-1 is acknowledged and can become investigated, not closed" in printed
    assert "只能转为“已调查”" in printed
    trail = [line for line in printed.splitlines() if " by ann" in line or " by bob" in line]
    stages = [line.split()[3] for line in trail if " Jul " in line]
    assert stages == [
        "Received",
        "Acknowledged",
        "Investigated",
        "Responded",
        "Investigated",
        "Responded",
        "Closed",
    ]


def test_puts_an_old_version_back(printed: str) -> None:
    last = " ".join(printed.splitlines()[-1].split())

    assert last == "version 4 Restored by ann Chen Hong, Ohio"
