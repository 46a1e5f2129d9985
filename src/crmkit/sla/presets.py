"""Promises that others have made, each with its source.

Law: a preset says no more than its source; where the source leaves the calendar to the company,
the preset asks for it.

Source: named with each; domain fact K3 for Sea-Lion and the visit.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Final

from crmkit.kernel import AllOf, Compare, Text, WorkCalendar

from .limits import BusinessDays, CalendarDays, Limit
from .policy import SlaPolicies, SlaPolicy
from .target import Metric, SlaTarget


ROUND_THE_CLOCK: Final = WorkCalendar.always("Asia/Shanghai")
"""Day and night, in China."""

_NEW_YORK: Final = WorkCalendar.always("America/New_York")


def _at_all_hours(
    metric: Metric | str, limit: Limit, *, instead: tuple[str, ...] = ()
) -> SlaTarget:
    return SlaTarget(metric=metric, limit=limit, calendar=ROUND_THE_CLOCK, instead=instead)


_SEA_LION: Final = "Jiangsu Sea-Lion Machinery: service promise, domain fact K3"
_RESPONSE: Final = _at_all_hours(Metric.FIRST_RESPONSE, timedelta(hours=1))
_ON_SITE: Final = _at_all_hours("on_site", timedelta(hours=6))
_IS_REPAIR: Final = Compare("kind", "=", "repair")

SEA_LION: Final = SlaPolicies(
    policies=(
        SlaPolicy(
            name="Sea-Lion, major fault",
            priority=1,
            condition=AllOf((_IS_REPAIR, Compare("severity", "in", ("major", "critical")))),
            targets=(
                _RESPONSE,
                _ON_SITE,
                _at_all_hours(Metric.RESOLUTION, timedelta(hours=4)),
            ),
            source=_SEA_LION,
        ),
        SlaPolicy(
            name="Sea-Lion, ordinary fault",
            priority=2,
            condition=_IS_REPAIR,
            targets=(
                _RESPONSE,
                _ON_SITE,
                _at_all_hours(Metric.RESOLUTION, timedelta(minutes=30)),
            ),
            source=_SEA_LION,
        ),
    ),
    default=SlaPolicy(name="Sea-Lion", targets=(_RESPONSE,), source=_SEA_LION),
)
"""Sea-Lion laundry machinery, day and night, all from the customer's notice: one hour to respond;
for a repair six hours to be on site, 30 minutes for an ordinary fault, four hours for a major one.
A fault that is mended from afar asks for no visit.

Source:
    Jiangsu Sea-Lion Machinery, service promise: domain fact K3. A fault is ordinary until somebody
    says that it is major; of the ranges that the promise names, the upper ends stand here.
"""

VISIT_IN_A_DAY: Final = SlaPolicy(
    name="visit within 24 hours",
    targets=(_at_all_hours("visit", timedelta(hours=24), instead=("resolution",)),),
    source="Haier: visit, or an answer, within 24 hours; domain fact K3",
)
"""A visit, or the answer that makes it needless, within 24 hours, day and night; the milestone is
`visit`.

Source:
    Haier, domain fact K3.
"""

CFPB: Final = SlaPolicy(
    name="US CFPB",
    targets=(
        SlaTarget(
            metric="in_progress",
            limit=CalendarDays(15),
            calendar=_NEW_YORK,
            instead=("resolution",),
        ),
        SlaTarget(metric=Metric.RESOLUTION, limit=CalendarDays(60), calendar=_NEW_YORK),
    ),
    source="US Consumer Financial Protection Bureau, Company Portal Manual, section 8.1",
)
"""Complaints that the US Consumer Financial Protection Bureau sends to a company: a response, or
the word that it is in progress, within 15 calendar days of being sent, and the final response
within 60. The word is the milestone `in_progress`; the case is received when it is sent.

Source:
    CFPB, Company Portal Manual, section 8.1; complaint process on consumerfinance.gov. Neither
    names a zone: days end in New York here.
"""

_CHINA: Final = (
    "银行业保险业消费投诉处理管理办法 (中国银行保险监督管理委员会令2020年第3号), article 18"
)
_IN_FORCE: Final = date(2020, 3, 1)


def _china(days: int, name: str, priority: int, *complexities: str) -> SlaPolicy:
    return SlaPolicy(
        name=name,
        priority=priority,
        condition=Compare("complexity", "in", complexities) if complexities else None,
        targets=(_at_all_hours(Metric.RESOLUTION, CalendarDays(days)),),
        since=_IN_FORCE,
        source=_CHINA,
    )


CHINA_BANKING: Final = SlaPolicies(
    policies=(
        _china(60, "China banking and insurance, extended", 1, "extended"),
        _china(30, "China banking and insurance, complex", 2, "complex"),
    ),
    default=_china(15, "China banking and insurance", 100),
    labels={
        "extended": Text("extended", "已批准延期"),
        "complex": Text("complex", "情况复杂"),
    },
)
"""Consumer complaints against banks and insurers in China: decided, and the customer told, within
15 days of receipt; within 30 where the fact `complexity` is `complex`; within 30 more where an
extension was approved and told to the customer, `extended`.

Source:
    银行业保险业消费投诉处理管理办法, in force since 1 March 2020, article 18. The time of
    an outside assessment, which a firm may leave out of the count, counts here: the stricter way.
"""


def fca_disp(calendar: WorkCalendar) -> SlaPolicy:
    """Return what UK firms owe those who complain to them.

    A final response by the end of eight weeks after receipt. What the customer has accepted by the
    close of the third business day after receipt needs only a summary resolution communication:
    that is the milestone `early_resolution`, which closing the case reaches too. The prompt written
    acknowledgement of 1.6.1R has no limit in figures, so that none stands here.

    Args:
        calendar: The firm's business days, and when they close:
            `WorkCalendar.for_country("GB", "Europe/London", …, subdivision="ENG")`.

    Source:
        FCA Handbook, DISP 1.5.1R and 1.5.2AR (third business day, and when a complaint is
        resolved), 1.5.4R (summary resolution communication), 1.6.1R and 1.6.2R (eight weeks).

    Examples:
        >>> week = dict.fromkeys(("mon", "tue", "wed", "thu", "fri"), [("09:00", "17:00")])
        >>> policy = fca_disp(WorkCalendar("Europe/London", week))
        >>> for target in policy.targets:
        ...     print(target.label())
        early resolution or closed within 3 business days to closing time
        resolution within 56 calendar days
    """
    third_day = BusinessDays(3, ends="closing")
    return SlaPolicy(
        name="UK FCA DISP",
        targets=(
            SlaTarget(
                metric="early_resolution", limit=third_day, calendar=calendar, instead=("closed",)
            ),
            SlaTarget(metric=Metric.RESOLUTION, limit=CalendarDays(56), calendar=calendar),
        ),
        source="FCA Handbook, DISP 1.5.1R and 1.6.2R",
    )


def fca_disp_payments(calendar: WorkCalendar) -> SlaPolicy:
    """Return what UK firms owe those who complain about payments or electronic money.

    A final response within 15 business days; in exceptional circumstances a holding response within
    them, the milestone `holding_response`, and the final one within 35.

    Args:
        calendar: The firm's business days, as for `fca_disp`.

    Source:
        FCA Handbook, DISP 1.6.2AR.

    Examples:
        >>> week = dict.fromkeys(("mon", "tue", "wed", "thu", "fri"), [("09:00", "17:00")])
        >>> policy = fca_disp_payments(WorkCalendar("Europe/London", week))
        >>> for target in policy.targets:
        ...     print(target.label())
        holding response or resolution within 15 business days
        resolution within 35 business days
    """
    return SlaPolicy(
        name="UK FCA DISP, payments",
        targets=(
            SlaTarget(
                metric="holding_response",
                limit=BusinessDays(15),
                calendar=calendar,
                instead=("resolution",),
            ),
            SlaTarget(metric=Metric.RESOLUTION, limit=BusinessDays(35), calendar=calendar),
        ),
        source="FCA Handbook, DISP 1.6.2AR",
    )
