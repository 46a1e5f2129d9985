"""Severity, impact and priority: three things."""

from itertools import combinations

from crmkit.cases import Impact, Priority, Severity


class TestGravity:
    def test_is_three_things_with_no_word_in_common(self) -> None:
        """ITIL 4 keeps how grave, how many and what first apart."""
        words = [{member.value for member in kind} for kind in (Severity, Impact, Priority)]

        assert all(not one & other for one, other in combinations(words, 2))

    def test_names_rise_from_the_least_to_the_most(self) -> None:
        assert [member.label() for member in Severity] == ["Minor", "Ordinary", "Major", "Critical"]
        assert [member.value for member in Priority] == ["low", "normal", "high", "urgent"]
