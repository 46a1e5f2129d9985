"""A base of customers read in: who bought when, what else is known, where they stood before.

Law: who never bought has no stage by behaviour; signals of such are left out.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from difflib import get_close_matches
from typing import Any, Final, cast

import attrs
import narwhals.stable.v2 as nw
import numpy as np
from narwhals.stable.v2.typing import IntoFrame
from numpy.typing import NDArray

from crmkit.errors import InvalidValueError
from crmkit.kernel import did_you_mean
from crmkit.kernel.checks import checked_day, of_kind
from crmkit.kernel.frames import (
    ColumnKind,
    Eager,
    Flaw,
    Lazy,
    Words,
    asked_again,
    empty,
    find_flaws,
    frame_of,
)
from crmkit.stats.days import day_number, local_days

from .bought_rows import OrderNames, day_rows, numbered_together, ordered, told_rows
from .definition import Lifecycle
from .earlier_stages import EARLIER, stood_before
from .grid_facts import Bought, Flags, Told, Whole
from .stage_arrays import Machine, Standing
from .stage_rules import StageRules


_AMOUNTS: Final = frozenset(("recent_amount", "earlier_amount", "volume_trend"))


@attrs.frozen(kw_only=True)
class Question:
    """What is asked of a base.

    Attributes:
        rules: Which stage follows from what.
        lifecycle: Whose stages.
        as_of: On which day.
        names: The caller's columns.
        told_at: His column of the days of signals.
        observed_from: The first day of the record; None where nobody told.
    """

    rules: StageRules
    lifecycle: Lifecycle
    as_of: date
    names: OrderNames
    told_at: str
    observed_from: date | None


@attrs.frozen(eq=False)
class Base:
    """Who bought when, what else is known, where they stood, and how to hand back a frame.

    Attributes:
        machine: Rules and lifecycle.
        bought: Purchases of each customer.
        maybe_older: Whether the first purchase of each may lie before the record.
        told: Signals by name.
        last: Number of the last evaluation.
        before: Number of an earlier one, and where customers stood; None for none.
        ids: Of the customers.
        asked: The orders as the caller gave them.
        customer_id: His column of customers.
    """

    machine: Machine
    bought: Bought
    maybe_older: Flags
    told: Mapping[str, Told]
    last: int
    before: tuple[int, Standing] | None
    ids: nw.Series[Any]
    asked: Eager | Lazy
    customer_id: str

    def words(self, name: str, alphabet: Sequence[str], codes: NDArray[Any]) -> nw.Series[Any]:
        """Return codes as a column of words; -1 is empty."""
        told = nw.new_series(name, [*alphabet, None], nw.String, backend=self._engine)
        return _anew(told[np.where(codes < 0, len(alphabet), codes).astype(np.intp)])

    def days(self, name: str, numbers: Whole) -> nw.Series[Any]:
        """Return numbers of evaluations as a column of days in ISO 8601."""
        low, high = (int(numbers.min()), int(numbers.max())) if len(numbers) else (0, 0)
        alphabet = [iso(self.machine.grid.day(number)) for number in range(low, high + 1)]
        return self.words(name, alphabet, numbers - low)

    def constant(self, name: str, word: str) -> nw.Expr:
        """Return one word for every row."""
        return nw.lit(word).alias(name)

    def numbers(self, name: str, values: NDArray[Any]) -> nw.Series[Any]:
        """Return numbers as a column; NaN is empty."""
        told = nw.new_series(name, values, backend=self._engine)
        return told.fill_nan(None) if values.dtype.kind == "f" else told

    def handed_back(self, frame: Eager) -> object:
        """Return a frame of the caller's kind, as lazy as his."""
        return handed_back(self.asked, frame)

    @property
    def _engine(self) -> Any:
        return self.ids.implementation


def read_base(
    orders: IntoFrame, question: Question, *, signals: IntoFrame | None, before: IntoFrame | None
) -> Base:
    """Read a base.

    Raises:
        InvalidValueError: If a frame, or the question, is unfit.
    """
    rules, key = of_kind(question.rules, StageRules, "rules"), question.names.customer_id
    of_kind(checked_day(question.as_of, "as_of"), date, "as_of")
    since = _first_day(question)
    until = day_number(rules.last_day(question.as_of))
    rows, asked = day_rows(orders, question.names)
    told = None if signals is None else _signals_of(signals, question)
    machine = Machine.of(rules, question.lifecycle, told=() if told is None else told.columns)
    last = (until - machine.grid.anchor) // machine.grid.step
    earlier = None if before is None else _earlier(before, key)
    for name, one in (("signals", told), ("before", earlier)):
        check_alike(name, one, rows.ids, "the orders")
    # Where nobody had bought yet, nothing is gone on from.
    earlier = earlier if earlier is not None and len(earlier) else None
    others = [one[key] for one in (told, earlier) if one is not None]
    numbers, *theirs = numbered_together([rows.ids, *others])
    buyers = ordered(numbers, rows, until, since=since)
    theirs = _placed(theirs, buyers.numbers)
    known = _told(told, theirs[0] if told is not None else None, question, len(buyers.numbers))
    bought, stood = buyers.bought, None
    if earlier is not None:
        stood = stood_before(earlier, theirs[-1], machine, last, bought)
    ids, older = _anew(rows.ids[buyers.places]), buyers.maybe_older
    return Base(machine, bought, older, known, last, stood, ids, asked, key)


def handed_back(asked: Eager | Lazy, frame: Eager) -> object:
    """Return a frame of the kind that was given, and as lazy."""
    if not isinstance(asked, nw.LazyFrame):
        return frame.to_native()
    return asked_again(frame, asked).to_native()


def check_alike(
    name: str, one: Eager | Lazy | None, other: Eager | Lazy | nw.Series[Any], what: str
) -> None:
    """Refuse a frame that is of another engine than the one it belongs to.

    Raises:
        InvalidValueError: If it is.
    """
    if one is not None and one.implementation is not other.implementation:
        engine, wanted = (held.implementation.name.lower() for held in (one, other))
        rule = f"must be a frame of {wanted}, as {what} are"
        raise InvalidValueError(name, Words(f"a frame of {engine}"), rule, "convert one of them")


def asks_amount(rules: StageRules) -> bool:
    """Return whether rules ask for amounts."""
    return not _AMOUNTS.isdisjoint(of_kind(rules, StageRules, "rules").asked)


def iso(day: int) -> str:
    """Return a day, in days since 1970-01-01, in ISO 8601."""
    return str(np.datetime64(day, "D"))


def _anew(series: nw.Series[Any]) -> nw.Series[Any]:
    """Number the rows of a Series anew, where its engine numbers them."""
    return nw.maybe_reset_index(series)


def _placed(numbers: list[Whole], own: Whole) -> list[Whole]:
    """Return the place of customers among our own; -1 for those who are not."""
    high = max((int(one.max()) for one in (own, *numbers) if len(one)), default=-1)
    place = np.full(high + 1, -1, dtype=np.int64)
    place[own] = np.arange(len(own))
    return [place[one] for one in numbers]


def _first_day(question: Question) -> int | None:
    """Return the first day of the record; None where nobody told."""
    since = checked_day(question.observed_from, "observed_from")
    if since is None:
        return None
    if since > question.as_of:
        raise InvalidValueError(
            "observed_from", since, f"must not be after as_of, {question.as_of}"
        )
    return day_number(since)


def _earlier(before: IntoFrame, key: str) -> Eager:
    """Read an earlier result, with each customer once."""
    held = _held(before, "before", {key: ColumnKind.ID, **EARLIER}, may_be_empty="rule")
    copies = nw.generate_temporary_column_name(8, held.columns)
    twice = Flaw(key, nw.col(copies) > 1, "must stand in one row of before")
    find_flaws(held.with_columns(nw.len().over(key).alias(copies)), [twice])
    return held


def _held(
    native: IntoFrame, argument: str, wanted: Mapping[str, ColumnKind], *, may_be_empty: str = ""
) -> Eager:
    frame = frame_of(native, argument, wanted)
    held = frame.collect() if isinstance(frame, nw.LazyFrame) else frame
    find_flaws(held, [empty(name) for name in wanted if name != may_be_empty])
    return held


def _signals_of(signals: IntoFrame, question: Question) -> Eager:
    wanted = {question.names.customer_id: ColumnKind.ID, question.told_at: ColumnKind.TIME}
    held = _held(signals, "signals", wanted)
    if isinstance(held.collect_schema()[question.told_at], nw.Datetime):
        rule = "must hold dates, the local days from which signals are known"
        raise InvalidValueError(question.told_at, "a column of instants", rule)
    there = [name for name in question.rules.signals if name in held.columns]
    if question.rules.signals and not there:
        raise _unasked(set(held.columns) - set(wanted), question.rules.signals)
    frame_of(
        cast("IntoFrame", held.to_native()), "signals", dict.fromkeys(there, ColumnKind.NUMBER)
    )
    infinite = [
        Flaw(name, (nw.col(name).cast(nw.Float64).abs() == np.inf), "must be finite, or empty")
        for name in there
    ]
    if infinite:
        find_flaws(held, infinite)
    return held


def _unasked(told: Collection[str], asked: Sequence[str]) -> InvalidValueError:
    """Return the error that the rules ask for nothing of what is told."""
    # Of several, the one that is most like a signal.
    near = [name for name in sorted(told) if get_close_matches(name, asked)] or [*told, "nothing"]
    value, rule = Words(f"a frame that tells {near[0]}"), "must tell what the rules ask for"
    return InvalidValueError("signals", value, rule, did_you_mean(near[0], asked))


def _told(
    signals: Eager | None, places: Whole | None, question: Question, size: int
) -> dict[str, Told]:
    """Sort the signals that the rules ask for; of one that nobody told nothing is known."""
    nothing = Told(np.zeros(size + 1, dtype=np.int64), np.zeros(0, dtype=np.int64), np.zeros(0))
    told = dict.fromkeys(question.rules.signals, nothing)
    if signals is None or places is None or not len(signals):
        return told
    days, known = local_days(signals[question.told_at], None), places >= 0
    for name in question.rules.signals:
        if name in signals.columns:
            values = signals[name].cast(nw.Float64).to_numpy()
            told[name] = told_rows(places[known], days[known], values[known], size)
    return told
