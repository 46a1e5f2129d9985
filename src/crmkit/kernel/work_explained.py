"""Why so much working time passed, and why it is due then: window by window.

Law: the windows told, less what the pauses told take out of them, add up to the time counted.
"""

from __future__ import annotations

from calendar import isleap
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Final, TypeAlias, TypeVar
from zoneinfo import ZoneInfo

import attrs

from .clock import from_micros, instant
from .explanation import Evidence, Explanation, Rule, WorkingTime
from .frozen_map import FrozenMap
from .labels import Text
from .pauses import in_order
from .work_hours import Spans, written
from .work_rules import WorkRules


if TYPE_CHECKING:
    from .pauses import Pause
    from .work_calendar import WorkCalendar

V = TypeVar("V")

Opening: TypeAlias = tuple[datetime, datetime]
Counted: TypeAlias = tuple[datetime, datetime, timedelta]
Hours: TypeAlias = tuple[tuple[str, str], ...]

# More than fits on a page explains nothing: the evidence tells all.
_MOST: Final = 16
_SHOWN: Final = 4  # of more than that, at each end

_LEAP_DAY: Final = (2, 29)
_CLOSED: Final = Text("closed", "不开放")
_SOURCE: Final = "the calendar's own hours, holidays and dates"
_COUNT: Final = Text(
    "open for {open} (windows: {count}, days: {days})", "开放{open}（{count}个时段，{days}天）"
)
_PAUSED: Final = Text(", paused for {paused} of it", "，其中暂停{paused}")


def _rule(code: str, en: str, zh: str) -> Rule:
    return Rule(code=f"calendar.{code}", says=Text(en, zh), source=_SOURCE)


_ELAPSED: Final = _rule(
    "elapsed",
    f"{{verdict}} of working time passed from {{start}} to {{end}}; {_COUNT.en}",
    f"从{{start}}到{{end}}，经过工作时间{{verdict}}；{_COUNT.zh}",
)
_DUE: Final = _rule(
    "due",
    f"{{duration}} of working time from {{start}} is used up at {{end}}; {_COUNT.en}",
    f"从{{start}}起，{{duration}}工作时间于{{end}}用完；{_COUNT.zh}",
)
_WINDOW: Final = _rule(
    "window", "open from {since} to {until}: {verdict}", "{since}至{until}开放：{verdict}"
)
_MORE_WINDOWS: Final = _rule(
    "more_windows", "{count} more windows: {verdict}", "另有{count}个时段：{verdict}"
)
_NEVER: Final = _rule(
    "never", "it was never open meanwhile: {verdict}", "其间一直未开放：{verdict}"
)
_HOLIDAY: Final = _rule("holiday", "{day} is a holiday: {verdict}", "{day}为节假日：{verdict}")
_SPECIAL: Final = _rule(
    "special", "{day} has hours of its own: {verdict}", "{day}另定时间：{verdict}"
)
_BREAK: Final = _rule("break", "{day} has a break: {verdict}", "{day}中间休息：{verdict}")
_PAUSE: Final = _rule(
    "pause",
    "paused from {since} to {until}: {verdict} of open time do not count",
    "{since}至{until}暂停：{verdict}开放时间不计",
)
_MORE_PAUSES: Final = _rule(
    "more_pauses",
    "{count} more pauses: {verdict} of open time do not count",
    "另有{count}次暂停：{verdict}开放时间不计",
)


def explain_elapsed(
    calendar: WorkCalendar, start: datetime, end: datetime, pauses: Iterable[Pause]
) -> Explanation[timedelta]:
    """Explain how much passed; as `WorkCalendar.explain`."""
    told = tuple(pauses)
    passed = calendar.elapsed(start, end, pauses=told)
    counted = _Counted.of(calendar, start, end, told)
    return Explanation(
        verdict=WorkingTime.of(passed),
        rule=counted.in_words(_ELAPSED),
        evidence=counted.evidence(),
        because=counted.reasons(),
    )


def explain_due(
    calendar: WorkCalendar, start: datetime, duration: timedelta, pauses: Iterable[Pause]
) -> Explanation[datetime]:
    """Explain when it is due; as `WorkCalendar.explain`."""
    told = tuple(pauses)
    due = calendar.due(start, duration, pauses=told)
    counted = _Counted.of(calendar, start, due, told)
    return Explanation(
        verdict=due,
        rule=counted.in_words(_DUE),
        evidence=(Evidence("duration", WorkingTime.of(duration)), *counted.evidence()),
        because=counted.reasons(),
    )


@attrs.frozen
class _Counted:
    """What counted between two instants, on the clock of the place.

    Attributes:
        start: Where the count begins.
        end: Where it ends.
        open: The open time between them.
        windows: When it was open.
        holidays: Dates that are closed, though their weekday is not.
        special: Dates with hours of their own, and these.
        breaks: Dates out of which something is cut, and this.
        pauses: In order, those that overlap as one, each with the open time that it takes off.
    """

    start: datetime
    end: datetime
    open: timedelta
    windows: tuple[Opening, ...]
    holidays: tuple[date, ...]
    special: Mapping[date, Hours]
    breaks: Mapping[date, Hours]
    pauses: tuple[Counted, ...]

    @classmethod
    def of(
        cls, calendar: WorkCalendar, start: datetime, end: datetime, pauses: Iterable[Pause]
    ) -> _Counted:
        zone, rules = ZoneInfo(calendar.timezone), calendar.rules
        here, there = (instant(at).astimezone(zone) for at in (start, end))
        own = sorted({*rules.special, *rules.over})
        first, last = here.date(), there.date()
        return cls(
            start=here,
            end=there,
            open=calendar.elapsed(start, end),
            windows=tuple(
                (opens.astimezone(zone), closes.astimezone(zone))
                for opens, closes in calendar.intervals(start, end)
            ),
            holidays=tuple(_holidays(rules, first, last)),
            special={day: _written(rules.on(day)) for day in own if first <= day <= last},
            breaks={
                day: _written(rules.breaks[day])
                for day in sorted(rules.breaks)
                if first <= day <= last
            },
            pauses=tuple(_pauses(calendar, here, there, in_order(pauses))),
        )

    def in_words(self, rule: Rule) -> Rule:
        """Return a rule that speaks of the pauses, where there are some."""
        if not self.pauses:
            return rule
        return attrs.evolve(rule, says=Text(rule.says.en + _PAUSED.en, rule.says.zh + _PAUSED.zh))

    def evidence(self) -> tuple[Evidence, ...]:
        """Return all that counted, as data."""
        return (
            Evidence("start", self.start),
            Evidence("end", self.end),
            Evidence("open", WorkingTime.of(self.open)),
            Evidence("paused", _sum(off for _, _, off in self.pauses)),
            Evidence("count", len(self.windows)),
            Evidence("days", len({opens.date() for opens, _ in self.windows})),
            Evidence("windows", self.windows),
            Evidence("holidays", self.holidays),
            Evidence("special", FrozenMap(self.special)),
            Evidence("breaks", FrozenMap(self.breaks)),
            Evidence("pauses", tuple((since, until) for since, until, _ in self.pauses)),
        )

    def reasons(self) -> tuple[Explanation[object], ...]:
        """Return a sentence for each thing that counted; of many, for the first and the last."""
        windows = [(since, until, instant(until) - instant(since)) for since, until in self.windows]
        dates = [
            *(_reason(_HOLIDAY, _said(()), day=day) for day in self.holidays),
            *(_reason(_SPECIAL, _said(hours), day=day) for day, hours in self.special.items()),
            *(_reason(_BREAK, _said(hours), day=day) for day, hours in self.breaks.items()),
        ]
        return (
            *(_told(windows, _WINDOW, _MORE_WINDOWS) or (_reason(_NEVER, _sum(())),)),
            *(dates if len(dates) <= _MOST else ()),
            *_told(self.pauses, _PAUSE, _MORE_PAUSES),
        )


def _holidays(rules: WorkRules, first: date, last: date) -> Iterator[date]:
    yearly = {
        date(year, month, day)
        for year in range(first.year, last.year + 1)
        for month, day in rules.yearly
        if (month, day) != _LEAP_DAY or isleap(year)
    }
    for day in sorted(rules.holidays | yearly):
        if first <= day <= last and rules.week[day.weekday()] and not rules.on(day):
            yield day


def _pauses(
    calendar: WorkCalendar, start: datetime, end: datetime, pauses: Spans
) -> Iterator[Counted]:
    for span in pauses:
        since, until = (from_micros(at).astimezone(start.tzinfo) for at in span)
        # Of two datetimes with one zone the later is the one whose clock shows more.
        inside = max(instant(since), instant(start)), min(instant(until), instant(end))
        off = calendar.elapsed(*inside) if inside[0] < inside[1] else timedelta(0)
        yield since, until, off


def _written(spans: Spans) -> Hours:
    return tuple(map(written, spans))


def _said(hours: Hours) -> Text:
    if not hours:
        return _CLOSED
    told = [f"{opens}–{closes}" for opens, closes in hours]
    return Text(", ".join(told), "、".join(told))


def _reason(rule: Rule, verdict: V, **evidence: object) -> Explanation[V]:
    told = tuple(Evidence(name, value) for name, value in evidence.items())
    return Explanation(verdict=verdict, rule=rule, evidence=told)


def _told(spans: Sequence[Counted], rule: Rule, more: Rule) -> tuple[Explanation[object], ...]:
    """Return a sentence for each span; of many, for the first and the last, and the others' sum."""
    others = spans[_SHOWN:-_SHOWN] if len(spans) > _MOST else ()
    ends = (spans[:_SHOWN], spans[-_SHOWN:]) if others else (spans, ())
    first, last = (
        [_reason(rule, _sum((time,)), since=since, until=until) for since, until, time in end]
        for end in ends
    )
    rest = [_reason(more, _sum(time for *_, time in others), count=len(others))] if others else []
    return (*first, *rest, *last)


def _sum(durations: Iterable[timedelta]) -> WorkingTime:
    return WorkingTime.of(sum(durations, timedelta(0)))
