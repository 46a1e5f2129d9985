"""Public holidays and make-up days: from the package `holidays`, and from iCalendar files.

Law: a day that is told as a day of work is never taken for a holiday, and an entry that cannot be
read as whole days is refused by name.

Source: RFC 5545, sections 3.1 (lines), 3.6.1 (events), 3.8.2 (dates), 3.3.6 (durations).
"""

from __future__ import annotations

import importlib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from types import ModuleType
from typing import Final

import attrs

from crmkit.errors import InvalidValueError

from .frozen_map import FrozenMap
from .work_hours import Window
from .work_rules import WEEKDAYS


_ONE: Final = timedelta(days=1)
_MOST_DAYS: Final = 3_660
_LINE: Final = re.compile(r'([A-Za-z0-9-]+)((?:;[^=;:"]+=(?:"[^"]*"|[^":;]*))*):(.*)', re.DOTALL)
_COUNTRY: Final = re.compile(r"[A-Z]{2,3}")
_DATE: Final = re.compile(r"[0-9]{8}")
# The State Council has set the days around every long holiday since the first golden week.
_DECREED: Final = FrozenMap({"CN": 2000})
_DURATION: Final = re.compile(r"\+?P(?:(?P<weeks>[0-9]+)W|(?P<days>[0-9]+)D)")


@attrs.frozen
class PublicDays:
    """Days on which a country or a company rests, and days on which it makes up for them.

    Attributes:
        holidays: Dates that are closed.
        make_up_days: Dates that are worked though their weekday is free, such as the adjusted
            work days of China (调休上班).

    Examples:
        >>> spring = PublicDays(frozenset({date(2026, 2, 17)}), frozenset({date(2026, 2, 14)}))
        >>> date(2026, 2, 17) in spring.holidays
        True
    """

    holidays: frozenset[date]
    make_up_days: frozenset[date]

    def hours(
        self,
        week: Mapping[str, Sequence[Window]],
        *,
        make_up_hours: Sequence[Window] | None = None,
    ) -> dict[date, Sequence[Window]]:
        """Return the hours of make-up days, as a calendar takes them for `special`.

        Args:
            week: The hours of the week; where it is open on the weekday of a make-up day, that day
                needs none of its own.
            make_up_hours: The hours of a make-up day; None means those of the first day of the
                week that is open.
        """
        usual = make_up_hours
        if usual is None:
            usual = next((week[name] for name in WEEKDAYS if week.get(name)), ())
        free = (day for day in self.make_up_days if not week.get(WEEKDAYS[day.weekday()]))
        return dict.fromkeys(sorted(free), usual)


def country_days(
    country: str, years: int | Iterable[int], *, subdivision: str | None = None
) -> PublicDays:
    """Return the public holidays of a country, and its make-up days.

    Dates that a government sets year by year are there as soon as the installed package
    `holidays` knows them. China sets make-up days every year: one without is not known yet, and
    refused. Elsewhere there may be none, so only what the law itself fixes is there until then.

    Args:
        country: Its code in ISO 3166: `CN`.
        years: Which years.
        subdivision: A state or province, by its code in that package; None means the whole country.

    Raises:
        InvalidValueError: If the package is not installed, or does not know the country, the
            subdivision or a year.

    Examples:
        >>> china = country_days("CN", 2026)
        >>> date(2026, 10, 1) in china.holidays, date(2026, 10, 10) in china.make_up_days
        (True, True)
    """
    wanted = _years(years)
    if not isinstance(country, str) or not _COUNTRY.fullmatch(country):
        rule = "is not known: it must be a code of ISO 3166, such as 'CN'"
        raise InvalidValueError("country", country, rule)
    package = _package(country)
    try:
        # Make-up days may be told with the year in which they are taken off again.
        around = sorted({near for year in wanted for near in (year - 1, year, year + 1)})
        found = package.country_holidays(country, subdiv=subdivision, years=around)
    except NotImplementedError as error:
        told = country if subdivision is None else f"{country} {subdivision}"
        raise InvalidValueError("country", told, f"is not known: {error}") from error
    for year in sorted(wanted):
        # Beyond these the package answers that there are none.
        if not found.start_year <= year <= found.end_year:
            rule = f"must lie in {found.start_year} to {found.end_year}, of which they are known"
            raise InvalidValueError("years", year, rule)
    _check_decreed(country, wanted, found.weekend_workdays)
    return PublicDays(
        frozenset(day for day in found if day.year in wanted),
        frozenset(day for day in found.weekend_workdays if day.year in wanted),
    )


def consecutive(years: int | Iterable[int]) -> range:
    """Return years, of which none is left out between the first and the last.

    Raises:
        InvalidValueError: If one is, or one is no year.

    Examples:
        >>> consecutive([2026, 2025])
        range(2025, 2027)
        >>> consecutive([2024, 2026])
        Traceback (most recent call last):
        crmkit.errors.InvalidValueError: years is [2024, 2026]: it must be years that follow one\
 another; write range(2024, 2027)
    """
    wanted = _years(years)
    whole = range(min(wanted), max(wanted) + 1)
    if len(wanted) < len(whole):
        way_out = f"write range({whole.start}, {whole.stop})"
        rule = "must be years that follow one another"
        raise InvalidValueError("years", sorted(wanted), rule, way_out)
    return whole


def ical_days(text: str, *, make_up: str = "班") -> PublicDays:
    """Read the holidays of an iCalendar file.

    Each event of whole days counts; a cancelled one does not. A make-up day is told by its name, or
    by Apple's `X-APPLE-SPECIAL-DAY`.

    Args:
        text: What the file says.
        make_up: What the name of a make-up day contains: `春节（班）`, `国庆节补班`.

    Raises:
        InvalidValueError: If it is no iCalendar text, or an event has a time of day, repeats
            itself, or lasts for more than ten years.

    Examples:
        >>> found = ical_days('''BEGIN:VCALENDAR
        ... BEGIN:VEVENT
        ... DTSTART;VALUE=DATE:20261001
        ... DTEND;VALUE=DATE:20261003
        ... SUMMARY:National Day
        ... END:VEVENT
        ... END:VCALENDAR''')
        >>> sorted(day.isoformat() for day in found.holidays)
        ['2026-10-01', '2026-10-02']
    """
    if not isinstance(text, str) or not text.lstrip("\ufeff \r\n").upper().startswith(
        "BEGIN:VCALENDAR"
    ):
        raise InvalidValueError("text", text, "must be the text of an iCalendar file")
    if not make_up:
        raise InvalidValueError("make_up", make_up, "must be text, and not empty")
    holidays: set[date] = set()
    worked: set[date] = set()
    for event in _events(text):
        if event.get("STATUS", "").upper() == "CANCELLED":
            continue
        special = event.get("X-APPLE-SPECIAL-DAY", "").upper()
        is_worked = special == "ALTERNATE-WORKDAY" or make_up in event.get("SUMMARY", "")
        (worked if is_worked else holidays).update(_days_of(event))
    return PublicDays(frozenset(holidays - worked), frozenset(worked))


def _years(years: int | Iterable[int]) -> set[int]:
    wanted = {years} if isinstance(years, int) else set(years)
    if not wanted or any(type(year) is not int for year in wanted):
        raise InvalidValueError("years", years, "must be years", "write range(2024, 2027)")
    return wanted


def _check_decreed(country: str, years: set[int], make_up_days: Iterable[date]) -> None:
    """Refuse a year whose dates the government has set, or will set, and nobody knows here."""
    unknown = years - {day.year for day in make_up_days}
    for year in sorted(unknown):
        if country in _DECREED and year >= _DECREED[country]:
            rule = "has dates that the government sets, and the package holidays has none of them"
            way_out = "update the package, or name them: holidays=…, special=…, or ical_days()"
            raise InvalidValueError("years", year, rule, way_out)


def _package(country: str) -> ModuleType:
    try:
        return importlib.import_module("holidays")
    except ImportError:
        rule = "needs the package holidays, which is not installed"
        way_out = 'pip install "crmkit[calendar]"'
        raise InvalidValueError("country", country, rule, way_out) from None


def _events(text: str) -> Iterator[dict[str, str]]:
    """Yield the properties of each event, without those of the alarms within."""
    inside: list[str] = []
    event: dict[str, str] = {}
    # A line that is too long goes on in the next, after a blank.
    for line in re.sub(r"\r?\n[ \t]", "", text.lstrip("\ufeff")).splitlines():
        if not line.strip():
            continue
        read = _LINE.fullmatch(line)
        if read is None:
            raise InvalidValueError("text", line, "is no line of an iCalendar file")
        name, value = read[1].upper(), read[3].strip()
        if name == "BEGIN":
            inside.append(value.upper())
            event = {} if inside[-1] == "VEVENT" else event
        elif name == "END":
            if not inside or inside.pop() != value.upper():
                raise InvalidValueError("text", line, "ends what did not begin")
            if value.upper() == "VEVENT":
                yield event
        elif inside[-1:] == ["VEVENT"]:
            event[name] = value
    if inside:
        raise InvalidValueError("text", f"BEGIN:{inside[-1]}", "must end: the file is cut off")


def _days_of(event: Mapping[str, str]) -> Iterator[date]:
    name = event.get("SUMMARY", "an event")
    if rule := {"RRULE", "RDATE"} & event.keys():
        way_out = "leave it out of the file, and name it in yearly_holidays"
        raise InvalidValueError(name, event[min(rule)], "must not repeat itself", way_out)
    first = _date(name, event.get("DTSTART", ""))
    until = first + _ONE
    if "DTEND" in event:
        # An end on the first day itself means that day: some programs write so.
        until = max(_date(name, event["DTEND"]), until)
        if _date(name, event["DTEND"]) < first:
            raise InvalidValueError(name, event["DTEND"], "must not end before it begins")
    elif "DURATION" in event:
        lasts = _DURATION.fullmatch(event["DURATION"].upper())
        if lasts is None:
            raise InvalidValueError(name, event["DURATION"], "must last for whole days")
        until = first + _ONE * min(
            int(lasts["days"] or 0) + 7 * int(lasts["weeks"] or 0), _MOST_DAYS + 1
        )
    if (until - first).days > _MOST_DAYS:
        raise InvalidValueError(name, str(until - first), "must not last for more than ten years")
    yield from (first + _ONE * count for count in range((until - first).days))


def _date(name: str, told: str) -> date:
    try:
        return date.fromisoformat(told if _DATE.fullmatch(told) else "")
    except ValueError:
        rule = "must begin and end on whole days, written as 20261001"
        raise InvalidValueError(name, told, rule) from None
