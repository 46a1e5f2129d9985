"""Customer equity as it is told: what customers are worth together, and what it hangs on.

Law: the horizon is stated, and so is what was taken for granted; current and future customers are
told apart.

Source: domain fact V4; Blattberg and Deighton (1996), "Manage marketing by the customer equity
test", Harvard Business Review 74(4); Gupta, Lehmann and Stuart (2004), "Valuing customers", Journal
of Marketing Research 41(1), for what it hangs on.
"""

from __future__ import annotations

from typing import Final

import attrs

from crmkit.errors import InvalidValueError
from crmkit.kernel import Estimate, Evidence, Explanation, Labelled, Rule, Share, Text

from .few_customers import few_customers
from .history_table import Unit


class EquityLever(Labelled):
    """What customer equity hangs on."""

    RETENTION = "retention", "Retention", "客户保留"
    MARGIN = "margin", "Margin", "利润率"
    DISCOUNT = "discount", "Discount", "折现率"
    ACQUISITION_COST = "acquisition_cost", "Acquisition cost", "获客成本"
    NEWCOMERS = "newcomers", "Newcomers", "新客户数"


_UNITS: Final = {"D": Text("days", "天"), "W": Text("weeks", "周")}
_EQUITY: Final = Rule(
    code="value.customer_equity",
    says=Text(
        "customer equity within {horizon} {unit}: {verdict} (from {low} to {high}); {current} of "
        "{customers} customers, {future} of those to come, {newcomers} in that time; margin "
        "{margin}, discount {discount} a year, {cost} to win one",
        "{horizon}{unit}内的客户资产：{verdict}（{low}至{high}）；现有{customers}位客户{current}，"
        "期内新增{newcomers}位客户{future}；利润率{margin}，年折现率{discount}，每位获客成本{cost}",
    ),
    source="discounted expected profits of current and future customers; V4",
)
_UNSURE_EQUITY: Final = Rule(
    code="value.customer_equity_without_interval",
    says=Text(
        "customer equity within {horizon} {unit}: {verdict}; {current} of {customers} customers, "
        "{future} of those to come, {newcomers} in that time; margin {margin}, discount {discount} "
        "a year, {cost} to win one",
        "{horizon}{unit}内的客户资产：{verdict}；现有{customers}位客户{current}，期内新增"
        "{newcomers}位客户{future}；利润率{margin}，年折现率{discount}，每位获客成本{cost}",
    ),
    source="discounted expected profits of current and future customers; V4",
)
_LEVER: Final = Rule(
    code="value.customer_equity_lever",
    says=Text(
        "{lever} better by {change}: {verdict} more; worse by {change}: {worse} less",
        "{lever}改善{change}：增加{verdict}；恶化{change}：减少{worse}",
    ),
    source="all else as it is; Gupta, Lehmann and Stuart (2004)",
)
_UNSURE: Final = "an interval: the parameters were given, or the likelihood is flat"


@attrs.frozen(kw_only=True)
class EquitySensitivity:
    """What becomes of customer equity when one thing changes.

    Attributes:
        lever: What changes. Of retention: the odds that a purchase, or a moment, is the last.
        change: By which share of itself.
        better: What equity gains where it changes for the better: margin and newcomers rise;
            loss, discount and cost fall.
        worse: What equity loses where it changes for the worse by as much.

    Examples:
        >>> EquitySensitivity(
        ...     lever=EquityLever.MARGIN, change=Share(0.1), better=90.0, worse=90.0
        ... ).lever.label()
        'Margin'
    """

    lever: EquityLever
    change: Share
    better: float
    worse: float


@attrs.frozen(kw_only=True)
class CustomerEquity:
    """What current and future customers are worth within a horizon.

    Numbers are `Estimate`s where the models were fitted: their interval is that of the expectation,
    as far as parameters are not known. They are floats where there is none.

    Attributes:
        current: Of those in the table.
        future: Of those who come within the horizon, what it costs to win them taken off.
        total: Both.
        customers: How many are in the table.
        newcomers: How many come within the horizon.
        horizon: How far it looks, in the unit.
        unit: Of time.
        margin: What of a spend remains.
        discount: By how much money loses in a year.
        acquisition_cost: What it costs to win one.
        sensitivities: What it hangs on, one of each lever, the weightiest first.
        fitted_on: On how many customers the fits rest, the smaller where the spend was fitted too;
            None where the parameters were given.

    Examples:
        >>> equity = CustomerEquity(
        ...     current=900.0, future=-100.0, total=800.0, customers=40, newcomers=5.0,
        ...     horizon=52.0, unit="W", margin=0.3, discount=0.1, acquisition_cost=40.0,
        ...     sensitivities=(),
        ... )
        >>> equity.explain().missing
        ('an interval: the parameters were given, or the likelihood is flat',)
    """

    current: float
    future: float
    total: float
    customers: int
    newcomers: float
    horizon: float
    unit: Unit
    margin: float
    discount: float
    acquisition_cost: float
    sensitivities: tuple[EquitySensitivity, ...]
    fitted_on: int | None = None

    def sensitivity(self, lever: EquityLever) -> EquitySensitivity:
        """Return what becomes of it when one lever moves.

        Raises:
            InvalidValueError: If that was not asked.
        """
        for told in self.sensitivities:
            if told.lever is lever:
                return told
        raise InvalidValueError("lever", lever, "must be one that was asked")

    def explain(self) -> Explanation[float]:
        """Explain what it is made of, what it hangs on, and whether too few customers tell it."""
        total = self.total
        sure = isinstance(total, Estimate)
        low, high = (total.low, total.high) if isinstance(total, Estimate) else (None, None)
        few = few_customers(self.fitted_on) if sure and self.fitted_on is not None else ()
        evidence = (
            Evidence("horizon", self.horizon),
            Evidence("unit", _UNITS[self.unit]),
            Evidence("low", low),
            Evidence("high", high),
            Evidence("current", float(self.current)),
            Evidence("customers", self.customers),
            Evidence("future", float(self.future), 0.0, self.future >= 0),
            Evidence("newcomers", self.newcomers),
            Evidence("margin", self.margin),
            Evidence("discount", self.discount),
            Evidence("cost", self.acquisition_cost),
        )
        return Explanation(
            verdict=float(total),
            rule=_EQUITY if sure else _UNSURE_EQUITY,
            evidence=evidence,
            missing=() if sure else (_UNSURE,),
            because=(*map(_explained, self.sensitivities), *few),
        )


def _explained(told: EquitySensitivity) -> Explanation[float]:
    evidence = (
        Evidence("lever", Text(told.lever.label(), told.lever.label("zh"))),
        Evidence("change", told.change),
        Evidence("worse", told.worse),
    )
    return Explanation(verdict=told.better, rule=_LEVER, evidence=evidence)
