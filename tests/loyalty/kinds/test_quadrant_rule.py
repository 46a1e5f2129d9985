import numpy as np
import pytest

from crmkit.errors import InvalidValueError
from crmkit.loyalty import MIDDLES, LoyaltyQuadrant, explain_quadrant, quadrant


class TestQuadrant:
    @pytest.mark.parametrize(
        ("attitude", "patronage", "expected"),
        [
            # The four cells of Dick and Basu (1994), figure 2; what lies on a cut is high.
            (0.8, 0.8, LoyaltyQuadrant.TRUE),
            (0.8, 0.2, LoyaltyQuadrant.LATENT),
            (0.2, 0.8, LoyaltyQuadrant.SPURIOUS),
            (0.2, 0.2, LoyaltyQuadrant.NONE),
            (0.5, 0.5, LoyaltyQuadrant.TRUE),
            (None, 0.2, LoyaltyQuadrant.UNKNOWN),
            (0.8, None, LoyaltyQuadrant.UNKNOWN),
        ],
    )
    def test_is_the_cell_of_dick_and_basu(
        self, attitude: float | None, patronage: float | None, expected: LoyaltyQuadrant
    ) -> None:
        assert quadrant(attitude, patronage, cuts=(0.5, 0.5)) is expected

    def test_takes_numbers_out_of_a_frame(self) -> None:
        cuts = (np.int64(50), np.float32(0.5))
        told = (np.int64(90), np.float64(0.1))

        why = explain_quadrant("C-7", *told, cuts=cuts)  # type: ignore[arg-type]  # numpy's

        assert quadrant(*told, cuts=cuts) is LoyaltyQuadrant.LATENT  # type: ignore[arg-type]  # numpy's
        assert why == explain_quadrant("C-7", 90, 0.1, cuts=MIDDLES)
        assert [type(one.value) for one in why.evidence[1:5]] == [int, float, int, float]

    @pytest.mark.parametrize(
        ("attitude", "cuts", "message"),
        [
            (float("nan"), (0.5, 0.5), "attitude is nan: it must be a finite number"),
            (True, (0.5, 0.5), "must be a finite number"),
            ("high", (0.5, 0.5), "must be a finite number"),
            (0.5, (0.5,), "must be two numbers"),
            (0.5, 0.5, "must be two numbers"),
            (0.5, (0.5, float("inf")), "cuts is inf"),
        ],
    )
    def test_refuses_what_is_no_number(
        self, attitude: float, cuts: tuple[float, float], message: str
    ) -> None:
        with pytest.raises(InvalidValueError, match=message):
            quadrant(attitude, 0.5, cuts=cuts)


class TestExplain:
    def test_says_it_in_both_languages(self) -> None:
        why = explain_quadrant("C-7", 90, 0.1, cuts=MIDDLES)

        assert why.verdict is LoyaltyQuadrant.LATENT
        assert (why.find("attitude").met, why.find("patronage").met) == (True, False)
        assert why.sentence("zh") == (
            "客户C-7：潜在忠诚；态度90（50起为高），重复购买0.1（0.5起为高）"
        )

    def test_says_which_axis_is_not_known(self) -> None:
        why = explain_quadrant("C-7", 90, None, cuts=MIDDLES)

        assert why.missing == ("patronage",)
        assert str(why) == (
            "customer C-7: quadrant not known; it takes: share of his purchases of the kind that "
            "he makes from us"
        )
