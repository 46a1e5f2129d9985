"""Races: on published data, where nobody is lost, and what is refused."""

import math
import warnings
from datetime import date

import numpy as np
import pandas as pd
import pytest
from scipy.stats import t

from crmkit.errors import AssumptionWarning, InvalidValueError
from crmkit.value import (
    BGBB,
    BGNBD,
    MBGNBD,
    NBD,
    CovariateModel,
    HoldOut,
    ModelRace,
    ModelScore,
    ParetoNBD,
    RaceOrigin,
    WithCovariates,
    compare_models,
    hold_out,
    rolling_origin,
)
from crmkit.value.lifetime.rows import Floats
from tests.value.lifetime.cdnow import orders
from tests.value.lifetime.simulated import histories

from .test_outcomes import ROWS, held_out
from .worlds import day, poisson


@pytest.fixture(scope="module")
def race() -> ModelRace:
    """The CDNOW sample cut in its 39th week, and 39 weeks held out."""
    held = hold_out(
        orders(), cut=date(1997, 9, 30), until=date(1998, 6, 30), observed_from=date(1997, 1, 1)
    )
    return compare_models(held)


@pytest.fixture(scope="module")
def rolled() -> ModelRace:
    """Customers whom nobody loses, at two origins."""
    bought = poisson(np.random.default_rng(3), 400, 400, mean_gap=30)
    held = rolling_origin(bought, cuts=[day(200), day(284)], within=12)
    with warnings.catch_warnings(action="ignore", category=AssumptionWarning):
        # Where nobody is lost, nothing tells how.
        return compare_models(*held)


def nbd_before(logs: Floats) -> ModelRace:
    """NBD, each of nine log scores 0.5, before another model with these."""
    models = {NBD(1, 1, unit="W"): np.full(9, 0.5), MBGNBD(1, 1, 1, 1, unit="W"): logs}
    scores = [
        ModelScore(
            model=model, log_score=float(logs.mean()), crps=0.0, brier=0.0, expected=1.0,
            counted=1, logs=logs,
        )
        for model, logs in models.items()
    ]  # fmt: skip
    origin = RaceOrigin(
        cut=day(0), until=day(84), scores=tuple(scores), customers=9, weight=np.ones(9)
    )
    return ModelRace(origins=(origin,))


WEB = WithCovariates(buying=["web"])


def web_or_not() -> HoldOut[pd.DataFrame]:
    """Customers of whom every other one came by the web, and buys ten times as often."""
    rng = np.random.default_rng(8)
    parts = []
    for web, alpha in ((0, 20.0), (1, 2.0)):
        table, later = histories(
            "MBG/NBD", (5.0, 5 * alpha, 1.0, 5.0), np.full(300, 40.0), 26.0, rng
        )
        parts.append(table.assign(web=web, counted=later, spent=0.0))
    both = pd.concat(parts, ignore_index=True)
    return HoldOut(table=both.assign(customer_id=range(600)), cut=day(0), until=day(182), unit="W")


def mean_log_score(model: CovariateModel, held: HoldOut[pd.DataFrame]) -> float:
    """By one reading for each count there is."""
    counted, told = held.table["counted"], pd.Series(np.nan, held.table.index)
    for count in counted.unique().tolist():
        told[counted == count] = model.pmf(held.table, held.within, count)["pmf"]
    return float(-np.log(told).mean())


class TestCompareModels:
    def test_prefers_a_model_of_loss_for_the_published_sample(self, race: ModelRace) -> None:
        """Fader, Hardie and Lee (2005): both models of loss track these customers, NBD does not."""
        table = race.table.set_index("model")

        assert set(table.index) == {"MBGNBD", "BGNBD", "ParetoNBD", "NBD"}
        assert table.index[-1] == "NBD"
        assert set(table["counted"]) == {1882}
        assert (table.loc[["MBGNBD", "BGNBD", "ParetoNBD"], "error"].abs() < 0.2).all()
        assert table["error"].max() == table["error"]["NBD"] > 0.5
        for score in ("log_score", "crps", "brier"):
            assert table[score].idxmax() == "NBD"

    def test_lets_the_simple_model_win_where_nobody_is_lost(self, rolled: ModelRace) -> None:
        assert rolled.chosen is NBD
        assert str(rolled.explain()).count("the model NBD tells best") == 1

    def test_fits_what_a_fit_alone_finds(self, race: ModelRace) -> None:
        """The published parameters, Fader, Hardie and Lee (2005), table 2."""
        model = race.origins[0].score(BGNBD).model

        assert list(model.parameters.values()) == pytest.approx(
            [0.243, 4.414, 0.793, 2.426], abs=1e-3
        )

    def test_runs_a_model_once(self) -> None:
        raced = compare_models(held_out(ROWS * 9), models=[NBD, NBD], penalty=0.01)

        assert [score.name for score in raced.origins[0].scores] == ["NBD"]

    @pytest.mark.parametrize("model", [BGBB, CovariateModel])
    def test_refuses_a_model_that_is_none_of_time(self, model: type[MBGNBD]) -> None:
        with pytest.raises(
            InvalidValueError, match=f"model is {model.__name__}: it must be MBGNBD"
        ):
            compare_models(held_out(ROWS), models=[model])

    def test_fits_a_model_with_covariates_on_the_columns_of_the_hold_out(self) -> None:
        """As its own fit does, and scores what its own pmf says of every customer."""
        held = web_or_not()

        raced = compare_models(held, models=[MBGNBD, WEB], penalty=0.001).origins[0]

        alone = CovariateModel.fit(held.table, buying=["web"], unit="W", penalty=0.001)
        score = raced.score(WEB)
        assert score.model == alone
        assert (score.name, score.kind) == ("MBGNBD with web", WEB)
        assert score.log_score == pytest.approx(mean_log_score(alone, held), rel=1e-9)
        assert score.expected == pytest.approx(
            alone.expected(held.table, held.within)["expected"].sum()
        )

    def test_puts_what_is_known_of_customers_before_what_is_not(self) -> None:
        """Those of the web were made to buy ten times as often."""
        raced = compare_models(web_or_not(), models=[MBGNBD, WEB], penalty=0.001)

        assert raced.chosen == WEB
        assert raced.origins[0].lead(WEB, MBGNBD).low > 0
        assert "the model MBGNBD with web tells best" in str(raced.explain())
        assert "chosen=MBGNBD with web" in repr(raced)

    def test_gives_no_model_what_was_counted_after_the_cut(self) -> None:
        with pytest.raises(
            InvalidValueError, match="covariate is 'counted': it must be known at the cut"
        ):
            compare_models(web_or_not(), models=[WithCovariates(loss=["counted"])])

    def test_refuses_a_covariate_that_is_no_column(self) -> None:
        with pytest.raises(InvalidValueError, match="age"):
            compare_models(web_or_not(), models=[WithCovariates(buying=["age"])])

    @pytest.mark.parametrize("models", [MBGNBD, "MBGNBD"])
    def test_refuses_models_that_are_no_list(self, models: list[type[MBGNBD]]) -> None:
        with pytest.raises(InvalidValueError, match=r"MBGNBD.*: it must be a list; write models="):
            compare_models(held_out(ROWS), models=models)

    def test_refuses_no_hold_out(self) -> None:
        with pytest.raises(InvalidValueError, match="hold_outs is missing"):
            compare_models()

    def test_refuses_hold_outs_that_overlap(self) -> None:
        bought = poisson(np.random.default_rng(3), 9, 400, mean_gap=30)
        both = rolling_origin(bought, cuts=[day(200), day(230)], within=12)

        with pytest.raises(InvalidValueError, match="the end of the hold-out before"):
            compare_models(*both)


class TestLead:
    def test_is_the_paired_mean_with_its_interval(self) -> None:
        """By hand: differences of log scores, customer by customer, and their standard error."""
        held = held_out([*ROWS * 3, *ROWS[:2] * 4])
        raced = compare_models(held, models=[MBGNBD], penalty=0.01).origins[0]
        within = held.within
        differences = []
        for place, counted in enumerate(held.table["counted"].tolist()):
            one = held.table.iloc[[place]]
            told = [
                math.log(raced.score(model).model.pmf(one, within, counted)["pmf"].item())
                for model in (MBGNBD, NBD)
            ]
            differences.append(told[0] - told[1])

        lead = raced.lead(MBGNBD, NBD)

        error = np.std(differences, ddof=1) / math.sqrt(len(differences))
        assert lead.value == pytest.approx(np.mean(differences))
        reach = t.ppf(0.975, len(differences) - 1) * error
        assert lead.high - lead.value == pytest.approx(reach, rel=1e-9)
        assert lead.n == len(differences)

    def test_refuses_a_model_that_did_not_run(self, race: ModelRace) -> None:
        class Other(NBD):
            pass

        with pytest.raises(InvalidValueError, match="model is Other: it must be one of MBGNBD"):
            race.origins[0].lead(Other, NBD)

    def test_is_finite_however_unlikely_a_count_was_held(self) -> None:
        """9,000 purchases of one who had none: a chance that leaves the floats."""
        raced = compare_models(held_out([*ROWS * 9, (0, 0.0, 5.0, 9_000)]), models=[], penalty=0.01)

        assert math.isfinite(raced.origins[0].score(NBD).log_score)

    @pytest.mark.parametrize("customers", [1, 3])
    def test_refuses_customers_of_whom_all_are_alike(self, customers: int) -> None:
        """Nothing tells how far the difference would go of others."""
        raced = compare_models(
            held_out([(0, 0.0, 9.0, 0)] * customers), models=[MBGNBD], penalty=1.0
        )

        with pytest.raises(InvalidValueError, match="the same of all customers: it must differ"):
            raced.origins[0].lead(MBGNBD, NBD)

    def test_refuses_what_was_held_impossible(self) -> None:
        with pytest.raises(InvalidValueError, match="log score is infinite"):
            nbd_before(np.full(9, math.inf)).origins[0].lead(NBD, MBGNBD)


class TestExplain:
    def test_says_what_was_chosen_and_what_is_missing(self, race: ModelRace) -> None:
        why = race.explain()

        assert why.verdict == race.origins[-1].scores[0].name == "MBGNBD"
        assert why.missing == ("a later hold-out, at which the choice is reported",)
        assert why.find("gain").met
        assert "MBGNBD最能预见2357位客户" in why.sentence("zh")

    def test_names_no_winner_where_nothing_tells_them_apart(self) -> None:
        """Differences of a hundredth that go either way: their mean is a ninth of that."""
        why = nbd_before(0.5 + np.array([0.01, -0.01] * 4 + [0.01])).explain()

        assert not why.find("gain").met
        assert why.find("second").value == "MBGNBD"
        assert "is not told apart from MBGNBD, 0.5011: the difference of 0.001111" in str(why)
        assert "不能与MBGNBD（0.5011）区分" in why.sentence("zh")

    @pytest.mark.parametrize(("customers", "said"), [(1, "1 customer did"), (3, "3 customers did")])
    def test_claims_nothing_of_customers_who_are_all_alike(self, customers: int, said: str) -> None:
        held = held_out([(0, 0.0, 9.0, 0)] * customers)

        why = compare_models(held, models=[MBGNBD], penalty=1.0).explain()

        assert said in str(why)
        assert "the difference is the same" in str(why)
        assert "tells best" not in str(why)
        assert not why.find("gain").met
        assert why.missing[0] == "more customers: of fewer than 30 an interval says little"
        assert "无从判断" in why.sentence("zh")

    def test_reports_nothing_sure_of_customers_who_are_all_alike(self) -> None:
        first = compare_models(held_out([*ROWS * 9]), models=[MBGNBD], penalty=0.01).origins[0]
        alike = held_out([(0, 0.0, 9.0, 0)] * 3)
        second = compare_models(alike, models=[MBGNBD], penalty=1.0).origins[0]

        (told,) = ModelRace(origins=(first, second)).reported()

        assert told.verdict is False
        assert "nothing tells how sure it is" in str(told)

    def test_says_that_a_rival_says_the_same(self) -> None:
        why = nbd_before(np.full(9, 0.5 + 1e-8)).explain()

        assert "MBGNBD foretells the same, to six decimals" in str(why)
        assert " 0 (from" not in str(why)

    def test_holds_the_simple_model_against_the_next_where_it_is_ahead(self) -> None:
        why = nbd_before(np.linspace(0.9, 1.1, 9)).explain()

        assert "the model NBD tells best" in str(why)
        assert "0.5 a customer, and MBGNBD 1, worse by 0.5 (from 0.4474" in str(why)

    def test_says_that_no_other_was_finite(self) -> None:
        why = nbd_before(np.full(9, math.inf)).explain()

        assert "the model NBD is the only one with a finite log score" in str(why)

    def test_reports_the_choice_at_the_next_origin(self, rolled: ModelRace) -> None:
        """Of the simple model, which cannot be ahead of itself, against what came next."""
        (told,) = rolled.explain().because

        first, second = rolled.origins
        chosen, rival = first.scores[0].kind, first.scores[1].kind
        assert (chosen, told.find("model").value) == (NBD, "NBD")
        assert told.find("second").value == first.scores[1].name
        assert told.find("gain").value == second.lead(chosen, rival).value
        assert told.verdict == (second.lead(chosen, rival).low > 0)
        assert rolled.explain().missing == ()

    def test_reports_nothing_of_a_race_of_one(self) -> None:
        both = rolling_origin(
            poisson(np.random.default_rng(3), 40, 400, mean_gap=30),
            cuts=[day(200), day(284)],
            within=12,
        )

        why = compare_models(*both, models=[]).explain()

        assert "of NBD the model NBD is the only one" in str(why)
        assert why.because == ()

    def test_is_none_without_an_origin(self) -> None:
        with pytest.raises(InvalidValueError, match="origins is missing"):
            ModelRace(origins=())

    def test_tells_of_itself(self, race: ModelRace) -> None:
        assert repr(race) == ("ModelRace(MBGNBD, BGNBD, ParetoNBD, NBD; origins=1, chosen=MBGNBD)")


class TestModelScore:
    def test_of_nobody_who_bought_has_no_error(self) -> None:
        quiet: HoldOut[pd.DataFrame] = held_out([(*row[:3], 0) for row in ROWS * 9])

        score = compare_models(quiet, models=[], penalty=0.01).origins[0].score(NBD)

        assert math.isnan(score.error)
        assert score.counted == 0
        assert ParetoNBD not in {
            type(one.model)
            for one in compare_models(quiet, models=[], penalty=0.01).origins[0].scores
        }
