import pytest

from crmkit.errors import InvalidValueError
from crmkit.stats import GroupSize, SmallGroupRule, guard_small_groups


SHOWN, FEW = GroupSize.SHOWN, GroupSize.FEW
GONE, WITH, EMPTY = GroupSize.SUPPRESSED, GroupSize.COMPLEMENTARY, GroupSize.EMPTY


class TestGroupSize:
    @pytest.mark.parametrize("size", GroupSize)
    def test_is_shown_kept_back_or_without_a_result(self, size: GroupSize) -> None:
        assert not (size.is_shown and size.is_kept_back)
        has_none = size in (GroupSize.EMPTY, GroupSize.ALONE, GroupSize.WEIGHTLESS)
        assert has_none == (not size.is_shown and not size.is_kept_back)

    @pytest.mark.parametrize("size", [SHOWN, FEW])
    def test_says_why_nothing_can_be_estimated(self, size: GroupSize) -> None:
        assert size.without_estimate() is GroupSize.ALONE

    @pytest.mark.parametrize("size", [GONE, WITH, EMPTY])
    def test_keeps_the_stricter_verdict(self, size: GroupSize) -> None:
        assert size.without_estimate() is size


class TestSmallGroupRule:
    def test_is_no_number(self) -> None:
        with pytest.raises(InvalidValueError, match="rule is 5: it must be a SmallGroupRule"):
            guard_small_groups([40, 50], rule=5)  # type: ignore[arg-type]  # refused

    @pytest.mark.parametrize("number", [0, 2.5, True])
    def test_refuses_what_is_no_number_of_people(self, number: int) -> None:
        with pytest.raises(InvalidValueError, match="whole number of at least 1"):
            SmallGroupRule(suppress_below=number)

    def test_refuses_a_flag_that_comes_first(self) -> None:
        with pytest.raises(InvalidValueError, match="not be below suppress_below, 10"):
            SmallGroupRule(flag_below=9)
