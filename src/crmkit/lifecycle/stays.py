"""How long a customer stays in a stage, and whether that is longer than is usual there.

Law: what is usual is told by at least thirty stays that have ended; of fewer, nothing is said.

Source: domain fact S5 (dwell time, who is stuck longer than is usual); thirty ended stays, and ten
in a hundred that take longer, chosen here.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

import attrs
from attrs.validators import optional

from crmkit.errors import InvalidValueError
from crmkit.kernel import (
    Evidence,
    Explanation,
    Name,
    Rule,
    Share,
    Text,
    WorkCalendar,
    WorkingTime,
    instant,
    is_a,
    is_id,
)
from crmkit.stats.group_sizes import SMALL_GROUPS


ENOUGH: Final = SMALL_GROUPS.flag_below
"""So many stays must have ended before anything is usual."""

USUAL_SHARE: Final = Share(0.9)
"""Of all stays, so many end within the usual time."""

_SAYS: Final = Rule(
    code="lifecycle.stay",
    says=Text(
        "{record} has been in {stage} for {stay}; by {spells} ended stays, {share} of all end "
        "within {usual}; stuck: {verdict}",
        "{record}处于“{stage}”已{stay}；据{spells}次已结束的停留，全部停留中有{share}在{usual}内结束；"
        "是否滞留：{verdict}",
    ),
    source="S5: who is stuck longer than is usual",
)
_TOO_FEW: Final = Rule(
    code="lifecycle.stay.few",
    says=Text(
        "{record} has been in {stage} for {stay}; with {spells} ended stays nobody can tell "
        "what is usual",
        "{record}处于“{stage}”已{stay}；已结束的停留只有{spells}次，无法判断常规时长",
    ),
    source="S5; thirty ended stays at least",
)

_NOT_LEFT: Final = Rule(
    code="lifecycle.stay.open",
    says=Text(
        "{record} has been in {stage} for {stay}; {spells} stays have ended, but so many go on "
        "that nobody can tell yet within what time {share} of all end",
        "{record}处于“{stage}”已{stay}；已结束的停留有{spells}次，但仍在继续的停留较多，"
        "尚无法判断{share}的停留在多长时间内结束",
    ),
    source="S5; Kaplan and Meier (1958)",
)


@attrs.frozen(kw_only=True)
class Stay:
    """One stay in one stage.

    Attributes:
        stage: Where.
        since: From when on, in UTC.
        until: Until when, in UTC; None while it goes on.
        was_seen_to_begin: Whether he entered the stage on record; False where he was put on record
            in it, and may have been there before.

    Examples:
        >>> from crmkit.testing import NINE
        >>> stay = Stay(stage="growth", since=NINE, until=None, was_seen_to_begin=True)
        >>> stay.length(NINE + timedelta(days=2))
        datetime.timedelta(days=2)
    """

    stage: str = attrs.field(validator=is_id)
    since: datetime
    until: datetime | None
    was_seen_to_begin: bool

    def length(self, as_of: datetime, *, calendar: WorkCalendar | None = None) -> timedelta:
        """Return how long it has lasted by a moment.

        Args:
            as_of: What comes later is left out.
            calendar: Whose open hours are counted; None for all hours.

        Raises:
            InvalidValueError: If `as_of` is naive.
        """
        moment = instant(as_of, "as_of")
        end = moment if self.until is None else min(moment, self.until)
        if end <= self.since:
            return timedelta()
        if calendar is None:
            return end - self.since
        return calendar.elapsed(self.since, end)


@attrs.frozen(kw_only=True)
class UsualStay:
    """How long customers usually stay in a stage.

    Attributes:
        stage: Where.
        within: In what time the share has left it; None where that cannot be told.
        spells: How many stays had ended.
        share: Of all stays, how many end within that time.
        left_out: How many stays were not seen to begin, and so tell nothing.

    Raises:
        InvalidValueError: If a time is told though fewer than thirty stays had ended.

    Examples:
        >>> UsualStay(stage="growth", within=timedelta(days=90), spells=12)
        Traceback (most recent call last):
        crmkit.errors.InvalidValueError: spells is 12: it must be 30 or more to say what is usual;\
 leave within as None
    """

    stage: str = attrs.field(validator=is_id)
    within: timedelta | None = attrs.field(validator=optional(is_a(timedelta)))
    spells: int = attrs.field(validator=is_a(int))
    share: Share = attrs.field(default=USUAL_SHARE, validator=is_a(Share))
    left_out: int = attrs.field(default=0, validator=is_a(int))

    def __attrs_post_init__(self) -> None:
        if self.within is not None and self.spells < ENOUGH:
            rule = f"must be {ENOUGH} or more to say what is usual"
            raise InvalidValueError("spells", self.spells, rule, "leave within as None")

    def judge(
        self, record: str, stage: Name, stay: Stay, as_of: datetime, calendar: WorkCalendar | None
    ) -> Explanation[bool | None]:
        """Say whether a stay is longer than is usual; None where nobody can tell.

        Raises:
            InvalidValueError: If the stay is in another stage, or `as_of` is naive.

        Examples:
            >>> from crmkit.lifecycle import FOUR_STAGE
            >>> from crmkit.lifecycle.permission import named
            >>> from crmkit.testing import NINE
            >>> usual = UsualStay(stage="growth", within=timedelta(days=90), spells=41)
            >>> stay = Stay(stage="growth", since=NINE, until=None, was_seen_to_begin=True)
            >>> later = NINE + timedelta(days=100)
            >>> print(usual.judge("C-7", named(FOUR_STAGE, "growth"), stay, later, None))
            C-7 has been in growth for 100 d; by 41 ended stays, 90 % of all end within 90 d;\
 stuck: yes
        """
        if stay.stage != self.stage:
            raise InvalidValueError("stage", stay.stage, f"must be {self.stage!r}, as the usual is")
        length = stay.length(as_of, calendar=calendar)
        stuck = None if self.within is None else length > self.within
        told = WorkingTime.of if calendar is not None else timedelta.__pos__
        usual = None if self.within is None else told(self.within)
        return Explanation(
            verdict=stuck,
            rule=self._rule,
            evidence=(
                Evidence("record", record),
                Evidence("stage", stage),
                Evidence("stay", told(length), usual, stuck),
                Evidence("usual", usual),
                Evidence("spells", self.spells, ENOUGH, self.spells >= ENOUGH),
                Evidence("share", self.share),
            ),
            missing=self._missing,
        )

    @property
    def _rule(self) -> Rule:
        if self.within is not None:
            return _SAYS
        return _TOO_FEW if self.spells < ENOUGH else _NOT_LEFT

    @property
    def _missing(self) -> tuple[str, ...]:
        if self.within is not None:
            return ()
        if self.spells < ENOUGH:
            return (f"{ENOUGH - self.spells} more ended stays",)
        return ("stays that are watched for longer",)
