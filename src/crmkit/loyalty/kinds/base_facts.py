"""The facts of a whole base, out of a frame of any engine, checked by one query."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, cast

import narwhals.stable.v2 as nw
from narwhals.stable.v2.typing import IntoFrame

from crmkit.errors import InvalidValueError
from crmkit.kernel import FrozenMap, known_name
from crmkit.kernel.checks import of_kind
from crmkit.kernel.customer_rows import (
    check_new,
    is_equal,
    odd_if_given,
    one_row,
    plain_id,
    unfit_if_given,
)
from crmkit.kernel.frames import (
    ColumnKind,
    Eager,
    Flaw,
    Lazy,
    Words,
    empty,
    find_flaws,
    frame_of,
)

from .loyalty_facts import LOYALTY_FACTS, Fact, by_name, known_facts
from .rule_columns import RuleColumns
from .weighing import FactKind


NO_COLUMNS: Final[FrozenMap[str, str]] = FrozenMap()
NO_FACTS: Final[FrozenMap[str, Fact]] = FrozenMap()

_COLUMN_KINDS: Final[Mapping[FactKind, ColumnKind]] = {
    "flag": ColumnKind.FLAG,
    "number": ColumnKind.NUMBER,
    "text": ColumnKind.TEXT,
}


def base_facts(
    native: IntoFrame,
    kinds: Mapping[str, FactKind],
    columns: Mapping[str, str],
    known: Mapping[str, Fact],
) -> tuple[Eager | Lazy, RuleColumns]:
    """Find the facts of a base.

    Args:
        native: One row per customer.
        kinds: The facts that are asked for, and what they are.
        columns: In which column a fact is that has another name than its own.
        known: Facts that are the same for all.

    Returns:
        The frame, and where its facts are; a fact that has no column is known of nobody.

    Raises:
        InvalidValueError: If no fact is there at all, one is told twice or not asked for, a column
            is missing or of another kind, or a value cannot be what it is called.
    """
    homes = _homes(native, kinds, columns, known)
    wanted = {column: _COLUMN_KINDS[kinds[fact]] for fact, column in homes.items()}
    frame = frame_of(native, "frame", wanted)
    # Nothing is asked of an engine where flags and text alone are told.
    if flaws := _flaws(homes, kinds):
        find_flaws(frame, flaws)
    exprs = {
        fact: nw.col(column) if kinds[fact] == "text" else nw.col(column).cast(nw.Float64)
        for fact, column in homes.items()
    }
    there = {fact: ~nw.col(column).is_null() for fact, column in homes.items()}
    return frame, RuleColumns(columns=exprs, known=there, constants=known_facts(known, kinds))


def facts_of(
    frame: IntoFrame,
    customer: str | int,
    *,
    columns: Mapping[str, str] = NO_COLUMNS,
    known: Mapping[str, Fact] = NO_FACTS,
    customer_id: str = "customer_id",
) -> dict[str, Fact | None]:
    """Return what a base tells of one customer, as `find_motives` and its like take it.

    Args:
        frame: One row per customer: pandas, polars (eager or lazy), DuckDB, PySpark.
        customer: Whose facts.
        columns: In which column a fact is that has another name than its own, and every fact of a
            company's own.
        known: Facts that are the same for all.
        customer_id: Name of the column of customers.

    Returns:
        Each fact of `LOYALTY_FACTS` that has a column, those of `columns` and those of `known`;
        None where one is not known.

    Raises:
        InvalidValueError: As `add_motives`, or if the customer has several rows.
        NotFoundError: If he is not in the frame.

    Examples:
        >>> import pandas
        >>> base = pandas.DataFrame({"customer_id": ["C-7"], "patronage": [0.8], "trust": [None]})
        >>> facts_of(base, "C-7", known={"no_alternative": False})
        {'patronage': 0.8, 'trust': None, 'no_alternative': False}
    """
    customer = plain_id(customer)
    asked = frame_of(frame, "frame", {customer_id: ColumnKind.ID})
    schema = asked.collect_schema()
    kinds: dict[str, FactKind] = {
        name: "flag" if fact.is_flag else "number" for name, fact in LOYALTY_FACTS.items()
    }
    for name, column in _by_fact(columns).items():
        if name not in kinds:
            kinds[name] = _own_kind(schema.get(column))
    all_alike = known_facts(known, (*kinds, *by_name(known, "known")))
    homes = _homes(frame, {**kinds, **dict.fromkeys(known, "text")}, columns, known)
    wanted = {column: _COLUMN_KINDS[kinds[fact]] for fact, column in homes.items()}
    asked = frame_of(frame, "frame", {customer_id: ColumnKind.ID, **wanted})
    find_flaws(asked, [empty(customer_id), *_flaws(homes, kinds)])
    lazy = asked.lazy()
    own = lazy.filter(is_equal(lazy, customer_id, customer, "customer"))
    named = {f"fact {fact}": nw.col(column) for fact, column in homes.items()}
    row = one_row(own.select(nw.col(customer_id), **named), customer)
    told = {fact: _plain(row[f"fact {fact}"], kinds[fact]) for fact in homes}
    return {**told, **dict.fromkeys(known), **all_alike}


def _homes(
    native: IntoFrame,
    kinds: Mapping[str, FactKind],
    columns: Mapping[str, str],
    known: Mapping[str, Fact],
) -> dict[str, str]:
    """Return the column of each fact that has one."""
    for name in (*_by_fact(columns), *by_name(known, "known")):
        known_name(name, kinds, "fact")
    schema = frame_of(native, "frame", {}).collect_schema()
    homes = {}
    for fact in kinds:
        column = columns.get(fact, fact)
        if fact in known:
            if fact in columns or fact in schema:
                rule = "must be told once: as a column, or as known of all"
                raise InvalidValueError("known", fact, rule)
        elif fact in columns or fact in schema:
            homes[fact] = column
    if kinds and not homes and not known:
        rule = f"must be there: one of {', '.join(kinds)} at least"
        raise InvalidValueError("facts", Words("missing"), rule, "name its column in columns=")
    return homes


def _by_fact(columns: Mapping[str, str]) -> Mapping[str, str]:
    """Return the columns of facts, if each is the name of one."""
    for column in by_name(columns, "columns").values():
        of_kind(column, str, "columns", way_out="write the name of one column for each fact")
    return columns


def _flaws(homes: Mapping[str, str], kinds: Mapping[str, FactKind]) -> Sequence[Flaw]:
    flaws: list[Flaw] = []
    for fact, column in homes.items():
        if kinds[fact] == "number":
            own = LOYALTY_FACTS.get(fact)
            if own is None:
                flaws.append(odd_if_given(column))
            else:
                ends = (cast("float", own.low), cast("float", own.high))
                flaws += unfit_if_given(column, *ends, own.rule)
    return flaws


def _own_kind(dtype: nw.dtypes.DType | None) -> FactKind:
    if isinstance(dtype, nw.Boolean):
        return "flag"
    return "number" if dtype is not None and dtype.is_numeric() else "text"


def _plain(value: object, kind: FactKind) -> Fact | None:
    if value is None:
        return None
    if kind == "text":
        return str(value)
    return bool(value) if kind == "flag" else float(cast("float", value))


def with_told(asked: Eager | Lazy, names: Sequence[str], told: Sequence[nw.Expr]) -> IntoFrame:
    """Return a frame with columns more, which must not be there already."""
    check_new(asked, *names)
    return asked.with_columns(**dict(zip(names, told, strict=True))).to_native()
