import gc
import math
from collections.abc import Iterator

import pytest
from hypothesis import given, strategies as st
from statsmodels.stats.multitest import (  # type: ignore[import-untyped]  # it has no stubs
    multipletests,
)

from crmkit.errors import InvalidValueError
from crmkit.stats import adjust_for_many


@pytest.fixture(scope="module", autouse=True)
def _settled() -> Iterator[None]:
    """Put what is loaded out of the collector's sight.

    Holm's of statsmodels collects garbage at every call, and looks at all modules each time: a
    third of a second.
    """
    gc.freeze()
    yield
    gc.unfreeze()


P_VALUES = st.lists(st.floats(0, 1), min_size=1, max_size=60)


class TestAdjustForMany:
    @given(P_VALUES)
    def test_is_holms_of_statsmodels(self, p_values: list[float]) -> None:
        found = adjust_for_many(p_values, method="holm")

        assert found.adjusted == pytest.approx(multipletests(p_values, method="holm")[1], abs=1e-12)

    @given(P_VALUES)
    def test_is_that_of_benjamini_and_hochberg_of_statsmodels(self, p_values: list[float]) -> None:
        found = adjust_for_many(p_values, method="benjamini-hochberg")

        expected = multipletests(p_values, method="fdr_bh")[1]
        assert found.adjusted == pytest.approx(expected, abs=1e-12)

    def test_is_that_of_a_hand_calculation(self) -> None:
        # Holm: 3 · .01, 2 · .03, 1 · .04 lifted to .06. BH: 3 · .01, min(3/2 · .03, .04), .04.
        holm = adjust_for_many([0.01, 0.04, 0.03])
        discovery = adjust_for_many([0.01, 0.04, 0.03], method="benjamini-hochberg")

        assert holm.adjusted == pytest.approx((0.03, 0.06, 0.06))
        assert discovery.adjusted == pytest.approx((0.03, 0.04, 0.04))

    def test_is_the_published_example_of_fifteen(self) -> None:
        """Benjamini and Hochberg (1995), section 3.2: four are found; Bonferroni finds three."""
        p_values = [0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459]
        p_values += [0.3240, 0.4262, 0.5719, 0.6528, 0.7590, 1.0000]

        discovery = adjust_for_many(p_values, method="benjamini-hochberg")

        assert sum(discovery.significant()) == 4
        assert sum(adjust_for_many(p_values).significant()) == 3

    @pytest.mark.parametrize(
        ("size", "method"), [(1, "holm"), (20, "holm"), (21, "benjamini-hochberg")]
    )
    def test_takes_holms_for_up_to_twenty(self, size: int, method: str) -> None:
        found = adjust_for_many([0.5] * size)

        assert (found.method, found.size) == (method, size)

    def test_does_not_count_where_there_was_no_test(self) -> None:
        found = adjust_for_many([0.04, None, math.nan, 0.01])

        assert found.adjusted == (0.04, None, None, 0.02)
        assert found.size == 2
        assert found.significant() == (True, False, False, True)
        assert found.significant(confidence=0.97) == (False, False, False, True)

    @given(st.lists(st.floats(0, 1), min_size=1, max_size=40, unique=True), st.data())
    def test_does_not_mind_the_order(self, p_values: list[float], data: st.DataObject) -> None:
        mixed = data.draw(st.permutations(p_values))

        found = dict(zip(mixed, adjust_for_many(mixed).adjusted, strict=True))

        expected = dict(zip(p_values, adjust_for_many(p_values).adjusted, strict=True))
        assert found == expected

    def test_of_none_is_none(self) -> None:
        assert adjust_for_many([]).adjusted == ()

    @pytest.mark.parametrize("wrong", [-0.1, 1.1, math.inf])
    def test_refuses_what_is_no_p_value(self, wrong: float) -> None:
        with pytest.raises(InvalidValueError, match="from 0 to 1, as in row 1"):
            adjust_for_many([0.5, wrong])

    def test_refuses_another_method(self) -> None:
        with pytest.raises(InvalidValueError, match="must be holm or benjamini-hochberg, or None"):
            adjust_for_many([0.5], method="bonferroni")  # type: ignore[arg-type]  # refused

    def test_refuses_a_confidence_that_is_no_share(self) -> None:
        with pytest.raises(InvalidValueError, match=r"write 0\.95"):
            adjust_for_many([0.5]).significant(confidence=95)
