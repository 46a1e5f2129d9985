"""Work calendars of every kind, and what is open told from the definition, minute by minute."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property, lru_cache, partial
from typing import Final, TypedDict, TypeVar
from zoneinfo import ZoneInfo

import attrs
from hypothesis import strategies as st

from crmkit.kernel import WorkCalendar
from crmkit.kernel.zones import offsets


Day = TypeVar("Day", str, date)
Windows = Sequence[tuple[str, str]]

MINUTE: Final = timedelta(minutes=1)
MICRO: Final = timedelta(microseconds=1)
HOUR: Final = timedelta(hours=1)
NOTHING: Final = timedelta(0)
BERLIN, SHANGHAI = ZoneInfo("Europe/Berlin"), ZoneInfo("Asia/Shanghai")
NATIONAL_DAY: Final = date(2026, 10, 1)
DAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
WHOLE_DAY: Final[Windows] = (("00:00", "24:00"),)
OFFICE: Final[Windows] = (("08:00", "12:00"), ("13:00", "18:00"))
OFFICE_WEEK: Final[Mapping[str, Windows]] = dict.fromkeys(DAYS[:5], OFFICE)

# Each with an instant at which its clock was moved, and by how much: one hour, half an hour, over
# midnight, by a whole day, at Ramadan, or never.
ZONES: Final = {
    "UTC": "2024-03-31T01:00",
    "Asia/Shanghai": "2024-03-31T01:00",
    "Europe/Berlin": "2024-03-31T01:00",
    "America/New_York": "2024-11-03T06:00",
    "Australia/Lord_Howe": "2024-04-06T15:00",
    "Africa/Casablanca": "2024-03-10T02:00",
    "America/Asuncion": "2024-03-24T03:00",
    "Pacific/Apia": "2011-12-30T10:00",
}


_DAY: Final = 86_400_000_000
_ZONES: Final = st.sampled_from(sorted(ZONES))
_PLACES: Final = st.lists(st.integers(-4, 4), max_size=2, unique=True)
# The days of a week by their hours: a and b are drawn, w is open all day.
_SHAPES: Final = st.sampled_from(
    [
        "aaaaa--",
        "aaaaaab",
        "ababaab",
        "a------",
        "----a--",
        "-ab-a-b",
        "b-----a",
        "abw-baw",
        "wwwwwww",
    ]
)


class Told(TypedDict):
    """The arguments of a calendar."""

    timezone: str
    week: Mapping[str, Windows]
    holidays: Sequence[date]
    yearly_holidays: Sequence[str]
    special: Mapping[date, Windows]
    breaks: Mapping[date, Windows]


def told_as(
    timezone: str,
    week: Mapping[str, Windows],
    *,
    holidays: Sequence[date] = (),
    yearly_holidays: Sequence[str] = (),
    special: Mapping[date, Windows] | None = None,
    breaks: Mapping[date, Windows] | None = None,
) -> Told:
    """Return the arguments of a calendar, the last ones empty where they are not given."""
    return Told(
        timezone=timezone,
        week=week,
        holidays=holidays,
        yearly_holidays=yearly_holidays,
        special=special or {},
        breaks=breaks or {},
    )


def on(days: Iterable[Day], *windows: tuple[str, str]) -> dict[Day, Windows]:
    """Return the same windows for some days of a week, or dates."""
    return dict.fromkeys(days, windows)


def _around(first: str) -> list[date]:
    """Return a date and the two after it."""
    return [date.fromisoformat(first) + timedelta(days=n) for n in range(3)]


_SPRING, _AUTUMN, _RAMADAN = map(_around, ("2024-03-30", "2024-10-26", "2024-03-09"))

# One of each kind, to be asked around two changes of its clock.
KINDS: Final = {
    "office": told_as("Asia/Shanghai", OFFICE_WEEK, holidays=_SPRING[2:]),
    "odd minutes": told_as("Europe/Berlin", on(DAYS, ("01:07", "02:41"), ("02:59", "17:43"))),
    "odd microseconds": told_as(
        "America/New_York", on(DAYS, ("00:00:00.000001", "23:59:59.999999"))
    ),
    "half an hour of summer time": told_as(
        "Australia/Lord_Howe", on(DAYS, ("01:15", "01:45"), ("01:50", "12:00"))
    ),
    "Ramadan": told_as(
        "Africa/Casablanca",
        on(DAYS, ("02:30", "03:10"), ("09:00", "16:00")),
        special={_RAMADAN[1]: [("01:30", "02:30")]},
    ),
    "overnight": told_as("Europe/Berlin", on(DAYS, ("22:00", "06:00"))),
    "overnight into a holiday": told_as(
        "Europe/Berlin",
        on(DAYS[4:], ("20:00", "04:00")),
        holidays=[_SPRING[1], _AUTUMN[2]],
        special={_SPRING[0]: [("21:00", "03:30")], _AUTUMN[1]: [("23:00", "02:30")]},
    ),
    "breaks": told_as(
        "Europe/London",
        dict.fromkeys(DAYS, WHOLE_DAY),
        breaks={day: [("00:30", "01:30"), ("12:00", "13:00")] for day in (*_SPRING, *_AUTUMN)},
    ),
    "special dates": told_as(
        "America/New_York",
        OFFICE_WEEK,
        yearly_holidays=["03-11", "11-04", "02-29"],
        special={date(2024, 3, 10): [("01:30", "03:30")], date(2024, 11, 3): [("01:15", "01:45")]},
    ),
    "always": told_as("Africa/Casablanca", dict.fromkeys(DAYS, WHOLE_DAY)),
    "two hours of summer time": told_as(
        "Antarctica/Troll", on(DAYS, ("00:30", "02:30"), ("23:10", "00:20"))
    ),
    "a day that never was": told_as(
        "Pacific/Apia", {"fri": WHOLE_DAY, "sat": [("22:00", "02:00")]}
    ),
    "one minute a week": told_as("Africa/Cairo", {"fri": [("23:59", "24:00")]}),
}


def calendar_of(told: Told) -> WorkCalendar:
    return WorkCalendar(
        told["timezone"],
        told["week"],
        holidays=told["holidays"],
        yearly_holidays=told["yearly_holidays"],
        special=told["special"],
        breaks=told["breaks"],
    )


@lru_cache
def of_kind(kind: str) -> WorkCalendar:
    return calendar_of(KINDS[kind])


def office(timezone: str = "Asia/Shanghai", **more: object) -> WorkCalendar:
    """Return an office of nine hours on five days."""
    return WorkCalendar(timezone, OFFICE_WEEK, **more)  # type: ignore[arg-type]  # passed through


def china(day: int, hour: int, minute: int = 0, *, month: int = 10) -> datetime:
    """Return an instant in Shanghai; October 2026 begins on a Thursday."""
    return datetime(2026, month, day, hour, minute, tzinfo=SHANGHAI)


def is_open(told: Told, at: datetime) -> bool:
    """Tell from the definition whether the clock of the place shows an open time."""
    local = at.astimezone(ZoneInfo(told["timezone"]))
    today, yesterday = local.date(), local.date() - timedelta(days=1)
    clock = local.replace(tzinfo=None) - datetime.combine(today, time())
    is_special = today in told["special"]
    is_holiday = today in told["holidays"] or today.isoformat()[5:] in told["yearly_holidays"]
    if is_holiday and not is_special:
        return False
    if any(_shows(window, clock) for window in told["breaks"].get(today, ())):
        return False
    own = told["special"][today] if is_special else told["week"].get(DAYS[today.weekday()], ())
    # What runs over from the day before belongs to the day, and goes with the hours it goes by.
    late = () if is_special else told["week"].get(DAYS[yesterday.weekday()], ())
    late = (*late, *told["special"].get(yesterday, ()))
    return any(_shows(window, clock) for window in own) or any(
        _read(closes) <= _read(opens) and clock < _read(closes) for opens, closes in late
    )


def _shows(window: tuple[str, str], clock: timedelta) -> bool:
    opens, closes = map(_read, window)
    return opens <= clock and (opens >= closes or clock < closes)


@lru_cache(maxsize=4096)
def _read(told: str) -> timedelta:
    if told == "24:00":
        return timedelta(days=1)
    return datetime.combine(date.min, time.fromisoformat(told)) - datetime.min


def stepped(
    told: Told,
    start: datetime,
    end: datetime,
    pauses: Iterable[tuple[datetime, datetime]] = (),
    *,
    step: timedelta = MINUTE,
) -> timedelta:
    """Count the open minutes that are not paused, one by one."""
    held, passed, at = list(pauses), NOTHING, start
    while at < end:
        if is_open(told, at) and not any(since <= at < until for since, until in held):
            passed += step
        at += step
    return passed


def changed(zone: str) -> datetime:
    """Return an instant at which the clock of a zone was moved."""
    return datetime.fromisoformat(ZONES[zone]).replace(tzinfo=UTC)


def moves(zone: str) -> list[datetime]:
    """Return the instants of 2011 and 2024 at which the clock of a zone was moved."""
    years = [
        (datetime(year, 1, 1, tzinfo=UTC), datetime(year, 12, 31, tzinfo=UTC))
        for year in (2011, 2024)
    ]
    found = [at for first, last in years for at, _ in offsets(ZoneInfo(zone), first, last)[1:]]
    return found or [datetime(2024, 4, 1, tzinfo=UTC)]


def _shown(micros: int) -> str:
    return "24:00" if micros == _DAY else f"{_at(micros):%H:%M:%S.%f}"


def _at(micros: int) -> time:
    return (datetime.min + timedelta(microseconds=micros)).time()


@lru_cache
def windows(
    grain: int, *, overnight: bool = True, least: int = 0
) -> st.SearchStrategy[list[tuple[str, str]]]:
    """Draw windows of a day, of a minute and more; some overlap, some run over midnight."""
    places = st.integers(0, _DAY // grain)
    return st.lists(
        st.builds(partial(_window, grain, overnight), places, places), min_size=least, max_size=3
    )


def _window(grain: int, overnight: bool, one: int, other: int) -> tuple[str, str]:
    opens, closes = one * grain, other * grain
    if not overnight:
        opens, closes = min(opens, closes), max(opens, closes)
    if opens == _DAY or (closes - opens) % _DAY < 60_000_000:
        opens, closes = 0, _DAY
    return _shown(opens), _shown(closes)


@st.composite
def calendars(draw: st.DrawFn, *, grains: Sequence[int] = (60_000_000, 1_800_000_000, 1)) -> Told:
    """Draw a calendar near a day on which the clock of its zone was moved."""
    zone, shape, grain = draw(_ZONES), draw(_SHAPES), draw(st.sampled_from(grains))
    hours = {
        "a": draw(windows(grain, least=1)),
        "b": draw(windows(grain)),
        "w": WHOLE_DAY,
        "-": (),
    }
    moved = changed(zone).date()
    closed, own, cut = ([moved + timedelta(days=n) for n in draw(_PLACES)] for _ in range(3))
    return Told(
        timezone=zone,
        week={day: hours[letter] for day, letter in zip(DAYS, shape, strict=True)},
        holidays=closed[:1],
        yearly_holidays=[f"{day:%m-%d}" for day in closed[1:]],
        special=on(own, *draw(windows(grain))) if own else {},
        breaks=on(cut, *draw(windows(grain, overnight=False))) if cut else {},
    )


@lru_cache
def instants(zone: str, *, grain: timedelta = MICRO, days: int = 4) -> st.SearchStrategy[datetime]:
    """Draw instants near the one at which the clock of a zone was moved."""
    reach = timedelta(days=days) // grain
    return st.integers(-reach, reach).map(lambda place: changed(zone) + place * grain)


@lru_cache
def pairs(zone: str, *, grain: timedelta = MICRO) -> st.SearchStrategy[tuple[datetime, datetime]]:
    """Draw two such instants in their order."""
    near = instants(zone, grain=grain)
    return st.tuples(near, near).map(lambda pair: (min(pair), max(pair)))


@attrs.frozen(slots=False)
class Case:
    """A calendar as told, two instants in order, and pauses in any order."""

    told: Told
    start: datetime
    end: datetime
    pauses: tuple[tuple[datetime, datetime], ...]

    @cached_property
    def calendar(self) -> WorkCalendar:
        return calendar_of(self.told)


@st.composite
def cases(draw: st.DrawFn, *, grain: timedelta = MICRO) -> Case:
    whole = grain == MINUTE
    told = draw(calendars(grains=(60_000_000,)) if whole else calendars())
    near = pairs(told["timezone"], grain=grain)
    start, end = draw(near)
    return Case(told, start, end, tuple(draw(st.lists(near, max_size=3))))
