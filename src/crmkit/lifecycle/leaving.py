"""Early warning of loss, ranked by the value at risk, and whom to win back.

Law: a warning names its rule, since when it stands, and what is at stake; how often it is wrong,
`false_alarms` tells. Worth is worked out elsewhere: it crosses as a column.

Source: domain facts S4 (early warning of loss) and V8 (why lost, worth winning back).
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, cast

import attrs
import narwhals.stable.v2 as nw
import numpy as np
from narwhals.stable.v2.typing import IntoFrame, IntoFrameT

from crmkit.errors import InvalidValueError
from crmkit.kernel.checks import of_kind, several
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

from .base_rows import check_alike, handed_back
from .definition import Lifecycle
from .stages import StageStanding


@attrs.frozen
class _Names:
    """What the caller calls the columns of his stages, and which stages there are."""

    customer_id: str
    stage: str
    rule: str
    since: str
    stages: tuple[str, ...]

    @property
    def told(self) -> tuple[str, ...]:
        return (self.stage, self.rule, self.since)

    @property
    def flaws(self) -> list[Flaw]:
        """What a row must not be: without a stage, or of one that the lifecycle does not know."""
        rule, way_out = "must be a stage of the lifecycle", f"known are {', '.join(self.stages)}"
        strange = ~nw.col(self.stage).is_in(self.stages)
        return [empty(self.stage), Flaw(self.stage, strange, rule, way_out)]


def loss_warnings(
    stages: IntoFrameT,
    values: IntoFrameT,
    *,
    lifecycle: Lifecycle,
    warn_of: Collection[str] | None = None,
    value: str = "value_at_risk",
    customer_id: str = "customer_id",
    stage: str = "stage",
    rule: str = "rule",
    since: str = "since",
) -> IntoFrameT:
    """List who is on the way out, those with the most at risk first.

    Args:
        stages: What `infer_stages` returned, or any frame with its columns.
        values: One row per customer: what would be lost with him, such as the profit expected of
            him; of the same kind of frame.
        lifecycle: Whose stages.
        warn_of: Which stages warn; None for all of those on the way out.
        value: Name of the column of what is at risk.
        customer_id: Name of the column of customers, in both.
        stage: Name of the column of stages.
        rule: Name of the column of the rules that held.
        since: Name of the column that tells since when he is in his stage.

    Returns:
        The same kind of frame: one row per customer warned of, with `customer_id`, `stage`, `rule`,
        `since`, the value, and `rank`, 1 for the most at risk; equal values have one rank. Whose
        value nobody told has an empty one, and stands last with an empty rank: he is warned of all
        the same. Sorted by rank and customer where it holds its rows.

    Raises:
        InvalidValueError: If a column is missing or of another kind, a customer stands in two rows,
            a value is not finite, or a stage is empty or none of the lifecycle.

    Units:
        The value's own.

    Source:
        Domain fact S4.

    Examples:
        >>> import polars
        >>> from crmkit.lifecycle import CUSTOMER_STATE
        >>> stages = polars.DataFrame(
        ...     {
        ...         "customer_id": ["C-7", "C-8", "C-9"], "stage": ["at_risk", "loyal", "dormant"],
        ...         "rule": "silent", "since": "2026-03-02",
        ...     }
        ... )
        >>> values = polars.DataFrame({"customer_id": ["C-7", "C-9"], "value_at_risk": [50, 900]})
        >>> told = loss_warnings(stages, values, lifecycle=CUSTOMER_STATE)
        >>> told.select("customer_id", "value_at_risk", "rank").rows()
        [('C-9', 900, 1.0), ('C-7', 50, 2.0)]
    """
    named = None if warn_of is None else several(warn_of, "warn_of")
    codes = _codes(lifecycle, named, StageStanding.WANING)
    names = _Names(customer_id, stage, rule, since, lifecycle.codes)
    return _ranked(stages, values, codes, names, value, ())


def win_back_list(
    stages: IntoFrameT,
    worths: IntoFrameT,
    *,
    lifecycle: Lifecycle,
    lost_in: Collection[str] | None = None,
    reason: str = "loss_reason",
    worth: str = "win_back_worth",
    customer_id: str = "customer_id",
    stage: str = "stage",
    rule: str = "rule",
    since: str = "since",
) -> IntoFrameT:
    """List who is lost, with why and what winning him back is worth, the most worth first.

    Args:
        stages: What `infer_stages` returned, or any frame with its columns.
        worths: One row per customer: why he was lost, and what winning him back is worth, such as
            `crmkit.value.win_back_worth` returns it; of the same kind of frame.
        lifecycle: Whose stages.
        lost_in: Which stages are those of the lost; None for all that the lifecycle has.
        reason: Name of the column of reasons.
        worth: Name of the column of worths.
        customer_id: Name of the column of customers, in both.
        stage: Name of the column of stages.
        rule: Name of the column of the rules that held.
        since: Name of the column that tells since when he is in his stage.

    Returns:
        The same kind of frame: one row per lost customer, with `customer_id`, `stage`, `rule`,
        `since`, the worth, the reason, and `rank`, as in `loss_warnings`. Of whom nobody told a
        worth stands last: he is lost all the same.

    Raises:
        InvalidValueError: As for `loss_warnings`.

    Units:
        The worth's own.

    Source:
        Domain fact V8.

    Examples:
        >>> import polars
        >>> from crmkit.lifecycle import CUSTOMER_STATE
        >>> stages = polars.DataFrame(
        ...     {"customer_id": ["C-7", "C-8"], "stage": "lost", "rule": "silent", "since": ""}
        ... )
        >>> worths = polars.DataFrame(
        ...     {"customer_id": ["C-8"], "loss_reason": ["price"], "win_back_worth": [150.0]}
        ... )
        >>> told = win_back_list(stages, worths, lifecycle=CUSTOMER_STATE)
        >>> told.select("customer_id", "loss_reason", "rank").rows()
        [('C-8', 'price', 1.0), ('C-7', None, None)]
    """
    named = None if lost_in is None else several(lost_in, "lost_in")
    codes = _codes(lifecycle, named, StageStanding.LOST)
    names = _Names(customer_id, stage, rule, since, lifecycle.codes)
    return _ranked(stages, worths, codes, names, worth, (reason,))


def _codes(
    lifecycle: Lifecycle, named: Collection[str] | None, standing: StageStanding
) -> list[str]:
    stages = of_kind(lifecycle, Lifecycle, "lifecycle").stages
    if named is not None:
        return [lifecycle.checked(code) for code in named]
    found = [one.code for one in stages if one.standing is standing]
    if not found:
        rule = f"has no stage of standing {standing.value!r}"
        raise InvalidValueError("lifecycle", lifecycle.name, rule, "name the stages yourself")
    return found


def _ranked(
    stages: IntoFrameT,
    values: IntoFrameT,
    codes: list[str],
    names: _Names,
    value: str,
    told: tuple[str, ...],
) -> IntoFrameT:
    """Return the customers of some stages, those with the highest values first."""
    customer_id = names.customer_id
    wanted = {customer_id: ColumnKind.ID, **dict.fromkeys(names.told, ColumnKind.TEXT)}
    asked = _once(stages, "stages", wanted, customer_id)
    find_flaws(asked, names.flaws)
    kinds = dict.fromkeys(told, ColumnKind.TEXT)
    given = _once(
        values,
        "values",
        {customer_id: ColumnKind.ID, value: ColumnKind.NUMBER, **kinds},
        customer_id,
    )
    # To pandas an empty value is NaN: not told, rather than not finite.
    endless = ~nw.col(value).cast(nw.Float64).is_finite() & ~nw.col(value).is_null()
    find_flaws(given, [Flaw(value, endless, "must be a finite number, or empty")])
    chosen = asked.filter(nw.col(names.stage).is_in(codes)).select(customer_id, *names.told)
    more = _joinable(given, asked, customer_id).select(customer_id, value, *told)
    # Only those listed are brought here: they are few.
    held = _held(chosen.join(cast("Any", more), on=customer_id, how="left"))
    amounts = held[value].cast(nw.Float64).to_numpy().astype(np.float64)
    known = np.sort(-amounts[~np.isnan(amounts)])
    rank = np.searchsorted(known, -amounts).astype(np.float64) + 1
    rank[np.isnan(amounts)] = np.nan
    numbers = nw.new_series("rank", rank, backend=held.implementation).fill_nan(None)
    ranked = held.with_columns(numbers).sort("rank", customer_id, nulls_last=True)
    return cast("IntoFrameT", handed_back(asked, nw.maybe_reset_index(ranked)))


def _joinable(given: Eager | Lazy, asked: Eager | Lazy, customer_id: str) -> Eager | Lazy:
    """Return the values as a frame that can be joined to the stages.

    Raises:
        InvalidValueError: If they are of another engine, or customers are of another kind there.
    """
    check_alike("values", given, asked, "the stages")
    if type(given) is not type(asked):
        lazy = "a lazy frame" if isinstance(given, nw.LazyFrame) else "a frame that holds its rows"
        rule = "must be of the same kind as the stages"
        raise InvalidValueError("values", Words(lazy), rule, "call .lazy() or .collect()")
    own, others = (one.collect_schema()[customer_id] for one in (asked, given))
    if own.is_integer() is others.is_integer():
        return given
    for one in (asked, given):
        # A column without a value has no type of its own in pandas.
        if isinstance(one, nw.DataFrame) and not len(one):
            return given.head(0).with_columns(nw.col(customer_id).cast(own))
    told = Words("text in one frame and whole numbers in the other")
    raise InvalidValueError(customer_id, told, "must be of one kind in both frames")


def _once(
    native: IntoFrame, argument: str, wanted: dict[str, ColumnKind], customer_id: str
) -> Eager | Lazy:
    frame = frame_of(native, argument, wanted)
    copies = nw.generate_temporary_column_name(8, frame.collect_schema().names())
    twice = Flaw(customer_id, nw.col(copies) > 1, f"must stand in one row of {argument}")
    counted = frame.with_columns(nw.len().over(customer_id).alias(copies))
    find_flaws(counted, [empty(customer_id), twice])
    return frame


def _held(frame: Eager | Lazy) -> Eager:
    return frame.collect() if isinstance(frame, nw.LazyFrame) else frame
