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
from itertools import pairwise
from typing import TYPE_CHECKING, Final

import attrs
import numpy as np
from narwhals.stable.v2.typing import IntoFrameT

from crmkit.errors import InvalidValueError
from crmkit.kernel import Estimate, Evidence, Explanation, Rule, Text
from crmkit.kernel.frames import Words
from crmkit.value.lifetime.covariate_model import CovariateModel
from crmkit.value.lifetime.repeat_buying import (
    BGNBD,
    MBGNBD,
    NBD,
    ParetoNBD,
    TimedModel,
    check_timed,
)
from crmkit.value.lifetime.with_covariates import WithCovariates

from .hold_outs import LATER, HoldOut
from .outcomes import Outcomes
from .scored import Candidate, ModelScore, RaceOrigin, name_of


if TYPE_CHECKING:
    import pandas as pd


BASELINE: Final = NBD
_SAME: Final = 6  # decimals to which scores are told apart
_SOURCE: Final = "the least mean log score of what was held out; Gneiting and Raftery (2007)"
_AHEAD: Final = Rule(
    code="value.lifetime_choice",
    says=Text(
        "of {models} the model {verdict} tells best what {customers} customers did from {cut} to "
        "{until}: log score {score} a customer, and {second} {bar}, worse by {gain} (from {low} to "
        "{high})",
        "在{models}中，模型{verdict}最能预见{customers}位客户自{cut}至{until}的购买：每位客户的对数得分"
        "为{score}，{second}为{bar}，差{gain}（{low}至{high}）",
    ),
    source=_SOURCE,
)
_LEVEL: Final = Rule(
    code="value.lifetime_choice_none_apart",
    says=Text(
        "of {models} the model {verdict} has the best log score of what {customers} customers "
        "did from {cut} to {until}, {score} a customer, but is not told apart from {second}, "
        "{bar}: the difference of {gain} (from {low} to {high}) may be chance",
        "在{models}中，{verdict}对{customers}位客户自{cut}至{until}的购买对数得分最好（每位客户{score}），"
        "但不能与{second}（{bar}）区分：相差{gain}（{low}至{high}），可能出于偶然",
    ),
    source=_SOURCE,
)
_ALIKE: Final = Rule(
    code="value.lifetime_choice_alike",
    says=Text(
        "of {models} the model {verdict} has the best log score of what {customers} customers "
        "did from {cut} to {until}, {score} a customer; {second} foretells the same, to six "
        "decimals",
        "在{models}中，{verdict}对{customers}位客户自{cut}至{until}的购买对数得分最好（每位客户{score}）；"
        "{second}的预见在六位小数内相同",
    ),
    source=_SOURCE,
)
_UNTOLD: Final = Rule(
    code="value.lifetime_choice_untold",
    says=Text(
        "of {models} the model {verdict} has the best log score of what {customers} customers "
        "did from {cut} to {until}, {score} a customer, and {second} {bar}: of them all the "
        "difference is the same, {gain}, so that nothing tells how sure it is",
        "在{models}中，{verdict}对{customers}位客户自{cut}至{until}的购买对数得分最好（每位客户{score}），"
        "{second}为{bar}：所有客户的差异均为{gain}，无从判断其可靠程度",
    ),
    source=_SOURCE,
)
_ALONE: Final = Rule(
    code="value.lifetime_choice_alone",
    says=Text(
        "of {models} the model {verdict} is the only one with a finite log score of what "
        "{customers} customers did from {cut} to {until}: {score} a customer; there is none to "
        "hold it against",
        "在{models}中，仅{verdict}对{customers}位客户自{cut}至{until}的购买有有限的对数得分：每位客户"
        "{score}；没有可与之比较的模型",
    ),
    source=_SOURCE,
)
_REPORTED: Final = Rule(
    code="value.lifetime_choice_reported",
    says=Text(
        "chosen at {cut}, {model} was ahead of {second} at the next origin, {next}: {verdict} "
        "(by {gain}, from {low} to {high})",
        "于{cut}选出的{model}在下一时点{next}优于{second}：{verdict}（领先{gain}，{low}至{high}）",
    ),
    source="chosen at one origin, reported at the next; Tashman (2000)",
)
_REPORTED_UNTOLD: Final = Rule(
    code="value.lifetime_choice_reported_untold",
    says=Text(
        "chosen at {cut}, {model} was ahead of {second} at the next origin, {next}: {verdict}, for "
        "of all customers the difference is the same there, and nothing tells how sure it is",
        "于{cut}选出的{model}在下一时点{next}优于{second}：{verdict}，因为该时点所有客户的差异相同，"
        "无从判断其可靠程度",
    ),
    source="chosen at one origin, reported at the next; Tashman (2000)",
)
_FEW: Final = 30
_MORE: Final = f"more customers: of fewer than {_FEW} an interval says little"
_LATER: Final = "a later hold-out, at which the choice is reported"


@attrs.frozen(kw_only=True, eq=False, repr=False)
class ModelRace:
    """Models beside each other at every cut.

    Attributes:
        origins: One for each hold-out, the earliest first.

    Examples:
        >>> ModelRace(origins=())
        Traceback (most recent call last):
        crmkit.errors.InvalidValueError: origins is missing: it must be given, one at least
    """

    origins: tuple[RaceOrigin, ...]

    def __attrs_post_init__(self) -> None:
        if not self.origins:
            raise InvalidValueError("origins", Words("missing"), "must be given, one at least")

    @property
    def chosen(self) -> Candidate:
        """The model with the best log score at the last cut; of equal ones the simpler."""
        return self.origins[-1].scores[0].kind

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
        """Say of each choice but the last whether it was ahead at the next cut.

        Ahead of the simple model; where that was chosen, of the one that came next at its cut.
        Where no other model ran, nothing is said.
        """
        said = (_reported(before, after, confidence) for before, after in pairwise(self.origins))
        return tuple(one for one in said if one is not None)

    def explain(self, *, confidence: float = 0.95) -> Explanation[str]:
        """Explain which model was chosen, and what earlier choices were worth at the next cut.

        It is held against the simple model; where that was chosen, against the one that comes next.
        """
        last = self.origins[-1]
        rule, against = _judged(last, confidence)
        evidence = (
            Evidence("models", ", ".join(score.name for score in last.scores)),
            Evidence("customers", last.customers),
            Evidence("cut", last.cut),
            Evidence("until", last.until),
            Evidence("score", last.scores[0].log_score),
            *against,
        )
        return Explanation(
            verdict=last.scores[0].name,
            rule=rule if last.customers > 1 else _of_one(rule),
            evidence=evidence,
            missing=(*[_MORE] * (last.customers < _FEW), *[_LATER] * (not self.origins[1:])),
            because=self.reported(confidence=confidence),
        )

    def __repr__(self) -> str:
        names = ", ".join(score.name for score in self.origins[-1].scores)
        return f"ModelRace({names}; origins={len(self.origins)}, chosen={name_of(self.chosen)})"


def compare_models(
    *hold_outs: HoldOut[IntoFrameT],
    models: Sequence[Candidate] = (MBGNBD, BGNBD, ParetoNBD),
    penalty: float = 0.0,
) -> ModelRace:
    """Fit models on what was known at each cut, and score what they say of what came after it.

    `NBD`, by which nobody is ever lost, runs with them whether it is named or not.

    Args:
        hold_outs: One or more, as `hold_out` or `rolling_origin` return them; each begins when the
            one before has ended, or it would report what was chosen by the same days.
        models: Which are compared; `WithCovariates` names the columns of one with covariates, which
            the hold-outs' tables have to hold (`HoldOut.knowing` puts them there).
        penalty: As for their `fit`.

    Raises:
        InvalidValueError: If models are no list, one is none of time, there is no hold-out, two of
            them overlap, one has no customers, or its table contradicts itself; or a covariate is
            what was counted after the cut, or no column of finite numbers.

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
    if not isinstance(models, Sequence) or isinstance(models, str):
        told = Words(models.__name__) if isinstance(models, type) else models
        raise InvalidValueError("models", told, "must be a list", "write models=[MBGNBD]")
    for model in models:
        _check_candidate(model)
    if not hold_outs:
        raise InvalidValueError("hold_outs", Words("missing"), "must be given, one at least")
    for before, after in pairwise(hold_outs):
        if after.cut < before.until:
            rule = f"must not be before {before.until}, the end of the hold-out before"
            way_out = "take cuts that lie as far apart as purchases are counted"
            raise InvalidValueError("cut", after.cut, rule, way_out)
    raced: tuple[Candidate, ...] = tuple(dict.fromkeys((*models, BASELINE)))
    return ModelRace(origins=tuple(_raced(held, raced, penalty) for held in hold_outs))


def _check_candidate(model: Candidate) -> None:
    if not isinstance(model, WithCovariates):
        check_timed(model)
        return
    for name in model.every:
        if name in LATER:
            rule = "must be known at the cut, and it was counted after it"
            way_out = "put what was known then beside the customers: HoldOut.knowing()"
            raise InvalidValueError("covariate", name, rule, way_out)


def _raced(held: HoldOut[IntoFrameT], models: Sequence[Candidate], penalty: float) -> RaceOrigin:
    parts = [model.every for model in models if isinstance(model, WithCovariates)]
    names = tuple(dict.fromkeys(name for part in parts for name in part))
    outcomes = Outcomes.of(held, covariates=names)
    # Not the columns of what came after: no fit can look at them.
    columns = dict.fromkeys(("frequency", "recency", "T", *names))
    known = held.rows.select(*columns).to_native()
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
    return round(score.log_score, _SAME), len(score.model.parameters)


def _scored(outcomes: Outcomes, model: TimedModel | CovariateModel) -> ModelScore:
    logs, ranked, brier, expected = np.empty((4, len(outcomes.counted)))
    for places, one, rows in outcomes.by_model(model):
        told = rows.foretold(one)
        logs[places], expected[places] = told.log_scores(), told.expected()
        ranked[places], brier[places] = told.ranked_scores()
    weight, n = outcomes.rows.weight, outcomes.rows.customers
    return ModelScore(
        model=model,
        log_score=float(weight @ logs / n),
        crps=float(weight @ ranked / n),
        brier=float(weight @ brier / n),
        expected=float(weight @ expected),
        counted=round(float(weight @ outcomes.counted)),
        logs=logs,
    )


def _judged(last: RaceOrigin, confidence: float) -> tuple[Rule, tuple[Evidence, ...]]:
    """Hold the choice against its rival."""
    rival = _rival(last)
    if rival is None:
        return _ALONE, ()
    chosen = last.scores[0]
    named = Evidence("second", rival.name), Evidence("bar", rival.log_score)
    if not last.tells_apart(chosen.kind, rival.kind):
        gain = Evidence("gain", rival.log_score - chosen.log_score, 0.0, False)
        return _UNTOLD, (*named, gain)
    lead = last.lead(chosen.kind, rival.kind, confidence=confidence)
    told = *named, *_told(lead)
    if max(abs(lead.low), abs(lead.high)) < 0.5 * 10**-_SAME:
        return _ALIKE, told
    return (_AHEAD if lead.low > 0 else _LEVEL), told


def _rival(origin: RaceOrigin) -> ModelScore | None:
    """Return what a choice is held against: the simple model, or what comes next to that."""
    others = [one for one in origin.scores[1:] if math.isfinite(one.log_score)]
    simple = [one for one in others if one.kind is BASELINE]
    return next(iter(simple or others), None)


def _reported(before: RaceOrigin, after: RaceOrigin, confidence: float) -> Explanation[bool] | None:
    chosen, rival = before.scores[0], _rival(before)
    if rival is None:
        return None
    evidence = (
        Evidence("cut", before.cut),
        Evidence("model", chosen.name),
        Evidence("second", rival.name),
        Evidence("next", after.cut),
    )
    if not after.tells_apart(chosen.kind, rival.kind):
        return Explanation(verdict=False, rule=_REPORTED_UNTOLD, evidence=evidence)
    lead = after.lead(chosen.kind, rival.kind, confidence=confidence)
    return Explanation(verdict=lead.low > 0, rule=_REPORTED, evidence=(*evidence, *_told(lead)))


def _of_one(rule: Rule) -> Rule:
    """Return a rule that speaks of one customer."""
    says = Text(rule.says.en.replace("{customers} customers", "{customers} customer"), rule.says.zh)
    return attrs.evolve(rule, says=says)


def _told(lead: Estimate) -> tuple[Evidence, ...]:
    return (
        Evidence("gain", lead.value, 0.0, lead.low > 0),
        Evidence("low", lead.low),
        Evidence("high", lead.high),
    )
