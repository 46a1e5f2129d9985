"""What is promised: what will be done, within what limit, counted how.

Law: a limit in hours counts working time and may pause; a limit in days counts from the day after
receipt to the last instant of its last day, and never pauses.

Source: the page "How the clocks count" of the manual.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Final, Literal

import attrs

from crmkit.errors import InvalidValueError
from crmkit.kernel import (
    FrozenMap,
    Labelled,
    Language,
    Share,
    StateGroup,
    Text,
    WorkCalendar,
    WorkingTime,
    instant,
    is_a,
    spoken,
)
from crmkit.kernel.checks import several

from .limits import MOST_DAYS, BusinessDays, CalendarDays, Limit, due_in_days, one_of
from .trade_words import MILESTONES, called, check_known, checked_labels, word


_DAY: Final = timedelta(days=1)
_NONE: Final = timedelta(0)
_NO_LABELS: Final[Mapping[str, Text]] = FrozenMap()
_MAY_PAUSE: Final = frozenset(
    {StateGroup.WAITING_CUSTOMER, StateGroup.WAITING_THIRD_PARTY, StateGroup.RESOLVED}
)
WAITING: Final = frozenset({StateGroup.WAITING_CUSTOMER, StateGroup.WAITING_THIRD_PARTY})
"""Pause while we wait for anybody else."""

WAITING_FOR_CUSTOMER: Final = frozenset({StateGroup.WAITING_CUSTOMER})
"""Pause while we wait for the customer only."""


class Metric(Labelled):
    """What is promised in every kind of case."""

    FIRST_RESPONSE = "first_response", "First response", "首次响应"
    NEXT_RESPONSE = "next_response", "Next response", "后续响应"
    RESOLUTION = "resolution", "Resolution", "解决"


class Reopening(Labelled):
    """What becomes of a promise to resolve when a resolved case is opened again."""

    RESUME = "resume", "The clock goes on", "继续计时"
    RESTART = "restart", "A new clock begins", "重新计时"


def _groups(pauses: Iterable[StateGroup | str]) -> frozenset[StateGroup]:
    return frozenset(StateGroup.of(group, "pauses") for group in several(pauses, "pauses"))


def _warning(share: Share | float) -> Share:
    if isinstance(share, Share):
        return share
    try:
        return Share(share)
    except InvalidValueError as error:
        raise InvalidValueError("warning", share, error.rule) from None


def _instead(names: Iterable[Metric | str]) -> tuple[str, ...]:
    return tuple(_stored(_metric(name)) for name in several(names, "instead"))


def _stored(metric: Metric | str) -> str:
    return str(metric.value) if isinstance(metric, Metric) else metric


def _reopening(told: Reopening | str) -> Reopening:
    return Reopening.of(told, "reopening")


def _metric(told: Metric | str) -> Metric | str:
    if isinstance(told, Metric):
        return told
    if not isinstance(told, str) or not told.strip():
        raise InvalidValueError("metric", told, "must be a Metric or the name of a milestone")
    known = {str(metric.value): metric for metric in Metric}
    return known.get(told, told)


@attrs.frozen(kw_only=True)
class SlaTarget:
    """One thing promised within one limit.

    Attributes:
        metric: What: the first response, the next one, the resolution, or a milestone by its name,
            such as `on_site`; the name of a stage is the milestone of entering it.
        limit: Within what: a `timedelta` of working time, `BusinessDays` or `CalendarDays`.
        calendar: When time counts, and in which zone a day begins and ends.
        pauses: In which states of the case the clock stands still; empty for never. Limits in days
            never pause.
        warning: At what share of the limit to warn.
        boundary: Where a limit is used up exactly at closing time: due at closing, `close`, or at
            the opening after it, `next_open`.
        reopening: What becomes of a promise to resolve when the case is opened again: its clock
            resumes, where the time as resolved does not count, or another one starts. A limit in
            days that resumes keeps its date.
        resume_within: With `restart`: how long after it was resolved a case that is opened again
            resumes its clock all the same, in absolute time. None for no such window.
        instead: What else keeps the promise of a milestone: other milestones or stages, or
            `resolution`. Without it, a milestone of a case that is resolved is asked for no more.
        labels: What milestones and stages are called, by their names, in `metric` and `instead`;
            the commonest have words of ours.

    Raises:
        InvalidValueError: If a value is unfit, or a limit in days should pause.

    Examples:
        >>> response = SlaTarget(
        ...     metric=Metric.FIRST_RESPONSE,
        ...     limit=timedelta(hours=1),
        ...     calendar=WorkCalendar.always("Asia/Shanghai"),
        ... )
        >>> response.label(), response.label("zh")
        ('first response within 1 h', '1小时内首次响应')
        >>> visit = attrs.evolve(response, metric="visit", instead=["resolution"])
        >>> visit.label(), visit.label("zh")
        ('visit or resolution within 1 h', '1小时内上门或解决')
        >>> tested = {"tested": Text("test on site", "现场测试")}
        >>> attrs.evolve(response, metric="tested", labels=tested).label("zh")
        '1小时内现场测试'
    """

    metric: Metric | str = attrs.field(converter=_metric)
    limit: Limit = attrs.field()
    calendar: WorkCalendar = attrs.field(validator=is_a(WorkCalendar))
    pauses: frozenset[StateGroup] = attrs.field(default=frozenset(), converter=_groups)
    warning: Share = attrs.field(default=Share(0.8), converter=_warning)
    boundary: Literal["close", "next_open"] = attrs.field(
        default="close", validator=one_of("close", "next_open")
    )
    reopening: Reopening = attrs.field(default=Reopening.RESUME, converter=_reopening)
    resume_within: timedelta | None = attrs.field(default=None)
    instead: tuple[str, ...] = attrs.field(default=(), converter=_instead)
    labels: Mapping[str, Text] = attrs.field(default=_NO_LABELS, converter=checked_labels)

    @limit.validator
    def _check_limit(self, _: object, limit: Limit) -> None:
        if isinstance(limit, BusinessDays | CalendarDays):
            return
        if not isinstance(limit, timedelta) or not _NONE < limit <= MOST_DAYS * _DAY:
            rule = f"must be a timedelta above 0 and of {MOST_DAYS} days at most, or days"
            raise InvalidValueError("limit", limit, rule, "write BusinessDays(3) for days")

    @pauses.validator
    def _check_pauses(self, _: object, pauses: frozenset[StateGroup]) -> None:
        for group in pauses:
            if group not in _MAY_PAUSE:
                names = ", ".join(sorted(each.value for each in _MAY_PAUSE))
                raise InvalidValueError("pauses", group.value, f"must be states of {names}")
        if pauses and not isinstance(self.limit, timedelta):
            way_out = "state it as a timedelta of working time"
            raise InvalidValueError("pauses", pauses, "must be empty: days never pause", way_out)

    @resume_within.validator
    def _check_window(self, _: object, window: timedelta | None) -> None:
        if window is None:
            return
        if not isinstance(window, timedelta) or window < _NONE:
            rule = "must be a timedelta that is not negative"
            raise InvalidValueError("resume_within", window, rule)
        if self.reopening is not Reopening.RESTART:
            rule = "must be None where the clock resumes anyway"
            raise InvalidValueError("resume_within", window, rule, "set reopening to RESTART")

    @instead.validator
    def _check_instead(self, _: object, instead: tuple[str, ...]) -> None:
        if instead and isinstance(self.metric, Metric):
            rule = "must be empty: only a milestone can be kept otherwise"
            raise InvalidValueError("instead", instead, rule)
        for name in instead:
            if name in (Metric.FIRST_RESPONSE.value, Metric.NEXT_RESPONSE.value):
                rule = "must be milestones, stages or resolution"
                raise InvalidValueError("instead", name, rule)

    @labels.validator
    def _check_labels(self, _: object, labels: Mapping[str, Text]) -> None:
        told = (self.metric, *map(_metric, self.instead))
        check_known(labels, [name for name in told if not isinstance(name, Metric)])

    def due(self, start: datetime, *, pauses: Iterable[tuple[datetime, datetime]] = ()) -> datetime:
        """Return when it is due, in UTC, for a clock that starts at an instant.

        Args:
            start: From when it counts.
            pauses: When the clock stood still.

        Raises:
            InvalidValueError: If `start` is naive, or so much time never passes.

        Examples:
            >>> from datetime import UTC
            >>> from zoneinfo import ZoneInfo
            >>> calendar = WorkCalendar.always("Asia/Shanghai")
            >>> target = SlaTarget(
            ...     metric="resolution", limit=CalendarDays(15), calendar=calendar
            ... )
            >>> due = target.due(datetime(2026, 3, 1, 20, tzinfo=UTC))
            >>> due.astimezone(ZoneInfo("Asia/Shanghai")).isoformat()
            '2026-03-17T23:59:59.999999+08:00'
        """
        if isinstance(self.limit, timedelta):
            return self.calendar.due(start, self.limit, pauses=pauses, boundary=self.boundary)
        return due_in_days(self.limit, start, self.calendar)

    def passed(
        self,
        start: datetime,
        end: datetime,
        *,
        pauses: Iterable[tuple[datetime, datetime]] = (),
    ) -> timedelta:
        """Return how much counted from one instant to another: working time, or all of it for days.

        Raises:
            InvalidValueError: If a time is naive, or the interval is reversed.
        """
        if isinstance(self.limit, timedelta):
            return self.calendar.elapsed(start, end, pauses=pauses)
        if instant(end, "end") < instant(start, "start"):
            raise InvalidValueError("end", end, f"must not be before start, {start.isoformat()}")
        return instant(end) - instant(start)

    def portion(
        self, start: datetime, share: float, *, offset: timedelta = timedelta(0)
    ) -> timedelta:
        """Return how much a share of the limit is, more or less some time; never below 0.

        Of a limit in days it is a share of all the time from `start` to the due instant.
        """
        limit = self.limit
        whole = limit if isinstance(limit, timedelta) else self.due(start) - instant(start)
        return max(whole * share + offset, _NONE)

    def at_share(
        self,
        start: datetime,
        share: float,
        *,
        offset: timedelta = timedelta(0),
        pauses: Iterable[tuple[datetime, datetime]] = (),
        still_since: datetime | None = None,
    ) -> datetime | None:
        """Return when a share of the limit, more or less some time, is used up, in UTC.

        Args:
            start: From when it counts.
            share: Of the limit; above 1 after it is due.
            offset: What is added to it; negative for before. Never before `start`.
            pauses: When the clock stood still.
            still_since: Since when it stands still; None where it runs.

        Returns:
            None where the clock stood still before that, for the instant then moves.

        Raises:
            InvalidValueError: If `start` is naive, or so much time never passes.
        """
        used = self.portion(start, share, offset=offset)
        if not isinstance(self.limit, timedelta):
            return instant(start) + used
        at = self.calendar.due(start, used, pauses=pauses, boundary=self.boundary)
        # Of all instants at which so much is used, `next_open` takes the last: a pause moves it.
        is_first = self.boundary == "close" and used > _NONE
        if still_since is not None and not (at < still_since or (at == still_since and is_first)):
            return None
        return at

    def label(self, language: Language = "en") -> str:
        """Return it in words."""
        limit = self.limit
        if isinstance(limit, timedelta):
            told = spoken(WorkingTime.of(limit), language)
        else:
            told = limit.label(language)
        names = [self._in_words(name, language) for name in (self.metric, *self.instead)]
        english = f"{' or '.join(names)} within {told}"
        return Text(english, f"{told}内{'或'.join(names)}")(language)

    @property
    def name(self) -> str:
        """The stored name of its metric, or of its milestone."""
        return _stored(self.metric)

    def _in_words(self, name: Metric | str, language: Language) -> str:
        """Return what a metric or a milestone is called."""
        metric = _metric(name)
        if isinstance(metric, Metric):
            return spoken(metric, language)
        return called(metric, language, word(metric, self.labels, MILESTONES))
