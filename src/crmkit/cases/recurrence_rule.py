"""Recurrence: a new case with the cause of an earlier one.

Law: what nobody told matches nothing; of several earlier cases the last received one counts, and
with it the chain to which it belongs. A recurrence is a case of its own: a case that is taken up
again is reopened, and one that was told twice is a duplicate.

Source: domain fact K6: repeat faults and repeat complaints by the same customer, product or cause
are recognised automatically.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from typing import Final

import attrs
import msgspec

from crmkit.errors import InvalidValueError
from crmkit.kernel import Evidence, Explanation, FrozenMap, Labelled, Name, Rule, Text
from crmkit.kernel.checks import is_a, not_blank, several
from crmkit.kernel.tagged import read_json

from .fact_words import FACTS
from .seen_case import Id, Seen, cases_before, is_told, seen


_CODE: Final = "cases.recurrence"
_AS_TOLD: Final[Mapping[str, Text]] = FrozenMap()
_REPEATS: Final = Text(
    "{case} repeats {repeats}: with the same {same} it came {gap} after the {counted_from} of "
    "{last}, within {within}; it is number {occurrence} of its chain",
    "{case}为{repeats}的重复发生：{same}相同，距{last}的{counted_from}{gap}，在{within}以内；"
    "为该链的第{occurrence}次",
)
_APART: Final = Text(
    "{case} repeats nothing: with the same {same} it came {gap} after the {counted_from} of "
    "{last}, and only {within} count",
    "{case}不是重复发生：{same}相同，但距{last}的{counted_from}{gap}，超过{within}",
)
_OPEN: Final = Text(
    "{case} repeats nothing: {last} with the same {same} was still open; see whether they are one",
    "{case}不是重复发生：{same}相同的{last}尚未解决，请核对是否为同一事项",
)
_FIRST: Final = Text(
    "{case} repeats nothing: no earlier case has the same {same}",
    "{case}不是重复发生：此前没有{same}相同的事项",
)
_UNTOLD: Final = Text(
    "{case} repeats nothing that could be told: not all of {same} is known",
    "{case}是否为重复发生无法判断：{same}不全",
)
_LINK: Final = Text(
    "{case} came {gap} after the {counted_from} of {last}",
    "{case}距{last}的{counted_from}{gap}",
)


class CountedFrom(Labelled):
    """From which moment of an earlier case the time to a recurrence is counted."""

    RECEIPT = "receipt", "Receipt", "受理"
    RESOLUTION = "resolution", "Resolution", "解决"


def _names(names: Iterable[str]) -> tuple[str, ...]:
    return several(names, "same")


def _counted_from(moment: CountedFrom | str) -> CountedFrom:
    return CountedFrom.of(moment, "counted_from")


@attrs.frozen(kw_only=True)
class RecurrenceRule:
    """When a new case repeats an earlier one: what they share, and how near they are.

    Attributes:
        name: What the rule is called.
        same: The facts in which both agree: `customer`, `asset`, `product`, `cause`, `symptom`, or
            any further name. A fact that is None or empty text agrees with nothing.
        within: A case that comes so long after an earlier one still repeats it.
        counted_from: From what of the earlier case this is counted: its receipt, or its
            resolution. From resolution, a case that is still open is not repeated yet.
        major_from: The occurrence in a chain from which on a major complaint is called for; None
            for never.
        source: Where the rule comes from.

    Raises:
        InvalidValueError: If it has no name or no source, `same` is empty or holds a name twice,
            `within` is not positive, or `major_from` is below 2.

    Examples:
        >>> from datetime import UTC, datetime
        >>> noon = datetime(2026, 3, 1, 12, tzinfo=UTC)
        >>> told = {"customer": "C-7", "product": "washer"}
        >>> first = {"id": "K-1", "received_at": noon, **told}
        >>> again = {"id": "K-2", "received_at": noon + timedelta(days=12), **told}
        >>> rule = RecurrenceRule(major_from=3)
        >>> found = rule.match(again, [first])
        >>> found.verdict, rule.is_major(found)
        (('K-1',), False)
        >>> RecurrenceRule.from_json(rule.to_json()) == rule
        True
        >>> RecurrenceRule(within=timedelta(0))
        Traceback (most recent call last):
        crmkit.errors.InvalidValueError: within is datetime.timedelta(0): it must be above 0
    """

    name: str = attrs.field(default="recurrence", validator=not_blank)
    same: tuple[str, ...] = attrs.field(default=("customer", "product"), converter=_names)
    within: timedelta = attrs.field(default=timedelta(days=30), validator=is_a(timedelta))
    counted_from: CountedFrom = attrs.field(default=CountedFrom.RECEIPT, converter=_counted_from)
    major_from: int | None = None
    source: str = attrs.field(
        default="K6: the same customer and product; 30 days are chosen here", validator=not_blank
    )

    def __attrs_post_init__(self) -> None:
        if not self.same or not all(isinstance(name, str) and name for name in self.same):
            raise InvalidValueError("same", self.same, "must hold names, at least one")
        if len(set(self.same)) < len(self.same):
            raise InvalidValueError("same", self.same, "must hold each name once")
        if self.within <= timedelta(0):
            raise InvalidValueError("within", self.within, "must be above 0")
        if self.major_from is not None and (
            type(self.major_from) is not int or self.major_from < 2
        ):
            rule = "must be a whole number of at least 2, or None"
            raise InvalidValueError("major_from", self.major_from, rule)

    def match(
        self, case: Mapping[str, object], earlier: Iterable[Mapping[str, object]]
    ) -> Explanation[tuple[Id, ...]]:
        """Find the earlier cases that a new one repeats.

        Args:
            case: Facts of the new case by name: `id`, `received_at`, and those in `same`.
            earlier: Facts of other cases, in any order, with `resolved_at` where that counts; None
                or left out for those that are open. What was received later, or is the case
                itself, does not count.

        Returns:
            The ids of the whole chain so far, oldest first; empty where the case repeats nothing.
            The evidence holds the gap to the `last` case that it repeats, the number of cases
            `in_window`, which it repeats directly, and its `occurrence`, the chain's length with
            it; the reasons are the links of the chain. Where not all of `same` is told, the
            occurrence is 0, and `missing` names the rest.

        Raises:
            InvalidValueError: If an id or a time of receipt is missing, ids differ in type, a time
                is naive, a case stands twice, or was resolved before it was received.

        Examples:
            >>> from datetime import UTC, datetime
            >>> noon = datetime(2026, 3, 1, 12, tzinfo=UTC)
            >>> visits = [
            ...     {"id": f"V-{n}", "received_at": noon + timedelta(days=9 * n), "asset": "SN-1"}
            ...     for n in range(3)
            ... ]
            >>> found = LITTLE_WASHING_MACHINE.match(visits[2], visits)
            >>> print(found)
            V-2 repeats V-0 and V-1: with the same asset it came 9 d after the receipt of V-1,\
 within 30 d; it is number 3 of its chain
              V-2 came 9 d after the receipt of V-1
              V-1 came 9 d after the receipt of V-0
            >>> LITTLE_WASHING_MACHINE.is_major(found)
            True
        """
        new = seen(case)
        if untold := tuple(name for name in self.same if not is_told(case.get(name))):
            return self._explained(_UNTOLD, case, occurrence=0, missing=untold)
        known = [
            other
            for other, facts in cases_before(new, earlier)
            if all(facts.get(name) == case[name] for name in self.same)
        ]
        if not known:
            return self._explained(_FIRST, case)
        repeated = [other for other in known if self._repeats(new, other)]
        return (
            self._chained(case, new, known, repeated) if repeated else self._apart(case, new, known)
        )

    def is_major(self, found: Explanation[tuple[Id, ...]]) -> bool:
        """Return whether what `match` found calls for a major complaint.

        Examples:
            >>> from datetime import UTC, datetime
            >>> noon = datetime(2026, 3, 1, 12, tzinfo=UTC)
            >>> told = {"received_at": noon, "customer": "C-7", "product": "washer"}
            >>> rule = RecurrenceRule(major_from=2)
            >>> rule.is_major(rule.match({"id": "K-2", **told}, [{"id": "K-1", **told}]))
            True
        """
        return self.major_from is not None and len(found.verdict) + 1 >= self.major_from

    def to_json(self) -> str:
        """Write the rule as JSON, which `from_json` reads."""
        return msgspec.json.encode(self).decode()

    @staticmethod
    def from_json(text: str) -> RecurrenceRule:
        """Read what `to_json` wrote.

        Raises:
            InvalidValueError: If the text is no rule.
        """
        return read_json(text, RecurrenceRule, "rule")

    def _gap(self, new: Seen, other: Seen) -> timedelta | None:
        """Return the time to a later case; None where the earlier one was not resolved by then."""
        since = other.at if self.counted_from is CountedFrom.RECEIPT else other.resolved_at
        return None if since is None or since > new.at else new.at - since

    def _repeats(self, new: Seen, other: Seen) -> bool:
        gap = self._gap(new, other)
        return gap is not None and gap <= self.within

    def _last(self, new: Seen, before: Sequence[Seen]) -> Seen | None:
        """Return the last of the cases before it that a case repeats."""
        # By receipt no other is nearer than the last.
        near = before[-1:] if self.counted_from is CountedFrom.RECEIPT else before
        return next((other for other in reversed(near) if self._repeats(new, other)), None)

    def _chained(
        self,
        case: Mapping[str, object],
        new: Seen,
        known: Sequence[Seen],
        repeated: Sequence[Seen],
    ) -> Explanation[tuple[Id, ...]]:
        links: dict[Seen, Seen] = {}
        first: dict[Seen, Seen] = {}
        cases = [*known, new]
        for place, each in enumerate(cases):
            last = self._last(each, cases[:place])
            first[each] = each if last is None else first[last]
            if last is not None:
                links[each] = last
        chain = [other for other in cases if first[other] == first[new]]
        return self._explained(
            _REPEATS,
            case,
            verdict=tuple(other.id for other in chain[:-1]),
            last=repeated[-1].id,
            gap=self._gap(new, repeated[-1]),
            in_window=len(repeated),
            because=tuple(self._link(other, links[other]) for other in chain[:0:-1]),
        )

    def _apart(
        self, case: Mapping[str, object], new: Seen, known: Sequence[Seen]
    ) -> Explanation[tuple[Id, ...]]:
        gaps = [(gap, other) for other in known if (gap := self._gap(new, other)) is not None]
        if not gaps or self._gap(new, known[-1]) is None:
            return self._explained(_OPEN, case, last=known[-1].id)
        gap, nearest = min(gaps, key=lambda pair: pair[0])
        return self._explained(_APART, case, last=nearest.id, gap=gap)

    def _explained(
        self,
        says: Text,
        case: Mapping[str, object],
        *,
        verdict: tuple[Id, ...] = (),
        last: Id | None = None,
        gap: timedelta | None = None,
        in_window: int = 0,
        occurrence: int | None = None,
        missing: tuple[str, ...] = (),
        because: tuple[Explanation[object], ...] = (),
    ) -> Explanation[tuple[Id, ...]]:
        number = len(verdict) + 1 if occurrence is None else occurrence
        major = None if self.major_from is None else number >= self.major_from
        return Explanation(
            verdict=verdict,
            rule=Rule(code=_CODE, says=says, source=self.source),
            evidence=(
                Evidence("case", case["id"]),
                Evidence("repeats", _listed(verdict)),
                Evidence("last", last),
                Evidence("gap", gap, self.within, gap is not None and gap <= self.within),
                Evidence("within", self.within),
                Evidence("counted_from", self.counted_from),
                Evidence("in_window", in_window),
                Evidence("occurrence", number, self.major_from, major),
                Evidence("same", _listed(self.same, FACTS)),
                *(Evidence(name, case.get(name)) for name in self.same),
            ),
            missing=missing,
            because=because,
        )

    def _link(self, case: Seen, last: Seen) -> Explanation[bool]:
        gap = self._gap(case, last)
        return Explanation(
            verdict=True,
            rule=Rule(code=f"{_CODE}.link", says=_LINK, source=self.source),
            evidence=(
                Evidence("case", case.id),
                Evidence("last", last.id),
                Evidence("gap", gap, self.within, True),
                Evidence("counted_from", self.counted_from),
            ),
        )


LITTLE_WASHING_MACHINE: Final = RecurrenceRule(
    name="the little washing machine",
    same=("asset",),
    within=timedelta(days=30),
    major_from=3,
    source="K6: three to five visits to one unit are a recurrence; 30 days are chosen here",
)
"""Visits to one unit, 30 days from one to the next: from the third on it is a major complaint."""

REPEAT_REPAIR: Final = RecurrenceRule(
    name="repeat repair",
    same=("asset", "symptom"),
    within=timedelta(days=30),
    counted_from=CountedFrom.RESOLUTION,
    source="K6: the same symptom of the same unit after it was repaired; 30 days are chosen here",
)
"""The same symptom of one unit within 30 days of its repair, as an appliance maker counts it."""


def _listed(names: Sequence[Id], words: Mapping[str, Text] = _AS_TOLD) -> Name | None:
    """Return names as both languages list them, in Chinese by our words; None for none."""
    if not names:
        return None
    *first, last = map(str, names)
    english = " and ".join([", ".join(first), last] if first else [last])
    chinese = (words[one]("zh") if one in words else one for one in map(str, names))
    return Name(english, "、".join(chinese))
