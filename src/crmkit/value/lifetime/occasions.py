"""Models that count occasions: BG/BB where anybody may buy or not, sBG where a contract is renewed.

Law: a discount counts from one occasion to the next, and no occasion is a fraction.

Source: Fader, Hardie and Shang (2010); Fader and Hardie (2007).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Self

import attrs
import numpy as np
from narwhals.stable.v2.typing import IntoFrame

from crmkit.errors import InvalidValueError
from crmkit.kernel.frames import Values, numbers

from .contract_law import ContractLaw
from .history_table import Reading
from .law import Law
from .lifetime_model import LifetimeModel
from .maximum import checked_penalty, maximise
from .occasion_law import OccasionLaw
from .rows import Histories, compressed


@attrs.frozen(repr=False)
class OccasionModel(LifetimeModel):
    """A lifetime model that counts occasions, and has no unit of time.

    Examples:
        >>> from crmkit.value import BGBB
        >>> isinstance(BGBB(1.204, 0.750, 0.657, 2.783), OccasionModel)
        True
    """

    LAW: ClassVar[Law]

    @classmethod
    def fit(
        cls,
        table: IntoFrame,
        *,
        weights: str | Values | None = None,
        penalty: float = 0.0,
    ) -> Self:
        """Fit the model on a table of customers by maximum likelihood.

        Args:
            table: With the columns that the model's own page names. The engine of a lazy one counts
                equal histories, and only these are fetched.
            weights: How many customers each row stands for: a column, or numbers.
            penalty: Taken off the mean log-likelihood of a customer, times the sum of squared
                logarithms of the parameters: holds them together where the data hardly tell them.

        Raises:
            InvalidValueError: If a row contradicts itself.

        Warns:
            AssumptionWarning: If the likelihood is flat: then there are no intervals.

        Examples:
            >>> import pandas
            >>> from crmkit.value import ShiftedBetaGeometric
            >>> told = [(0, 1, 369), (1, 2, 163), (2, 3, 86), (3, 4, 56), (4, 5, 37), (5, 5, 289)]
            >>> contracts = pandas.DataFrame(told, columns=["frequency", "T", "customers"])
            >>> ShiftedBetaGeometric.fit(contracts, weights="customers")
            ShiftedBetaGeometric(alpha=0.737, beta=1.245, n=1000, log-likelihood -1517.1)
        """
        penalty = checked_penalty(penalty)
        return cls._fit(compressed(cls._read_weighted(table, weights)), penalty)

    @classmethod
    def _fit(cls, rows: Histories, penalty: float) -> Self:
        theta, fit = maximise(
            cls.LAW.objective(rows),
            cls.PARAMETERS,
            customers=rows.customers,
            histories=len(rows),
            penalty=penalty,
            model=cls.__name__,
        )
        return cls(*np.exp(theta).tolist(), fitted=fit)

    @property
    def _law(self) -> Law:
        return self.LAW

    @property
    def _periods(self) -> float:
        return 1.0


@attrs.frozen(repr=False)
class BGBB(OccasionModel):
    """Buying on occasions that come for all (a yearly appeal, a fair): BG/BB.

    On each occasion a customer buys with a chance of his own, spread as a beta distribution (alpha,
    beta), and is lost before it with another (gamma, delta). Tables have `frequency`: occasions
    with a purchase, after the one that made him a customer; `recency`: number of the last of them,
    0 for none; `T`: how many there were. `p_alive` is of the next occasion.

    Attributes:
        alpha: With beta, how likely he buys: alpha/(alpha + beta) on average.
        beta: See alpha.
        gamma: With delta, how likely he is lost: gamma/(gamma + delta) on average.
        delta: See gamma.

    Source:
        Fader, Hardie and Shang (2010).

    Examples:
        >>> import pandas
        >>> model = BGBB(1.204, 0.750, 0.657, 2.783)
        >>> donors = pandas.DataFrame({"frequency": [6, 1], "recency": [6, 1], "T": [6, 6]})
        >>> model.expected(donors, 5)["expected"].round(2).tolist()
        [3.75, 0.09]
    """

    PARAMETERS: ClassVar[tuple[str, ...]] = ("alpha", "beta", "gamma", "delta")
    READING: ClassVar[Reading] = Reading.OCCASIONS
    LAW: ClassVar[Law] = OccasionLaw()
    alpha: float
    beta: float
    gamma: float
    delta: float


@attrs.frozen(repr=False)
class ShiftedBetaGeometric(OccasionModel):
    """Contracts that are renewed or not: shifted beta geometric, sBG.

    At each renewal a customer leaves with a chance of his own, spread as a beta distribution.
    Tables have `frequency`: how often he renewed; `T`: how many renewals came due. Whoever renewed
    fewer than came due has left. What is counted and expected are renewals; `clv` and `dert` are of
    renewals to come, the first of them one period from now.

    Attributes:
        alpha: With beta, how likely a new customer leaves at his first renewal:
            alpha/(alpha + beta).
        beta: See alpha.

    Source:
        Fader and Hardie (2007): seven years of the regular segment give .704 and 1.182.

    Examples:
        >>> import pandas
        >>> model = ShiftedBetaGeometric(0.704, 1.182)
        >>> contracts = pandas.DataFrame({"frequency": [0, 3, 3], "T": [0, 3, 4]})
        >>> model.p_active(contracts, 1)["p_active"].round(3).tolist()
        [0.627, 0.856, 0.0]
    """

    PARAMETERS: ClassVar[tuple[str, ...]] = ("alpha", "beta")
    READING: ClassVar[Reading] = Reading.CONTRACTS
    LAW: ClassVar[Law] = ContractLaw()
    alpha: float
    beta: float

    @classmethod
    def fit_survivors(cls, survivors: Sequence[float], *, penalty: float = 0.0) -> Self:
        """Fit the model on how many of one year's customers were left after each renewal.

        Args:
            survivors: At the beginning, after the first renewal, and so on.
            penalty: As for `fit`.

        Raises:
            InvalidValueError: If there are fewer than two numbers, or they rise or are negative.

        Examples:
            >>> ShiftedBetaGeometric.fit_survivors([1000, 869, 743, 653, 593, 551, 517, 491])
            ShiftedBetaGeometric(alpha=0.6681, beta=3.806, n=1000, log-likelihood -1611.2)
        """
        left = numbers(survivors, "survivors")
        falling = len(left) > 1 and bool((np.diff(left) <= 0).all() and left[-1] >= 0)
        if not (falling and left[0] > 0):
            rule = "must be two numbers or more that do not rise, from above 0"
            raise InvalidValueError("survivors", left.tolist(), rule)
        renewals = np.arange(len(left))
        due = np.minimum(renewals + 1, len(left) - 1).astype(np.float64)
        weight = np.append(-np.diff(left), left[-1])
        rows = Histories(renewals, renewals.astype(np.float64), due, weight)
        return cls._fit(rows, checked_penalty(penalty))
