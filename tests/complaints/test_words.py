"""What facts are called here."""

from crmkit.complaints.words import fact_called, untold_in_words


class TestFactCalled:
    def test_is_as_it_is_stored_where_there_is_no_word(self) -> None:
        assert fact_called("drum_load", "en") == "drum load"

    def test_is_our_word_before_that_of_cases(self) -> None:
        assert fact_called("safety", "en") == "safety at stake"
        assert fact_called("cause", "zh") == "原因"


class TestUntoldInWords:
    def test_says_nothing_where_all_is_told(self) -> None:
        assert untold_in_words(()).zh == ""
