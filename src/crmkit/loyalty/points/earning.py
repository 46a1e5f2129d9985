"""How points are earned, and when they lapse: a scheme's rules as data.

Law: what is earned follows from the rules and the facts alone, and says by which rule.

Source: domain fact L6; science §3. Decision tables with hit policy "collect", OMG DMN 1.5 §8.2.8:
every rule that holds gives its points.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from typing import Final

import attrs
import msgspec
from attrs.validators import optional

from crmkit.errors import InvalidValueError
from crmkit.kernel import (
    AllOf,
    Condition,
    Evidence,
    Explanation,
    FrozenMap,
    Labelled,
    Money,
    Rule,
    Text,
    all_are,
    decimals_of,
    instant,
    is_a,
    is_id,
    member_of,
    named_zone,
)
from crmkit.kernel.checks import of_kind
from crmkit.kernel.nearest import did_you_mean
from crmkit.kernel.period import Period
from crmkit.kernel.tagged import read_json, write_hook

from .point_words import of_points


_NO_FACTS: Final[FrozenMap[str, object]] = FrozenMap()
_SAYS: Final = Text("{rule} gives {verdict} points", "{rule}：{verdict}分")
_EARNED: Final = Rule(
    code="loyalty.points_earned",
    says=Text("{scheme} gives {verdict} points", "{scheme}计{verdict}分"),
    source="domain fact L6",
)
_ALWAYS: Final = AllOf(())
_LONGEST: Final = 12_000  # months
_NINETY_DAYS: Final[timedelta | None] = timedelta(days=90)


class ExpiryEnd(Labelled):
    """At the end of what points lapse."""

    DAY = "day", "End of the day", "当日末"
    MONTH = "month", "End of the month", "当月末"
    YEAR = "year", "End of the year", "当年末"


@attrs.frozen(kw_only=True)
class PointsExpiry:
    """How long points are good for.

    Attributes:
        months: So many months after they were earned; None for ever.
        end: To the end of what.

    Raises:
        InvalidValueError: If it is no whole number of months, or below 0, or above 12,000: say None
            for ever.

    Examples:
        >>> from datetime import UTC
        >>> earned = datetime(2026, 1, 31, 9, tzinfo=UTC)
        >>> PointsExpiry(months=1).expires_at(earned, "UTC").isoformat()
        '2026-03-01T00:00:00+00:00'
        >>> year = PointsExpiry(months=12, end=ExpiryEnd.YEAR)  # until the end of the next year
        >>> year.expires_at(earned, "Asia/Shanghai").isoformat()
        '2027-12-31T16:00:00+00:00'
        >>> PointsExpiry(months=None).expires_at(earned, "UTC") is None
        True
    """

    months: int | None = attrs.field(validator=optional(is_a(int)))
    end: ExpiryEnd = attrs.field(default=ExpiryEnd.DAY, validator=member_of(ExpiryEnd))

    def __attrs_post_init__(self) -> None:
        if self.months is not None and not 0 <= self.months <= _LONGEST:
            rule = f"must not be below 0, nor above {_LONGEST:,}"
            raise InvalidValueError("months", self.months, rule, "say None for ever")

    def expires_at(self, earned_at: datetime, timezone: str) -> datetime | None:
        """Return the first instant at which points are void, in UTC; None for never.

        Raises:
            InvalidValueError: If `earned_at` is naive, there is no such zone, or the points would
                outlive the calendar.
        """
        if self.months is None:
            return None
        zone = named_zone(timezone)
        moment = instant(earned_at, "earned_at")
        try:
            last = months_after(moment.astimezone(zone).date(), self.months)
            return instant(datetime.combine(self._end_of(last), time(), zone))
        except (ValueError, OverflowError) as error:
            rule = f"must be so early that points lapse by the year 9999, {self.months} months on"
            raise InvalidValueError("earned_at", earned_at, rule) from error

    def _end_of(self, last: date) -> date:
        """Return the first day on which points are void that are good until a day."""
        match self.end:
            case ExpiryEnd.DAY:
                return last + timedelta(days=1)
            case ExpiryEnd.MONTH:
                return Period.month(last.year, last.month).until
            case _:
                return date(last.year + 1, 1, 1)


def months_after(day: date, months: int) -> date:
    """Return the day so many months later, or earlier; the last of a month where it is shorter."""
    year, month = divmod(12 * day.year + day.month - 1 + months, 12)
    whole = Period.month(year, month + 1)
    return whole.since + timedelta(days=min(day.day, whole.days) - 1)


@attrs.frozen(kw_only=True)
class EarnRule:
    """What gives points, and how many.

    Attributes:
        code: Its name for machines.
        label: What it is called.
        points: How many it gives, for every full `per`.
        per: Of what amount; None where it gives its points once.
        when: What the facts must fulfil; unless told, it always holds.

    Raises:
        InvalidValueError: If it gives no points, or `per` is not above 0.

    Examples:
        >>> from crmkit.kernel import Compare
        >>> basic = EarnRule(
        ...     code="basic",
        ...     label=Text("A point for every 10", "每10元1分"),
        ...     points=1,
        ...     per=Money.of(10, "CNY"),
        ... )
        >>> basic.points_for(Money.of("99.90", "CNY"))
        9
        >>> friend = EarnRule(
        ...     code="friend",
        ...     label=Text("A friend was won", "推荐新客户"),
        ...     points=500,
        ...     when=Compare("occasion", "=", "referral"),
        ... )
        >>> friend.points_for(None)
        500
    """

    code: str = attrs.field(validator=is_id)
    label: Text = attrs.field(validator=is_a(Text))
    points: int = attrs.field(validator=is_a(int))
    per: Money | None = attrs.field(default=None, validator=optional(is_a(Money)))
    when: Condition = attrs.field(default=_ALWAYS)

    def __attrs_post_init__(self) -> None:
        if self.points < 1:
            raise InvalidValueError("points", self.points, "must be at least 1")
        if self.per is not None and self.per.minor < 1:
            raise InvalidValueError("per", self.per, "must be above 0")
        if not isinstance(self.when, Condition):
            raise InvalidValueError("when", self.when, "must be a Condition")

    def points_for(self, amount: Money | None) -> int:
        """Return what it gives for an amount, where its condition holds.

        Raises:
            InvalidValueError: If the amount is in another currency.
        """
        if self.per is None:
            return self.points
        if amount is None:
            return 0
        if amount.currency != self.per.currency:
            rule = f"must be {self.per.currency}, like the rules of the scheme"
            raise InvalidValueError("currency", amount.currency, rule, "convert it first")
        return self.points * max(0, amount.minor // self.per.minor)


@attrs.frozen(kw_only=True)
class PointsScheme:
    """How a scheme gives points, and how long they are good.

    Attributes:
        name: What it is called; accounts name it.
        currency: Of the amounts that it counts.
        rules: What gives points; of those whose conditions hold, each gives its own.
        expiry: How long points are good for.
        timezone: Where its days begin and end.
        returns_within: For how long after they were earned points of returned goods are taken back;
            None for ever. So long an account keeps what became of them.

    Raises:
        InvalidValueError: If the rules are none, two have one code, one is in another currency, or
            a value is unfit.

    Examples:
        >>> from crmkit.kernel import Compare
        >>> club = PointsScheme(
        ...     name="club",
        ...     currency="CNY",
        ...     rules=(
        ...         EarnRule(
        ...             code="basic",
        ...             label=Text("A point for every 10", "每10元1分"),
        ...             points=1,
        ...             per=Money.of(10, "CNY"),
        ...         ),
        ...         EarnRule(
        ...             code="gold",
        ...             label=Text("Gold: one more for every 20", "金卡每20元加1分"),
        ...             points=1,
        ...             per=Money.of(20, "CNY"),
        ...             when=Compare("tier", "=", "gold"),
        ...         ),
        ...     ),
        ...     expiry=PointsExpiry(months=24),
        ... )
        >>> print(club.explain_earn(Money.of(100, "CNY"), {"tier": "gold"}))
        club gives 15 points
          A point for every 10 gives 10 points
          Gold: one more for every 20 gives 5 points
        >>> club.explain_earn(Money.of(100, "CNY"), {}).missing
        ('tier',)
        >>> PointsScheme.from_json(club.to_json()) == club
        True
    """

    name: str = attrs.field(validator=is_id)
    currency: str = attrs.field()
    rules: tuple[EarnRule, ...] = attrs.field(validator=all_are(EarnRule))
    expiry: PointsExpiry = attrs.field(validator=is_a(PointsExpiry))
    timezone: str = attrs.field(default="UTC")
    returns_within: timedelta | None = attrs.field(
        default=_NINETY_DAYS, validator=optional(is_a(timedelta))
    )

    def __attrs_post_init__(self) -> None:
        decimals_of(self.currency)
        named_zone(self.timezone)
        if not self.rules:
            raise InvalidValueError("rules", self.rules, "must be EarnRules, at least one")
        codes = [rule.code for rule in self.rules]
        if len(set(codes)) < len(codes):
            raise InvalidValueError("codes", tuple(codes), "must be used once in a scheme")
        for rule in self.rules:
            if rule.per is not None and rule.per.currency != self.currency:
                way_out = f"write the amount in {self.currency}"
                raise InvalidValueError("per", rule.per, "must be in the currency", way_out)
        if self.returns_within is not None and self.returns_within < timedelta(0):
            raise InvalidValueError("returns_within", self.returns_within, "must not be below 0")

    def explain_earn(
        self, amount: Money | None = None, facts: Mapping[str, object] = _NO_FACTS
    ) -> Explanation[int]:
        """Tell how many points something gives, and by which rules.

        Args:
            amount: What was paid; None where nothing was.
            facts: What the conditions of the rules ask for, by name.

        Returns:
            The points of every rule that holds, added up. A rule that lacks a fact gives nothing,
            and the fact stands in `missing`.

        Raises:
            InvalidValueError: If the amount is below 0 or in another currency, no rule asks for a
                fact, or a fact cannot be compared as a rule asks.

        Examples:
            >>> from crmkit.kernel import Compare
            >>> friend = EarnRule(
            ...     code="friend",
            ...     label=Text("A friend was won", "推荐新客户"),
            ...     points=500,
            ...     when=Compare("occasion", "=", "referral"),
            ... )
            >>> club = PointsScheme(
            ...     name="club", currency="CNY", rules=(friend,), expiry=PointsExpiry(months=24)
            ... )
            >>> club.explain_earn(facts={"ocasion": "referral"})
            Traceback (most recent call last):
            crmkit.errors.InvalidValueError: fact is 'ocasion': it is asked for by no rule; did you\
 mean 'occasion'?
        """
        self._check_facts(facts)
        if amount is not None:
            self._check_amount(amount)
        told: list[Explanation[object]] = []
        missing: dict[str, None] = {}
        total = 0
        for one in self.rules:
            held = one.when.holds(facts)
            if held is None:
                missing |= dict.fromkeys(one.when.missing(facts))
            points = one.points_for(amount) if held else 0
            if points:
                told.append(_explained(one, points, amount, facts))
            total += points
        return Explanation(
            verdict=total,
            rule=of_points(_EARNED, total),
            evidence=(Evidence("scheme", self.name), Evidence("amount", amount)),
            missing=tuple(missing),
            because=tuple(told),
        )

    def expires_at(self, earned_at: datetime) -> datetime | None:
        """Return from when on points are void that were earned then; None for never.

        Raises:
            InvalidValueError: If `earned_at` is naive, or the points would outlive the calendar.
        """
        return self.expiry.expires_at(earned_at, self.timezone)

    def to_json(self) -> str:
        """Write the scheme as JSON."""
        return msgspec.json.encode(self, enc_hook=write_hook).decode()

    @staticmethod
    def from_json(text: str) -> PointsScheme:
        """Read what `to_json` wrote.

        Raises:
            InvalidValueError: If the text is no scheme.
        """
        return read_json(text, PointsScheme, "scheme")

    def _check_amount(self, amount: Money) -> None:
        way_out = f"write Money.of(…, {self.currency!r})"
        of_kind(amount, Money, "amount", way_out=way_out)
        if amount.currency != self.currency or amount.minor < 0:
            rule = f"must be {self.currency}, and not below 0"
            raise InvalidValueError("amount", amount, rule)

    def _check_facts(self, facts: Mapping[str, object]) -> None:
        """Refuse a fact that no rule asks for: a slip of the pen would cost points."""
        if not isinstance(facts, Mapping):
            raise InvalidValueError("facts", facts, "must be a mapping of facts by name")
        asked = dict.fromkeys(name for one in self.rules for name in one.when.facts)
        for name in facts:
            if not isinstance(name, str):
                raise InvalidValueError("fact", name, "must be named by text")
            if name not in asked:
                rule = "is asked for by no rule"
                raise InvalidValueError("fact", name, rule, did_you_mean(name, asked))


def _explained(
    one: EarnRule, points: int, amount: Money | None, facts: Mapping[str, object]
) -> Explanation[object]:
    # The rule's own name comes first: a fact may be called "rule", too.
    evidence = (
        Evidence("rule", one.label),
        Evidence("amount", amount, one.per, None if one.per is None else True),
        *one.when.evidence(facts),
    )
    rule = Rule(code=f"loyalty.earn.{one.code}", says=_SAYS, source="the scheme")
    return Explanation(verdict=points, rule=of_points(rule, points), evidence=evidence)
