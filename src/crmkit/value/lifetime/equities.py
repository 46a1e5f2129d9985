r"""Customer equity: what customers, those there are and those to come, are worth within a horizon.

With margin m, mean spend $s_i$, force of discount $\delta$ and discounted expected purchases
$D_i(H)$ of customer i, n newcomers a unit of time who cost c to win and buy at once:

$$\sum_i m\,s_i\,D_i(H)
+ n \int_0^H e^{-\delta\tau} \left(m\,s\,(1 + D(H - \tau)) - c\right) d\tau$$

Source: Blattberg and Deighton (1996); Gupta, Lehmann and Stuart (2004), equation 3, in the form of
purchases; newcomers come evenly: our choice.
"""

from __future__ import annotations

import math
from typing import Final

import attrs
import numpy as np
from narwhals.stable.v2.typing import IntoFrameT
from scipy.special import expit, ndtri

from crmkit.errors import InvalidValueError
from crmkit.kernel import Estimate, Share
from crmkit.kernel.frames import Words

from .asked_of_models import checked_amount, checked_discount, checked_margin, checked_within
from .beta_future import BetaCustomers
from .equity_terms import CustomerEquity, EquityLever, EquitySensitivity
from .fitted_model import checked_confidence
from .gauss import gauss
from .history_table import Sorted
from .law import Customers, Law
from .pareto_future import ParetoCustomers
from .repeat_buying import TimedModel, check_timed
from .rows import NEWCOMER, Floats, Histories
from .spending import GammaGamma, fitted_on, untold_spends, warn_untold


_STEP: Final = 1e-4
_NODES: Final = 48


def customer_equity(
    model: TimedModel,
    table: IntoFrameT,
    *,
    horizon: float,
    discount: float,
    spend: GammaGamma | str = "monetary",
    margin: float = 1.0,
    newcomers: float = 0.0,
    newcomer_spend: float | None = None,
    acquisition_cost: float = 0.0,
    change: Share | float = 0.1,
    confidence: float = 0.95,
) -> CustomerEquity:
    """Add up what customers are worth within a horizon, those to come too.

    The spend is taken not to hang together with how often one buys.

    Args:
        model: Of buying and of loss.
        table: The current customers, as for its `clv`.
        horizon: How far to look, in the model's unit; finite, for it is part of the number.
        discount: By how much money loses in a year; 0 for not at all.
        spend: A model of spend, or the column that holds it, as for `clv`: take `GammaGamma` where
            some have not bought again yet, for their `monetary` is 0.
        margin: What of a spend remains.
        newcomers: How many come in a unit of time, evenly.
        newcomer_spend: Mean spend of theirs, where `spend` is a column.
        acquisition_cost: What it costs to win one, when he comes.
        change: By which share of itself each lever is moved to see what it does.
        confidence: Of the intervals.

    Returns:
        The equity; intervals where the model was fitted and, with a model of spend, that one too;
        there are none where a likelihood is flat. Nothing is taken to be unsure of a column of
        spends, of margin, discount, newcomers and cost.

    Raises:
        InvalidValueError: If the table is bad or in another unit, an argument is not one, or
            nobody knows what newcomers spend.

    Units:
        Those of the spend.

    Warns:
        AssumptionWarning: If the column is 0 of customers without repeat purchases.

    Source:
        Gupta, Lehmann and Stuart (2004).

    Examples:
        >>> import pandas
        >>> from crmkit.value import GammaGamma, MBGNBD
        >>> told = [(2, 30.43, 38.86, 22.35), (0, 0.0, 38.86, 0.0)]
        >>> table = pandas.DataFrame(told, columns=["frequency", "recency", "T", "monetary"])
        >>> equity = customer_equity(
        ...     MBGNBD(0.525, 6.183, 0.891, 1.614, unit="W"), table, horizon=52, discount=0.15,
        ...     spend=GammaGamma(6.25, 3.74, 15.44), margin=0.3, newcomers=1, acquisition_cost=12,
        ... )
        >>> round(equity.current, 2), round(equity.future, 2), equity.newcomers
        (13.05, 353.98, 52.0)
        >>> print(equity.explain().because[0])
        Margin better by 10 %: 94.95 more; worse by 10 %: 94.95 less
    """
    horizon = checked_within(horizon, whole=False, name="horizon")
    moved = _checked_change(change)
    terms = _Terms(
        horizon=horizon,
        discount=checked_discount(discount, endless=False),
        margin=checked_margin(margin),
        newcomers=checked_amount(newcomers, "newcomers"),
        cost=checked_amount(acquisition_cost, "acquisition_cost"),
    )
    customers, book = _booked(model, table, spend, newcomer_spend, terms)
    current, future, total = _worths(model, book, terms, checked_confidence(confidence))
    return CustomerEquity(
        current=current,
        future=future,
        total=total,
        customers=customers,
        newcomers=terms.newcomers * horizon,
        horizon=horizon,
        unit=model.unit,
        margin=terms.margin,
        discount=terms.discount,
        acquisition_cost=terms.cost,
        sensitivities=book.sensitivities(model._theta, terms, moved),
        fitted_on=fitted_on(model.fitted, spend),
    )


@attrs.frozen(kw_only=True)
class _Terms:
    """What equity is reckoned with.

    Attributes:
        horizon: How far it looks.
        discount: By the year.
        margin: What of a spend remains.
        newcomers: By the unit of time.
        cost: Of winning one.
        loss: What the odds of loss are multiplied with.
    """

    horizon: float
    discount: float
    margin: float
    newcomers: float
    cost: float
    loss: float = 1.0

    def moved(self, lever: EquityLever, share: float) -> _Terms:
        """Return these with one lever moved for the better by a share, or for the worse."""
        match lever:
            case EquityLever.RETENTION:
                return attrs.evolve(self, loss=1 - share)
            case EquityLever.MARGIN:
                return attrs.evolve(self, margin=self.margin + abs(self.margin) * share)
            case EquityLever.DISCOUNT:
                return attrs.evolve(self, discount=self.discount * (1 - share))
            case EquityLever.ACQUISITION_COST:
                return attrs.evolve(self, cost=self.cost * (1 - share))
            case _:
                return attrs.evolve(self, newcomers=self.newcomers * (1 + share))


@attrs.frozen(kw_only=True, eq=False)
class _Book:
    """Current customers by kind, and what all spend.

    Attributes:
        law: Of buying.
        periods: In how many units of time a discount counts once.
        kinds: Of histories.
        spent: Sum of the mean spends of each kind's customers.
        newcomer: Mean spend of a newcomer.
        slopes: Of the former two by the logarithms of a spend model's parameters: a row for each.
        covariance: Of these.
        is_told: Whether it is known how sure the spend is: not of a model that was given, or whose
            likelihood is flat.
    """

    law: Law
    periods: float
    kinds: Histories
    spent: Floats
    newcomer: float
    slopes: tuple[tuple[Floats, float], ...] = ()
    covariance: Floats | None = None
    is_told: bool = True

    @classmethod
    def of(
        cls,
        model: TimedModel,
        told: Sorted[IntoFrameT],
        spend: GammaGamma | str,
        newcomer_spend: float | None,
        newcomers: float,
    ) -> _Book:
        """Read the spends of a table, and how sure they are."""

        def sums(by: GammaGamma | str) -> tuple[Floats, float]:
            amount = by.of(told)[0] if isinstance(by, GammaGamma) else told.money(by)
            return (
                np.bincount(told.kind, weights=amount).astype(np.float64),
                _of_newcomer(by, newcomer_spend, newcomers),
            )

        spent, newcomer = sums(spend)
        slopes, covariance = [], None
        if isinstance(spend, GammaGamma) and spend._covariance is not None:
            covariance = spend._covariance
            for side in np.eye(3) * _STEP:
                ends = [
                    sums(GammaGamma(*np.exp(spend._theta + way).tolist())) for way in (side, -side)
                ]
                pairs = zip(*ends, strict=True)
                slopes.append(tuple((high - low) / (2 * _STEP) for high, low in pairs))
        book = cls(
            law=model._law, periods=model._periods, kinds=told.kinds, spent=spent, newcomer=newcomer
        )
        sure = not isinstance(spend, GammaGamma) or covariance is not None
        return attrs.evolve(book, slopes=tuple(slopes), covariance=covariance, is_told=sure)

    def worth(self, theta: Floats, terms: _Terms) -> tuple[float, float]:
        """Return what current and future customers are worth."""
        ahead, later = self._purchases(theta, terms)
        return self._value(ahead, later, self.spent, self.newcomer, terms)

    def ends(
        self, model: TimedModel, terms: _Terms, confidence: float
    ) -> tuple[float | None, float | None, float | None]:
        """Return how far the intervals of current, future and total reach; None for none."""
        if model._covariance is None or not self.is_told:
            return None, None, None
        rows = []
        for side in np.eye(len(model._theta)) * _STEP:
            high, low = (self.worth(model._theta + way, terms) for way in (side, -side))
            rows.append(np.subtract(high, low) / (2 * _STEP))
        variance = _spread(np.array(rows), model._covariance)
        if self.covariance is not None:
            ahead, later = self._purchases(model._theta, terms)
            free = attrs.evolve(terms, cost=0.0)
            told = [self._value(ahead, later, *slope, free) for slope in self.slopes]
            variance += _spread(np.array(told), self.covariance)
        reach = float(ndtri(0.5 + confidence / 2)) * np.sqrt(variance)
        current, future, total = reach.tolist()
        return current, future, total

    def sensitivities(
        self, theta: Floats, terms: _Terms, change: Share
    ) -> tuple[EquitySensitivity, ...]:
        """Return what each lever does, the weightiest first."""
        whole, share = sum(self.worth(theta, terms)), float(change)
        told = [
            EquitySensitivity(
                lever=lever,
                change=change,
                better=sum(self.worth(theta, terms.moved(lever, share))) - whole,
                worse=whole - sum(self.worth(theta, terms.moved(lever, -share))),
            )
            for lever in EquityLever
        ]
        return tuple(sorted(told, key=lambda one: -abs(one.better)))

    def ahead(self, theta: Floats, terms: _Terms) -> Floats:
        """Return discounted purchases of a customer of each kind."""
        alive = expit(self.law.alive(theta, self.kinds))
        customers = _kept(self.law.customers(theta, self.kinds), terms.loss)
        purchases: Floats = alive * customers.discounted(terms.horizon, self._force(terms))
        return purchases

    def _purchases(self, theta: Floats, terms: _Terms) -> tuple[Floats, float]:
        """Return discounted purchases of each kind, and of all newcomers but their first ones."""
        force, horizon = self._force(terms), terms.horizon
        ahead = self.ahead(theta, terms)
        if not terms.newcomers:
            return ahead, 0.0
        newcomer = _kept(self.law.customers(theta, NEWCOMER), terms.loss)
        stays = float(expit(self.law.alive(theta, NEWCOMER) - math.log(terms.loss))[0])
        later = 0.0
        for node, part in zip(*gauss(_NODES), strict=True):
            came = horizon * float(node)
            purchases = float(newcomer.discounted(horizon - came, force)[0])
            later += horizon * float(part) * math.exp(-force * came) * stays * purchases
        return ahead, terms.newcomers * later

    def _value(
        self, ahead: Floats, later: float, spent: Floats, newcomer: float, terms: _Terms
    ) -> tuple[float, float]:
        force = self._force(terms)
        arrivals = -math.expm1(-force * terms.horizon) / force if force else terms.horizon
        first = terms.newcomers * arrivals * (terms.margin * newcomer - terms.cost)
        return terms.margin * float(ahead @ spent), first + terms.margin * newcomer * later

    def _force(self, terms: _Terms) -> float:
        return math.log1p(terms.discount) / self.periods


def _booked(
    model: TimedModel,
    table: IntoFrameT,
    spend: GammaGamma | str,
    newcomer_spend: float | None,
    terms: _Terms,
) -> tuple[int, _Book]:
    """Return how many current customers there are, and their book."""
    check_timed(model)
    told = model._read_sorted(table)
    book = _Book.of(model, told, spend, newcomer_spend, terms.newcomers)
    if isinstance(spend, str):
        (ahead,) = told.spread(book.ahead(model._theta, terms))
        warn_untold(untold_spends(told.frame, told.money(spend), ahead), spend)
    return len(told.kind), book


def _kept(customers: Customers, loss: float) -> Customers:
    """Return customers whose odds to be lost are multiplied from now on."""
    if isinstance(customers, BetaCustomers):
        return attrs.evolve(customers, a=customers.a * loss)
    if isinstance(customers, ParetoCustomers):
        return attrs.evolve(customers, s=customers.s * loss)
    return customers


def _spread(slopes: Floats, covariance: Floats) -> Floats:
    """Return the variances of current, future and total from the slopes of the former two."""
    every = np.column_stack((slopes, slopes.sum(axis=1)))
    found: Floats = np.einsum("ij,ik,kj->j", every, covariance, every)
    return found


def _of_newcomer(spend: GammaGamma | str, told: float | None, newcomers: float) -> float:
    if not newcomers:
        return 0.0
    if isinstance(spend, GammaGamma):
        return spend.of_new()[0]
    if told is None:
        way_out = "give the mean of a purchase, or a model of spend"
        rule = "must be told where newcomers come"
        raise InvalidValueError("newcomer_spend", Words("missing"), rule, way_out)
    return checked_amount(told, "newcomer_spend")


def _checked_change(change: Share | float) -> Share:
    told = change if isinstance(change, Share) else Share(change)
    if not 0 < float(told) < 1:
        raise InvalidValueError("change", change, "must lie between 0 and 1", "write 0.1")
    return told


def _worths(
    model: TimedModel, book: _Book, terms: _Terms, confidence: float
) -> tuple[float, float, float]:
    """Return what current and future customers are worth, and both: estimates where there are."""
    value = book.worth(model._theta, terms)
    current, future, total = (
        one if reach is None else _estimate(one, reach, model, confidence)
        for one, reach in zip(
            (*value, sum(value)), book.ends(model, terms, confidence), strict=True
        )
    )
    return current, future, total


def _estimate(value: float, reach: float, model: TimedModel, confidence: float) -> Estimate:
    n = round(model.fitted.customers) if model.fitted else 0
    return Estimate(
        value, value - reach, value + reach, confidence=confidence, n=n, n_missing=0, method="delta"
    )
