"""Repeat buying of customers who differ by what is known of them: MBG/NBD, BG/NBD, and covariates.

Law: whose covariates are the same are customers of one plain model, and are asked as such; what is
not known of the coefficients is in every interval.

Source: Fader and Hardie (2007), "Incorporating time-invariant covariates into the Pareto/NBD and
BG/NBD models".
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Collection, Mapping
from typing import TYPE_CHECKING, Final, cast

import attrs
import numpy as np
from narwhals.stable.v2.typing import IntoFrame, IntoFrameT
from numpy.typing import NDArray
from scipy.special import ndtri

from crmkit.errors import InvalidValueError
from crmkit.kernel import FrozenMap, known_name
from crmkit.kernel.frames import Values, Words, frame_of
from crmkit.kernel.scalars import as_python

from .asked_tables import AskedTable, held
from .covariate_law import CovariateRows, fitted_rows, plain_from
from .covariates import Covariates, PlainModel, check_kind, columns, names_of
from .history_table import Unit, read, read_unit, read_weighted
from .maximum import ModelFit, checked_penalty, read_fit
from .new_customers import NewCustomer
from .repeat_buying import BGNBD, MBGNBD
from .rows import Floats
from .spending import GammaGamma, warn_untold


if TYPE_CHECKING:
    import pandas as pd


_NONE: Final[FrozenMap[str, float]] = FrozenMap()
_OWN: Final = 4


@attrs.frozen(repr=False)
class CovariateModel:
    r"""Repeat buying where a customer's rate, and his loss, hang on what is known of him.

    $\alpha_i = \alpha e^{-\gamma^\top z}$ and $a_i = a e^{\delta^\top w}$: a covariate greater by
    one multiplies the mean rate of buying by $e^\gamma$, the odds of being lost by $e^\delta$. They
    stay as they are: what varies in time is none.

    Attributes:
        plain: The model of a customer whose covariates are all 0.
        buying: Coefficients of the rate of buying, by the columns of their covariates.
        loss: Coefficients of the odds of loss.
        fitted: What the fit told, its covariance that of the logarithms of `plain`'s parameters and
            of the coefficients; None where all was given.

    Raises:
        InvalidValueError: If the plain model is neither MBGNBD nor BGNBD, there is no coefficient,
            or one is no finite number.

    Source:
        Fader and Hardie (2007); that b stays as it is, is our choice.

    Examples:
        >>> import pandas
        >>> model = CovariateModel(
        ...     MBGNBD(0.525, 6.183, 0.891, 1.614, unit="W"), buying=FrozenMap({"web": 0.5})
        ... )
        >>> told = [(2, 30.43, 38.86, 0), (2, 30.43, 38.86, 1)]
        >>> table = pandas.DataFrame(told, columns=["frequency", "recency", "T", "web"])
        >>> model.expected(table, 39)["expected"].round(3).tolist()
        [1.263, 1.309]
        >>> model.of({"web": 1})
        MBGNBD(r=0.525, alpha=3.75, a=0.891, b=1.614, unit='W')
    """

    plain: PlainModel
    buying: FrozenMap[str, float] = attrs.field(default=_NONE, kw_only=True)
    loss: FrozenMap[str, float] = attrs.field(default=_NONE, kw_only=True)
    fitted: ModelFit | None = attrs.field(default=None, kw_only=True)

    def __attrs_post_init__(self) -> None:
        check_kind(type(self.plain))
        for part in ("buying", "loss"):
            told = getattr(self, part).items()
            taken = {name: _finite(f"coefficient of {name}", value) for name, value in told}
            object.__setattr__(self, part, FrozenMap(taken))
        if not (self.buying or self.loss):
            rule, way_out = "must be there, one of them at least", "or take the plain model"
            raise InvalidValueError("covariates", Words("missing"), rule, way_out)

    @classmethod
    def fit(
        cls,
        table: IntoFrame,
        *,
        kind: type[PlainModel] = MBGNBD,
        buying: Collection[str] = (),
        loss: Collection[str] = (),
        weights: str | Values | None = None,
        penalty: float = 0.0,
        unit: Unit | None = None,
    ) -> CovariateModel:
        """Fit the model on a table of customers by maximum likelihood.

        Args:
            table: As for the plain model, with a column of numbers for each covariate.
            kind: The plain model: `MBGNBD` or `BGNBD`.
            buying: Columns that the rate of buying hangs on.
            loss: Columns that the odds of loss hang on; one may stand in both.
            weights: How many customers each row stands for: a column, or numbers.
            penalty: As for the plain model; coefficients are held too.
            unit: What the table counts time in, where it has no column `unit`.

        Raises:
            InvalidValueError: If the table is bad, as for the plain model; the kind is another; a
                covariate is missing somewhere, or the same everywhere; or more than 5,000 different
                sets of them stand in the table.

        Warns:
            AssumptionWarning: If the likelihood is flat.
        """
        check_kind(kind)
        penalty, unit = checked_penalty(penalty), read_unit(table, unit)
        names = Covariates(names_of(buying), names_of(loss))
        frame = names.read(table)[0]
        native = cast("IntoFrame", frame.to_native())
        rows = read_weighted(native, weights)
        first, pattern = names.patterns(frame)
        z, w = (columns(frame, part)[first] for part in (names.buying, names.loss))
        told = CovariateRows.of(rows, z, w, pattern)
        names.check_spread(told)
        labels = (*kind.PARAMETERS, *names.labels)
        theta, fit = fitted_rows(kind.LAW, told, labels, penalty, model=names.named(kind))
        coefficients = dict(zip(names.labels, theta[_OWN:].tolist(), strict=True))
        return cls(
            kind(*np.exp(theta[:_OWN]).tolist(), unit=unit),
            buying=FrozenMap({name: coefficients[f"buying:{name}"] for name in names.buying}),
            loss=FrozenMap({name: coefficients[f"loss:{name}"] for name in names.loss}),
            fitted=fit,
        )

    # -- what it is ---

    @property
    def unit(self) -> Unit:
        """What time is counted in."""
        return self.plain.unit

    @property
    def parameters(self) -> dict[str, float]:
        """The parameters by name: those of the plain model, `buying:` and `loss:` of covariates."""
        told = {f"buying:{name}": float(value) for name, value in self.buying.items()}
        told |= {f"loss:{name}": float(value) for name, value in self.loss.items()}
        return self.plain.parameters | told

    @property
    def log_likelihood(self) -> float | None:
        """The log-likelihood of the fit; None where the parameters were given."""
        return self.fitted.log_likelihood if self.fitted else None

    @property
    def summary(self) -> pd.DataFrame:
        """One row a parameter, with its standard error and the ends of its 95 % interval.

        Indexed by `parameter`; columns `value`, `standard_error`, `low`, `high`, NaN where the
        likelihood is flat or the parameters were given. Intervals of coefficients are made on
        themselves, those of the others on their logarithms.

        Warns:
            AssumptionWarning: If fewer than 1,000 customers make the intervals too narrow.
        """
        # Loaded here, for a model does not need it.
        import pandas as pd

        if self.fitted is not None:
            self.fitted.warn_small()

        values, errors = np.array(list(self.parameters.values())), self._errors
        reach, scale = float(ndtri(0.975)) * errors, np.arange(len(values)) < _OWN
        told = {
            "value": values,
            "standard_error": np.where(scale, values * errors, errors),
            "low": np.where(scale, values * np.exp(-reach), values - reach),
            "high": np.where(scale, values * np.exp(reach), values + reach),
        }
        return pd.DataFrame(told, index=pd.Index(list(self.parameters), name="parameter"))

    def of(self, covariates: Mapping[str, float]) -> PlainModel:
        """Return the plain model of customers with these covariates.

        Args:
            covariates: All that the model knows, by their columns.

        Raises:
            InvalidValueError: If one is not told, is no finite number, or the model knows it not;
                or they are not told by their columns.
        """
        names = {*self.buying, *self.loss}
        if not isinstance(covariates, Mapping):
            rule = "must be told by their columns"
            raise InvalidValueError("covariates", covariates, rule, 'write {"web": 1}')
        for name in covariates:
            known_name(name, names, "covariate")
        if missing := sorted(names - set(covariates)):
            raise InvalidValueError(missing[0], Words("missing"), "must be told")
        told = {name: _finite(name, value) for name, value in covariates.items()}
        return self._plain(
            np.array([told[name] for name in self.buying], dtype=np.float64),
            np.array([told[name] for name in self.loss], dtype=np.float64),
        )

    def new_customer(self, covariates: Mapping[str, float]) -> NewCustomer:
        """Return someone with these covariates who has bought for the first time this moment.

        Raises:
            InvalidValueError: As `of`.
        """
        return self.of(covariates).new_customer()

    def to_json(self) -> str:
        """Return the model as JSON: all of it, so that it comes back equal."""
        told = {"model": type(self).__name__, "plain": json.loads(self.plain.to_json())}
        told |= {"buying": dict(self.buying), "loss": dict(self.loss)}
        return json.dumps(told | {"fitted": self.fitted and attrs.asdict(self.fitted)})

    @classmethod
    def from_json(cls, text: str) -> CovariateModel:
        """Make the model that `to_json` wrote.

        Raises:
            InvalidValueError: If it is no JSON, or that of another model.

        Examples:
            >>> plain = MBGNBD(0.525, 6.183, 0.891, 1.614, unit="W")
            >>> model = CovariateModel(plain, buying=FrozenMap({"web": 0.5}))
            >>> CovariateModel.from_json(model.to_json()) == model
            True
        """
        try:
            told = json.loads(text)
            if told.pop("model") != cls.__name__:
                raise ValueError("another model")
            kind = {one.__name__: one for one in (MBGNBD, BGNBD)}[told["plain"]["model"]]
            return cls(
                kind.from_json(json.dumps(told["plain"])),
                buying=FrozenMap(told["buying"]),
                loss=FrozenMap(told["loss"]),
                fitted=None if told["fitted"] is None else read_fit(told["fitted"]),
            )
        except (ValueError, TypeError, KeyError, AttributeError) as cause:
            rule = f"must be what {cls.__name__}.to_json wrote"
            raise InvalidValueError("text", text, rule) from cause

    # -- what customers do ---

    def p_alive(self, table: IntoFrameT, *, confidence: float = 0.95) -> IntoFrameT:
        """Add the chance that each is still a customer, as the plain model does."""
        return self._asked(table, lambda one, part: one.p_alive(part, confidence=confidence))

    def p_active(self, table: IntoFrameT, within: float, *, confidence: float = 0.95) -> IntoFrameT:
        """Add the chance that each buys at all within a time, as the plain model does."""
        return self._asked(
            table, lambda one, part: one.p_active(part, within, confidence=confidence)
        )

    def expected(self, table: IntoFrameT, within: float, *, confidence: float = 0.95) -> IntoFrameT:
        """Add how many purchases are expected of each, as the plain model does."""
        return self._asked(
            table, lambda one, part: one.expected(part, within, confidence=confidence)
        )

    def count_interval(
        self, table: IntoFrameT, within: float, *, confidence: float = 0.95
    ) -> IntoFrameT:
        """Add between what numbers each one's purchases will lie, as the plain model does."""
        return self._asked(
            table, lambda one, part: one.count_interval(part, within, confidence=confidence)
        )

    def forecast(self, table: IntoFrameT, within: float, *, confidence: float = 0.95) -> IntoFrameT:
        """Add all that `expected` and `count_interval` add, at one reading."""
        return self._asked(
            table, lambda one, part: one.forecast(part, within, confidence=confidence)
        )

    def pmf(
        self, table: IntoFrameT, within: float, count: int, *, confidence: float = 0.95
    ) -> IntoFrameT:
        """Add the chance of just so many purchases within a time, as the plain model does."""
        return self._asked(
            table, lambda one, part: one.pmf(part, within, count, confidence=confidence)
        )

    def log_pmf(
        self, table: IntoFrameT, within: float, count: int, *, confidence: float = 0.95
    ) -> IntoFrameT:
        """Add the logarithm of `pmf`, as the plain model does."""
        return self._asked(
            table, lambda one, part: one.log_pmf(part, within, count, confidence=confidence)
        )

    def next_purchase(self, table: IntoFrameT, *, chance: float = 0.5) -> IntoFrameT:
        """Add the time within which each buys again with a chance, as the plain model does."""
        return self._asked(table, lambda one, part: one.next_purchase(part, chance=chance))

    def dert(self, table: IntoFrameT, discount: float, *, confidence: float = 0.95) -> IntoFrameT:
        """Add discounted expected purchases for all time to come, as the plain model does."""
        return self._asked(table, lambda one, part: one.dert(part, discount, confidence=confidence))

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
        """Add what each will be worth within a horizon, as the plain model does.

        Warns:
            AssumptionWarning: If the column is 0 of customers without repeat purchases.
        """
        untold = []

        def worth(one: PlainModel, part: IntoFrame) -> IntoFrame:
            added, rows = one._worth(part, horizon, discount, spend, margin, confidence)
            untold.append(rows)
            return added

        told = self._asked(table, worth)
        warn_untold(sum(untold), spend)
        return told

    # -- inner ---

    @property
    def _errors(self) -> Floats:
        covariance = self.fitted.covariance if self.fitted else None
        if covariance is None:
            return np.full(len(self.parameters), np.nan)
        return cast("Floats", np.sqrt(np.diag(np.array(covariance))))

    def _plain(self, buying: Floats, loss: Floats) -> PlainModel:
        turn = plain_from(buying, loss)
        own = np.log(np.array(list(self.plain.parameters.values())))
        theta = turn @ np.concatenate((own, [*self.buying.values(), *self.loss.values()]))
        fit = self.fitted
        if fit is not None and fit.covariance is not None:
            theirs = turn @ np.array(fit.covariance) @ turn.T
            fit = attrs.evolve(fit, covariance=tuple(map(tuple, theirs.tolist())))
        return type(self.plain)(*np.exp(theta).tolist(), unit=self.unit, fitted=fit)

    def _asked(
        self, table: IntoFrameT, question: Callable[[PlainModel, IntoFrame], IntoFrame]
    ) -> IntoFrameT:
        """Ask every plain model about its customers, and put the answers in their rows."""
        names = Covariates(tuple(self.buying), tuple(self.loss))
        frame, asked = names.read(table)
        if not len(frame):
            return cast("IntoFrameT", question(self.plain, table))
        # Of all at once: who stands twice may have two sets of covariates.
        read(cast("IntoFrame", frame.to_native()), self.unit)
        first, pattern = names.patterns(frame)
        added: dict[str, Floats | NDArray[np.int64]] = {}
        for place, row in enumerate(first):
            rows = np.flatnonzero(pattern == place)
            one = self._plain(*(columns(frame, part)[row] for part in (names.buying, names.loss)))
            part = frame[rows.tolist()]
            told = held(frame_of(question(one, cast("IntoFrame", part.to_native())), "table", {}))
            for name in told.columns[len(frame.columns) :]:
                values = told[name].to_numpy()
                added.setdefault(name, np.empty(len(frame), dtype=values.dtype))[rows] = values
        return AskedTable(frame, asked).with_columns(added)

    def __repr__(self) -> str:
        told = [f"{name}={value:.4g}" for name, value in self.parameters.items()]
        if self.fitted is not None:
            told.append(f"n={self.fitted.customers:g}")
            told.append(f"log-likelihood {self.fitted.log_likelihood:.1f}")
            told += [f"flat in {' and '.join(self.fitted.flat)}"] * bool(self.fitted.flat)
            told += ["few: intervals are too narrow"] * self.fitted.is_small
        return f"{type(self).__name__}({type(self.plain).__name__}, {', '.join(told)})"


def _finite(name: str, value: float) -> float:
    """Return a number as Python's own, if it is one and finite."""
    value = as_python(value)
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if not (number and math.isfinite(value)):
        raise InvalidValueError(name, value, "must be a finite number")
    return value
