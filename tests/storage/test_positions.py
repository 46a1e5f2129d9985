import pytest

from crmkit.errors import InvalidValueError
from crmkit.storage import START, Position
from crmkit.storage.positions import check_given, number_of, position_of


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


class TestCheckGiven:
    @pytest.mark.parametrize(("number", "last"), [(0, 0), (1, 1), (1, 12)])
    def test_lets_pass_what_was_given(self, number: int, last: int) -> None:
        check_given(position_of(number) if number else START, last)

    @pytest.mark.parametrize(("number", "last"), [(1, 0), (13, 12), (999, 12)])
    def test_refuses_what_lies_beyond(self, number: int, last: int) -> None:
        with pytest.raises(InvalidValueError, match=f"the last was {last}; begin with"):
            check_given(position_of(number), last)
