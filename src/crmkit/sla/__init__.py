"""Promises: working time, when it is used up, and how much of it passed.

Law: a clock counts only while the calendar is open, and every answer can be explained. One case is
asked of the calendar itself, a column of them by the functions.
"""

from typing import TYPE_CHECKING


if TYPE_CHECKING:
    from crmkit.kernel import (
        PublicDays as PublicDays,
        WorkCalendar as WorkCalendar,
        country_days as country_days,
        ical_days as ical_days,
    )
    from crmkit.stats import (
        due_many as due_many,
        elapsed_many as elapsed_many,
        is_open_many as is_open_many,
    )

    from .alerting import (
        alerted as alerted,
        alerts_due as alerts_due,
        asked_ladder as asked_ladder,
    )
    from .booked import booked_clocks as booked_clocks
    from .clock_words import BOOKED as BOOKED, PROMISED as PROMISED
    from .compensation_rule import (
        CompensationRule as CompensationRule,
        haier_late as haier_late,
    )
    from .ladder import (
        Delivery as Delivery,
        Escalation as Escalation,
        EscalationLadder as EscalationLadder,
        Level as Level,
    )
    from .limits import (
        BusinessDays as BusinessDays,
        CalendarDays as CalendarDays,
        Limit as Limit,
    )
    from .open_promise import (
        NO_OWNER as NO_OWNER,
        UNSETTLED as UNSETTLED,
        OpenPromise as OpenPromise,
        agenda as agenda,
        explain_promises as explain_promises,
        open_promises as open_promises,
        overdue_promises as overdue_promises,
        promises_due_within as promises_due_within,
        promises_in as promises_in,
    )
    from .owing import (
        compensations as compensations,
        explain_owed as explain_owed,
        owed as owed,
    )
    from .pay_back import (
        Compensation as Compensation,
        CountedDelay as CountedDelay,
        Goodwill as Goodwill,
    )
    from .policy import SlaPolicies as SlaPolicies, SlaPolicy as SlaPolicy
    from .presets import (
        CFPB as CFPB,
        CHINA_BANKING as CHINA_BANKING,
        SEA_LION as SEA_LION,
        VISIT_IN_A_DAY as VISIT_IN_A_DAY,
        fca_disp as fca_disp,
        fca_disp_payments as fca_disp_payments,
    )
    from .promise_summary import (
        kept_share as kept_share,
        rows_due_within as rows_due_within,
        rows_next_due as rows_next_due,
    )
    from .promise_table import promises_kept as promises_kept
    from .promised import (
        check_promised_day as check_promised_day,
        promised_day_clocks as promised_day_clocks,
    )
    from .sla_clock import (
        ClockState as ClockState,
        SlaClock as SlaClock,
        next_due as next_due,
    )
    from .target import (
        WAITING as WAITING,
        WAITING_FOR_CUSTOMER as WAITING_FOR_CUSTOMER,
        Metric as Metric,
        Reopening as Reopening,
        SlaTarget as SlaTarget,
    )
else:
    from crmkit import _lazy

    __getattr__, __dir__, __all__ = _lazy.names(__name__)
