r"""What was counted of customers beside what a model held likely: proper scores and their parts.

Of a customer who bought y times, the model having said $P(n)$ for n times,

* the log score is $-\log P(y)$;
* the ranked probability score, the CRPS of a count, is
  $\sum_{n \ge 1} (P(Y \ge n) - [y \ge n])^2$;
* the Brier score of activity is its first term, $n = 1$.

All are the smaller the better, and least on average for whoever says the truth.

Source: Gneiting and Raftery (2007), "Strictly proper scoring rules, prediction, and estimation",
Journal of the American Statistical Association 102; Czado, Gneiting and Held (2009), "Predictive
model assessment for count data", Biometrics 65(4).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Final, TypeAlias

import attrs
import narwhals.stable.v2 as nw
import numpy as np
from narwhals.stable.v2.typing import IntoFrameT
from numpy.typing import NDArray
from scipy.special import expit, log_expit

from crmkit.errors import InvalidValueError
from crmkit.kernel.frames import (
    ColumnKind,
    Flaw,
    Words,
    empty,
    find_flaws,
    frame_of,
    not_finite,
)
from crmkit.value.lifetime.asked_tables import floats, held as in_rows
from crmkit.value.lifetime.covariate_model import CovariateModel
from crmkit.value.lifetime.history_table import read_sorted
from crmkit.value.lifetime.law import Customers
from crmkit.value.lifetime.lifetime_model import LifetimeModel
from crmkit.value.lifetime.repeat_buying import check_timed
from crmkit.value.lifetime.row_kinds import Whole, unique_rows
from crmkit.value.lifetime.rows import Floats, Histories
from crmkit.value.lifetime.with_covariates import WithCovariates

from .hold_outs import HoldOut


Model: TypeAlias = LifetimeModel | CovariateModel
"""What foretells: one law for all customers, or one for each set of covariates."""

_LEAST: Final = 1e-5  # chances whose squares no longer count


def check_unit(model: LifetimeModel, held: HoldOut[IntoFrameT]) -> None:
    """Refuse a model that counts time in another unit than a hold-out.

    Raises:
        InvalidValueError: If it does, or is none of time.
    """
    check_timed(model)
    check_same_unit(model, held)


def check_same_unit(model: Model, held: HoldOut[IntoFrameT]) -> None:
    """Refuse a model of time that counts it in another unit than a hold-out.

    Raises:
        InvalidValueError: If it does.
    """
    unit = getattr(model, "unit", None)
    if unit != held.unit:
        rule = f"must be {held.unit!r}, as of the hold-out"
        raise InvalidValueError("unit of the model", unit, rule, "fit it on the hold-out's table")


@attrs.frozen(kw_only=True, eq=False)
class Outcomes:
    """Customers of a hold-out, one row for each history and count there is.

    Attributes:
        rows: Their histories at the cut; the weight is how many customers there are of a row.
        counted: How often they bought after it.
        within: For how long that was.
        covariates: What else is known of them, by column: also alike in all of a row.
    """

    rows: Histories
    counted: Whole
    within: float
    covariates: Mapping[str, Floats] = attrs.field(factory=dict)

    @classmethod
    def of(cls, held: HoldOut[IntoFrameT], *, covariates: Collection[str] = ()) -> Outcomes:
        """Read them off a hold-out.

        Raises:
            InvalidValueError: If the table contradicts itself, nobody is in it, or a covariate is
                no column of finite numbers.
        """
        kinds = dict.fromkeys(covariates, ColumnKind.NUMBER)
        frame = in_rows(frame_of(held.rows.to_native(), "table", kinds))
        if not len(frame):
            raise InvalidValueError("hold-out", Words("without customers"), "must have some")
        told = read_sorted(frame.to_native(), held.unit)
        count = nw.col("counted").cast(nw.Float64)
        whole = (count >= 0) & (count == count.floor())
        odd = Flaw("counted", ~whole, "must be a whole number that is not negative")
        flaws = [check(name) for name in covariates for check in (empty, not_finite)]
        find_flaws(frame, [empty("counted"), not_finite("counted"), odd, *flaws])
        counted = floats(frame, "counted").astype(np.int64)
        known = {name: floats(frame, name) for name in covariates}
        first, kind = unique_rows(told.kind, counted, *known.values())
        rows = told.kinds.only(told.kind[first])
        rows = attrs.evolve(rows, weight=np.bincount(kind).astype(np.float64))
        known = {name: told[first] for name, told in known.items()}
        return cls(rows=rows, counted=counted[first], within=held.within, covariates=known)

    def only(self, places: NDArray[np.integer]) -> Outcomes:
        """Return the rows at these places."""
        known = {name: told[places] for name, told in self.covariates.items()}
        return Outcomes(
            rows=self.rows.only(places),
            counted=self.counted[places],
            within=self.within,
            covariates=known,
        )

    def by_model(
        self, model: Model
    ) -> Iterator[tuple[NDArray[np.integer], LifetimeModel, Outcomes]]:
        """Yield the rows of each plain model that a model is made of: their places, it, and them.

        Customers with the same covariates are customers of one.
        """
        if isinstance(model, LifetimeModel):
            yield np.arange(len(self.counted)), model, self
            return
        names = WithCovariates.of(model).every
        first, pattern = unique_rows(*(self.covariates[name] for name in names))
        for place, row in enumerate(first):
            places = np.flatnonzero(pattern == place)
            told = {name: float(self.covariates[name][row]) for name in names}
            yield places, model.of(told), self.only(places)

    def foretold(self, model: LifetimeModel) -> Foretold:
        """Return what a model holds likely of them."""
        oracle = model._oracle(0.95)
        first, cell = unique_rows(self.rows.x, self.rows.age)
        return Foretold(
            outcomes=self,
            odds=oracle.law.alive(oracle.theta, self.rows),
            customers=oracle.law.customers(oracle.theta, self.rows.only(first)),
            cell=cell,
        )


@attrs.frozen(kw_only=True, eq=False)
class Foretold:
    """The distribution of counts that a model foretells, row by row of outcomes.

    Attributes:
        outcomes: What was counted.
        odds: Log-odds of each row that he is still a customer.
        customers: As the future knows them, if they are: one for each cell.
        cell: Which of them a row is.
    """

    outcomes: Outcomes
    odds: Floats
    customers: Customers
    cell: NDArray[np.integer]

    @property
    def alive(self) -> Floats:
        """The chance of each row that he is still a customer."""
        told: Floats = expit(self.odds)
        return told

    def chance(self) -> Floats:
        """Return the chance of just the count that was seen."""
        likely: Floats = np.exp(-self.log_scores())
        return likely

    def log_scores(self) -> Floats:
        """Return the log score of each row: finite however unlikely its count was held."""
        told = np.empty(len(self.cell))
        counted = self.outcomes.counted
        for count in np.unique(counted).tolist():
            rows = np.flatnonzero(counted == count)
            cells, place = np.unique(self.cell[rows], return_inverse=True)
            likely = self.customers.only(cells).log_pmf(self.outcomes.within, count)[place]
            told[rows] = log_expit(self.odds[rows]) + likely
            if count == 0:
                told[rows] = np.logaddexp(told[rows], log_expit(-self.odds[rows]))
        return -told

    def expected(self) -> Floats:
        """Return how many purchases are expected of each row."""
        bought = self.customers.expected(self.outcomes.within)
        return self.alive * bought.take(self.cell)

    def at_least(self, count: Whole) -> Floats:
        """Return the chance of each row to count so many at least."""
        told = np.ones(len(self.cell))
        asked = np.flatnonzero(count > 0)
        customers = self.customers.only(self.cell[asked])
        likely = customers.tail(self.outcomes.within, count[asked].astype(np.float64))
        told[asked] = self.alive[asked] * likely
        return told

    def ranked_scores(self) -> tuple[Floats, Floats]:
        """Return the ranked probability score of each row, and its first term, Brier's."""
        counted = self.outcomes.counted
        told = np.zeros(len(self.cell))
        first = told
        left, count = np.arange(len(told)), 0
        while len(left):
            count += 1
            tails = self._tails(left, count)
            told[left] += (tails - (counted[left] >= count)) ** 2
            if count == 1:
                first = told.copy()
            # Of what is held impossible each purchase more costs one.
            told[left] += np.where(tails > _LEAST, 0.0, np.maximum(counted[left] - count, 0))
            left = left[tails > _LEAST]
        return told, first

    def variance(self) -> Floats:
        """Return the variance of each row's count."""
        square = np.zeros(len(self.cell))
        left, count = np.arange(len(square)), 0
        while len(left):
            count += 1
            part = (2 * count - 1) * self._tails(left, count)
            square[left] += part
            left = left[part > _LEAST]
        return square - self.expected() ** 2

    def _tails(self, rows: NDArray[np.intp], count: int) -> Floats:
        """Return the chance of some rows to count so many at least: asked once a cell."""
        cells, place = np.unique(self.cell[rows], return_inverse=True)
        customers = self.customers.only(cells)
        likely = customers.tail(self.outcomes.within, np.full(len(cells), float(count)))
        told: Floats = self.alive[rows] * likely[place]
        return told
