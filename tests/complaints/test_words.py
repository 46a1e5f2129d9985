"""What facts are called here."""

from crmkit.cases.recurrence_rule import _WORDS
from crmkit.complaints.words import fact_called, untold_in_words
from crmkit.sla.trade_words import FACTS


class TestFactCalled:
    def test_is_as_it_is_stored_where_there_is_no_word(self) -> None:
        assert fact_called("drum_load", "en") == "drum load"

    def test_is_the_same_in_recurrences_as_in_promises(self) -> None:
        assert {name: FACTS[name].zh for name in _WORDS if name in FACTS} == {
            name: told for name, told in _WORDS.items() if name in FACTS
        }


class TestUntoldInWords:
    def test_says_nothing_where_all_is_told(self) -> None:
        assert untold_in_words(()).zh == ""
