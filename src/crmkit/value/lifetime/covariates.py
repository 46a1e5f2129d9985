"""Columns of what is known of customers: read, checked, and put together into patterns."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, TypeAlias

import attrs
import narwhals.stable.v2 as nw
import numpy as np
from narwhals.stable.v2.typing import IntoFrameT
from numpy.typing import NDArray

from crmkit.errors import InvalidValueError
from crmkit.kernel.frames import (
    ColumnKind,
    Eager,
    Flaw,
    Lazy,
    Words,
    empty,
    find_flaws,
    frame_of,
    not_finite,
)

from .asked_tables import floats, held
from .covariate_law import CovariateRows
from .repeat_buying import BGNBD, MBGNBD
from .row_kinds import unique_rows
from .rows import Floats


PlainModel: TypeAlias = MBGNBD | BGNBD
"""What customers with the same covariates are customers of."""

_MOST: Final = 5_000
_LARGEST: Final = 1e150  # its square is a number still


def check_kind(kind: object) -> None:
    """Refuse a kind of model that covariates are not made for.

    Raises:
        InvalidValueError: If it is neither `MBGNBD` nor `BGNBD`.

    Examples:
        >>> check_kind(int)
        Traceback (most recent call last):
        crmkit.errors.InvalidValueError: kind is int: it must be MBGNBD or BGNBD; others know no\
 covariates
    """
    if kind is not MBGNBD and kind is not BGNBD:
        told = Words(kind.__name__) if isinstance(kind, type) else kind
        raise InvalidValueError(
            "kind", told, "must be MBGNBD or BGNBD", "others know no covariates"
        )


def names_of(told: Iterable[str]) -> tuple[str, ...]:
    """Return the names of columns; one text is no list of them.

    Raises:
        InvalidValueError: If it is one text, or no list.

    Examples:
        >>> names_of(["web", "age"])
        ('web', 'age')
    """
    if isinstance(told, str) or not isinstance(told, Iterable):
        raise InvalidValueError("covariates", told, "must be a list of columns", "write ['web']")
    return tuple(told)


@attrs.frozen
class Covariates:
    """The columns of covariates: those of buying, and those of loss.

    Raises:
        InvalidValueError: If there is none, or one stands twice in a list.

    Examples:
        >>> Covariates(("web",), ("web", "age")).every
        ('web', 'age')
    """

    buying: tuple[str, ...]
    loss: tuple[str, ...]

    def __attrs_post_init__(self) -> None:
        if not self.every:
            rule, way_out = "must be there, one of them at least", "or take the plain model"
            raise InvalidValueError("covariates", Words("missing"), rule, way_out)
        for part in (self.buying, self.loss):
            for place, name in enumerate(part):
                if name in part[:place]:
                    raise InvalidValueError("covariate", name, "must be named once")

    @property
    def every(self) -> tuple[str, ...]:
        """Each of them once."""
        return tuple(dict.fromkeys((*self.buying, *self.loss)))

    @property
    def labels(self) -> tuple[str, ...]:
        """The names of the coefficients."""
        buying = tuple(f"buying:{name}" for name in self.buying)
        return (*buying, *(f"loss:{name}" for name in self.loss))

    def named(self, kind: type[PlainModel]) -> str:
        """Return what a model of this kind with these covariates is called.

        Examples:
            >>> Covariates(("web",), ("web", "age")).named(BGNBD)
            'BGNBD with web; loss: web, age'
        """
        buying = f" with {', '.join(self.buying)}" if self.buying else ""
        loss = f"; loss: {', '.join(self.loss)}" if self.loss else ""
        return f"{kind.__name__}{buying}{loss}"

    def read(self, table: IntoFrameT) -> tuple[Eager, Eager | Lazy]:
        """Return a table holding its rows, its covariates checked, and as it was given.

        Raises:
            InvalidValueError: If a covariate is no column of finite numbers, or one is beyond
                10¹⁵⁰: its square would be none.
        """
        asked = frame_of(table, "table", dict.fromkeys(self.every, ColumnKind.NUMBER))
        frame = held(asked)
        find_flaws(
            frame,
            [check(name) for name in self.every for check in (empty, not_finite, _too_large)],
        )
        return frame, asked

    def patterns(self, frame: Eager) -> tuple[NDArray[np.intp], NDArray[np.integer]]:
        """Return a row of each set of covariates there is, and which of them each row has.

        Raises:
            InvalidValueError: If there are more than 5,000.
        """
        first, pattern = unique_rows(*columns(frame, self.every).T)
        if len(first) > _MOST:
            rule = f"must be {_MOST} or fewer"
            way_out = "put covariates of many values into classes"
            raise InvalidValueError("different sets of covariates", len(first), rule, way_out)
        return first, pattern

    def check_spread(self, rows: CovariateRows) -> None:
        """Refuse a covariate that is the same for all customers: it tells nothing.

        Raises:
            InvalidValueError: If one is.
        """
        there = rows.weights > 0
        for names, told in ((self.buying, rows.buying), (self.loss, rows.loss)):
            for place, name in enumerate(names):
                if np.ptp(told[there, place]) < 1 / _LARGEST:
                    value = float(told[there, place][0])
                    raise InvalidValueError(name, value, "must not be the same for all customers")


def _too_large(name: str) -> Flaw:
    size = nw.col(name).cast(nw.Float64).abs()
    rule, way_out = f"must be from -{_LARGEST:g} to {_LARGEST:g}", "count it in a larger unit"
    return Flaw(name, size > _LARGEST, rule, way_out)


def columns(frame: Eager, names: tuple[str, ...]) -> Floats:
    """Return columns of numbers side by side."""
    told = np.empty((len(frame), len(names)))
    for place, name in enumerate(names):
        told[:, place] = floats(frame, name)
    return told
