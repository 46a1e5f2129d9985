"""The one way in which every lifetime model is asked: who is there, what he will do, its worth.

Law: `expected` has an interval of what is expected, `count_interval` one of what will be counted;
neither is shown for the other.

Source: Fader, Hardie and Lee, "RFM and CLV", Journal of Marketing Research 42 (2005), for
discounted expected transactions; the two intervals by name are our choice.
"""

from __future__ import annotations

import math
from abc import abstractmethod
from typing import ClassVar

import attrs
import numpy as np
from narwhals.stable.v2.typing import IntoFrame, IntoFrameT
from scipy.special import log_expit, ndtri

from crmkit.kernel.frames import Values

from .asked_of_models import (
    checked_chance,
    checked_count,
    checked_discount,
    checked_margin,
    checked_within,
)
from .fitted_model import FittedModel, checked_confidence
from .history_table import Reading, Sorted, Told, Unit, read, read_sorted, read_weighted
from .law import Law
from .new_customers import NewCustomer
from .prediction import Oracle, Predicted
from .row_kinds import Whole
from .rows import Floats, Histories
from .spending import GammaGamma, untold_spends, warn_untold


@attrs.frozen(repr=False)
class LifetimeModel(FittedModel):
    """What customers still do, by a law of buying and of loss.

    Every table is one of `rfm_table`: `frequency`, `recency`, `T`, one row a customer, of any
    engine; columns are added to it, and it stays as lazy as it was. A new customer is asked about
    by `new_customer()`, or is a row of three zeros.

    Intervals of predictions carry what is not known of the parameters; they are NaN where the
    parameters were given, or the likelihood is flat.

    Examples:
        >>> import pandas
        >>> from crmkit.value import MBGNBD
        >>> model = MBGNBD(0.525, 6.183, 0.891, 1.614, unit="W")
        >>> told = [(2, 30.43, 38.86), (0, 0, 38.86)]
        >>> table = pandas.DataFrame(told, columns=["frequency", "recency", "T"])
        >>> model.expected(table, 39)["expected"].round(3).tolist()
        [1.263, 0.154]
        >>> model.count_interval(table, 39)[["count_low", "count_high"]].to_numpy().tolist()
        [[0, 6], [0, 2]]
    """

    READING: ClassVar[Reading] = Reading.TIME

    @property
    @abstractmethod
    def _law(self) -> Law: ...

    @property
    @abstractmethod
    def _periods(self) -> float:
        """In how many units of time a discount counts once."""

    def log_likelihood_of(self, table: IntoFrame, *, weights: str | Values | None = None) -> float:
        """Return the log-likelihood of a table's customers under these parameters.

        Args:
            table: Theirs, in the model's unit.
            weights: How many customers each row stands for: a column, or numbers.

        Examples:
            >>> import pandas
            >>> from crmkit.value import ShiftedBetaGeometric
            >>> contracts = pandas.DataFrame({"frequency": [0, 2], "T": [1, 2]})
            >>> round(ShiftedBetaGeometric(1, 1).log_likelihood_of(contracts), 4)
            -1.7918
        """
        rows = self._read_weighted(table, weights)
        return float(rows.weight @ self._law.log_likelihoods(self._theta, rows))

    def p_alive(self, table: IntoFrameT, *, confidence: float = 0.95) -> IntoFrameT:
        """Add the chance that each is still a customer: `p_alive`, `p_alive_low`, `p_alive_high`.

        Examples:
            >>> import pandas
            >>> from crmkit.value import BGNBD, MBGNBD
            >>> once = pandas.DataFrame({"frequency": [0], "recency": [0.0], "T": [38.86]})
            >>> float(BGNBD(0.243, 4.414, 0.793, 2.426, unit="W").p_alive(once)["p_alive"][0])
            1.0
            >>> model = MBGNBD(0.525, 6.183, 0.891, 1.614, unit="W")
            >>> round(float(model.p_alive(once)["p_alive"][0]), 3)
            0.39
        """
        told, oracle = self._asked(table, confidence)
        return _added(told, "p_alive", oracle.alive(told.kinds))

    def p_active(self, table: IntoFrameT, within: float, *, confidence: float = 0.95) -> IntoFrameT:
        """Add the chance that each buys at all within a time: `p_active`, with `_low` and `_high`.

        Examples:
            >>> import pandas
            >>> from crmkit.value import MBGNBD
            >>> once = pandas.DataFrame({"frequency": [0], "recency": [0.0], "T": [38.86]})
            >>> model = MBGNBD(0.525, 6.183, 0.891, 1.614, unit="W")
            >>> round(float(model.p_active(once, 39)["p_active"][0]), 3)
            0.109
        """
        within = self._within(within)
        told, oracle = self._asked(table, confidence)
        asked = oracle.chance(told.kinds, lambda customers: customers.active(within))
        return _added(told, "p_active", asked)

    def expected(self, table: IntoFrameT, within: float, *, confidence: float = 0.95) -> IntoFrameT:
        """Add how many purchases are expected of each: `expected`, with `_low` and `_high`.

        The interval is that of the expectation: what will be counted spreads far more, and
        `count_interval` tells it.

        Args:
            table: Customers.
            within: Time from the table's end, in the model's unit.
            confidence: Share of such intervals that hold the true expectation.
        """
        within = self._within(within)
        told, oracle = self._asked(table, confidence)
        asked = oracle.amount(told.kinds, lambda customers: customers.expected(within))
        return _added(told, "expected", asked)

    def count_interval(
        self, table: IntoFrameT, within: float, *, confidence: float = 0.95
    ) -> IntoFrameT:
        """Add between what numbers each one's purchases will lie: `count_low` and `count_high`.

        Both ends belong to it. As counts are whole, it holds more than its confidence. Parameters
        are taken as they were fitted: what is not known of them is small beside the chance of a
        count, but for fits of a few hundred customers; `check_intervals` tells what it holds.

        Args:
            table: Customers.
            within: Time from the table's end, in the model's unit.
            confidence: Chance that a count lies inside, at least.
        """
        within = self._within(within)
        told, oracle = self._asked(table, confidence)
        low, high = oracle.counts(told.kinds, within)
        return told.with_columns(_counted(told, low, high))

    def forecast(self, table: IntoFrameT, within: float, *, confidence: float = 0.95) -> IntoFrameT:
        """Add all that `expected` and `count_interval` add, at one reading.

        Args:
            table: Customers.
            within: Time from the table's end, in the model's unit.
            confidence: As theirs.

        Examples:
            >>> import pandas
            >>> from crmkit.value import MBGNBD
            >>> table = pandas.DataFrame({"frequency": [2], "recency": [30.43], "T": [38.86]})
            >>> model = MBGNBD(0.525, 6.183, 0.891, 1.614, unit="W")
            >>> told = model.forecast(table, 39)
            >>> told[["expected", "count_low", "count_high"]].round(3).to_dict("records")
            [{'expected': 1.263, 'count_low': 0, 'count_high': 6}]
        """
        within = self._within(within)
        told, oracle = self._asked(table, confidence)
        expected = oracle.amount(told.kinds, lambda customers: customers.expected(within))
        return told.with_columns(
            {
                **_columns(told, "expected", expected),
                **_counted(told, *oracle.counts(told.kinds, within)),
            }
        )

    def pmf(
        self, table: IntoFrameT, within: float, count: int, *, confidence: float = 0.95
    ) -> IntoFrameT:
        """Add the chance of just so many purchases within a time: `pmf`, with `_low` and `_high`.

        Examples:
            >>> import pandas
            >>> from crmkit.value import MBGNBD
            >>> once = pandas.DataFrame({"frequency": [0], "recency": [0.0], "T": [38.86]})
            >>> model = MBGNBD(0.525, 6.183, 0.891, 1.614, unit="W")
            >>> round(float(model.pmf(once, 39, 0)["pmf"][0]), 3)
            0.891
        """
        within, count = self._within(within), checked_count(count)
        told, oracle = self._asked(table, confidence)
        return _added(told, "pmf", oracle.count_chance(told.kinds, within, count))

    def log_pmf(
        self, table: IntoFrameT, within: float, count: int, *, confidence: float = 0.95
    ) -> IntoFrameT:
        """Add the logarithm of `pmf`, right where that leaves the floats: `log_pmf`, and its ends.

        Examples:
            >>> import pandas
            >>> from crmkit.value import MBGNBD
            >>> once = pandas.DataFrame({"frequency": [0], "recency": [0.0], "T": [38.86]})
            >>> model = MBGNBD(0.525, 6.183, 0.891, 1.614, unit="W")
            >>> float(model.pmf(once, 0.001, 200)["pmf"][0])
            0.0
            >>> round(float(model.log_pmf(once, 0.001, 200)["log_pmf"][0]), 3)
            -2150.953
        """
        within, count = self._within(within), checked_count(count)
        told, oracle = self._asked(table, confidence)
        asked = oracle.count_chance(told.kinds, within, count, back=log_expit)
        return _added(told, "log_pmf", asked)

    def next_purchase(self, table: IntoFrameT, *, chance: float = 0.5) -> IntoFrameT:
        """Add the time within which each buys again with a chance: `next_purchase`.

        Infinite where the chance that he ever does is smaller. It is a quantile of what may come,
        by the parameters as they are, and has no interval of its own: ask for two chances instead,
        such as 0.1 and 0.9.

        Examples:
            >>> import pandas
            >>> from crmkit.value import MBGNBD
            >>> told = [(9, 38.0, 38.86), (0, 0, 38.86)]
            >>> table = pandas.DataFrame(told, columns=["frequency", "recency", "T"])
            >>> model = MBGNBD(0.525, 6.183, 0.891, 1.614, unit="W")
            >>> model.next_purchase(table)["next_purchase"].round(2).tolist()
            [3.94, inf]
        """
        chance = checked_chance(chance)
        told, oracle = self._asked(table, 0.95)
        (wait,) = told.spread(oracle.waits(told.kinds, chance))
        return told.with_columns({"next_purchase": wait})

    def dert(self, table: IntoFrameT, discount: float, *, confidence: float = 0.95) -> IntoFrameT:
        """Add discounted expected purchases for all time to come: `dert`, with `_low` and `_high`.

        Args:
            table: Customers.
            discount: By how much money loses in a year (of a model that counts occasions: from one
                to the next): 0.1 for a tenth; above 0.
            confidence: Share of such intervals that hold the true value.

        Source:
            Fader, Hardie and Lee (2005): discounted expected residual transactions.
        """
        force = self._force(checked_discount(discount, endless=True))
        told, oracle = self._asked(table, confidence)
        asked = oracle.amount(told.kinds, lambda customers: customers.discounted(math.inf, force))
        return _added(told, "dert", asked)

    def clv(
        self,
        table: IntoFrameT,
        horizon: float,
        discount: float,
        *,
        spend: GammaGamma | str = "monetary",
        margin: float = 1.0,
        confidence: float = 0.95,
    ) -> IntoFrameT:
        """Add what each will be worth within a horizon: `clv`, with `_low` and `_high`.

        Expected purchases, discounted, by mean spend, by margin: past purchases do not count, and
        spend is taken not to hang together with how often one buys.

        Args:
            table: Customers.
            horizon: Time from the table's end, in the model's unit; `math.inf` for all time.
            discount: By how much money loses in a year, as for `dert`; 0 for not at all.
            spend: A model that tells each one's mean spend from `frequency` and `monetary`, or the
                column that holds it. `monetary` itself is 0 of who has not bought again yet: he
                would be worth nothing, so take `GammaGamma` where there are such.
            margin: What of a spend remains; a share, negative for a loss.
            confidence: Share of such intervals that hold the true value; of a column of spends
                nothing is taken to be unsure.

        Units:
            Those of the spend.

        Warns:
            AssumptionWarning: If the column is 0 of customers without repeat purchases.

        Examples:
            >>> import pandas
            >>> from crmkit.value import GammaGamma, MBGNBD
            >>> table = pandas.DataFrame(
            ...     {"frequency": [2], "recency": [30.43], "T": [38.86], "monetary": [22.35]}
            ... )
            >>> model = MBGNBD(0.525, 6.183, 0.891, 1.614, unit="W")
            >>> spend = GammaGamma(6.25, 3.74, 15.44)
            >>> round(float(model.clv(table, 52, 0.15, spend=spend, margin=0.3)["clv"][0]), 2)
            11.09
        """
        added, untold = self._worth(table, horizon, discount, spend, margin, confidence)
        warn_untold(untold, spend)
        return added

    def new_customer(self) -> NewCustomer:
        """Return someone who has bought for the first time this moment, to be asked about.

        Examples:
            >>> from crmkit.value import BGNBD
            >>> newcomer = BGNBD(0.243, 4.414, 0.793, 2.426, unit="W").new_customer()
            >>> round(newcomer.expected(39), 4)
            1.1967
        """
        return NewCustomer(self._oracle, self.fitted, self._within, self._force)

    def _worth(
        self,
        table: IntoFrameT,
        horizon: float,
        discount: float,
        spend: GammaGamma | str,
        margin: float,
        confidence: float,
    ) -> tuple[IntoFrameT, int]:
        """Add `clv`, and count whose spend a column does not tell."""
        force = self._force(checked_discount(discount, endless=horizon == math.inf))
        horizon, margin = self._within(horizon, endless=True), checked_margin(margin)
        told, oracle = self._asked(table, confidence)
        log, variance = oracle.log_slopes(
            told.kinds, lambda customers: customers.discounted(horizon, force)
        )
        bought, unsure = told.spread(np.exp(log), variance)
        if isinstance(spend, GammaGamma):
            (amount, theirs), untold = spend.of(told), 0
        else:
            amount = told.money(spend)
            theirs, untold = np.zeros(len(amount)), untold_spends(told.frame, amount, bought)
        value = bought * amount * margin
        reach = np.exp(float(ndtri(0.5 + confidence / 2)) * np.sqrt(unsure + theirs))
        ends = value / reach, value * reach
        added = {"clv": value, "clv_low": np.minimum(*ends), "clv_high": np.maximum(*ends)}
        return told.with_columns(added), untold

    def _oracle(self, confidence: float) -> Oracle:
        return Oracle(self._law, self._theta, self._covariance, checked_confidence(confidence))

    def _asked(self, table: IntoFrameT, confidence: float) -> tuple[Told[IntoFrameT], Oracle]:
        oracle = self._oracle(confidence)
        return (self._read(table) if self._law.is_quick else self._read_sorted(table)), oracle

    def _read(self, table: IntoFrameT) -> Told[IntoFrameT]:
        unit: Unit | None = getattr(self, "unit", None)
        return read(table, unit, reading=self.READING)

    def _read_sorted(self, table: IntoFrameT) -> Sorted[IntoFrameT]:
        unit: Unit | None = getattr(self, "unit", None)
        return read_sorted(table, unit, reading=self.READING)

    @classmethod
    def _read_weighted(cls, table: IntoFrame, weights: str | Values | None) -> Histories:
        return read_weighted(table, weights, reading=cls.READING)

    def _within(self, within: float, *, endless: bool = False) -> float:
        # Only what is worth something is asked about for all time, and by a horizon.
        name = "horizon" if endless else "within"
        whole = self.READING is not Reading.TIME
        return checked_within(within, whole=whole, endless=endless, name=name)

    def _force(self, discount: float) -> float:
        return math.log1p(discount) / self._periods


def _added(told: Told[IntoFrameT], name: str, asked: Predicted) -> IntoFrameT:
    return told.with_columns(_columns(told, name, asked))


def _columns(told: Told[IntoFrameT], name: str, asked: Predicted) -> dict[str, Floats]:
    value, low, high = told.spread(asked.value, asked.low, asked.high)
    return {name: value, f"{name}_low": low, f"{name}_high": high}


def _counted(told: Told[IntoFrameT], low: Whole, high: Whole) -> dict[str, Whole]:
    return dict(zip(("count_low", "count_high"), told.spread(low, high), strict=True))
