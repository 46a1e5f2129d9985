"""Published parameters and likelihoods, recovery, and what intervals hold."""

import contextlib
import io
import math
import warnings

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings, strategies as st
from scipy.optimize import minimize

from crmkit.errors import AssumptionWarning, InvalidValueError
from crmkit.value import BGNBD, MBGNBD, LifetimeModel, ParetoNBD
from crmkit.value.lifetime.history_table import read_weighted
from crmkit.value.lifetime.maximum import maximise
from crmkit.value.lifetime.row_kinds import unique_rows
from crmkit.value.lifetime.rows import Floats, Histories, Objective, compressed, sampled

from .cdnow import ORDERS, sample
from .simulated import Law, histories


with warnings.catch_warnings():
    # The package sets an option that pandas has dropped.
    warnings.simplefilter("ignore")
    from lifetimes import (  # type: ignore[import-untyped]  # it has no stubs
        BetaGeoFitter,
        ModifiedBetaGeoFitter,
        ParetoNBDFitter,
    )
    from lifetimes.utils import ConvergenceError  # type: ignore[import-untyped]  # as above


SUMMARY = ORDERS / "cdnow_customers_summary.csv"
CDNOW = (0.243, 4.414, 0.793, 2.426)
WAYS: list[tuple[Law, type[BGNBD] | type[MBGNBD] | type[ParetoNBD], tuple[float, ...]]] = [
    ("BG/NBD", BGNBD, CDNOW),
    ("MBG/NBD", MBGNBD, (0.525, 6.183, 0.891, 1.614)),
    ("Pareto/NBD", ParetoNBD, (0.553, 10.578, 0.606, 11.669)),
]


ENDS = [(0.05, 5), (0.5, 200), (0.05, 5), (0.1, 20)]
FITTERS = {BGNBD: BetaGeoFitter, MBGNBD: ModifiedBetaGeoFitter, ParetoNBD: ParetoNBDFitter}


def parameters(model: LifetimeModel) -> list[float]:
    return list(model.parameters.values())


def by_lifetimes(
    kind: type[BGNBD] | type[MBGNBD] | type[ParetoNBD], table: pd.DataFrame
) -> float | None:
    """Return the log-likelihood of the parameters that lifetimes finds; None where it fails."""
    fitter = FITTERS[kind]()
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore")
        try:
            fitter.fit(table["frequency"], table["recency"], table["T"])
        except ConvergenceError:
            return None
    found = [float(value) for value in fitter.params_.to_numpy()]
    return kind(*found, unit="W").log_likelihood_of(table)


class TestFit:
    def test_of_bg_nbd_gives_the_published_parameters(self) -> None:
        """Fader, Hardie and Lee (2005), table 2; on exact days the likelihood is -9582.4292."""
        model = BGNBD.fit(sample())

        assert parameters(model) == pytest.approx(CDNOW, abs=1e-3)
        assert model.log_likelihood == pytest.approx(-9582.4292, abs=1e-4)
        assert model.unit == "W"

    def test_of_mbg_nbd_gives_the_published_parameters(self) -> None:
        """Batislam et al. (2007)."""
        model = MBGNBD.fit(sample())

        assert parameters(model) == pytest.approx([0.525, 6.183, 0.891, 1.614], abs=2e-3)

    def test_of_pareto_nbd_gives_the_published_parameters(self) -> None:
        """Fader, Hardie and Lee (2005), table 2."""
        model = ParetoNBD.fit(sample())

        assert parameters(model) == pytest.approx([0.553, 10.578, 0.606, 11.669], abs=5e-3)
        assert model.log_likelihood == pytest.approx(-9595.0, abs=0.05)

    @pytest.mark.skipif(not SUMMARY.exists(), reason="data beside the checkout are not there")
    def test_takes_a_unit_by_keyword(self) -> None:
        """The rounding of the published summary moves the optimum a little: -9582.4256."""
        summary = pd.read_csv(SUMMARY)

        model = BGNBD.fit(summary, unit="W")

        assert model.log_likelihood == pytest.approx(-9582.4256, abs=1e-4)

    def test_of_days_is_that_of_weeks(self) -> None:
        """The density of each purchase is seven times smaller by the day."""
        weeks = sample()
        days = weeks.assign(recency=weeks["recency"] * 7, T=weeks["T"] * 7, unit="D")

        by_day, by_week = MBGNBD.fit(days), MBGNBD.fit(weeks)

        assert by_day.alpha == pytest.approx(7 * by_week.alpha, rel=1e-6)
        assert [by_day.r, by_day.a, by_day.b] == pytest.approx(
            [by_week.r, by_week.a, by_week.b], rel=1e-6
        )
        jacobian = weeks["frequency"].sum() * math.log(7)
        assert (by_day.log_likelihood or 0) + jacobian == pytest.approx(by_week.log_likelihood)

    @pytest.mark.parametrize("kind", [BGNBD, MBGNBD, ParetoNBD])
    def test_of_unique_histories_is_that_of_every_customer(
        self, kind: type[BGNBD] | type[MBGNBD] | type[ParetoNBD]
    ) -> None:
        """The same way to the top over 2,357 rows, none of them put together."""
        rows = read_weighted(sample(), None)
        assert len(rows) == 2357
        longest = rows.age.max()

        theta, fit = maximise(
            kind.LAW.objective(rows.scaled(1 / longest)),
            kind.PARAMETERS,
            customers=2357,
            histories=2357,
            penalty=0.0,
        )

        model = kind.fit(sample())
        assert model.fitted is not None
        assert model.fitted.histories < fit.histories
        theta[list(kind.AGES)] += np.log(longest)
        assert parameters(model) == pytest.approx(np.exp(theta).tolist(), rel=1e-6)
        shift = float(rows.x.sum()) * np.log(longest)
        assert model.log_likelihood == pytest.approx(fit.log_likelihood - shift, abs=1e-8)

    def test_of_counted_histories_is_that_of_customers(self) -> None:
        table = sample()
        columns = ["frequency", "recency", "T", "unit"]
        counted = table.groupby(columns).size().rename("customers").reset_index()

        told = ParetoNBD.fit(counted, weights="customers")

        each = ParetoNBD.fit(table)
        assert parameters(told) == pytest.approx(parameters(each), rel=1e-7)
        assert told.log_likelihood == pytest.approx(each.log_likelihood)
        assert told.fitted is not None
        assert told.fitted.customers == 2357

    def test_of_so_many_histories_begins_on_some_of_them(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        whole = MBGNBD.fit(sample())
        monkeypatch.setattr("crmkit.value.lifetime.repeat_buying._MANY", 400)

        model = MBGNBD.fit(sample())

        assert parameters(model) == pytest.approx(parameters(whole), rel=1e-6)

    def test_begins_anew_where_some_of_them_tell_nothing(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("crmkit.value.lifetime.repeat_buying._MANY", 4)

        with pytest.warns(AssumptionWarning, match="the likelihood is flat"):
            model = MBGNBD.fit(sample())

        assert model.log_likelihood == pytest.approx(-9582.1, abs=0.1)

    def test_is_held_by_a_penalty(self) -> None:
        free, held = MBGNBD.fit(sample()), MBGNBD.fit(sample(), penalty=0.1)

        longest = sample()["T"].max()
        scale = np.array([1, 1 / longest, 1, 1])
        sizes = [float((np.log(parameters(model) * scale) ** 2).sum()) for model in (free, held)]
        assert sizes[1] < sizes[0]
        assert (held.log_likelihood or 0) < (free.log_likelihood or 0)

    @pytest.mark.parametrize("penalty", [-0.1, math.nan, True, "none"])
    def test_refuses_a_penalty_that_is_none(self, penalty: float) -> None:
        with pytest.raises(InvalidValueError, match="penalty is"):
            MBGNBD.fit(sample(), penalty=penalty)

    @pytest.mark.parametrize(("law", "kind", "truth"), WAYS)
    def test_recovers_what_was_simulated(
        self,
        law: Law,
        kind: type[BGNBD] | type[MBGNBD] | type[ParetoNBD],
        truth: tuple[float, ...],
    ) -> None:
        rng = np.random.default_rng(5)
        table, _ = histories(law, truth, rng.uniform(27, 39, 20_000), 1.0, rng)

        model = kind.fit(table)

        errors = model.summary["standard_error"].to_numpy()
        assert (np.abs(parameters(model) - np.array(truth)) < 4 * errors).all()
        assert (model.log_likelihood or 0) >= kind(*truth, unit="W").log_likelihood_of(table)

    @pytest.mark.parametrize("kind", [BGNBD, MBGNBD, ParetoNBD])
    def test_of_customers_who_never_came_back_is_flat(
        self, kind: type[BGNBD] | type[MBGNBD] | type[ParetoNBD]
    ) -> None:
        table = pd.DataFrame({"frequency": [0] * 9, "recency": [0.0] * 9, "T": [7.0] * 9})

        with pytest.warns(AssumptionWarning, match="the likelihood is flat in"):
            model = kind.fit(table, unit="D")

        assert model.fitted is not None
        assert model.fitted.covariance is None
        told = model.expected(table, 7)
        assert told["expected"].notna().all()
        assert told["expected_low"].isna().all()
        with pytest.raises(InvalidValueError, match="likelihood is flat in"):
            model.estimate("r")

    def test_of_newcomers_alone_is_flat(self) -> None:
        table = pd.DataFrame({"frequency": [0], "recency": [0.0], "T": [0.0]})

        with pytest.warns(AssumptionWarning, match="flat"):
            model = BGNBD.fit(table, unit="D")

        assert model.log_likelihood == pytest.approx(0)


class TestStudy:
    def test_no_fit_fails_on_a_hundred_and_twenty_parameter_sets(self) -> None:
        """As wide as the models allow, a third of each law.

        No fit is below the truth that the data were made from, or lower than that of lifetimes by a
        thousandth; each ends where the likelihood is level. Lifetimes fits each set of the first
        two laws, and every eighth of Pareto/NBD, which takes it seconds; it fails on some.
        """
        rng = np.random.default_rng(11)
        flat = failed = compared = 0
        for place in range(120):
            law, kind, _ = WAYS[place % 3]
            low, high = np.log([*ENDS[:3], (0.5, 200) if kind is ParetoNBD else ENDS[3]]).T
            truth = tuple(np.exp(rng.uniform(low, high)).tolist())
            table, _ = histories(law, truth, rng.integers(70, 700, 250) / 7, 1.0, rng)

            with warnings.catch_warnings():
                warnings.simplefilter("ignore", AssumptionWarning)
                model = kind.fit(table)

            fit = model.fitted
            assert fit is not None
            assert fit.converged
            assert fit.log_likelihood >= kind(*truth, unit="W").log_likelihood_of(table) - 1e-6
            assert np.isfinite(model.expected(table, 52.0)["expected"]).all()
            flat += bool(fit.flat)
            if kind is not ParetoNBD or place % 8 == 0:
                theirs = by_lifetimes(kind, table)
                failed += theirs is None
                compared += 1
                assert theirs is None or fit.log_likelihood >= theirs - 1e-3
        # Of 250 customers the data often do not tell: that is said, and is no failure.
        assert flat < 70
        assert failed < compared / 4

    @pytest.mark.parametrize(
        ("law", "kind", "missed"),
        [
            ("BG/NBD", BGNBD, (44,)),
            ("MBG/NBD", MBGNBD, (24, 30)),
            ("Pareto/NBD", ParetoNBD, (54, 59)),
        ],
    )
    def test_no_start_leads_higher(
        self,
        law: Law,
        kind: type[MBGNBD] | type[BGNBD] | type[ParetoNBD],
        missed: tuple[int, ...],
    ) -> None:
        """Few who buy at all: tops where all leave at once or never, buy alike, are never lost.

        Held against another way up, from eight places that chance chose; of some tables the first
        place alone is known to miss the top, by 0.07 to 1.8.
        """
        one = np.random.default_rng(4)
        for rng in (one, one, one, one, *map(np.random.default_rng, missed)):
            truth = tuple(np.exp(rng.uniform([-2, 1, -3, -3], [2, 5, 3, 3])).tolist())
            table, _ = histories(law, truth, np.round(rng.uniform(2, 20, 120)), 1.0, rng)
            rows = compressed(read_weighted(table, None))
            objective = kind.LAW.objective(rows.scaled(1 / 20))

            def loss(theta: Floats, objective: Objective = objective) -> tuple[float, Floats]:
                value, slopes = objective(theta)
                return -value, -slopes

            with warnings.catch_warnings(action="ignore", category=AssumptionWarning):
                model = kind.fit(table)

            best = min(
                minimize(loss, start, jac=True, method="L-BFGS-B", bounds=[(-14, 14)] * 4).fun
                for start in rng.uniform(-5, 5, (8, 4))
            )
            told = (model.log_likelihood or 0.0) + math.log(20) * rows.x @ rows.weight
            assert told >= -best - 1e-3

    def test_finds_the_higher_one_of_two_tops(self) -> None:
        """From r, alpha, a, b of 1 the way leads to one that is lower than the truth by 0.34."""
        rng, truth = np.random.default_rng(56), (0.17, 10.0, 0.4, 15.0)
        table, _ = histories("MBG/NBD", truth, rng.integers(70, 700, 250) / 7, 1.0, rng)

        with pytest.warns(AssumptionWarning, match="flat in a and b"):
            model = MBGNBD.fit(table)

        at_truth = MBGNBD(*truth, unit="W").log_likelihood_of(table)
        assert (model.log_likelihood or 0) == pytest.approx(at_truth + 0.2397, abs=1e-3)


class TestIntervals:
    @pytest.mark.parametrize(("law", "kind", "parameters"), WAYS[:2])
    def test_of_the_expectation_hold_it_and_of_the_count_hold_the_count(
        self,
        law: Law,
        kind: type[BGNBD] | type[MBGNBD] | type[ParetoNBD],
        parameters: tuple[float, ...],
    ) -> None:
        """2,000 customers with the CDNOW parameters, the interval of .95 asked for.

        The expectations of one sample are inside or outside nearly all together: 60 samples tell
        their coverage to some .02.
        """
        rng = np.random.default_rng(77)
        truth = kind(*parameters, unit="W")
        expectation, count = [], []
        for _ in range(60):
            table, later = histories(law, parameters, rng.integers(189, 273, 2_000) / 7, 39.0, rng)
            model = kind.fit(table)
            told = model.count_interval(model.expected(table, 39), 39)
            exact = truth.expected(table, 39)["expected"]
            inside = (told["expected_low"] <= exact) & (exact <= told["expected_high"])
            expectation.append(float(inside.mean()))
            count.append(
                float(((told["count_low"] <= later) & (later <= told["count_high"])).mean())
            )

        assert 0.92 <= np.mean(expectation) <= 0.97
        assert np.mean(count) >= 0.95

    def test_are_of_the_size_of_repeated_fits(self) -> None:
        rng = np.random.default_rng(3)
        fits = []
        for _ in range(30):
            table, _ = histories("BG/NBD", CDNOW, rng.integers(189, 273, 1_000) / 7, 1.0, rng)
            fits.append(BGNBD.fit(table))

        spread = np.std(np.log([parameters(model) for model in fits]), axis=0)

        told = np.median(
            [model.summary["standard_error"] / model.summary["value"] for model in fits], axis=0
        )
        assert told == pytest.approx(spread, rel=0.45)


class TestPublished:
    def test_expectation_of_a_customer(self) -> None:
        """Fader, Hardie and Lee, "Implementing the BG/NBD model in Excel": customer 1, 39 weeks."""
        table = pd.DataFrame({"frequency": [2], "recency": [30.43], "T": [38.86]})

        told = BGNBD(0.243, 4.414, 0.793, 2.426, unit="W").expected(table, 39)

        assert float(told["expected"][0]) == pytest.approx(1.226, abs=2e-3)

    @pytest.mark.parametrize(("row", "alive"), [((0, 0.0, 39.0), 1.0), ((1, 30.0, 39.0), None)])
    def test_one_time_buyers_are_customers_for_ever_by_bg_nbd_alone(
        self, row: tuple[float, ...], alive: float | None
    ) -> None:
        table = pd.DataFrame([row], columns=["frequency", "recency", "T"])

        told = float(BGNBD(*CDNOW, unit="W").p_alive(table)["p_alive"][0])

        assert (told == alive) is (alive is not None)
        assert float(MBGNBD(*CDNOW, unit="W").p_alive(table)["p_alive"][0]) < 1


class TestCompressed:
    @given(
        st.lists(st.tuples(st.integers(0, 3), st.sampled_from([1.0, 2.5, 3 / 7])), min_size=1),
    )
    @settings(deadline=None)
    def test_keeps_every_customer(self, told: list[tuple[int, float]]) -> None:
        x = np.array([one[0] for one in told])
        age = np.array([one[1] for one in told])
        rows = Histories(x, np.where(x > 0, age / 2, 0.0), age, np.ones(len(x)))

        found = compressed(rows)

        assert found.customers == len(told)
        assert len(found) == len(set(told))
        whole = {(a, b): told.count((a, b)) for a, b in told}
        for row in range(len(found)):
            assert whole[int(found.x[row]), float(found.age[row])] == found.weight[row]

    def test_tells_rows_of_many_columns_apart(self) -> None:
        rng = np.random.default_rng(1)
        columns = [rng.integers(0, 2**19, 500) for _ in range(4)]
        twice = [np.concatenate((column, column)) for column in columns]

        first, kind = unique_rows(*twice)

        assert len(first) == 500
        assert (kind[:500] == kind[500:]).all()

    def test_numbers_more_kinds_than_fit_beside_a_row(self) -> None:
        rng = np.random.default_rng(1)
        columns = [rng.uniform(0, 1, 40_000) for _ in range(3)]
        again = [np.concatenate((column, column[:9])) for column in columns]

        first, kind = unique_rows(*again, again[0] * 2)

        assert len(first) == 40_000
        assert (kind[-9:] == kind[:9]).all()

    def test_takes_ages_of_any_size(self) -> None:
        rng = np.random.default_rng(1)
        ages = rng.uniform(1, 1e9, 3_000)
        rows = Histories(
            rng.integers(0, 900_000, 3_000), ages / rng.uniform(1, 2, 3_000), ages, np.ones(3_000)
        )

        assert len(compressed(rows)) == 3_000

    def test_samples_by_weight(self) -> None:
        rows = Histories(
            np.array([0, 1]), np.array([0.0, 1.0]), np.array([2.0, 2.0]), np.array([900.0, 100.0])
        )

        assert sampled(rows, 10).weight.tolist() == [9, 1]
