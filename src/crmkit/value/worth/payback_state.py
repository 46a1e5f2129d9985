"""Whether an acquisition cohort has paid back what it cost, and the sentences that say so."""

from __future__ import annotations

from typing import Final

from crmkit.kernel import Labelled, Rule, Text


class Payback(Labelled):
    """Whether a cohort has paid back what it cost to acquire."""

    PAID_BACK = "paid_back", "Paid back", "已回本"
    OPEN = "open", "Not yet paid back", "尚未回本"
    NOT_COSTED = "not_costed", "Cost not known", "成本不明"


_SOURCE: Final = "V4: value of those who came together, against what winning them cost"

RULES: Final = {
    Payback.PAID_BACK: Rule(
        code="value.cohort_paid_back",
        says=Text(
            "cohort {cohort} is paid back since its month {payback_month}: its {customers}"
            " customers cost {acquisition_cost}, and have left {value_then} by then, {value_before}"
            " before, {value} until now",
            "批次{cohort}自第{payback_month}个月起已回本：{customers}位客户的获客成本为"
            "{acquisition_cost}，当时累计贡献{value_then}，此前为{value_before}，至今为{value}",
        ),
        source=_SOURCE,
    ),
    Payback.OPEN: Rule(
        code="value.cohort_open",
        says=Text(
            "cohort {cohort} is not yet paid back: its {customers} customers cost"
            " {acquisition_cost}, and have left {value} in {months_seen} months; {lacking} are"
            " lacking",
            "批次{cohort}尚未回本：{customers}位客户的获客成本为{acquisition_cost}，"
            "{months_seen}个月内累计贡献{value}，尚差{lacking}",
        ),
        source=_SOURCE,
    ),
    Payback.NOT_COSTED: Rule(
        code="value.cohort_not_costed",
        says=Text(
            "nobody told what cohort {cohort} cost: its {customers} customers have left {value} in"
            " {months_seen} months",
            "批次{cohort}的获客成本不明：{customers}位客户在{months_seen}个月内累计贡献{value}",
        ),
        source=_SOURCE,
    ),
}
"""What is said of each."""

NOBODY: Final = Rule(
    code="value.cohort_nobody",
    says=Text(
        "nobody came in cohort {cohort}, which cost {acquisition_cost}: {lacking} are lacking",
        "批次{cohort}没有客户，获客成本为{acquisition_cost}，尚差{lacking}",
    ),
    source=_SOURCE,
)
"""What is said of a cost without a customer."""

INTERVAL: Final = Rule(
    code="value.cohort_payback_interval",
    says=Text(
        "of other such customers: paid back since month {payback_low} at the earliest, since month"
        " {payback_high} at the latest",
        "同类客户：最早自第{payback_low}个月、最迟自第{payback_high}个月起回本",
    ),
    source=_SOURCE,
)
"""Between which months the like of a cohort would be paid back."""
