"""What is known of customers, put beside them as it was known on a day.

Law: of what was learnt after the cut nothing is taken; whoever nothing was known of by then is
named, not left out.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date
from typing import Final

import attrs
import narwhals.stable.v2 as nw
from narwhals.stable.v2.typing import IntoFrame

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


_KEY: Final = "customer_id"


@attrs.frozen(kw_only=True)
class KnownTable:
    """The names of a table of what is known of customers.

    Attributes:
        customer_id: The column of customers.
        known_on: That of the day since which a row has been known; None where it always was.
    """

    customer_id: str
    known_on: str | None

    def beside(self, table: IntoFrame, customers: IntoFrame, cut: date) -> Eager | Lazy:
        """Return a table of customers with what was known of each on a day.

        Raises:
            InvalidValueError: If a customer is missing or stands twice, a column is there already,
                or holds no finite numbers, or the two are frames of different kinds.
        """
        kinds = {self.customer_id: ColumnKind.ID}
        if self.known_on is not None:
            kinds[self.known_on] = ColumnKind.TIME
        frame = self._then(frame_of(customers, "customers", kinds), cut)
        before = frame_of(table, "table", {_KEY: ColumnKind.ID})
        taken = set(before.collect_schema().names())
        if type(frame) is not type(before) or frame.implementation != before.implementation:
            rule = f"must be of the same kind as the hold-out: {before.implementation.name.lower()}"
            raise InvalidValueError("customers", Words(frame.implementation.name.lower()), rule)
        names = _new_names([*frame.collect_schema().names()], [*kinds], taken)
        frame = frame_of(frame.to_native(), "customers", dict.fromkeys(names, ColumnKind.NUMBER))
        known = nw.generate_temporary_column_name(8, [*taken, *names])
        told = frame.select(
            nw.col(self.customer_id).alias(_KEY), *names, nw.col(self.customer_id).alias(known)
        )
        both = before.join(told, on=_KEY, how="left")  # type: ignore[arg-type]  # of one kind
        rule = "must be known at the cut"
        way_out = "leave such customers out of the orders, or say what was known of them by then"
        gone = Flaw(_KEY, nw.col(known).is_null(), rule, way_out)
        flaws = [check(name) for name in names for check in (empty, not_finite)]
        find_flaws(both, [gone, *flaws])
        return both.drop(known)

    def _then(self, frame: Eager | Lazy, cut: date) -> Eager | Lazy:
        """Return of each customer the one row that was known last on a day."""
        key = self.customer_id
        flaws = [empty(key)]
        if self.known_on is not None:
            flaws.append(empty(self.known_on))
            if isinstance(frame.collect_schema()[self.known_on], nw.Datetime):
                rule, way_out = "must hold dates, not instants", "give the shop's own days"
                raise InvalidValueError("column", self.known_on, rule, way_out)
        find_flaws(frame, flaws)
        if self.known_on is not None:
            day = nw.col(self.known_on)
            frame = frame.filter(day <= nw.lit(cut))
            frame = frame.filter(day == day.max().over(key))
        copies = nw.generate_temporary_column_name(8, frame.collect_schema().names())
        way_out = "" if self.known_on else "name the column of days by known_on="
        twice = Flaw(key, nw.col(copies) > 1, "must stand in one row, on one day", way_out)
        find_flaws(frame.with_columns(nw.len().over(key).alias(copies)), [twice])
        return frame


def _new_names(told: Sequence[str], keys: Sequence[str], taken: Collection[str]) -> list[str]:
    """Return the columns of what is known, if there are such, and none is there already."""
    names = [name for name in told if name not in keys]
    for name in names:
        if name in taken:
            raise InvalidValueError("column", name, "must not be in the hold-out already")
    if not names:
        rule = "must be columns of customers beside the customer's id"
        raise InvalidValueError("covariates", Words("missing"), rule, "add one, such as web")
    return names
