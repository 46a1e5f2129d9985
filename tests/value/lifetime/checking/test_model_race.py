"""Races: on published data, where nobody is lost, and what is refused."""

import math
import warnings
from datetime import date

import numpy as np
import pandas as pd
import pytest

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
    compare_models,
    hold_out,
    rolling_origin,
)
from crmkit.value.lifetime.rows import Floats
from tests.value.lifetime.cdnow import orders

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
        assert lead.high - lead.value == pytest.approx(1.959964 * error, rel=1e-6)
        assert lead.n == len(differences)

    def test_refuses_a_model_that_did_not_run(self, race: ModelRace) -> None:
        class Other(NBD):
            pass

        with pytest.raises(InvalidValueError, match="model is Other: it must be one of MBGNBD"):
            race.origins[0].lead(Other, NBD)

    def test_refuses_what_was_held_impossible(self) -> None:
        raced = compare_models(held_out([*ROWS * 9, (0, 0.0, 5.0, 9_000)]), models=[], penalty=0.01)

        with pytest.raises(InvalidValueError, match="log score is infinite"):
            raced.origins[0].lead(NBD, NBD)


class TestExplain:
    def test_says_what_was_chosen_and_what_is_missing(self, race: ModelRace) -> None:
        why = race.explain()

        assert why.verdict == race.chosen.__name__ == "MBGNBD"
        assert why.missing == ("a later hold-out, at which the choice is reported",)
        assert why.find("gain").met
        assert "MBGNBD最能预见2357位客户" in why.sentence("zh")

    def test_names_no_winner_where_nothing_tells_them_apart(self) -> None:
        why = nbd_before(np.full(9, 0.5)).explain()

        assert (why.find("gain").value, why.find("second").value) == (0.0, "MBGNBD")
        assert "no model is told apart from NBD" in why.sentence("en")
        assert "不能说明哪个模型与NBD有别" in why.sentence("zh")

    @pytest.mark.parametrize("score", [1.0, math.inf])
    def test_names_the_simple_model_where_it_is_clearly_ahead(self, score: float) -> None:
        why = nbd_before(np.full(9, score)).explain()

        assert "the model NBD tells best" in why.sentence("en")

    def test_reports_the_choice_at_the_next_origin(self, rolled: ModelRace) -> None:
        (told,) = rolled.explain().because

        first, second = rolled.origins
        chosen = type(first.scores[0].model)
        assert told.find("model").value == chosen.__name__
        assert told.find("gain").value == second.lead(chosen, NBD).value
        assert told.verdict == (second.lead(chosen, NBD).low > 0)
        assert rolled.explain().missing == ()

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
