"""Scores as a question to an engine: expressions only, nothing is fetched but the check.

Law: the same half rule as `Survey.score`, at both levels; weights are whole numbers, so that the
rule is exact here too.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import reduce
from operator import and_, or_
from typing import Final, cast

import attrs
import narwhals.stable.v2 as nw
import numpy as np
from numpy.typing import NDArray

from crmkit.errors import InvalidValueError
from crmkit.kernel import AllOf, AnyOf, Compare, Condition
from crmkit.kernel.conditions import Not
from crmkit.kernel.frames import Eager, Flaw, Lazy, find_flaws
from crmkit.satisfaction.surveys import Item

from .answer_columns import is_answer, known
from .score_plan import Plan, Substitute, slope


_NEVER: Final = nw.lit(False)


@attrs.frozen
class Names:
    """Names of the columns on the way; none is the caller's.

    Attributes:
        stem: What all of them begin with.
    """

    stem: str

    def __call__(self, what: str, place: int) -> str:
        return f"{self.stem} {what} {place}"


def flaws_of(plan: Plan) -> list[Flaw]:
    """Return how a row can be bad: an answer off its scale, or to what was not to be asked."""
    flaws = [] if plan.segment is None else [unnamed_segment(plan)]
    for item in plan.survey.ratings:
        rule = item.scale.rule
        if plan.codes:
            rule = f"{rule}, or one of the codes {', '.join(f'{code:g}' for code in plan.codes)}"
        found = known(item.id)
        coded = reduce(or_, (found == code for code in plan.codes), _NEVER)
        flaws.append(
            Flaw(item.id, ~found.is_null() & ~(is_answer(item.id, item.scale) | coded), rule)
        )
        if item.asked_if is not None:
            asked = f"was not to be asked: it is put where {item.asked_if.words}"
            flaws.append(Flaw(item.id, is_answer(item.id, item.scale) & fails(plan, item), asked))
    return flaws


def check(frame: Eager | Lazy, plan: Plan) -> dict[str, float]:
    """Refuse rows that cannot be scored, by one query; return the mean worth of every item.

    Returns:
        The means by item, where gaps are filled by them; else nothing.

    Raises:
        InvalidValueError: If a row is bad, or an item whose mean is wanted was answered by nobody.
    """
    wanted = plan.survey.ratings if plan.substitute is Substitute.ITEM_MEAN else ()
    facts = {}
    for place, item in enumerate(wanted):
        facts[f"worth {place}"] = worth(item).sum()
        facts[f"told {place}"] = answered(item).sum()
    told = find_flaws(frame, flaws_of(plan), **facts)
    means = {}
    for place, item in enumerate(wanted):
        count = float(cast("float", told[f"told {place}"] or 0))
        if not count:
            rule = "must be answered by somebody where its mean stands for gaps"
            raise InvalidValueError(item.id, None, rule, "let the person's mean stand for them")
        means[item.id] = float(cast("float", told[f"worth {place}"])) / count
    return means


def scored(frame: Lazy, plan: Plan, names: Names, means: Mapping[str, float]) -> Lazy:
    """Add, for every part and then the whole, its score, its weight and what is answered of it.

    Columns: `names("score", i)`, empty where there is none; `names("weight", i)`, what share of its
    weight the score stands on; `names("answered", i)`, what share of what applies is answered,
    empty where nothing applies.
    """
    sums = plan.sums()
    frame = frame.with_columns(*_part_sums(plan, names, means))
    frame = frame.with_columns(
        *(one for place in range(len(plan.items)) for one in _told(plan, names, place))
    )
    frame = frame.with_columns(*_whole_sums(plan, names))
    frame = frame.with_columns(*_told(plan, names, len(plan.items)))
    stood = []
    for place, total in enumerate(sums):
        whole = np.where(total > 0, total, 1.0)
        share = nw.col(names("stands", place)) / _by_segment(plan, whole)
        stood.append(share.alias(names("weight", place)))
    return frame.with_columns(*stood)


def _part_sums(plan: Plan, names: Names, means: Mapping[str, float]) -> list[nw.Expr]:
    """Return, for every part, the weight that is answered, that applies, and the weighted worth."""
    weights, made = plan.item_weights(), []
    for place, items in enumerate(plan.items):
        there, applies, worths, filled = [], [], [], []
        for item in items:
            weight = _by_segment(plan, weights[item.id])
            there.append(weight * answered(item))
            applies.append(weight * applying(plan, item))
            worths.append(weight * worth(item))
            gap = applying(plan, item) - answered(item)
            filled.append(weight * gap * means.get(item.id, 0.0))
        made.append(_added(there).alias(names("there", place)))
        made.append(_added(applies).alias(names("applies", place)))
        made.append(_added([*worths, *(filled if means else ())]).alias(names("worth", place)))
    return made


def _whole_sums(plan: Plan, names: Names) -> list[nw.Expr]:
    """Return the same for the whole: parts are to it what items are to them."""
    there, applies, worths = [], [], []
    for place, weight in enumerate(plan.part_weights()):
        counts = _by_segment(plan, weight)
        score = nw.col(names("score", place))
        has, wanted = ~score.is_null(), nw.col(names("applies", place)) > 0
        there.append(nw.when(has).then(counts).otherwise(0.0))
        applies.append(nw.when(wanted).then(counts).otherwise(0.0))
        worths.append(nw.when(has).then(counts * score).otherwise(0.0))
    last = len(plan.items)
    return [
        _added(there).alias(names("there", last)),
        _added(applies).alias(names("applies", last)),
        _added(worths).alias(names("worth", last)),
    ]


def _told(plan: Plan, names: Names, place: int) -> list[nw.Expr]:
    """Return the score by the half rule, what it stands on, and the share that is answered."""
    there, applies, worths = (nw.col(names(what, place)) for what in ("there", "applies", "worth"))
    part, of = plan.enough
    enough = (there > 0) & (there * of >= applies * part)
    # Gaps are filled in the parts alone: a part without a score has no mean to stand for it.
    fills = plan.substitute is Substitute.ITEM_MEAN and place < len(plan.items)
    stands = applies if fills else there
    return [
        nw.when(enough).then(worths / stands).alias(names("score", place)),
        nw.when(enough).then(stands).otherwise(0.0).alias(names("stands", place)),
        nw.when(applies > 0).then(there / applies).alias(names("answered", place)),
    ]


def answered(item: Item) -> nw.Expr:
    """Return 1 where an item is answered, else 0."""
    return nw.when(is_answer(item.id, item.scale)).then(1.0).otherwise(0.0)


def applying(plan: Plan, item: Item) -> nw.Expr:
    """Return 1 where an item applies, else 0."""
    found = known(item.id)
    coded = reduce(or_, (found == code for code in plan.does_not_apply), _NEVER)
    not_asked = _NEVER if item.asked_if is None else found.is_null() & fails(plan, item)
    # A comparison with nothing is neither true nor false, and falls to `otherwise`.
    by_code = nw.when(coded).then(1.0).otherwise(0.0)
    return 1.0 - nw.when(not_asked).then(1.0).otherwise(by_code)


def worth(item: Item) -> nw.Expr:
    """Return what an answer is worth, 0 to 100; 0 where there is none."""
    nothing, step = slope(item)
    return (
        nw.when(is_answer(item.id, item.scale))
        .then((known(item.id) - nothing) * step)
        .otherwise(0.0)
    )


def fails(plan: Plan, item: Item) -> nw.Expr:
    """Return whether an item was certainly not to be asked."""
    assert item.asked_if is not None
    return _sides(plan, item.asked_if)[1]


def _sides(plan: Plan, condition: Condition) -> tuple[nw.Expr, nw.Expr]:
    """Return where a condition holds and where it fails; where neither, it is not known."""
    match condition:
        case Compare():
            return _compared(plan, condition)
        case AllOf() | AnyOf():
            sides = [_sides(plan, one) for one in condition.conditions]
            all_of, any_of = (and_, or_) if isinstance(condition, AllOf) else (or_, and_)
            start = nw.lit(isinstance(condition, AllOf))
            return (
                reduce(all_of, (holds for holds, _ in sides), start),
                reduce(any_of, (fails for _, fails in sides), ~start),
            )
        case Not():
            holds, fails_there = _sides(plan, condition.condition)
            return fails_there, holds
    rule = "must be made of Compare, AllOf, AnyOf and Not where a frame is asked"
    raise InvalidValueError("asked_if", type(condition).__name__, rule)


def _compared(plan: Plan, condition: Compare) -> tuple[nw.Expr, nw.Expr]:
    rated = {item.id: item for item in plan.survey.ratings}.get(condition.fact)
    found = nw.col(condition.fact) if rated is None else known(rated.id)
    there = ~found.is_null() if rated is None else is_answer(rated.id, rated.scale)
    value = condition.value
    operators = {
        "=": lambda: found == value,
        "!=": lambda: found != value,
        "<": lambda: found < value,
        "<=": lambda: found <= value,
        ">": lambda: found > value,
        ">=": lambda: found >= value,
        # Not `is_in`: engines differ on whether 1 is among whole numbers where it comes as 1.0.
        "in": lambda: reduce(or_, (found == one for one in cast("tuple[object, ...]", value))),
    }
    holds = nw.when(there & operators[condition.operator]()).then(1).otherwise(0) == 1
    knows = nw.when(there).then(1).otherwise(0) == 1
    return holds, knows & ~holds


def unnamed_segment(plan: Plan) -> Flaw:
    """Return the flaw of a row whose segment would take the weights of all others by a slip."""
    column = cast("str", plan.segment)
    found = nw.col(column)
    named = reduce(or_, (found == one for one in plan.segments[1:]))
    bad = nw.when(~found.is_null() & ~named).then(1).otherwise(0) == 1
    return Flaw(column, bad, plan.survey.segment_rule)


def _by_segment(plan: Plan, weights: NDArray[np.float64]) -> nw.Expr:
    first, *others = map(float, weights)
    made = nw.lit(first)
    for segment, weight in zip(plan.segments[1:], others, strict=True):
        is_own = nw.col(cast("str", plan.segment)) == segment
        made = nw.when(is_own).then(nw.lit(weight)).otherwise(made)
    return made


def _added(parts: Sequence[nw.Expr]) -> nw.Expr:
    return reduce(lambda one, other: one + other, parts)
