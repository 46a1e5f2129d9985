import pytest

from crmkit.errors import InvalidValueError
from crmkit.storage import START, Position
from crmkit.storage.positions import number_of, position_of


class TestNumberOf:
    @pytest.mark.parametrize("number", [1, 12, 2**63 - 1])
    def test_reads_what_was_given(self, number: int) -> None:
        assert number_of(position_of(number)) == number

    def test_the_start_is_before_the_first(self) -> None:
        assert number_of(START) == 0

    @pytest.mark.parametrize("text", ["-1", " 1", "1.0", "x", "٣", "²", str(2**63), "9" * 5000])
    def test_refuses_what_was_never_given(self, text: str) -> None:
        with pytest.raises(InvalidValueError, match=r"begin with crmkit\.storage\.START"):
            number_of(Position(text))
