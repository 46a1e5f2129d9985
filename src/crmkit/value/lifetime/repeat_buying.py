"""Models of those who buy when they like, and leave without a word: MBG/NBD, BG/NBD, Pareto/NBD.

NBD, by which nobody leaves, is the bar that they have to clear.

Law: the unit of time is part of the model, as it is of the table.

Source: Batislam, Denizel and Filiztekin (2007); Fader, Hardie and Lee (2005); Schmittlein, Morrison
and Colombo (1987); Ehrenberg (1959).
"""

from __future__ import annotations

from typing import ClassVar, Final, Self

import attrs
import numpy as np
from narwhals.stable.v2.typing import IntoFrame

from crmkit.errors import InvalidValueError
from crmkit.kernel.frames import Values, Words

from .beta_drop_out import BETA_STARTS, BetaDropOut
from .history_table import Unit, checked_unit, read_timed
from .law import Law
from .lifetime_model import LifetimeModel
from .maximum import ModelFit, checked_penalty, maximise
from .never_lost import NeverLost
from .pareto_drop_out import PARETO_STARTS, ParetoDropOut
from .rows import Floats, Histories, compressed, sampled


_DAYS_A_YEAR: Final = {"D": 365.25, "W": 365.25 / 7}
_MANY: Final = 200_000


@attrs.frozen(repr=False)
class TimedModel(LifetimeModel):
    """A lifetime model in which time flows: what it counts time in is its unit.

    Attributes:
        unit: "D" for days, "W" for weeks.

    Examples:
        >>> from crmkit.value import MBGNBD
        >>> MBGNBD(0.525, 6.183, 0.891, 1.614, unit="W").unit
        'W'
    """

    LAW: ClassVar[Law]
    AGES: ClassVar[tuple[int, ...]] = (1,)
    STARTS: ClassVar[tuple[tuple[float, ...], ...]]
    unit: Unit = attrs.field(kw_only=True, converter=checked_unit)

    @classmethod
    def fit(
        cls,
        table: IntoFrame,
        *,
        weights: str | Values | None = None,
        penalty: float = 0.0,
        unit: Unit | None = None,
    ) -> Self:
        """Fit the model on a table of customers by maximum likelihood.

        Args:
            table: One of `rfm_table`, with `frequency`, `recency`, `T`. The engine of a lazy one
                counts equal histories, and only these are fetched.
            weights: How many customers each row stands for: a column, or numbers.
            penalty: Holds the parameters together where the data hardly tell them: 0.001 to 0.1. It
                is taken off the mean log-likelihood of a customer, times the sum of squared
                logarithms of the parameters, ages counted in the longest T.
            unit: What the table counts time in, where it has no column `unit`.

        Raises:
            InvalidValueError: If a row contradicts itself (recency beyond T, negative or fractional
                numbers, a customer twice), or the unit is not told.

        Warns:
            AssumptionWarning: If the likelihood is flat: then there are no intervals.

        Examples:
            >>> import pandas
            >>> from crmkit.value import MBGNBD
            >>> told = [(0, 0, 30, 60), (0, 0, 90, 50), (1, 9, 90, 9), (4, 80, 90, 6)]
            >>> table = pandas.DataFrame(told, columns=["frequency", "recency", "T", "customers"])
            >>> MBGNBD.fit(table, weights="customers", unit="D", penalty=0.01)
            MBGNBD(r=1.552, alpha=59.39, a=1.182, b=0.3682, unit='D', n=125, log-likelihood -191.5,\
 few: intervals are too narrow)
        """
        penalty = checked_penalty(penalty)
        told, unit = read_timed(table, weights, unit)
        rows = compressed(told)
        # The longest age is 1: parameters of any unit are of one size.
        factor = 1.0 / max(float(rows.age.max()), 1e-300)
        theta, fit = cls._found(rows.scaled(factor), penalty)
        theta[list(cls.AGES)] -= np.log(factor)
        shift = float(rows.weight @ rows.x) * np.log(factor)
        fit = attrs.evolve(fit, log_likelihood=fit.log_likelihood + shift)
        return cls(*np.exp(theta).tolist(), unit=unit, fitted=fit)

    @classmethod
    def _found(cls, rows: Histories, penalty: float) -> tuple[Floats, ModelFit]:
        start, starts = None, [np.array(one) for one in cls.STARTS]
        if len(rows) > _MANY:
            # Most of the way on fewer customers, the rest on all of them.
            some = sampled(rows, _MANY // 4)
            theta, fit = cls._found(some, penalty)
            starts = [theta]
            if fit.covariance is not None:
                curve = np.linalg.inv(np.array(fit.covariance) * fit.customers)
                start = theta, curve.astype(np.float64)
        return maximise(
            cls.LAW.objective(rows),
            cls.PARAMETERS,
            customers=rows.customers,
            histories=len(rows),
            penalty=penalty,
            model=cls.__name__,
            start=start,
            starts=starts,
        )

    @property
    def _law(self) -> Law:
        return self.LAW

    @property
    def _periods(self) -> float:
        return _DAYS_A_YEAR[self.unit]


def check_timed(model: object) -> None:
    """Refuse a model, or a kind of one, in which time does not flow alike for all.

    Raises:
        InvalidValueError: If it counts occasions or contracts, knows covariates, or is no model.
    """
    kind = model if isinstance(model, type) else type(model)
    if not issubclass(kind, TimedModel):
        rule = "must be MBGNBD, BGNBD, ParetoNBD or NBD"
        way_out = "of another model add up its clv(), or hold its forecast() against what came"
        raise InvalidValueError("model", Words(kind.__name__), rule, way_out)


@attrs.frozen(repr=False)
class MBGNBD(TimedModel):
    """Repeat buying where a customer may be lost with any purchase, the first one too: MBG/NBD.

    Rates of buying are spread as a gamma distribution (shape r, rate alpha), chances to be lost
    with a purchase as a beta distribution (a, b); both are a customer's own for life. The default:
    who bought once is not taken to be a customer for ever.

    Attributes:
        r: Shape of the rates.
        alpha: What ages are held against; in the unit of time.
        a: With b, how likely customers are lost: a/(a + b) on average.
        b: See a.

    Source:
        Batislam, Denizel and Filiztekin (2007).

    Examples:
        >>> model = MBGNBD(0.525, 6.183, 0.891, 1.614, unit="W")
        >>> model
        MBGNBD(r=0.525, alpha=6.183, a=0.891, b=1.614, unit='W')
        >>> MBGNBD.from_json(model.to_json()) == model
        True
    """

    PARAMETERS: ClassVar[tuple[str, ...]] = ("r", "alpha", "a", "b")
    STARTS: ClassVar[tuple[tuple[float, ...], ...]] = BETA_STARTS
    LAW: ClassVar[Law] = BetaDropOut(1)
    r: float
    alpha: float
    a: float
    b: float


@attrs.frozen(repr=False)
class BGNBD(TimedModel):
    """Repeat buying where a customer may be lost with any purchase but the first: BG/NBD.

    As MBG/NBD otherwise. Whoever bought once is a customer with certainty, however long ago: see
    the manual's "Which lifetime model?".

    Attributes:
        r: Shape of the rates.
        alpha: What ages are held against; in the unit of time.
        a: With b, how likely customers are lost: a/(a + b) on average.
        b: See a.

    Source:
        Fader, Hardie and Lee (2005), "Counting your customers the easy way".

    Examples:
        >>> BGNBD(0.243, 4.414, 0.793, 2.426, unit="W")
        BGNBD(r=0.243, alpha=4.414, a=0.793, b=2.426, unit='W')
        >>> BGNBD(0.243, 4.414, 0.793, 2.426, unit="M")
        Traceback (most recent call last):
        crmkit.errors.InvalidValueError: unit is 'M': it must be 'D' (days) or 'W' (weeks);\
 months differ in length
    """

    PARAMETERS: ClassVar[tuple[str, ...]] = ("r", "alpha", "a", "b")
    STARTS: ClassVar[tuple[tuple[float, ...], ...]] = BETA_STARTS
    LAW: ClassVar[Law] = BetaDropOut(0)
    r: float
    alpha: float
    a: float
    b: float


@attrs.frozen(repr=False)
class ParetoNBD(TimedModel):
    """Repeat buying where a customer may be lost at any time: Pareto/NBD.

    Rates of buying are spread as a gamma distribution (shape r, rate alpha), rates of loss as
    another (s, beta); both are a customer's own for life.

    Attributes:
        r: Shape of the rates of buying.
        alpha: What ages are held against for them; in the unit of time.
        s: Shape of the rates of loss.
        beta: What ages are held against for them; in the unit of time.

    Source:
        Schmittlein, Morrison and Colombo (1987).

    Examples:
        >>> import pandas
        >>> model = ParetoNBD(0.553, 10.578, 0.606, 11.669, unit="W")
        >>> table = pandas.DataFrame({"frequency": [2], "recency": [30.43], "T": [38.86]})
        >>> round(float(model.expected(table, 39)["expected"][0]), 3)
        1.455
    """

    PARAMETERS: ClassVar[tuple[str, ...]] = ("r", "alpha", "s", "beta")
    AGES: ClassVar[tuple[int, ...]] = (1, 3)
    STARTS: ClassVar[tuple[tuple[float, ...], ...]] = PARETO_STARTS
    LAW: ClassVar[Law] = ParetoDropOut()
    r: float
    alpha: float
    s: float
    beta: float


@attrs.frozen(repr=False)
class NBD(TimedModel):
    """Repeat buying of customers who are never lost: the simple model in every race.

    Everybody goes on at his own rhythm, drawn towards that of all: the fewer his purchases, the
    more. Where nobody leaves, or nobody has had the time to, it tells what is to come as well as
    any other, with two parameters fewer.

    Attributes:
        r: Shape of the rates of buying.
        alpha: What ages are held against; in the unit of time.

    Source:
        Ehrenberg (1959); Morrison and Schmittlein (1988).

    Examples:
        >>> import pandas
        >>> model = NBD(0.385, 12.07, unit="W")
        >>> table = pandas.DataFrame({"frequency": [2], "recency": [30.43], "T": [38.86]})
        >>> round(float(model.expected(table, 39)["expected"][0]), 3)
        1.826
    """

    PARAMETERS: ClassVar[tuple[str, ...]] = ("r", "alpha")
    STARTS: ClassVar[tuple[tuple[float, ...], ...]] = ((0.0, 0.0),)
    LAW: ClassVar[Law] = NeverLost()
    r: float
    alpha: float
