"""What one customer did, and what is known of him on any day: the facts that rules ask for.

Law: on a day only what came up to it is known; what is not known is None, and no number stands for
it. Days with several purchases are one.

Source: science's rule of the pooled rhythm: fewer than four gaps are filled up to four with the
usual one.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from datetime import date
from typing import Final

import attrs

from crmkit.errors import InvalidValueError
from crmkit.kernel import all_are, is_a, is_id
from crmkit.kernel.checks import checked_day, finite

from .stage_rules import BEHAVIOUR, ENOUGH_GAPS, StageRules


PARTS: Final = 10_000
"""Amounts are counted in so many parts of one unit of the currency, to be added up exactly."""


@attrs.frozen(kw_only=True)
class Signal:
    """Something else that is known of a customer from a day on, until something newer is told.

    Attributes:
        on: From which day on.
        name: Of what: `p_alive`, `complaints`, `satisfaction`, or a name of the company's own.
        value: How much.

    Raises:
        InvalidValueError: If the day is none, the name blank, or the value no finite number.

    Examples:
        >>> Signal(on=date(2026, 3, 2), name="p_alive", value=0.4).value
        0.4
    """

    on: date
    name: str = attrs.field(validator=is_id)
    value: float

    def __attrs_post_init__(self) -> None:
        checked_day(self.on, "on")
        finite(self.value, self.name)


@attrs.frozen(kw_only=True)
class Behaviour:
    """The purchases of one customer, day by day, and signals of other kinds; `of` makes it.

    Attributes:
        customer: Whose.
        days: On which days he bought, rising.
        amounts: For how much in all on each, in ten-thousandths of the currency.
        signals: What else is known, the earliest first.
        maybe_older: Whether the first purchase may lie before the record.

    Raises:
        InvalidValueError: If days do not rise, there is not one amount for each, or one is
            negative.

    Examples:
        >>> from crmkit.lifecycle import STATE_RULES
        >>> li = Behaviour.of("C-7", [(date(2026, 1, 5), 20.0), (date(2026, 1, 15), 5.5)])
        >>> facts = li.facts(date(2026, 3, 16), STATE_RULES)
        >>> facts["orders"], facts["silence"], facts["rhythm"], facts["frequency_trend"]
        (2, 60, 70.0, None)
    """

    customer: str | int
    days: tuple[date, ...] = attrs.field(validator=all_are(date))
    amounts: tuple[int, ...] = attrs.field(validator=all_are(int))
    signals: tuple[Signal, ...] = attrs.field(default=(), validator=all_are(Signal))
    maybe_older: bool = attrs.field(default=True, validator=is_a(bool))

    def __attrs_post_init__(self) -> None:
        if sorted(set(self.days)) != [*self.days]:
            raise InvalidValueError("days", self.days, "must rise, each day once")
        if len(self.amounts) != len(self.days):
            raise InvalidValueError("len(amounts)", len(self.amounts), "must be that of the days")
        for amount in self.amounts:
            _check_purchase(amount / PARTS)
        for one in self.signals:
            if one.name in BEHAVIOUR:
                raise InvalidValueError("signal", one.name, "must not bear the name of a behaviour")

    @classmethod
    def of(
        cls,
        customer: str | int,
        purchases: Iterable[tuple[date, float]],
        *,
        signals: Iterable[Signal] = (),
        observed_from: date | None = None,
    ) -> Behaviour:
        """Sum up purchases day by day.

        Args:
            customer: Whose.
            purchases: Local days with amounts, in any order.
            signals: What else is known, in any order; of one day and name the last told counts.
            observed_from: The day since which all orders are on record. Earlier purchases do not
                count, but tell that he is older; None: he may be.

        Raises:
            InvalidValueError: If a day is none, an amount no finite number, or negative.
        """
        since = checked_day(observed_from, "observed_from")
        sums: dict[date, int] = {}
        maybe_older = since is None
        for day, amount in purchases:
            checked_day(day, "day")
            finite(amount, "amount")
            _check_purchase(amount)
            if since is not None and day < since:
                maybe_older = True
                continue
            sums[day] = sums.get(day, 0) + round(amount * PARTS)
        days = tuple(sorted(sums))
        told = tuple(sorted(signals, key=lambda one: one.on))
        amounts = tuple(sums[day] for day in days)
        return cls(
            customer=customer,
            days=days,
            amounts=amounts,
            signals=told,
            maybe_older=maybe_older,
        )

    def bought(self, on: date) -> Behaviour:
        """Return the same with one purchase more, like the last one.

        Raises:
            InvalidValueError: If he never bought, or not before that day.
        """
        if not self.days or on <= self.days[-1]:
            raise InvalidValueError("on", on, "must lie after his last purchase")
        days, amounts = (*self.days, on), (*self.amounts, self.amounts[-1])
        return attrs.evolve(self, days=days, amounts=amounts)

    def facts(self, on: date, rules: StageRules) -> dict[str, float | None]:
        """Return what is known on a day, by name; None where it is not known.

        * `orders`: days with a purchase; `age`, `silence`: days since the first and the last;
        * `rhythm`: mean days between purchases, pooled with the usual ones where there are fewer
          than four gaps; `silence_ratio`: silence over rhythm;
        * `recent_orders`, `earlier_orders`, `recent_amount`, `earlier_amount`: of the last window
          and of the one before it; `frequency_trend`, `volume_trend`: the one over the other, not
          known before the customer is two windows old, or where there was nothing earlier;
        * each signal told up to that day, by its name.

        Raises:
            InvalidValueError: If the day is none.

        Units:
            Days; amounts in the currency.
        """
        checked_day(on, "on")
        span = rules.window * rules.step
        number = on.toordinal()
        ends = [number, number - span, number - 2 * span]
        counts = [bisect_right(self.days, date.fromordinal(end)) for end in ends]
        orders, before, long_ago = counts
        recent, earlier = (
            sum(self.amounts[a:b]) for a, b in ((before, orders), (long_ago, before))
        )
        told: dict[str, float | None] = {
            one.name: one.value for one in self.signals if one.on <= on
        }
        told |= {
            "orders": orders,
            "recent_orders": orders - before,
            "earlier_orders": before - long_ago,
            "recent_amount": recent / PARTS,
            "earlier_amount": earlier / PARTS,
        }
        if orders:
            told |= self._rhythm(on, self.days[:orders], rules.usual_rhythm)
            is_old = (on - self.days[0]).days >= 2 * span
            told["frequency_trend"] = _trend(orders - before, before - long_ago, is_old)
            told["volume_trend"] = _trend(recent, earlier, is_old)
        return told

    @staticmethod
    def _rhythm(on: date, days: tuple[date, ...], usual: float) -> dict[str, float | None]:
        """Return how old and how silent he is, by his rhythm pooled with the usual one."""
        silence, gaps = (on - days[-1]).days, len(days) - 1
        filled = max(ENOUGH_GAPS - gaps, 0) * usual
        rhythm = ((days[-1] - days[0]).days + filled) / max(gaps, ENOUGH_GAPS)
        return {
            "age": (on - days[0]).days,
            "silence": silence,
            "rhythm": rhythm,
            "silence_ratio": silence / rhythm,
        }


def _check_purchase(amount: float) -> None:
    if amount < 0:
        rule, way_out = "must be 0 or more, for it is of a purchase", "leave returns out"
        raise InvalidValueError("amount", amount, rule, way_out)


def _trend(recent: int, earlier: int, is_old: bool) -> float | None:
    return recent / earlier if is_old and earlier > 0 else None
