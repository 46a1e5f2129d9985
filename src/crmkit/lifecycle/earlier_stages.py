"""Where customers stood at an earlier evaluation, to go on from.

Law: going on gives what starting from the first order gives, or is refused: an earlier result is by
the same rules, of a day of their grid, and of everybody who had bought by then.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import attrs
import narwhals.stable.v2 as nw
import numpy as np
from numpy.typing import NDArray

from crmkit.errors import InvalidValueError
from crmkit.kernel import known_name
from crmkit.kernel.frames import ColumnKind, Eager

from .grid_facts import Bought, Codes, Whole
from .stage_arrays import Machine, Standing


EARLIER: Final[Mapping[str, ColumnKind]] = {
    "as_of": ColumnKind.TEXT,
    "stage": ColumnKind.TEXT,
    "verdict": ColumnKind.TEXT,
    "rule": ColumnKind.TEXT,
    "since": ColumnKind.TEXT,
    "rules": ColumnKind.TEXT,
}
"""The columns of an earlier result, besides customers; `rule` is empty where none held."""

_WAY_OUT: Final = "take a result for an earlier day, as it was returned"


def stood_before(
    before: Eager, places: Whole, machine: Machine, last: int, bought: Bought
) -> tuple[int, Standing]:
    """Read where customers stood at an earlier evaluation.

    Args:
        before: The earlier result, of one customer at least.
        places: Which of our customers each row is of; -1 for none.
        machine: Rules and lifecycle.
        last: Number of the last evaluation.
        bought: Purchases of our customers.

    Raises:
        InvalidValueError: If it is by other rules, not of one day of the grid up to the last one,
            of customers who are not in the orders, or not of everybody who had bought by then.
    """
    number = _number(before, places, machine, last)
    _check_whole(places, bought, machine.grid.day(number))
    codes = {one.rule.code: place for place, one in enumerate(machine.rules.rules)}
    columns: dict[str, NDArray[Any]] = {
        "stage": _codes(before["stage"], machine.stages, "stage"),
        "verdict": _codes(before["verdict"], machine.stages, "verdict"),
        "rule": _codes(before["rule"], codes, "rule"),
        "since": _evaluations(before["since"].to_list(), machine),
    }
    stood = Standing.nobody(len(bought))
    filled = {name: getattr(stood, name).copy() for name in columns}
    for name, values in columns.items():
        filled[name][places] = values
    return number, attrs.evolve(stood, **filled)


def _number(before: Eager, places: Whole, machine: Machine, last: int) -> int:
    days, tags = (set(before[name].to_list()) for name in ("as_of", "rules"))
    if tags - {machine.rules.tag}:
        rule = f"must be {machine.rules.tag!r}, of which the earlier result is"
        raise InvalidValueError("rules", sorted(tags), rule)
    if len(days) != 1 or (places < 0).any():
        rule = "must be of one day, and of customers who are in the orders"
        raise InvalidValueError("before", sorted(days), rule)
    day = _day(days.pop())
    number, after = divmod(day - machine.grid.anchor, machine.grid.step)
    if after or number > last:
        rule = "must be on the grid of the rules, and not after as_of"
        raise InvalidValueError("before", _iso(day), rule, _WAY_OUT)
    return number


def _check_whole(places: Whole, bought: Bought, day: int) -> None:
    """Refuse a result that knows nothing of some who had bought by its day."""
    missing = bought.day[bought.starts[:-1]] <= day
    missing[places] = False
    if missing.any():
        rule = f"must hold everybody who had bought by then, and lacks {int(missing.sum())}"
        way_out = "orders came in later: infer anew, without before"
        raise InvalidValueError("before", _iso(day), rule, way_out)


def _codes(words: nw.Series[Any], known: Mapping[str, int], what: str) -> Codes:
    # Not by the value: pandas tells what is empty as NaN.
    pairs = zip(words.is_null().to_list(), words.to_list(), strict=True)
    told = [-1 if gone else known[known_name(one, known, what)] for gone, one in pairs]
    return np.array(told, dtype=np.int8)


def _evaluations(days: Sequence[str], machine: Machine) -> Whole:
    since = np.array([_day(one) for one in days], dtype=np.int64)
    numbers: Whole = (since - machine.grid.anchor) // machine.grid.step
    return numbers


def _iso(day: int) -> str:
    return str(np.datetime64(day, "D"))


def _day(text: str) -> int:
    try:
        return int(np.datetime64(text, "D").astype(np.int64))
    except ValueError:
        raise InvalidValueError("as_of", text, "must be a day in ISO 8601") from None
