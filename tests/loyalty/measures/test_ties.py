import math
import warnings
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest
from scipy import stats
from statsmodels.api import WLS, add_constant  # type: ignore[import-untyped]  # ships no types
from statsmodels.stats.weightstats import DescrStatsW  # type: ignore[import-untyped]  # ships no types

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

    def test_without_any_error_has_an_interval_without_width_and_says_so(self) -> None:
        frame = pd.DataFrame({"satisfaction": [0, 25, 50, 100], "loyalty": [100, 75, 50, 0]})

        with pytest.warns(AssumptionWarning, match="all 4 answers lie on one line: the interval"):
            told = satisfaction_tie(frame)

        assert (told.correlation.value, told.correlation.low, told.correlation.high) == (-1, -1, -1)
        assert (told.slope.value, told.slope.low, told.slope.high) == (-1, -1, -1)
        assert told.explain().missing == ("an interval with a width: all answers lie on one line",)

    @pytest.mark.parametrize("slope", [1e-3, 0.37, 1, -0.9])
    @pytest.mark.parametrize("weights", [None, "weight"])
    def test_without_any_error_but_that_of_floats_says_so_too(
        self, slope: float, weights: str | None
    ) -> None:
        """A line through 50.1 and 49.7, on which floats lie but nearly."""
        x = np.random.default_rng(2).uniform(1, 99, 5000)
        y = 49.7 + slope * (x - 50.1)
        frame = pd.DataFrame({"satisfaction": x, "loyalty": y, "weight": 1 + x / 7})

        with pytest.warns(AssumptionWarning, match="all 5000 answers lie on one line"):
            told = satisfaction_tie(frame, weights=weights)

        assert told.correlation.low == told.correlation.high == math.copysign(1, slope)
        assert told.slope.value == pytest.approx(slope)
        assert told.slope.high - told.slope.low == 0

    def test_with_an_error_however_small_has_a_width(self) -> None:
        """One of 5,000 answers is off the line by a tenth of a point."""
        x = np.random.default_rng(2).uniform(0, 99, 5000)
        y = x.copy()
        y[7] += 0.1

        told = satisfaction_tie(pd.DataFrame({"satisfaction": x, "loyalty": y}))

        assert told.correlation.low < told.correlation.high
        assert told.explain().missing == ()

    def test_warns_of_a_group_whose_answers_lie_on_one_line(self) -> None:
        columns = a_base(open=(30, 0.9), closed=(20, 1.0))

        with pytest.warns(AssumptionWarning, match="all 20 answers of market 'closed' lie on one"):
            told = satisfaction_tie(pd.DataFrame(columns), by="market")

        assert told["low"].to_list()[0] == told["high"].to_list()[0] == 1
        assert told["low"].to_list()[1] < told["high"].to_list()[1] < 1

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
        assert why.sentence().endswith("higher on average; more than chance: yes")
        assert why.sentence("zh").endswith("分；是否超出偶然：是")


WEIGHED: Schema = {**SCHEMA, "weight": pl.Float64}


def weighed(n: int, seed: int = 3) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return scores with a correlation of 0.6, and weights that have nothing to do with them."""
    rng = np.random.default_rng(seed)
    x, noise = rng.normal(size=(2, n))
    weights = np.exp(0.6 * rng.normal(size=n))
    return 50 + 8 * x, 50 + 8 * (0.6 * x + 0.8 * noise), weights


class TestWeights:
    @pytest.mark.parametrize("engine", ENGINES)
    def test_give_the_tie_of_statsmodels(self, engine: str) -> None:
        """Correlation and slope of weighted answers; errors with Kish's size in the place of n."""
        x, y, w = weighed(80)
        columns: Columns = {
            "market": ["A"] * 80,
            "satisfaction": x.tolist(),
            "loyalty": y.tolist(),
            "weight": w.tolist(),
        }
        frame = in_engine(engine, columns, WEIGHED)

        told = satisfaction_tie(frame, weights="weight")

        size = w.sum() ** 2 / (w**2).sum()
        r = DescrStatsW(np.column_stack([x, y]), weights=w).corrcoef[0, 1]
        line = WLS(y, add_constant(x), weights=w).fit()
        z, t = stats.norm.ppf(0.975), stats.t.ppf(0.975, size - 2)
        ends = np.tanh(np.arctanh(r) + np.array([-z, z]) / np.sqrt(size - 3))
        error = line.bse[1] * np.sqrt((80 - 2) / (size - 2))
        assert told.correlation.value == pytest.approx(r)
        assert (told.correlation.low, told.correlation.high) == pytest.approx(tuple(ends))
        assert told.slope.value == pytest.approx(line.params[1])
        assert told.slope.high == pytest.approx(line.params[1] + t * error)
        assert told.effective_n == pytest.approx(size)
        assert (told.slope.n, told.slope.method) == (80, "least squares, effective n")

    def test_change_nothing_where_all_are_equal(self) -> None:
        x, y, _ = weighed(40)
        frame = pd.DataFrame({"satisfaction": x, "loyalty": y, "weight": 0.3})

        told, plain = satisfaction_tie(frame, weights="weight"), satisfaction_tie(frame)

        assert told.effective_n == 40
        assert told.correlation.method == plain.correlation.method
        assert told.correlation.high == pytest.approx(plain.correlation.high, rel=1e-12)
        assert told.slope.low == pytest.approx(plain.slope.low, rel=1e-12)

    def test_give_intervals_that_hold_the_truth(self) -> None:
        """Of 500 samples from a base whose correlation is 0.6, 95 % are to hold it."""
        held = 0
        for seed in range(500):
            x, y, w = weighed(60, seed)
            frame = pd.DataFrame({"satisfaction": x, "loyalty": y, "weight": w})
            told = satisfaction_tie(frame, weights="weight").correlation
            held += told.low <= 0.6 <= told.high

        # Three standard errors of a share of 500 about 0.95.
        assert held / 500 == pytest.approx(0.95, abs=0.03)

    def test_of_0_are_missing(self) -> None:
        x, y, w = weighed(40)
        frame = pd.DataFrame({"satisfaction": x, "loyalty": y, "weight": w})
        more = pd.concat([frame, frame.head(5).assign(loyalty=0, weight=0.0)])

        told, without = (
            satisfaction_tie(more, weights="weight"),
            satisfaction_tie(frame, weights="weight"),
        )

        assert told.correlation.n_missing == 5
        assert told.slope.value == pytest.approx(without.slope.value)

    def test_say_where_few_of_many_weigh_anything(self) -> None:
        x, y, w = weighed(40)
        w[5:] = 1e-3
        frame = pd.DataFrame({"satisfaction": x, "loyalty": y, "weight": w, "market": "A"})

        with pytest.warns(AssumptionWarning, match="40 answers weigh as"):
            satisfaction_tie(frame, weights="weight")
        few = SmallGroupRule(suppress_below=2, flag_below=2)
        with pytest.warns(AssumptionWarning, match="40 answers of market 'A' weigh as"):
            satisfaction_tie(frame, weights="weight", by="market", rule=few)

    def test_keep_groups_back_that_weigh_as_few(self) -> None:
        x, y, w = weighed(80)
        w[40:] = [100] * 5 + [1e-6] * 35
        frame = pd.DataFrame(
            {
                "satisfaction": x,
                "loyalty": y,
                "weight": w,
                "market": ["A"] * 40 + ["B"] * 40,
            }
        )

        told = satisfaction_tie(frame, weights="weight", by="market")

        # Together they weigh as few, too: no total is told of which B could be found.
        assert told["group_size"].tolist() == ["shown", "suppressed"]

    def test_say_of_whom_nobody_weighs(self) -> None:
        x, y, w = weighed(80)
        w[40:] = 0
        frame = pd.DataFrame(
            {"satisfaction": x, "loyalty": y, "weight": w, "market": ["A"] * 40 + ["B"] * 40}
        )

        with warnings.catch_warnings():
            warnings.simplefilter("error")
            told = satisfaction_tie(frame, weights="weight", by="market")

        assert told["group_size"].tolist() == ["shown", "weightless"]

    @pytest.mark.parametrize("weight", [-1.0, None, float("inf"), 1e-200])
    def test_refuse_what_is_none(self, weight: float | None) -> None:
        x, y, w = weighed(10)
        frame = pl.DataFrame({"satisfaction": x, "loyalty": y, "weight": [weight, *w[1:].tolist()]})

        with pytest.raises(InvalidValueError, match="weight is"):
            satisfaction_tie(frame, weights="weight")

    def test_count_in_the_test_of_moderators(self) -> None:
        """Hedges and Olkin's sum of squares by hand, with Kish's sizes in the place of n."""
        x, y, w = weighed(120)
        market = np.repeat(["A", "B"], 60)
        y[60:] = 100 - y[60:]
        frame = pd.DataFrame({"satisfaction": x, "loyalty": y, "weight": w, "market": market})

        (found,) = compare_ties(frame, by="market", weights="weight")

        z, sizes = [], []
        for own in (slice(0, 60), slice(60, 120)):
            pair = np.column_stack([x[own], y[own]])
            z.append(np.arctanh(DescrStatsW(pair, weights=w[own]).corrcoef[0, 1]))
            sizes.append(w[own].sum() ** 2 / (w[own] ** 2).sum() - 3)
        middle = np.average(z, weights=sizes)
        statistic = float(np.dot(sizes, (np.array(z) - middle) ** 2))
        assert found.statistic == pytest.approx(statistic)
        assert found.p_value == pytest.approx(stats.chi2.sf(statistic, 1))


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
        assert told.explain().missing == (
            "a tie of few: too few answers, or one of the two does not vary",
            "a tie of odd: too few answers, or one of the two does not vary",
        )

    def test_judges_ties_without_any_error(self) -> None:
        frame = pd.DataFrame(
            {
                "scheme": [True] * 30 + [False] * 30,
                "satisfaction": [*range(30), *range(30)],
                "loyalty": [*range(30), *range(30)],
            }
        )

        with pytest.warns(AssumptionWarning, match="30 answers of scheme .* lie on one line"):
            (told,) = compare_ties(frame, by="scheme")

        assert told.statistic == pytest.approx(0, abs=1e-6)
        assert not told.is_significant

    def test_says_which_tie_is_tightest_by_its_size_not_its_sign(self) -> None:
        """The better they like it, the less they come: −0.99 is tighter than 0.1 or so."""
        scores = [*range(0, 90, 3)]
        frame = pd.DataFrame(
            {
                "market": ["open"] * 30 + ["closed"] * 30,
                "satisfaction": scores * 2,
                "loyalty": [*(95 - one - one % 2 for one in scores), *[40, 60, 50] * 10],
            }
        )

        (told,) = compare_ties(frame, by="market")

        assert dict(told.ties)["open"].value < -0.99
        assert (told.tightest, told.loosest) == ("open", "closed")

    def test_asserts_no_order_that_chance_may_have_made(self) -> None:
        columns = a_base(open=(60, 0.5), closed=(60, 0.49))

        why = compare_ties(pd.DataFrame(columns), by="market")[0].explain()

        assert not why.verdict
        assert str(why).startswith("by market the tie of satisfaction and loyalty is not found to")
        assert "未发现" in why.sentence("zh")

    @pytest.mark.parametrize("by", [5, None])
    def test_refuses_moderators_that_are_no_names(self, by: Any) -> None:
        with pytest.raises(InvalidValueError, match="must be the name of a column, or several"):
            compare_ties(pd.DataFrame(a_base(open=(60, 0.9))), by=by)

    def test_needs_two_groups_that_are_told(self) -> None:
        with pytest.raises(InvalidValueError, match="must have two groups at least"):
            compare_ties(pd.DataFrame(a_base(open=(60, 0.9))), by="market", rule=SmallGroupRule())

    def test_explains_itself_in_both_languages(self) -> None:
        columns = a_base(open=(200, 0.9), closed=(200, 0.1))

        why = compare_ties(pd.DataFrame(columns), by="market")[0].explain()

        assert why.verdict
        assert str(why).startswith(
            "by market the tie of satisfaction and loyalty is tightest where it is open"
        )
        assert why.sentence("zh").endswith("已按同时检验的1个调节因素校正；是否超出偶然：是")
