"""Advice for a name that nobody knows."""

from crmkit.kernel import did_you_mean


def test_names_the_nearest() -> None:
    assert did_you_mean("recieved", ["received", "closed"]) == "did you mean 'received'?"


def test_names_all_where_none_is_near() -> None:
    assert did_you_mean(7, {"b", "a"}) == "known are a, b"


def test_says_when_there_is_nothing_to_name() -> None:
    assert did_you_mean("a", ()) == "none is known"
