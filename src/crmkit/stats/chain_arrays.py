"""What a Markov chain is made of: names, rows of chances, counts, and which moves are allowed."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from numbers import Real
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from crmkit.errors import InvalidValueError
from crmkit.kernel import did_you_mean
from crmkit.kernel.frames import Words


Floats: TypeAlias = NDArray[np.float64]
Counts: TypeAlias = NDArray[np.int64]
Square: TypeAlias = tuple[tuple[float, ...], ...]

_ROUNDING = 1e-9


def named_square(
    values: object, states: Sequence[str] | None, name: str
) -> tuple[tuple[str, ...], Floats]:
    """Return a square of numbers with the names of its rows.

    Args:
        values: An array, nested sequences, or a pandas frame with names as index and columns.
        states: The names; None takes those of the frame.
        name: What the caller passed it as.

    Raises:
        InvalidValueError: If it is no square of numbers, or the names are missing or differ.
    """
    held: Any = values
    index, columns = getattr(held, "index", None), getattr(held, "columns", None)
    if columns is not None and index is not None:
        own = [str(state) for state in columns]
        if sorted(map(str, index)) != sorted(own):
            rule = "must have the same names as index and columns"
            raise InvalidValueError(name, Words("a frame"), rule)
        # By the names: rows may stand in another order than columns.
        values = held.set_axis(own, axis=1).set_axis([*map(str, index)], axis=0).loc[own]
        states = own if states is None else states
    if states is None:
        way_out = "states=['new', 'loyal', 'lost']"
        raise InvalidValueError("states", None, "must be given: one name for each row", way_out)
    try:
        rows: Floats = np.array(values, dtype=np.float64)
    except (TypeError, ValueError) as cause:
        raise InvalidValueError(name, Words("rows"), "must be rows of numbers") from cause
    if rows.shape != (len(states), len(states)):
        rule = f"must be {len(states)} rows of {len(states)} numbers, as there are states"
        raise InvalidValueError(name, Words(f"of shape {rows.shape}"), rule)
    return tuple(states), rows


def check_states(states: Sequence[str]) -> None:
    """Refuse names that are not different, blank, or no text.

    Raises:
        InvalidValueError: If one is.
    """
    for place, state in enumerate(states):
        if not isinstance(state, str) or not state.strip():
            raise InvalidValueError("state", state, "must be text, and not blank")
        if state in states[:place]:
            raise InvalidValueError("state", state, "must stand once among the states")
    if not states:
        raise InvalidValueError("states", (), "must hold at least one")


def check_rows(states: Sequence[str], p: Square) -> None:
    """Refuse rows of chances that do not sum to 1.

    Raises:
        InvalidValueError: If one does not, or there are not as many as states.
    """
    check_square(states, p, "p")
    for state, row in zip(states, p, strict=True):
        if any(chance < 0 for chance in row):
            raise InvalidValueError(f"row of {state}", [*row], "must hold no negative chance")
        if not abs(sum(row) - 1) <= _ROUNDING:
            raise InvalidValueError(f"row of {state}", [*row], f"must sum to 1, not {sum(row):.6g}")


def checked_counts(states: Sequence[str], rows: Floats) -> Counts:
    """Return counts as whole numbers.

    Raises:
        InvalidValueError: If one is none, or negative.
    """
    with np.errstate(invalid="ignore"):
        bad = ~(np.isfinite(rows) & (rows >= 0) & (rows == np.floor(rows)))
    if bad.any():
        row, column = np.argwhere(bad)[0].tolist()
        rule = f"must be a whole number of 0 or more, as from {states[row]} to {states[column]}"
        raise InvalidValueError("counts", float(rows[row, column]), rule)
    return rows.astype(np.int64)


def mask_of(
    states: Sequence[str], allowed: Mapping[str, Collection[str]] | None, n: Counts
) -> NDArray[np.bool_]:
    """Return which moves are allowed; to stay always is.

    Raises:
        InvalidValueError: If a name is no state, or a move was seen that is not allowed.
    """
    size = len(states)
    if allowed is None:
        return np.ones((size, size), dtype=bool)
    mask = np.eye(size, dtype=bool)
    for state, targets in allowed.items():
        for name in (state, *targets):
            if name not in states:
                rule = f"must name states: {', '.join(states)}"
                raise InvalidValueError("allowed", name, rule, did_you_mean(str(name), states))
            mask[states.index(state), states.index(name)] = True
    if len(bad := np.argwhere((n > 0) & ~mask)):
        row, column = bad[0].tolist()
        rule = f"must be 0, for {states[row]} may not become {states[column]}"
        way_out = "allow that move, or see why it was seen"
        raise InvalidValueError("counts", int(n[row, column]), rule, way_out)
    return mask


def smoothed(states: Sequence[str], n: Counts, mask: NDArray[np.bool_], prior: float) -> Floats:
    """Return the chances of counts with a prior on every move that is allowed.

    Raises:
        InvalidValueError: If the prior is no number of 0 or more, or is 0 and nothing was seen of a
            state that can be left.
    """
    if not isinstance(prior, Real) or isinstance(prior, bool) or not 0 <= prior < np.inf:
        raise InvalidValueError("prior", prior, "must be a finite number, 0 or more")
    added = n + prior * mask
    # Who may only stay does so, whether or not anybody was seen to.
    alone = mask.sum(axis=1) == 1
    added[alone] = mask[alone]
    totals = added.sum(axis=1)
    if (empty := np.flatnonzero(totals == 0)).size:
        told = ", ".join(states[place] for place in empty.tolist())
        rule, way_out = "must be above 0: nothing was seen of some states", "write prior=0.5"
        raise InvalidValueError("prior", prior, f"{rule} ({told})", way_out)
    found: Floats = added / totals[:, None]
    return found


def check_square(states: Sequence[str], rows: Sequence[Sequence[object]], name: str) -> None:
    """Refuse rows that are not as many, or not as long, as there are states.

    Raises:
        InvalidValueError: If they are not.
    """
    size = len(states)
    if len(rows) != size or any(len(row) != size for row in rows):
        rule = f"must be {size} rows of {size}, as there are states"
        raise InvalidValueError(name, rows, rule)


def check_allowed(states: Sequence[str], p: Square, allowed: Sequence[Sequence[bool]]) -> None:
    """Refuse chances of moves that are not allowed.

    Raises:
        InvalidValueError: If there is one.
    """
    for state, chances, may in zip(states, p, allowed, strict=True):
        for to, chance, is_allowed in zip(states, chances, may, strict=True):
            if chance and not is_allowed:
                rule = f"must be 0, for {state} may not become {to}"
                raise InvalidValueError("p", chance, rule)


def check_parts(
    states: Sequence[str],
    p: Square,
    n: Sequence[Sequence[int]] | None,
    allowed: Sequence[Sequence[bool]] | None,
) -> None:
    """Refuse chances, counts or allowed moves that do not fit the states.

    Raises:
        InvalidValueError: If they do not.
    """
    check_rows(states, p)
    if n is not None:
        check_square(states, n, "n")
        checked_counts(states, np.array(n, dtype=np.float64))
    if allowed is not None:
        check_square(states, allowed, "allowed")
        check_allowed(states, p, allowed)


def place_of(name: str, names: Sequence[str], what: str) -> int:
    """Return the place of a name among others.

    Raises:
        InvalidValueError: If it is none of them, with all of them and the nearest.

    Examples:
        >>> place_of("new", ["new", "lost"], "state")
        0
    """
    if name not in names:
        rule = f"must be one of {', '.join(names)}"
        raise InvalidValueError(what, name, rule, did_you_mean(str(name), names))
    return names.index(name)


def in_states(start: Sequence[float], states: Sequence[str], *, name: str = "start") -> Floats:
    """Return how many are in each state.

    Raises:
        InvalidValueError: If the numbers are not as many as the states, or negative.
    """
    numbers = np.array(start, dtype=np.float64)
    if numbers.shape != (len(states),):
        rule = f"must hold {len(states)} numbers, one for each state"
        raise InvalidValueError(name, list(start), rule)
    if not (np.isfinite(numbers) & (numbers >= 0)).all():
        raise InvalidValueError(name, list(start), "must hold finite numbers, 0 or more")
    return numbers
