"""How a limit in days was counted: its first day, its last, and those between that do not count.

Law: whoever has a wall calendar can check it by hand.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from crmkit.kernel import Evidence, Explanation, Rule, Text, WorkCalendar, instant

from .limits import BusinessDays, CalendarDays, due_in_days, local_date


# More than fits on a line explains nothing: then they are only counted.
_MOST: Final = 16

_DAY: Final = timedelta(days=1)
_SOURCE: Final = "the day after receipt is the first; the calendar's own hours, holidays and dates"


def _rule(code: str, en: str, zh: str) -> Rule:
    return Rule(code=f"sla.{code}", says=Text(en, zh), source=_SOURCE)


_COUNTED: Final = _rule(
    "days",
    "{limit}, counted from the day after {start}:"
    " day 1 is {first}, day {days} is {last}, due {verdict}",
    "{limit}，自{start}的次日起算：第1天为{first}，第{days}天为{last}，应于{verdict}前完成",
)
_HOLIDAYS: Final = _rule("holidays", "holidays, not counted: {verdict}", "节假日不计：{verdict}")
_FREE: Final = _rule("free_days", "free days, not counted: {verdict}", "休息日不计：{verdict}")
_WORKED: Final = _rule(
    "made_up",
    "worked though their weekday is free, counted: {verdict}",
    "调休上班，计入：{verdict}",
)
_ALL: Final = _rule("every_day", "every day counts: {verdict}", "逐日计算：{verdict}")
_HOLIDAYS_TOO: Final = Text("holidays and free days too", "含节假日和休息日")


def explain_days(
    limit: BusinessDays | CalendarDays, start: datetime, calendar: WorkCalendar
) -> Explanation[datetime]:
    """Say when a limit in days is due, and how its days were counted.

    Raises:
        InvalidValueError: If `start` is naive, or it leads beyond the year 9998.

    Examples:
        >>> week = dict.fromkeys(("mon", "tue", "wed", "thu", "fri"), [("09:00", "17:00")])
        >>> easter = [date(2026, 4, 3), date(2026, 4, 6)]
        >>> office = WorkCalendar("Europe/London", week, holidays=easter)
        >>> received = datetime(2026, 3, 31, 14, tzinfo=ZoneInfo("Europe/London"))
        >>> print(explain_days(BusinessDays(3), received, office))
        3 business days, counted from the day after 2026-03-31 14:00 BST: day 1 is 2026-04-01,\
 day 3 is 2026-04-07, due 2026-04-07 23:59 BST
          holidays, not counted: 2026-04-03, 2026-04-06
          free days, not counted: 2026-04-04, 2026-04-05
    """
    zone = ZoneInfo(calendar.timezone)
    received = local_date(start, calendar)
    first = type(limit)(1).last(calendar, received)
    last = limit.last(calendar, received)
    return Explanation(
        verdict=due_in_days(limit, start, calendar).astimezone(zone),
        rule=_COUNTED,
        evidence=(
            Evidence("limit", Text(limit.label("en"), limit.label("zh"))),
            Evidence("start", instant(start, "start").astimezone(zone)),
            Evidence("days", limit.days),
            Evidence("first", first),
            Evidence("last", last),
        ),
        because=tuple(_reasons(limit, received, last, calendar)),
    )


def _reasons(
    limit: BusinessDays | CalendarDays, received: date, last: date, calendar: WorkCalendar
) -> Iterator[Explanation[object]]:
    if isinstance(limit, CalendarDays):
        yield Explanation(verdict=_HOLIDAYS_TOO, rule=_ALL)
        return
    rules = calendar.rules
    between = [received + n * _DAY for n in range(1, (last - received).days + 1)]
    closed = [day for day in between if not rules.on(day)]
    usually_open = {place for place, hours in enumerate(rules.week) if hours}
    kinds = (
        (_HOLIDAYS, [day for day in closed if day.weekday() in usually_open]),
        (_FREE, [day for day in closed if day.weekday() not in usually_open]),
        (_WORKED, [d for d in between if rules.on(d) and d.weekday() not in usually_open]),
    )
    for rule, days in kinds:
        if days:
            told = (Evidence("days", tuple(days)),)
            yield Explanation(verdict=_listed(days), rule=rule, evidence=told)


def _listed(days: Iterable[date]) -> Text:
    told = [str(day) for day in days]
    if len(told) > _MOST:
        return Text(f"{len(told)} days", f"{len(told)}天")
    return Text(", ".join(told), "、".join(told))
