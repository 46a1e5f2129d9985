"""Account health: the four figures by which a customer's owner is judged, not by volume.

Law: a figure that is not known is never taken for a bad one: the weights of the others are
stretched, and where less of the weight is known than the policy asks for there is no score.

Source: domain fact V5: the customer's stock turnover days, the customer's margin, how far its
problems were solved, our share of its sales. The document gives neither weights nor scales; those
of `ACCOUNT_HEALTH` are ours.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Final

import attrs

from crmkit.errors import InvalidValueError
from crmkit.kernel import (
    Evidence,
    Explanation,
    FrozenMap,
    Labelled,
    Name,
    Rule,
    Score,
    Share,
    Text,
    known_name,
)
from crmkit.kernel.checks import is_a, not_blank


class HealthFigure(Labelled):
    """What an account is judged by; the value is the name of its column."""

    STOCK_DAYS = "stock_days", "Stock turnover days", "库存周转天数"
    MARGIN = "margin", "The customer's margin", "客户毛利率"
    PROBLEMS_SOLVED = "problems_solved", "Problems solved", "问题解决率"
    SHARE_OF_SALES = "share_of_sales", "Our share of its sales", "我方占其销售份额"


@attrs.frozen(kw_only=True)
class HealthScale:
    """How one figure counts.

    Attributes:
        weight: Which part of the score it makes.
        worst: The figure that scores 0; so does all beyond it.
        best: The figure that scores 100; so does all beyond it.

    Raises:
        InvalidValueError: If the weight is no `Share`, or worst and best are one or no numbers.

    Examples:
        >>> days = HealthScale(weight=Share(0.25), worst=90, best=30)
        >>> days.score(60), days.score(120)
        (50.0, 0.0)
    """

    weight: Share = attrs.field(validator=is_a(Share))
    worst: float
    best: float

    def __attrs_post_init__(self) -> None:
        for name in ("worst", "best"):
            _check_number(name, getattr(self, name))
        if self.worst == self.best:
            raise InvalidValueError("best", self.best, "must differ from worst")

    def score(self, figure: float) -> float:
        """Return the score of a figure, 0 to 100.

        Examples:
            >>> HealthScale(weight=Share(1), worst=0, best=0.5).score(0.2)
            40.0
        """
        return 100.0 * min(max((figure - self.worst) / (self.best - self.worst), 0.0), 1.0)


_RULE: Final = Rule(
    code="value.account_health",
    says=Text(
        "account {customer} scores {verdict} of 100: {parts}",
        "客户{customer}健康度{verdict}分（满分100）：{parts}",
    ),
    source="V5: account health by four figures",
)
_UNKNOWN: Final = Rule(
    code="value.account_health.unknown",
    says=Text(
        "account {customer} has no score: only {known} of the weight is known, and it takes "
        "{least}",
        "客户{customer}无法评分：已知指标权重仅{known}，至少需要{least}",
    ),
    source="a score of less than the policy asks for would be of something else",
)


@attrs.frozen(kw_only=True)
class HealthPolicy:
    """How the four figures make one score.

    Attributes:
        name: Whose policy it is.
        scales: How each figure counts; all four, with weights that sum to 1.
        min_known: How much of the weight must be known for a score.
        source: Where the policy comes from.

    Raises:
        InvalidValueError: If a figure lacks its scale, or the weights do not sum to 1.

    Units:
        Weights and `min_known`: 0 to 1. Scores: 0 to 100.

    Source:
        Domain fact V5.

    Examples:
        >>> figures = {"stock_days": 60, "margin": 0.15, "problems_solved": 1}
        >>> ACCOUNT_HEALTH.score({**figures, "share_of_sales": 0.3})
        Score(65)
        >>> ACCOUNT_HEALTH.score({"margin": 0.15}) is None
        True
    """

    name: str = attrs.field(validator=not_blank)
    scales: FrozenMap[HealthFigure, HealthScale] = attrs.field(validator=is_a(FrozenMap))
    min_known: Share = attrs.field(default=Share(0.5), validator=is_a(Share))
    source: str = attrs.field(validator=not_blank)

    def __attrs_post_init__(self) -> None:
        lacking = [figure.value for figure in HealthFigure if figure not in self.scales]
        if lacking or len(self.scales) > len(HealthFigure):
            rule = "must hold a scale for each figure and for nothing else"
            raise InvalidValueError("scales", tuple(map(str, self.scales)), rule)
        total = math.fsum(float(scale.weight) for scale in self.scales.values())
        if not math.isclose(total, 1, abs_tol=1e-9):
            raise InvalidValueError("weights", total, "must sum to 1")

    def score(self, figures: Mapping[str, float | None]) -> Score | None:
        """Return the health of one account: the rule itself, for one record.

        Args:
            figures: Its figures by their names, as `HealthFigure` stores them; None, or left out,
                where one is not known.

        Returns:
            The weighted score of what is known; None where that is less than `min_known`.

        Raises:
            InvalidValueError: If a name is unknown, or a figure cannot be what it is called.
        """
        known = self._known(figures)
        weight = self._weight(known)
        if not weight or weight < float(self.min_known) - NOISE:
            return None
        parts = [
            float(self.scales[one].weight) * self.scales[one].score(known[one]) for one in known
        ]
        return Score(min(math.fsum(parts) / weight, 100.0))

    def explain(
        self, customer: str | int, figures: Mapping[str, float | None]
    ) -> Explanation[Score | None]:
        """Explain the health of one account, part by part.

        Args:
            customer: Whose account.
            figures: As for `score`.

        Returns:
            The score with its evidence: for each figure its value, against the best, whether it is
            reached; as `<figure>_score` the score of the part and as `<figure>_weight` its weight;
            and how much of the weight is `known`.

        Examples:
            >>> print(ACCOUNT_HEALTH.explain("C-7", {"stock_days": 30, "margin": 0.15}))
            account C-7 scores 75 of 100: stock turnover days 30 (100 points), the customer's\
 margin 0.15 (50 points)
        """
        known = self._known(figures)
        score = self.score(figures)
        weight = min(self._weight(known), 1.0)
        return Explanation(
            verdict=score,
            rule=_UNKNOWN if score is None else _RULE,
            evidence=(
                Evidence("customer", customer),
                *(fact for one in HealthFigure for fact in self._evidence(one, known.get(one))),
                Evidence("known", Share(weight), self.min_known, score is not None),
                Evidence("least", self.min_known),
                Evidence("parts", self._parts(known)),
            ),
            missing=tuple(
                f"{figure.value} is not known" for figure in HealthFigure if figure not in known
            ),
        )

    def _known(self, figures: Mapping[str, float | None]) -> dict[HealthFigure, float]:
        names = {str(figure.value): figure for figure in HealthFigure}
        for name, figure in figures.items():
            known_name(name, names, "figure")
            if figure is not None:
                check_figure(name, figure)
        told = {one: figures.get(name) for name, one in names.items()}
        return {one: figure for one, figure in told.items() if figure is not None}

    def _weight(self, known: Mapping[HealthFigure, float]) -> float:
        return math.fsum(float(self.scales[one].weight) for one in known)

    def _evidence(self, figure: HealthFigure, value: float | None) -> tuple[Evidence, ...]:
        scale, name = self.scales[figure], str(figure.value)
        score = None if value is None else scale.score(value)
        return (
            Evidence(name, value, scale.best, None if score is None else score >= 100),
            Evidence(f"{name}_score", score),
            Evidence(f"{name}_weight", scale.weight),
        )

    def _parts(self, known: Mapping[HealthFigure, float]) -> Name:
        en, zh = [], []
        for one, value in known.items():
            label = one.label("en")
            points = f"{self.scales[one].score(value):.4g}"
            en.append(f"{label[:1].lower()}{label[1:]} {value:g} ({points} points)")
            zh.append(f"{one.label('zh')}{value:g}（{points}分）")
        return Name(", ".join(en) or "nothing", "，".join(zh) or "无")


RANGES: Final[Mapping[HealthFigure, tuple[float, float, str]]] = FrozenMap(
    {
        HealthFigure.STOCK_DAYS: (0.0, math.inf, "must be 0 or more days"),
        HealthFigure.MARGIN: (-math.inf, 1.0, "must be at most 1, as a share of the price"),
        HealthFigure.PROBLEMS_SOLVED: (0.0, 1.0, "must be a share from 0 to 1"),
        HealthFigure.SHARE_OF_SALES: (0.0, 1.0, "must be a share from 0 to 1"),
    }
)
"""Within what each figure can lie, and what to say of one that does not."""

NOISE: Final = 1e-9


def check_figure(name: str, figure: float) -> None:
    """Refuse a figure that cannot be what it is called.

    Raises:
        InvalidValueError: If it is no finite number, or out of its range.
    """
    _check_number(name, figure)
    low, high, rule = RANGES[HealthFigure(name)]
    if not low <= figure <= high:
        raise InvalidValueError(name, figure, rule)


def _check_number(name: str, value: float) -> None:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if not number or not math.isfinite(value):
        raise InvalidValueError(name, value, "must be a finite number")


def _quarter(worst: float, best: float) -> HealthScale:
    return HealthScale(weight=Share(0.25), worst=worst, best=best)


ACCOUNT_HEALTH: Final = HealthPolicy(
    name="account health",
    scales=FrozenMap(
        {
            HealthFigure.STOCK_DAYS: _quarter(90, 30),
            HealthFigure.MARGIN: _quarter(0, 0.30),
            HealthFigure.PROBLEMS_SOLVED: _quarter(0.5, 1),
            HealthFigure.SHARE_OF_SALES: _quarter(0, 0.5),
        }
    ),
    source="V5 for the figures; the scales and the equal weights are ours",
)
"""A quarter each: 90 to 30 days of stock, margin 0 to 30 %, solved 50 to 100 %, share 0 to 50 %."""
