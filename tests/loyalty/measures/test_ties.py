import numpy as np
import pandas as pd
import polars as pl
import pytest
from scipy import stats

from crmkit.errors import AssumptionWarning, InvalidValueError
from crmkit.loyalty import compare_ties, satisfaction_tie
from crmkit.stats import SmallGroupRule
from tests.value.engines import ENGINES, Columns, Schema, in_engine, rows_of


SCHEMA: Schema = {"market": pl.String, "satisfaction": pl.Float64, "loyalty": pl.Float64}


def a_base(**sizes: tuple[int, float]) -> Columns:
    """Return answers of groups: how many, and how tight satisfaction and loyalty are tied."""
    rng = np.random.default_rng(7)
    columns: dict[str, list[object]] = {name: [] for name in SCHEMA}
    for name, (n, tight) in sizes.items():
        x = rng.uniform(20, 80, n)
        y = 50 + tight * (x - 50) + (1 - tight) * rng.uniform(-20, 20, n)
        columns["market"] += [name] * n
        columns["satisfaction"] += x.tolist()
        columns["loyalty"] += y.tolist()
    return dict(columns)


def answers_of(columns: Columns, name: str) -> tuple[list[float], list[float]]:
    rows = [
        (x, y)
        for market, x, y in zip(*columns.values(), strict=True)
        if market == name and x is not None and y is not None
    ]
    x, y = zip(*rows, strict=True)
    return list(x), list(y)


class TestSatisfactionTie:
    @pytest.mark.parametrize("engine", ENGINES)
    def test_is_that_of_scipy(self, engine: str) -> None:
        columns = a_base(open=(60, 0.6))

        told = satisfaction_tie(in_engine(engine, columns, SCHEMA), confidence=0.9)

        x, y = answers_of(columns, "open")
        pearson, line = stats.pearsonr(x, y), stats.linregress(x, y)
        low, high = pearson.confidence_interval(0.9)
        assert told.correlation.value == pytest.approx(pearson.statistic)
        assert (told.correlation.low, told.correlation.high) == pytest.approx((low, high))
        reach = stats.t.ppf(0.95, 58) * line.stderr
        assert told.slope.value == pytest.approx(line.slope)
        assert told.slope.low == pytest.approx(line.slope - reach)
        assert told.slope.n == 60

    @pytest.mark.parametrize("engine", ENGINES)
    def test_tells_groups_and_keeps_small_ones_back(self, engine: str) -> None:
        columns = a_base(open=(60, 0.9), closed=(40, 0.1), odd=(5, 0.5))

        told = rows_of(satisfaction_tie(in_engine(engine, columns, SCHEMA), by="market"))

        assert [row[0] for row in told] == ["closed", "odd", "open"]
        assert [row[-1] for row in told] == ["complementary", "suppressed", "shown"]
        x, y = answers_of(columns, "open")
        assert told[2][1] == pytest.approx(stats.pearsonr(x, y).statistic)
        assert told[2][4] == pytest.approx(stats.linregress(x, y).slope)
        assert all(value is None or value != value for row in told[:2] for value in row[1:8])

    def test_leaves_out_who_lacks_a_score_and_counts_him(self) -> None:
        frame = pd.DataFrame(
            {"satisfaction": [10, 20, 30, 40, None], "loyalty": [10, 30, 20, 40, 50]}
        )

        told = satisfaction_tie(frame)

        assert (told.correlation.n, told.correlation.n_missing) == (4, 1)

    def test_without_any_error_has_an_interval_without_width(self) -> None:
        told = satisfaction_tie(
            pd.DataFrame({"satisfaction": [0, 25, 50, 100], "loyalty": [100, 75, 50, 0]})
        )

        assert (told.correlation.value, told.correlation.low, told.correlation.high) == (-1, -1, -1)

    @pytest.mark.parametrize(
        ("satisfaction", "loyalty"),
        [
            ([1, 2, 3], [1, 2, 4]),
            ([5] * 5, [1, 2, 3, 4, 5]),
            ([1, 2, 3, 4, 5], [0.1] * 5),
            ([], []),
        ],
    )
    def test_needs_four_who_differ(self, satisfaction: list[float], loyalty: list[float]) -> None:
        frame = pd.DataFrame({"satisfaction": satisfaction, "loyalty": loyalty}, dtype=float)

        with pytest.raises(InvalidValueError, match="must be known of four at least, and vary"):
            satisfaction_tie(frame)

    def test_warns_of_a_group_that_does_not_vary(self) -> None:
        columns = a_base(open=(30, 0.9))
        columns = {
            "market": [*columns["market"], *["flat"] * 30],
            "satisfaction": [*columns["satisfaction"], *[50.0] * 30],
            "loyalty": [*columns["loyalty"], *range(30)],
        }

        with pytest.warns(AssumptionWarning, match="of market 'flat' satisfaction or loyalty"):
            told = satisfaction_tie(pd.DataFrame(columns), by="market")

        assert told["correlation"].isna().to_list() == [True, False]
        assert told["group_size"].to_list() == ["shown", "shown"]

    def test_refuses_what_is_off_the_scale(self) -> None:
        frame = pd.DataFrame({"satisfaction": [101.0], "loyalty": [1.0]})

        with pytest.raises(InvalidValueError, match="satisfaction is 101"):
            satisfaction_tie(frame)

    def test_explains_itself_in_both_languages(self) -> None:
        why = satisfaction_tie(pd.DataFrame(a_base(open=(60, 0.9)))).explain()

        assert why.verdict
        assert why.find("correlation").met
        assert why.sentence().endswith("points of loyalty; tied: yes")
        assert why.sentence("zh").endswith("分；是否相关：是")


class TestCompareTies:
    @pytest.mark.parametrize("engine", ENGINES)
    def test_is_fishers_test_of_two_correlations(self, engine: str) -> None:
        """Of two groups the statistic is the square of the textbook z of two correlations."""
        columns = a_base(open=(60, 0.6), closed=(45, 0.3))

        (told,) = compare_ties(in_engine(engine, columns, SCHEMA), by="market")

        z = [
            np.arctanh(stats.pearsonr(*answers_of(columns, name)).statistic)
            for name in ("open", "closed")
        ]
        statistic = (z[0] - z[1]) / np.sqrt(1 / 57 + 1 / 42)
        assert told.statistic == pytest.approx(statistic**2)
        assert told.p_value == pytest.approx(2 * stats.norm.sf(abs(statistic)))
        assert (told.freedom, told.family) == (1, 1)
        assert told.adjusted == pytest.approx(told.p_value)
        assert (told.tightest, told.loosest) == ("open", "closed")

    def test_takes_moderators_asked_together_for_one_family(self) -> None:
        columns = a_base(open=(60, 0.6), closed=(60, 0.4))
        frame = pd.DataFrame(columns).assign(scheme=[True, False] * 60)

        told = compare_ties(frame, by=["market", "scheme"])

        raw = sorted(one.p_value for one in told)
        assert sorted(one.adjusted for one in told) == pytest.approx(
            [min(2 * raw[0], 1), max(2 * raw[0], raw[1])]
        )
        assert {one.family for one in told} == {2}

    def test_leaves_out_what_is_too_small_and_names_it(self) -> None:
        columns = a_base(open=(60, 0.9), closed=(60, 0.1), odd=(12, 0.5), few=(3, 0.5))

        (told,) = compare_ties(pd.DataFrame(columns), by="market")

        assert told.left_out == ("few", "odd")
        assert [name for name, _ in told.ties] == ["closed", "open"]
        assert told.explain().missing == ("too few of few", "too few of odd")

    def test_judges_ties_without_any_error(self) -> None:
        frame = pd.DataFrame(
            {
                "scheme": [True] * 30 + [False] * 30,
                "satisfaction": [*range(30), *range(30)],
                "loyalty": [*range(30), *range(30)],
            }
        )

        (told,) = compare_ties(frame, by="scheme")

        assert told.statistic == pytest.approx(0, abs=1e-6)
        assert not told.is_significant

    def test_needs_two_groups_that_are_told(self) -> None:
        with pytest.raises(InvalidValueError, match="must have two groups at least"):
            compare_ties(pd.DataFrame(a_base(open=(60, 0.9))), by="market", rule=SmallGroupRule())

    def test_explains_itself_in_both_languages(self) -> None:
        columns = a_base(open=(200, 0.9), closed=(200, 0.1))

        why = compare_ties(pd.DataFrame(columns), by="market")[0].explain()

        assert why.verdict
        assert str(why).startswith(
            "by market the tie of satisfaction and loyalty is tightest in open"
        )
        assert why.sentence("zh").endswith("共检验1个调节因素；是否超出偶然：是")
