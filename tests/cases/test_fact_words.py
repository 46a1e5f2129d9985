"""What facts of cases are called."""

from typing import Any

import pytest

from crmkit.cases import Case, Inquiry
from crmkit.cases.fact_words import FACTS
from crmkit.testing import NINE, a_complaint


@pytest.mark.parametrize(
    "case",
    [a_complaint(), Inquiry.open("Q-1", "ann", NINE, customer="C-7", about="Open today?")],
    ids=["complaint", "inquiry"],
)
def test_have_a_word_for_every_fact(case: Case[Any]) -> None:
    assert set(case.facts) <= set(FACTS)


def test_are_told_in_chinese() -> None:
    assert all(word("zh").isprintable() and not word("zh").isascii() for word in FACTS.values())
