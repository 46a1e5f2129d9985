"""Why a customer has his scores and is in his segment."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Final, cast

import narwhals.stable.v2 as nw
from narwhals.stable.v2.typing import IntoFrame

from crmkit.errors import InvalidValueError, NotFoundError
from crmkit.kernel import Evidence, Explanation, Rule, Text
from crmkit.kernel.customer_rows import is_equal
from crmkit.kernel.frames import ColumnKind, Lazy, frame_of

from .rfm_bars import MEASURES, Measure, RfmBars, check_scorable, scorable, values_of
from .rfm_scoring import SCORES, check_unit
from .segment_scheme import RFM_GRID, SegmentScheme
from .segmenting import checked_scheme


_SEGMENT: Final = Rule(
    code="value.rfm_segment",
    says=Text(
        "customer {customer} is in the segment {segment} of {scheme}: he scores {r} for recency, "
        "{f} for frequency and {m} for amount",
        "客户{customer}属于{scheme}的“{segment}”：最近购买得{r}分，购买频率得{f}分，金额得{m}分",
    ),
    source="V6: segments are named, versioned, explainable",
)

_SOURCE: Final = "V4: recency, frequency and monetary value, each scored by its bars"
_PHRASES: Final[dict[Measure, tuple[str, str]]] = {
    "recency": ("silent for {value} {unit}", "已有{value}{unit}未购买"),
    "frequency": ("{value} {unit} with a purchase after the first", "首日之后有{value}{unit}购买"),
    "amount": ("bought for {value} in all", "共购买{value}"),
}
_UNITS: Final = {"D": Text("days", "天"), "W": Text("weeks", "周")}


def explain_rfm_segment(
    table: IntoFrame,
    customer: str | int,
    *,
    bars: RfmBars,
    scheme: SegmentScheme = RFM_GRID,
    before: IntoFrame | None = None,
    amount: str = "amount",
) -> Explanation[str]:
    """Explain why a customer has his scores, and what segment they put him in.

    Args:
        table: What `rfm_scores` takes.
        customer: Whose scores and segment.
        bars: From which value on there is which score; of fifths, what `rfm_quintiles` returned.
        scheme: Which segments there are.
        before: The scores of the evaluation before, as `rfm_scores` takes them.
        amount: Name of the column by which the third score is given.

    Returns:
        The segment's code, with the scores `r`, `f` and `m` as evidence; each has a reason of its
        own, whose evidence is the `value`, the `bar` at which the score is entered, the `next_bar`
        and, where the margin was asked, the score `before` and the `leave_bar` under which it is
        lost.

    Raises:
        InvalidValueError: As `rfm_scores` and `rfm_segments`.
        NotFoundError: If the customer is not in the table.

    Units:
        Values in the table's units.

    Source:
        Domain facts V4 and V6.

    Examples:
        >>> import pandas
        >>> table = pandas.DataFrame(
        ...     {
        ...         "customer_id": ["C-1"], "recency": [40.0], "T": [60.0], "frequency": [3],
        ...         "amount": [240.0], "unit": "D",
        ...     }
        ... )
        >>> bars = RfmBars(
        ...     name="house rules", unit="D", recency=(365, 180, 90, 30),
        ...     frequency=(1, 2, 4, 8), amount=(50, 100, 500, 1000),
        ... )
        >>> print(explain_rfm_segment(table, "C-1", bars=bars))
        customer C-1 is in the segment Potential loyal customers of rfm-grid/1: he scores 5 for\
 recency, 3 for frequency and 3 for amount
          silent for 20 days: score 5, entered at 30; the next is entered at nothing
          3 days with a purchase after the first: score 3, entered at 2; the next is entered at 4
          bought for 240 in all: score 3, entered at 100; the next is entered at 500
    """
    frame = scorable(table, amount)
    count, unit = check_scorable(frame, amount)
    if count:
        check_unit(bars, unit)
    values = _values(frame.lazy(), customer, values_of(amount, bars.unit))
    held = _before(before, customer)
    reasons = {
        measure: _scored(bars, measure, values[measure], held.get(measure)) for measure in MEASURES
    }
    r, f, m = (reasons[measure].verdict for measure in MEASURES)
    segment = checked_scheme(scheme).segment_of(r, f, m)
    return Explanation(
        verdict=segment.code,
        rule=_SEGMENT,
        evidence=(
            Evidence("customer", customer),
            Evidence("segment", segment.label),
            Evidence("scheme", scheme.tag),
            Evidence("bars", bars.name),
            Evidence("r", r),
            Evidence("f", f),
            Evidence("m", m),
        ),
        because=tuple(reasons.values()),
    )


def _values(
    frame: Lazy, customer: str | int, asked: Mapping[Measure, nw.Expr]
) -> dict[Measure, float]:
    own = frame.filter(is_equal(frame, "customer_id", customer, "customer"))
    told = own.select(*(told.alias(name) for name, told in asked.items())).collect()
    if not len(told):
        raise NotFoundError("customer", str(customer), "not in the table")
    if len(told) > 1:
        rule = "must stand in one row of the table"
        raise InvalidValueError("customer", customer, rule, "give the table of one date")
    return {measure: float(told[measure][0]) for measure in MEASURES}


def _before(before: IntoFrame | None, customer: str | int) -> dict[Measure, int]:
    """Return the scores that a customer had at the evaluation before; none for none."""
    if before is None:
        return {}
    kinds = dict.fromkeys(SCORES.values(), ColumnKind.NUMBER)
    frame = frame_of(before, "before", {"customer_id": ColumnKind.ID, **kinds}).lazy()
    own = frame.filter(is_equal(frame, "customer_id", customer, "customer"))
    told = own.select(*SCORES.values()).collect()
    if not len(told):
        return {}
    return {measure: int(cast("int", told[SCORES[measure]][0])) for measure in MEASURES}


def _scored(bars: RfmBars, measure: Measure, value: float, before: int | None) -> Explanation[int]:
    score = bars.score(measure, value, before=before)
    entered = (None, *bars.bars_of(measure), None)
    left = (None, *bars.leave_bars_of(measure))
    bar, next_bar = (
        edge if edge is not None and math.isfinite(edge) else None
        for edge in entered[score - 1 : score + 1]
    )
    kept = score > bars.score(measure, value)
    evidence = [
        Evidence("value", value, bar, None if bar is None else not kept),
        Evidence("bar", bar),
        Evidence("next_bar", next_bar),
    ]
    if measure != "amount":
        evidence.append(Evidence("unit", _UNITS["D" if measure == "frequency" else bars.unit]))
    if before is not None:
        evidence += [Evidence("before", before), Evidence("leave_bar", left[score - 1])]
    return Explanation(verdict=score, rule=_rule(measure, kept), evidence=tuple(evidence))


def _rule(measure: Measure, kept: bool) -> Rule:
    english, chinese = _PHRASES[measure]
    if kept:
        english += ": score {verdict} of before, kept until {leave_bar}; it is entered at {bar}"
        chinese += "：保留上次的{verdict}分，到{leave_bar}为止；进入该分需{bar}"
    else:
        english += ": score {verdict}, entered at {bar}; the next is entered at {next_bar}"
        chinese += "：得{verdict}分，进入该分需{bar}；下一分需{next_bar}"
    code = f"value.rfm_{measure}{'_kept' if kept else ''}"
    return Rule(code=code, says=Text(english, chinese), source=_SOURCE)
