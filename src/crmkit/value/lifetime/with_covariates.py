"""A model with covariates that is yet to be fitted: by which columns, and of what kind.

Source: Fader and Hardie (2007), "Incorporating time-invariant covariates into the Pareto/NBD and
BG/NBD models".
"""

from __future__ import annotations

import attrs
from narwhals.stable.v2.typing import IntoFrame

from .covariate_model import CovariateModel
from .covariates import Covariates, PlainModel, check_kind, names_of
from .history_table import Unit
from .repeat_buying import MBGNBD


@attrs.frozen(kw_only=True)
class WithCovariates:
    """A `CovariateModel` that is yet to be fitted: what takes part in a race of models.

    Attributes:
        kind: The plain model: `MBGNBD` or `BGNBD`.
        buying: Columns that the rate of buying hangs on.
        loss: Columns that the odds of loss hang on.

    Raises:
        InvalidValueError: If the kind is another, there is no column, or one stands twice in a
            list.

    Examples:
        >>> WithCovariates(buying=["web"]).name
        'MBGNBD with web'
        >>> from crmkit.value import BGNBD
        >>> WithCovariates(kind=BGNBD, buying=["web"], loss=["web", "age"]).name
        'BGNBD with web; loss: web, age'
    """

    kind: type[PlainModel] = MBGNBD
    buying: tuple[str, ...] = attrs.field(default=(), converter=names_of)
    loss: tuple[str, ...] = attrs.field(default=(), converter=names_of)

    def __attrs_post_init__(self) -> None:
        check_kind(self.kind)
        Covariates(self.buying, self.loss)

    @classmethod
    def of(cls, model: CovariateModel) -> WithCovariates:
        """Return what a model is, its numbers aside.

        Examples:
            >>> from crmkit.kernel import FrozenMap
            >>> from crmkit.value import BGNBD
            >>> plain = BGNBD(0.243, 4.414, 0.793, 2.426, unit="W")
            >>> WithCovariates.of(CovariateModel(plain, loss=FrozenMap({"web": 0.5}))).name
            'BGNBD; loss: web'
        """
        return cls(kind=type(model.plain), buying=model.buying, loss=model.loss)

    @property
    def every(self) -> tuple[str, ...]:
        """The columns, each of them once."""
        return Covariates(self.buying, self.loss).every

    @property
    def name(self) -> str:
        """What a race calls it."""
        return Covariates(self.buying, self.loss).named(self.kind)

    def fit(self, table: IntoFrame, *, penalty: float = 0.0, unit: Unit) -> CovariateModel:
        """Fit it, as `CovariateModel.fit` does."""
        return CovariateModel.fit(
            table,
            kind=self.kind,
            buying=self.buying,
            loss=self.loss,
            penalty=penalty,
            unit=unit,
        )
