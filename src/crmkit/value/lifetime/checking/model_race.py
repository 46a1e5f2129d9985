"""Models raced on hold-outs by proper scores, a simple one always among them.

Law: a model is chosen at one origin and reported at the next; the score is proper, so that nobody
gains by saying what he does not hold likely; the mean absolute error is not asked, for it prefers
"nobody buys".

Source: Gneiting and Raftery (2007); Tashman (2000) for the rolling origin; NBD as the bar to clear:
our choice, after Wübben and von Wangenheim (2008), "Instant customer base analysis: managerial
heuristics often get it right", Journal of Marketing 72(3).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import date
from itertools import pairwise
from typing import TYPE_CHECKING, Final

import attrs
import numpy as np
from narwhals.stable.v2.typing import IntoFrameT
from scipy.special import ndtri

from crmkit.errors import InvalidValueError
from crmkit.kernel import Estimate, Evidence, Explanation, Rule, Text
from crmkit.kernel.estimate import check_confidence
from crmkit.kernel.frames import Words
from crmkit.value.lifetime.repeat_buying import (
    BGNBD,
    MBGNBD,
    NBD,
    ParetoNBD,
    TimedModel,
    check_timed,
)
from crmkit.value.lifetime.rows import Floats

from .hold_outs import HoldOut
from .outcomes import Outcomes


if TYPE_CHECKING:
    import pandas as pd


BASELINE: Final = NBD
_METHOD: Final = "paired normal"
_SAME: Final = 6  # decimals to which scores are told apart
_SOURCE: Final = "the least mean log score of what was held out; Gneiting and Raftery (2007)"
_CHOSEN: Final = Rule(
    code="value.lifetime_choice",
    says=Text(
        "of {models} the model {verdict} tells best what {customers} customers did from {cut} to "
        "{until}: log score {score}, the simple {baseline} {bar}, {gain} behind (from {low} to "
        "{high})",
        "在{models}中，模型{verdict}最能预见{customers}位客户自{cut}至{until}的购买：对数得分{score}，"
        "简单模型{baseline}为{bar}，落后{gain}（{low}至{high}）",
    ),
    source=_SOURCE,
)
_NONE_APART: Final = Rule(
    code="value.lifetime_choice_none_apart",
    says=Text(
        "of {models} no model is told apart from {verdict} by what {customers} customers did from "
        "{cut} to {until}: log score {score}, the next, {second}, {bar}, {gain} behind (from {low} "
        "to {high})",
        "在{models}中，{customers}位客户自{cut}至{until}的购买不能说明哪个模型与{verdict}有别：对数得分"
        "{score}，其次的{second}为{bar}，落后{gain}（{low}至{high}）",
    ),
    source=_SOURCE,
)
_REPORTED: Final = Rule(
    code="value.lifetime_choice_reported",
    says=Text(
        "chosen at {cut}, {model} was ahead of {baseline} at the next origin, {next}: {verdict} "
        "(by {gain}, from {low} to {high})",
        "于{cut}选出的{model}在下一时点{next}优于{baseline}：{verdict}（领先{gain}，{low}至{high}）",
    ),
    source="chosen at one origin, reported at the next; Tashman (2000)",
)
_LATER: Final = "a later hold-out, at which the choice is reported"


@attrs.frozen(kw_only=True, eq=False)
class ModelScore:
    """How well one model told what was held out.

    Attributes:
        model: As it was fitted on what was known at the cut.
        log_score: Mean over customers; the smaller the better, as the two that follow.
        crps: Continuous ranked probability score of the count, a mean too.
        brier: Brier score of buying at all, a mean too.
        expected: Purchases expected of all together.
        counted: Purchases that were counted.

    Examples:
        >>> from crmkit.value import NBD
        >>> score = ModelScore(
        ...     model=NBD(0.4, 12, unit="W"), log_score=0.9, crps=0.5, brier=0.14, expected=110.0,
        ...     counted=100,
        ... )
        >>> score.name, round(score.error, 3)
        ('NBD', 0.1)
    """

    model: TimedModel
    log_score: float
    crps: float
    brier: float
    expected: float
    counted: int
    _logs: Floats = attrs.field(factory=lambda: np.zeros(0), repr=False)

    @property
    def name(self) -> str:
        """The model's name."""
        return type(self.model).__name__

    @property
    def error(self) -> float:
        """What was expected too much, as a share of what was counted; NaN where nothing was."""
        return self.expected / self.counted - 1 if self.counted else math.nan


@attrs.frozen(kw_only=True, eq=False)
class RaceOrigin:
    """What all models told at one cut.

    Attributes:
        cut: The last day that they knew.
        until: The last day of which purchases were counted.
        scores: One a model, the best log score first.
        customers: How many were asked about.

    Examples:
        >>> from datetime import date
        >>> RaceOrigin(cut=date(2026, 3, 1), until=date(2026, 4, 1), scores=(), customers=0).cut
        datetime.date(2026, 3, 1)
    """

    cut: date
    until: date
    scores: tuple[ModelScore, ...]
    customers: int
    _weight: Floats = attrs.field(factory=lambda: np.zeros(0), repr=False)

    def score(self, model: type[TimedModel]) -> ModelScore:
        """Return the score of one of the models.

        Raises:
            InvalidValueError: If it was not in the race.
        """
        for score in self.scores:
            if type(score.model) is model:
                return score
        known = ", ".join(score.name for score in self.scores)
        raise InvalidValueError("model", Words(model.__name__), f"must be one of {known}")

    def lead(
        self, first: type[TimedModel], second: type[TimedModel], *, confidence: float = 0.95
    ) -> Estimate:
        """Return by how much the log score of one model is better than another's, a customer.

        The two are compared customer by customer; above 0 where the first is better.

        Raises:
            InvalidValueError: If one was not in the race, or held impossible what happened.
        """
        check_confidence(confidence)
        ours, theirs = self.score(first), self.score(second)
        if not (np.isfinite(ours._logs).all() and np.isfinite(theirs._logs).all()):
            told = Words("infinite")
            raise InvalidValueError("log score", told, "must be finite for a comparison")
        gain, n = theirs._logs - ours._logs, self.customers
        mean = float(self._weight @ gain / n)
        spread = float(self._weight @ (gain - mean) ** 2) / max(n - 1, 1)
        reach = float(ndtri(0.5 + confidence / 2)) * math.sqrt(spread / n)
        return Estimate(
            mean, mean - reach, mean + reach, confidence=confidence, n=n, n_missing=0,
            method=_METHOD,
        )  # fmt: skip


@attrs.frozen(kw_only=True, eq=False, repr=False)
class ModelRace:
    """Models beside each other at every cut.

    Attributes:
        origins: One for each hold-out, the earliest first.

    Examples:
        >>> ModelRace(origins=())
        Traceback (most recent call last):
        crmkit.errors.InvalidValueError: origins is missing: it must be one at least
    """

    origins: tuple[RaceOrigin, ...]

    def __attrs_post_init__(self) -> None:
        if not self.origins:
            raise InvalidValueError("origins", Words("missing"), "must be one at least")

    @property
    def chosen(self) -> type[TimedModel]:
        """The model with the best log score at the last cut; of equal ones the simpler."""
        return type(self.origins[-1].scores[0].model)

    @property
    def table(self) -> pd.DataFrame:
        """One row for each cut and model, the best log score of a cut first.

        Columns `cut`, `until`, `model`, `customers`, `log_score`, `crps`, `brier`, `expected`,
        `counted`, `error`.
        """
        # Loaded here, for a race does not need it.
        import pandas as pd

        told = [
            {
                "cut": origin.cut,
                "until": origin.until,
                "model": score.name,
                "customers": origin.customers,
                "log_score": score.log_score,
                "crps": score.crps,
                "brier": score.brier,
                "expected": score.expected,
                "counted": score.counted,
                "error": score.error,
            }
            for origin in self.origins
            for score in origin.scores
        ]
        return pd.DataFrame(told)

    def reported(self, *, confidence: float = 0.95) -> tuple[Explanation[bool], ...]:
        """Say of each choice but the last whether it was ahead of the simple model at the next cut.

        Where the simple model itself was chosen, it cannot be.
        """
        return tuple(
            _reported(before, after, confidence) for before, after in pairwise(self.origins)
        )

    def explain(self, *, confidence: float = 0.95) -> Explanation[str]:
        """Explain which model was chosen, and what earlier choices were worth at the next cut."""
        last = self.origins[-1]
        rival, lead = _rival(last, confidence)
        rule, name = (_CHOSEN, "baseline") if rival is BASELINE else (_NONE_APART, "second")
        evidence = (
            Evidence("models", ", ".join(score.name for score in last.scores)),
            Evidence("customers", last.customers),
            Evidence("cut", last.cut),
            Evidence("until", last.until),
            Evidence("score", last.scores[0].log_score),
            Evidence(name, rival.__name__),
            Evidence("bar", last.score(rival).log_score),
            *_told(lead),
        )
        return Explanation(
            verdict=self.chosen.__name__,
            rule=rule,
            evidence=evidence,
            missing=() if self.origins[1:] else (_LATER,),
            because=self.reported(confidence=confidence),
        )

    def __repr__(self) -> str:
        names = ", ".join(score.name for score in self.origins[-1].scores)
        return f"ModelRace({names}; origins={len(self.origins)}, chosen={self.chosen.__name__})"


def compare_models(
    *hold_outs: HoldOut[IntoFrameT],
    models: Sequence[type[TimedModel]] = (MBGNBD, BGNBD, ParetoNBD),
    penalty: float = 0.0,
) -> ModelRace:
    """Fit models on what was known at each cut, and score what they say of what came after it.

    `NBD`, by which nobody is ever lost, runs with them whether it is named or not.

    Args:
        hold_outs: One or more, as `hold_out` or `rolling_origin` return them; each begins when the
            one before has ended, or it would report what was chosen by the same days.
        models: Which are compared.
        penalty: As for their `fit`.

    Raises:
        InvalidValueError: If a model is none of time, there is no hold-out, two of them overlap,
            one has no customers, or its table contradicts itself.

    Warns:
        AssumptionWarning: If a likelihood is flat.

    Source:
        Gneiting and Raftery (2007).

    Examples:
        >>> from datetime import date, timedelta
        >>> import pandas
        >>> def day(number):
        ...     return date(2026, 1, 1) + timedelta(days=number)
        >>> bought = [(who, day(at)) for who in range(40) for at in range(0, 90, who + 3)]
        >>> orders = pandas.DataFrame(bought, columns=["customer_id", "ordered_at"])
        >>> from crmkit.value import hold_out
        >>> held = hold_out(orders.assign(amount=1.0), cut=day(60), until=day(88))
        >>> race = compare_models(held, models=[MBGNBD], penalty=0.01)
        >>> race.table[["model", "log_score", "error"]].round(3).to_numpy().tolist()
        [['NBD', 1.394, -0.088], ['MBGNBD', 1.412, -0.112]]
    """
    for model in models:
        check_timed(model)
    if not hold_outs:
        raise InvalidValueError("hold_outs", Words("missing"), "must be one at least")
    for before, after in pairwise(hold_outs):
        if after.cut < before.until:
            rule = f"must not be before {before.until}, the end of the hold-out before"
            way_out = "take cuts that lie as far apart as purchases are counted"
            raise InvalidValueError("cut", after.cut, rule, way_out)
    raced: tuple[type[TimedModel], ...] = tuple(dict.fromkeys((*models, BASELINE)))
    return ModelRace(origins=tuple(_raced(held, raced, penalty) for held in hold_outs))


def _raced(
    held: HoldOut[IntoFrameT], models: Sequence[type[TimedModel]], penalty: float
) -> RaceOrigin:
    outcomes = Outcomes.of(held)
    # Not the columns of what came after: no fit can look at them.
    known = held.rows.select("frequency", "recency", "T").to_native()
    scores = [
        _scored(outcomes, model.fit(known, unit=held.unit, penalty=penalty)) for model in models
    ]
    return RaceOrigin(
        cut=held.cut,
        until=held.until,
        scores=tuple(sorted(scores, key=_rank)),
        customers=round(outcomes.rows.customers),
        weight=outcomes.rows.weight,
    )


def _rank(score: ModelScore) -> tuple[float, int]:
    """Put the better score first, and of equal ones the simpler model."""
    return round(score.log_score, _SAME), len(score.model.PARAMETERS)


def _scored(outcomes: Outcomes, model: TimedModel) -> ModelScore:
    told, weight = outcomes.foretold(model), outcomes.rows.weight
    logs, (ranked, brier) = told.log_scores(), told.ranked_scores()
    n = weight.sum()
    return ModelScore(
        model=model,
        log_score=float(weight @ logs / n),
        crps=float(weight @ ranked / n),
        brier=float(weight @ brier / n),
        expected=float(weight @ told.expected()),
        counted=round(float(weight @ outcomes.counted)),
        logs=logs,
    )


def _rival(last: RaceOrigin, confidence: float) -> tuple[type[TimedModel], Estimate]:
    """Return what the chosen model is held against: the simple one, or what is like it."""
    chosen = type(last.scores[0].model)
    if chosen is BASELINE and last.scores[1:] and math.isfinite(last.scores[1].log_score):
        second = type(last.scores[1].model)
        lead = last.lead(chosen, second, confidence=confidence)
        if lead.low <= 0:
            return second, lead
    return BASELINE, last.lead(chosen, BASELINE, confidence=confidence)


def _reported(before: RaceOrigin, after: RaceOrigin, confidence: float) -> Explanation[bool]:
    chosen = type(before.scores[0].model)
    lead = after.lead(chosen, BASELINE, confidence=confidence)
    evidence = (
        Evidence("cut", before.cut),
        Evidence("model", chosen.__name__),
        Evidence("baseline", BASELINE.__name__),
        Evidence("next", after.cut),
        *_told(lead),
    )
    return Explanation(verdict=lead.low > 0, rule=_REPORTED, evidence=evidence)


def _told(lead: Estimate) -> tuple[Evidence, ...]:
    return (
        Evidence("gain", lead.value, 0.0, lead.low > 0),
        Evidence("low", lead.low),
        Evidence("high", lead.high),
    )
