import pytest

from crmkit.errors import InvalidValueError
from crmkit.satisfaction import LIKERT5, RECOMMEND, Metric, Scale, nps
from crmkit.stats import Histogram


class TestNetPromoter:
    def test_is_the_score_of_nps(self) -> None:
        scores = [10, 9, 8, 7, 6, 0, 10]

        found = Metric.net_promoter().estimate(Histogram.of(scores), confidence=0.9)

        assert found.to_dict() == pytest.approx(nps(scores, confidence=0.9).to_dict())

    @pytest.mark.parametrize(("score", "counts"), [(10, 1), (9, 1), (8, 0), (7, 0), (6, -1)])
    def test_counts_for_and_against(self, score: int, counts: int) -> None:
        assert Metric.net_promoter().code(score) == counts


class TestNetScore:
    def test_has_borders_of_its_own(self) -> None:
        metric = Metric.net_score(LIKERT5, counts_from=5, against_to=3)

        # Two of four for, one against.
        assert metric.estimate(Histogram.of([5, 5, 4, 3])).value == 25

    def test_refuses_borders_that_cross(self) -> None:
        with pytest.raises(InvalidValueError, match="no answer counts both ways"):
            Metric.net_score(LIKERT5, counts_from=3, against_to=3)

    def test_refuses_a_border_off_the_scale(self) -> None:
        with pytest.raises(InvalidValueError, match="counts_from is 6"):
            Metric.net_score(LIKERT5, counts_from=6, against_to=3)


class TestTopBox:
    def test_is_the_share_of_the_highest(self) -> None:
        found = Metric.top_box(LIKERT5, k=2).estimate(Histogram.of([5, 4, 3, 1]))

        assert (found.value, found.method) == (0.5, "wilson")

    @pytest.mark.parametrize("k", [0, 5, 1.5, True])
    def test_refuses_a_box_that_is_none(self, k: int) -> None:
        with pytest.raises(InvalidValueError, match="from 1 to 4; all answers together are no box"):
            Metric.top_box(LIKERT5, k=k)


class TestMean:
    def test_is_in_the_units_of_the_answers(self) -> None:
        assert Metric.mean(LIKERT5).estimate(Histogram.of([5, 4, 3])).value == 4
        assert Metric.mean().estimate(Histogram.of([72.5, 80.5])).value == 76.5


class TestEstimate:
    @pytest.mark.parametrize("score", [11, -1, 7.5])
    def test_refuses_what_is_off_the_scale(self, score: float) -> None:
        with pytest.raises(InvalidValueError, match=r"scores is .* from 0 to 10"):
            Metric.net_promoter().estimate(Histogram.of([10, score]))


class TestBirth:
    def test_refuses_another_kind(self) -> None:
        with pytest.raises(InvalidValueError, match="must be one of net, share, mean"):
            Metric(kind="median")  # type: ignore[arg-type]  # refused

    @pytest.mark.parametrize(
        ("kind", "borders"),
        [
            ("mean", {"counts_from": 5}),
            ("share", {}),
            ("share", {"counts_from": 5, "against_to": 2}),
            ("net", {"counts_from": 5}),
        ],
    )
    def test_refuses_borders_that_do_not_fit_the_kind(
        self, kind: str, borders: dict[str, float]
    ) -> None:
        with pytest.raises(InvalidValueError, match="both given of a net score"):
            Metric(kind=kind, scale=Scale(1, 5), **borders)  # type: ignore[arg-type]  # refused

    def test_knows_how_few_will_do(self) -> None:
        assert [Metric.mean().least, Metric.top_box(RECOMMEND).least] == [2, 1]
