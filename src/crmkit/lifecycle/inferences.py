"""The stages of a whole base by rules, as frames.

Law: batch and one customer are the same fold; the order of rows, and other customers, change no
verdict. What is not known is empty.

Source: domain fact S6.
"""

from __future__ import annotations

from datetime import date
from typing import Any, Final, cast

import narwhals.stable.v2 as nw
import numpy as np
from narwhals.stable.v2.typing import IntoFrameT

from crmkit.kernel.checks import checked_day
from crmkit.stats.days import day_number

from .base_rows import Base, Question, asks_amount, iso, read_base
from .bought_rows import OrderNames
from .definition import Lifecycle
from .grid_facts import Codes, Whole
from .stage_arrays import Folded, Standing, folded
from .stage_rules import StageRules


_TOLD: Final = ("orders", "silence", "rhythm", "silence_ratio", "frequency_trend")


def infer_stages(
    orders: IntoFrameT,
    *,
    rules: StageRules,
    lifecycle: Lifecycle,
    as_of: date,
    signals: IntoFrameT | None = None,
    before: IntoFrameT | None = None,
    observed_from: date | None = None,
    timezone: str | None = None,
    customer_id: str = "customer_id",
    ordered_at: str = "ordered_at",
    amount: str = "amount",
    told_at: str = "told_at",
) -> IntoFrameT:
    """Infer the stage of every customer who has bought, by rules over his behaviour.

    Customers are looked at on the days of the rules' grid, up to the last one at or before `as_of`;
    what came after that day does not count yet. Going on from an earlier result gives what starting
    from the first order gives.

    Args:
        orders: One row per order or order line: pandas, polars (eager or lazy), DuckDB, PySpark. A
            lazy frame is checked by one aggregate query; its days are then brought here. Every row
            is a purchase, be its amount 0; what was sent back is none, and is refused.
        rules: Which stage follows from what.
        lifecycle: Whose stages.
        as_of: On which day.
        signals: What else is known: one row per customer and day, `told_at`, with one column for
            each signal that the rules ask for, as far as it is there; empty where nothing was told
            that day; one of them at least, where the rules ask for any. The last told up to a day
            counts. Signals of who never bought are not asked for.
        before: What this function returned for an earlier day, to go on from; `orders` and
            `signals` are still those of all time. Where no day of the grid lies between, its
            stages stand. One without a row, of a day before anybody bought, counts as None.
        observed_from: The day since which all orders are on record. Earlier orders do not count,
            but tell who is older. None: the first day of the orders, and every customer may be
            older.
        timezone: The shop's zone, such as "Asia/Shanghai"; as in `crmkit.value.rfm_table`.
        customer_id: Name of the column of customers: text or whole numbers, in all frames.
        ordered_at: Name of the column of dates or instants.
        amount: Name of the column of amounts; needed where a rule asks for them.
        told_at: Name of the column of days of the signals: dates.

    Returns:
        The same kind of frame: one row per customer who had bought by the last day of the grid;
        whoever began since then is in the result of the next one. Sorted by customer where the
        frame holds its rows, with

        * `customer_id`; `as_of`, the day of the evaluation, text in ISO 8601;
        * `stage`; `verdict`, the stage that the rule names, another one where no move, or only a
          longer way, leads there; `rule`, the code of the one that held, empty for none; `rules`,
          such as `state-by-rhythm/2`;
        * `maybe_older`: whether the first purchase may lie before the record, so that `orders`,
          age and trends are those of the record alone;
        * `since`, the day of the grid on which he entered the stage; `steps_in_stage`;
        * `orders`, `silence`, `rhythm`, `silence_ratio`, `frequency_trend`, and `volume_trend`
          where rules ask for amounts; empty where not known.

    Raises:
        InvalidValueError: If a column is missing or of another kind; a value is empty or not
            finite; times are naive, or lie outside 1900 to 2199; an amount is negative;
            rules and lifecycle do not belong together; `before` is by other rules, of a later day,
            names a customer twice, or leaves out who had bought by then.

    Units:
        Days; trends as the recent over the earlier.

    Source:
        The rules' own.

    Examples:
        >>> import polars
        >>> from crmkit.lifecycle import CUSTOMER_STATE, STATE_RULES
        >>> orders = polars.DataFrame(
        ...     {"customer_id": ["C-7", "C-8"], "ordered_at": [date(2026, 1, 5), date(2026, 9, 1)]}
        ... )
        >>> told = infer_stages(
        ...     orders, rules=STATE_RULES, lifecycle=CUSTOMER_STATE, as_of=date(2026, 10, 31)
        ... )
        >>> told.select("customer_id", "stage", "rule", "since").rows()[0]
        ('C-7', 'at_risk', 'state.at_risk.silent', '2026-10-05')
    """
    question = Question(
        rules=rules,
        lifecycle=lifecycle,
        as_of=as_of,
        names=OrderNames(customer_id, ordered_at, amount, asks_amount(rules), timezone),
        told_at=told_at,
        observed_from=observed_from,
    )
    base = read_base(orders, question, signals=signals, before=before)
    wanted = _TOLD if not question.names.asks_amount else (*_TOLD, "volume_trend")
    done = folded(
        base.machine, base.bought, base.told, base.last, before=base.before, wanted=wanted
    )
    return cast("IntoFrameT", _standing(base, done))


def stage_history(
    orders: IntoFrameT,
    *,
    rules: StageRules,
    lifecycle: Lifecycle,
    as_of: date,
    since: date | None = None,
    signals: IntoFrameT | None = None,
    observed_from: date | None = None,
    timezone: str | None = None,
    customer_id: str = "customer_id",
    ordered_at: str = "ordered_at",
    amount: str = "amount",
    told_at: str = "told_at",
) -> IntoFrameT:
    """Infer the stage of every customer on every day of the grid, for counts and transitions.

    Arguments, engines and errors as for `infer_stages`; `since` leaves out what was before that
    day, though it is worked out.

    Returns:
        The same kind of frame: one row per customer and day of the grid on which he had bought,
        sorted so where it holds its rows, with `customer_id`, `as_of` (text in ISO 8601), `stage`.

    Examples:
        >>> import polars
        >>> from crmkit.lifecycle import CUSTOMER_STATE, STATE_RULES
        >>> orders = polars.DataFrame(
        ...     {"customer_id": ["C-7"], "ordered_at": [date(2026, 1, 5)]}
        ... )
        >>> told = stage_history(
        ...     orders, rules=STATE_RULES, lifecycle=CUSTOMER_STATE, as_of=date(2026, 10, 31)
        ... )
        >>> told["stage"].to_list()[-3:]
        ['new', 'new', 'at_risk']
    """
    question = Question(
        rules=rules,
        lifecycle=lifecycle,
        as_of=as_of,
        names=OrderNames(customer_id, ordered_at, amount, asks_amount(rules), timezone),
        told_at=told_at,
        observed_from=observed_from,
    )
    low = None if since is None else day_number(cast("date", checked_day(since, "since")))
    base = read_base(orders, question, signals=signals, before=None)
    kept: list[tuple[Whole, int, Codes]] = []

    def seen(number: int, first: int, end: int, standing: Standing) -> None:
        if low is None or base.machine.grid.day(number) >= low:
            there = np.flatnonzero(standing.stage >= 0)
            kept.append((first + there, number, standing.stage[there]))

    folded(base.machine, base.bought, base.told, base.last, seen=seen)
    return cast("IntoFrameT", _history(base, kept))


def _standing(base: Base, done: Folded) -> object:
    """Return where each customer stands, as a frame."""
    standing, machine = done.standing, base.machine
    codes = machine.lifecycle.codes
    rules = tuple(one.rule.code for one in machine.rules.rules)
    today = machine.grid.day(base.last)
    columns: list[nw.Series[Any] | nw.Expr] = [
        base.constant("as_of", iso(today)),
        base.words("stage", codes, standing.stage),
        base.words("verdict", codes, standing.verdict),
        base.words("rule", rules, standing.rule),
        base.constant("rules", machine.rules.tag),
        base.numbers("maybe_older", base.maybe_older),
        base.days("since", standing.since),
        base.numbers("steps_in_stage", base.last - standing.since),
        *(base.numbers(name, values) for name, values in done.facts.items()),
    ]
    return base.handed_back(base.ids.alias(base.customer_id).to_frame().with_columns(*columns))


def _history(base: Base, kept: list[tuple[Whole, int, Codes]]) -> object:
    """Return who stood where on which day, as a frame."""
    nothing = np.zeros(0, dtype=np.int64)
    owner = np.concatenate([nothing, *(who for who, _, _ in kept)])
    number = np.concatenate([nothing, *(np.full(len(who), n) for who, n, _ in kept)])
    stage = np.concatenate([nothing, *(codes for _, _, codes in kept)])
    order = np.lexsort((number, owner))
    columns = [
        base.days("as_of", number[order]),
        base.words("stage", base.machine.lifecycle.codes, stage[order]),
    ]
    ids = base.ids[owner[order]].alias(base.customer_id)
    return base.handed_back(nw.maybe_reset_index(ids.to_frame()).with_columns(*columns))
