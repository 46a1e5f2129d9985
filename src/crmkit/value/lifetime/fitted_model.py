"""What all models of value share: parameters above 0, how sure they are, and their text form."""

from __future__ import annotations

import json
import math
from abc import ABC
from typing import TYPE_CHECKING, ClassVar, Final, Self, cast

import attrs
import numpy as np
from scipy.special import ndtri

from crmkit.errors import InvalidValueError
from crmkit.kernel import Estimate, did_you_mean
from crmkit.kernel.estimate import check_confidence
from crmkit.kernel.frames import Words
from crmkit.kernel.scalars import as_python

from .maximum import ModelFit, read_fit
from .rows import Floats


if TYPE_CHECKING:
    import pandas as pd


_METHOD: Final = "log-normal"


@attrs.frozen(repr=False)
class FittedModel(ABC):
    """A model made of parameters above 0, published or fitted.

    Attributes:
        fitted: What the fit told; None where the parameters were given.

    Examples:
        >>> from crmkit.value import BGNBD
        >>> isinstance(BGNBD(0.243, 4.414, 0.793, 2.426, unit="W"), FittedModel)
        True
    """

    PARAMETERS: ClassVar[tuple[str, ...]]
    fitted: ModelFit | None = attrs.field(default=None, kw_only=True)

    def __attrs_post_init__(self) -> None:
        for name in self.PARAMETERS:
            value = as_python(getattr(self, name))
            # The one place where a frozen record is still being made.
            object.__setattr__(self, name, value)
            number = isinstance(value, int | float) and not isinstance(value, bool)
            if not (number and math.isfinite(value) and value > 0):
                raise InvalidValueError(name, value, "must be a finite number above 0")

    @property
    def parameters(self) -> dict[str, float]:
        """The parameters by name."""
        return {name: float(getattr(self, name)) for name in self.PARAMETERS}

    @property
    def log_likelihood(self) -> float | None:
        """The log-likelihood of the fit; None where the parameters were given."""
        return self.fitted.log_likelihood if self.fitted else None

    @property
    def summary(self) -> pd.DataFrame:
        """One row a parameter, with its standard error and the ends of its 95 % interval.

        Indexed by `parameter`; columns `value`, `standard_error`, `low`, `high`, NaN where the
        likelihood is flat or the parameters were given.

        Warns:
            AssumptionWarning: If fewer than 1,000 customers make the intervals too narrow.
        """
        # Loaded here, for a model does not need it.
        import pandas as pd

        if self.fitted is not None:
            self.fitted.warn_small()

        spread = float(ndtri(0.975)) * self._errors
        values = np.array(list(self.parameters.values()))
        told = {
            "value": values,
            "standard_error": values * self._errors,
            "low": values * np.exp(-spread),
            "high": values * np.exp(spread),
        }
        return pd.DataFrame(told, index=pd.Index(self.PARAMETERS, name="parameter"))

    def estimate(self, parameter: str, *, confidence: float = 0.95) -> Estimate:
        """Return one parameter with its interval, made on its logarithm.

        Args:
            parameter: Its name.
            confidence: Share of such intervals that hold the true value.

        Raises:
            InvalidValueError: If there is no such parameter, or no interval: the parameters were
                given, or the likelihood is flat.

        Examples:
            >>> from crmkit.value import ShiftedBetaGeometric
            >>> left = [1000, 631, 468, 382, 326, 289, 262, 241]
            >>> print(ShiftedBetaGeometric.fit_survivors(left).estimate("alpha"))
            0.7041 (95 % interval 0.5866 to 0.8451, n = 1000, log-normal)
        """
        if parameter not in self.PARAMETERS:
            rule = f"must be one of {', '.join(self.PARAMETERS)}"
            way_out = did_you_mean(parameter, self.PARAMETERS)
            raise InvalidValueError("parameter", parameter, rule, way_out)
        confidence = checked_confidence(confidence)
        if self.fitted is None:
            way_out = "fit the model on a table"
            raise InvalidValueError("fit", Words("missing"), "must be there", way_out)
        if self.fitted.covariance is None:
            rule = "must not be flat for an interval"
            way_out = "use a longer record, a simpler model, or penalty=0.01"
            told = Words("flat in " + " and ".join(self.fitted.flat))
            raise InvalidValueError("likelihood", told, rule, way_out)
        value = self.parameters[parameter]
        error = self._errors[self.PARAMETERS.index(parameter)]
        reach = math.exp(float(ndtri(0.5 + confidence / 2)) * error)
        return Estimate(
            value,
            value / reach,
            value * reach,
            confidence=confidence,
            n=round(self.fitted.customers),
            n_missing=0,
            method=_METHOD,
        )

    def to_json(self) -> str:
        """Return the model as JSON: all of it, so that it comes back equal.

        Examples:
            >>> from crmkit.value import ShiftedBetaGeometric
            >>> ShiftedBetaGeometric(0.704, 1.182).to_json()
            '{"model": "ShiftedBetaGeometric", "fitted": null, "alpha": 0.704, "beta": 1.182}'
        """
        return json.dumps({"model": type(self).__name__, **attrs.asdict(self, filter=_told)})

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Make the model that `to_json` wrote.

        Raises:
            InvalidValueError: If it is no JSON, or that of another model.

        Examples:
            >>> from crmkit.value import ShiftedBetaGeometric
            >>> contracts = ShiftedBetaGeometric(0.704, 1.182)
            >>> ShiftedBetaGeometric.from_json(contracts.to_json()) == contracts
            True
        """
        try:
            told = json.loads(text)
            if told.pop("model") != cls.__name__:
                raise ValueError("another model")
            if told["fitted"] is not None:
                told["fitted"] = read_fit(told["fitted"])
            return cls(**told)
        except (ValueError, TypeError, KeyError, AttributeError) as cause:
            rule = f"must be what {cls.__name__}.to_json wrote"
            raise InvalidValueError("text", text, rule) from cause

    @property
    def _theta(self) -> Floats:
        theta: Floats = np.log(np.array(list(self.parameters.values())))
        return theta

    @property
    def _covariance(self) -> Floats | None:
        if self.fitted is None or self.fitted.covariance is None:
            return None
        return np.array(self.fitted.covariance)

    @property
    def _errors(self) -> Floats:
        """Return the standard errors of the logarithms."""
        if self._covariance is None:
            return np.full(len(self.PARAMETERS), np.nan)
        return cast("Floats", np.sqrt(np.diag(self._covariance)))

    def __repr__(self) -> str:
        told = [f"{name}={value:.4g}" for name, value in self.parameters.items()]
        if unit := getattr(self, "unit", None):
            told.append(f"unit={unit!r}")
        if self.fitted is not None:
            told.append(f"n={self.fitted.customers:g}")
            told.append(f"log-likelihood {self.fitted.log_likelihood:.1f}")
            told += [f"flat in {' and '.join(self.fitted.flat)}"] * bool(self.fitted.flat)
            told += ["few: intervals are too narrow"] * self.fitted.is_small
        return f"{type(self).__name__}({', '.join(told)})"


def checked_confidence(confidence: float) -> float:
    """Return a confidence if it lies between 0 and 1.

    Raises:
        InvalidValueError: If it does not.
    """
    check_confidence(confidence)
    return confidence


def _told(field: attrs.Attribute[object], _: object) -> bool:
    return field.init
