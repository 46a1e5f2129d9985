r"""What customers spend on a purchase: Gamma-Gamma.

A purchase of a customer is gamma distributed with shape p and a rate of his own,
$\nu \sim \Gamma(q, v)$. Of x repeat purchases with mean m,

$$L = \frac{\Gamma(px + q)}{\Gamma(px)\,\Gamma(q)}
\frac{v^q\, m^{px - 1} x^{px}}{(v + mx)^{px + q}}, \qquad
E[M] = \frac{p\,(v + mx)}{px + q - 1}.$$

Source: Fader and Hardie (2013), "The Gamma-Gamma model of monetary value", equations 1a and 5.
"""

from __future__ import annotations

import math
from typing import ClassVar, Final, Self, cast

import attrs
import narwhals.stable.v2 as nw
import numpy as np
from narwhals.stable.v2.typing import IntoFrame, IntoFrameT
from scipy.special import betaln, digamma, ndtri

from crmkit.errors import InvalidValueError
from crmkit.kernel import Estimate
from crmkit.kernel.frames import (
    COLUMNS,
    Eager,
    Flaw,
    Values,
    Words,
    empty,
    find_flaws,
    frame_of,
    not_finite,
)
from crmkit.kernel.warned import warn_caller

from .asked_tables import AskedTable, floats, held, weights_of
from .fitted_model import FittedModel, checked_confidence
from .maximum import ModelFit, checked_penalty, maximise
from .rows import Floats


_WAY_OUT: Final = "leave these customers out: a loss is no gamma, and what nothing cost no purchase"


@attrs.frozen(repr=False)
class GammaGamma(FittedModel):
    """How much each customer spends on a purchase, by what he spent so far: Gamma-Gamma.

    What a customer spends is taken not to hang together with how often he buys. The mean spend of
    all customers is $pv/(q - 1)$: with q of 1 or less it has no end, for then so many spend so much
    that no mean settles. Known customers still have one; new ones, and those who never bought
    again, have none and are refused.

    Attributes:
        p: Shape of one customer's purchases.
        q: Shape of the customers' rates.
        v: Their rate, in the currency.

    Source:
        Fader and Hardie (2013).

    Examples:
        >>> import pandas
        >>> model = GammaGamma(6.25, 3.74, 15.44)
        >>> table = pandas.DataFrame({"frequency": [2, 0], "monetary": [22.35, 0.0]})
        >>> model.spend(table)["spend"].round(2).tolist()
        [24.66, 35.22]
        >>> GammaGamma(6.25, 0.9, 15.44).new_customer()
        Traceback (most recent call last):
        crmkit.errors.InvalidValueError: q is 0.9: it must be above 1 for a mean spend of customers\
 without repeat purchases; leave them out, or fit with penalty=0.01: the mean of all has no end
    """

    PARAMETERS: ClassVar[tuple[str, ...]] = ("p", "q", "v")
    p: float
    q: float
    v: float

    @classmethod
    def fit(
        cls,
        table: IntoFrame,
        *,
        weights: str | Values | None = None,
        penalty: float = 0.0,
    ) -> Self:
        """Fit the model on the customers who bought again; the others tell nothing of it.

        Args:
            table: One of `rfm_table`, with `frequency` and `monetary`.
            weights: How many customers each row stands for: a column, or numbers.
            penalty: As for the lifetime models, amounts counted in their mean.

        Raises:
            InvalidValueError: If a frequency is no whole number, who bought again has no spend
                above 0, or nobody did.

        Warns:
            AssumptionWarning: If the likelihood is flat.

        Examples:
            >>> import pandas
            >>> spent = pandas.DataFrame({"frequency": [1, 2, 3, 5], "monetary": [9.0, 21, 14, 30]})
            >>> GammaGamma.fit(spent, weights=[40, 30, 20, 10], penalty=0.01)
            GammaGamma(p=6.9, q=8.746, v=19.29, n=100, log-likelihood -322.3,\
 few: intervals are too narrow)
        """
        penalty = checked_penalty(penalty)
        told, x, spend = _read(table)
        weight = weights_of(told.frame, weights)
        again = (x > 0) & (weight > 0)
        if not again.any():
            nobody = Words("without repeat purchases")
            raise InvalidValueError("table", nobody, "must have customers with some")
        x, spend, weight = x[again], spend[again], weight[again]
        size = float(weight @ spend / weight.sum())
        theta, fit = maximise(
            _Spent(x, spend / size, weight),
            cls.PARAMETERS,
            customers=float(weight.sum()),
            histories=len(x),
            penalty=penalty,
            model=cls.__name__,
        )
        theta[2] += np.log(size)
        shift = fit.customers * np.log(size)
        fit = attrs.evolve(fit, log_likelihood=fit.log_likelihood - shift)
        return cls(*np.exp(theta).tolist(), fitted=fit)

    def log_likelihood_of(self, table: IntoFrame, *, weights: str | Values | None = None) -> float:
        """Return the log-likelihood of a table's spends under these parameters."""
        told, x, spend = _read(table)
        weight = weights_of(told.frame, weights)
        again = x > 0
        return _Spent(x[again], spend[again], weight[again])(self._theta)[0]

    def spend(self, table: IntoFrameT, *, confidence: float = 0.95) -> IntoFrameT:
        """Add each one's mean spend on a purchase: `spend`, `spend_low`, `spend_high`.

        The interval is that of the mean to come, as far as the parameters are not known.
        """
        told, x, spend = _read(table)
        value, variance = self._means(x, spend)
        reach = np.exp(self._reach(confidence) * np.sqrt(variance))
        return told.with_columns(
            {"spend": value, "spend_low": value / reach, "spend_high": value * reach}
        )

    def new_customer(self, *, confidence: float = 0.95) -> float:
        """Return the mean spend of a new customer's purchases.

        An `Estimate` where the model was fitted, a plain float where its parameters were given or
        the likelihood is flat.

        Raises:
            InvalidValueError: If q is 1 or less: there is no such mean.
        """
        value, variance = self.of_new()
        if self.fitted is None or math.isnan(variance):
            return value
        reach = math.exp(self._reach(confidence) * math.sqrt(variance))
        return Estimate(
            value,
            value / reach,
            value * reach,
            confidence=confidence,
            n=round(self.fitted.customers),
            n_missing=0,
            method="delta",
        )

    def of(self, table: AskedTable[IntoFrameT]) -> tuple[Floats, Floats]:
        """Return each one's mean spend, and the variance of its logarithm."""
        return self._means(*_amounts(table.frame))

    def of_new(self) -> tuple[float, float]:
        """Return a new customer's mean spend, and the variance of its logarithm."""
        value, variance = self._means(np.zeros(1), np.zeros(1))
        return float(value[0]), float(variance[0])

    def _means(self, x: Floats, spend: Floats) -> tuple[Floats, Floats]:
        never = np.flatnonzero(x == 0)
        if len(never) and self.q <= 1:
            rule = "must be above 1 for a mean spend of customers without repeat purchases"
            rows = f", as in {len(never)} rows" if len(x) > 1 else ""
            way_out = "leave them out, or fit with penalty=0.01: the mean of all has no end"
            raise InvalidValueError("q", self.q, rule + rows, way_out)
        shape, rate = self.p * x + self.q - 1, self.v + x * spend
        value = self.p * rate / shape
        if self._covariance is None:
            return value, np.full(len(x), np.nan)
        slopes = np.array((1 - self.p * x / shape, -self.q / shape, self.v / rate))
        return value, np.einsum("ij,ik,kj->j", slopes, self._covariance, slopes)

    def _reach(self, confidence: float) -> float:
        return float(ndtri(0.5 + checked_confidence(confidence) / 2))


def untold_spends(frame: Eager, amount: Floats, bought: Floats) -> int:
    """Count who is expected to buy again, and whose spend is 0 for want of repeat purchases."""
    return int(((floats(frame, "frequency") == 0) & (amount == 0) & (bought > 0)).sum())


def warn_untold(rows: int, column: GammaGamma | str) -> None:
    """Warn that a column of spends makes customers worth nothing, where it does.

    Warns:
        AssumptionWarning: If there are such customers.
    """
    if rows:
        warn_caller(
            f"{column} is 0 in {rows} rows of customers without repeat purchases, so that they "
            "are worth nothing here though purchases are expected of them: nobody knows the mean "
            "of repeat purchases of who has none; use spend=GammaGamma.fit(table), or a column of "
            "your own with what they will spend"
        )


def fitted_on(fit: ModelFit | None, spend: GammaGamma | str) -> int | None:
    """Return on how many customers a value rests: the fewer of those of both fits.

    Args:
        fit: Of the model of buying; None where its parameters were given: then so is the answer.
        spend: A model of spend, which counts where it was fitted, or a column.
    """
    if fit is None:
        return None
    fits = [fit, spend.fitted if isinstance(spend, GammaGamma) else None]
    return round(min(one.customers for one in fits if one is not None))


@attrs.frozen(eq=False)
class _Spent:
    """The log-likelihood of spends, each the mean of x purchases."""

    x: Floats
    spend: Floats
    weight: Floats

    def __call__(self, theta: Floats) -> tuple[float, Floats]:
        p, q, v = np.exp(theta)
        x, spend, weight = self.x, self.spend, self.weight
        shape, rate = p * x, v + x * spend
        # Of shares: v and x·m are both parts of the rate.
        log_own, log_all = np.log(x * spend / rate), theta[2] - np.log(rate)
        log = shape * log_own + q * log_all - betaln(shape, q) - np.log(spend)
        both = digamma(shape + q)
        slopes = (
            p * (weight @ (x * (both - digamma(shape) + log_own))),
            q * (weight @ (both - digamma(q) + log_all)),
            weight @ (q - (shape + q) * v / rate),
        )
        return float(weight @ log), np.array(slopes)


def _read(table: IntoFrameT) -> tuple[AskedTable[IntoFrameT], Floats, Floats]:
    wanted = {name: COLUMNS[name].kind for name in ("frequency", "monetary")}
    asked = frame_of(table, "table", wanted)
    told: AskedTable[IntoFrameT] = AskedTable(held(asked), asked)
    return told, *_amounts(told.frame)


def _amounts(frame: Eager) -> tuple[Floats, Floats]:
    """Return how often each bought again, and the mean spend: checked."""
    frame_of(cast("IntoFrame", frame.to_native()), "table", {"monetary": COLUMNS["monetary"].kind})
    x, spend = (nw.col(name).cast(nw.Float64) for name in ("frequency", "monetary"))
    flaws = [check(name) for name in ("frequency", "monetary") for check in (empty, not_finite)]
    flaws += [
        Flaw("frequency", x < 0, "must not be negative"),
        Flaw("frequency", x != x.floor(), "must be a whole number"),
        Flaw("monetary", (x > 0) & (spend <= 0), "must be above 0 where frequency is", _WAY_OUT),
    ]
    find_flaws(frame, flaws)
    return floats(frame, "frequency"), floats(frame, "monetary")
