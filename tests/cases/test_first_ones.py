"""Sentences that name the first few of many."""

from crmkit.cases.first_ones import first_few


def test_names_three_and_counts_the_rest() -> None:
    said = first_few("not told", "尚未告知", ["K-1", "K-2", "K-3", "K-4"], ["一", "二", "三", "四"])

    assert (said.en, said.zh) == ("not told: K-1, K-2, K-3 and 1 more", "尚未告知：一、二、三等4个")
