"""The second look at many classes at once.

Law: what a frame is told is what `SecondLookPolicy.look` tells of one customer.

Source: domain fact V2.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Final, cast

import narwhals.stable.v2 as nw
from narwhals.stable.v2.typing import IntoFrame, IntoFrameT

from crmkit.customers import CreditStanding
from crmkit.errors import InvalidValueError
from crmkit.kernel import Explanation, Labelled, Share
from crmkit.kernel.checks import of_kind
from crmkit.kernel.customer_rows import check_new, one_row, plain_id, rows_within, unfit_if_given
from crmkit.kernel.frames import ColumnKind, Flaw, empty, find_flaws, frame_of

from .abc_policy import AbcClass
from .look_policy import SECOND_LOOK, Dealings, LookReason, SecondLookPolicy


_SECOND: Final = "second_class"
_REASON: Final = "class_reason"


def second_look(
    frame: IntoFrameT,
    *,
    policy: SecondLookPolicy = SECOND_LOOK,
    abc_class: str = "abc_class",
    credit: str = "credit",
    dealing_years: str = "dealing_years",
    steadiness: str = "steadiness",
) -> IntoFrameT:
    """Look at every class once more: `second_class`, and `class_reason` where it moved.

    Raised by one class for good credit and long, steady dealings; lowered by one for poor credit,
    short or unsteady dealings. What is not known, and so empty, raises nobody and lowers nobody.

    Args:
        frame: One row per customer, or per customer and category: pandas, polars (eager or lazy),
            DuckDB, PySpark. A lazy frame is checked by one aggregate query and stays lazy.
        policy: When dealings are long, short, steady and unsteady.
        abc_class: Name of the column of classes, "A", "B", "C", or empty.
        credit: Name of the column of credit: "good", "fair", "poor", or empty.
        dealing_years: Name of the column of years of dealings, or empty.
        steadiness: Name of the column of shares of periods with a purchase, or empty.

    Returns:
        The same kind of frame, its rows and columns as they are, with two columns of text last:
        `second_class`, empty where there was no class; and `class_reason`, the values of
        `LookReason` parted by "; ", empty where the class stays. A stays A and C stays C whatever
        speaks for more.

    Raises:
        InvalidValueError: If a column is missing or of another kind, holds what it cannot mean, or
            would be lost.

    Units:
        Years; shares 0 to 1.

    Source:
        Domain fact V2.

    Examples:
        >>> import pandas
        >>> classed = pandas.DataFrame(
        ...     {
        ...         "customer_id": ["V", "W"],
        ...         "abc_class": ["C", "A"],
        ...         "credit": ["good", "fair"],
        ...         "dealing_years": [6.0, 0.5],
        ...         "steadiness": [0.9, 0.9],
        ...     }
        ... )
        >>> second_look(classed)[["second_class", "class_reason"]].values.tolist()
        [['B', 'good_standing'], ['B', 'short_dealings']]
    """
    of_kind(policy, SecondLookPolicy, "policy")
    names = (abc_class, credit, dealing_years, steadiness)
    asked = frame_of(frame, "frame", _wanted(names))
    check_new(asked, _SECOND, _REASON)
    find_flaws(asked, _flaws(names))
    against, good = _speaks(policy, credit, dealing_years, steadiness)
    first, lowered = nw.col(abc_class).cast(nw.String), nw.lit(False)
    for found in against.values():
        lowered = lowered | found
    down = lowered & _known(first.is_in(["A", "B"]))
    up = good & ~lowered & _known(first.is_in(["B", "C"]))
    lower = nw.when(first == "A").then(nw.lit("B")).otherwise(nw.lit("C"))
    higher = nw.when(first == "C").then(nw.lit("B")).otherwise(nw.lit("A"))
    told = asked.with_columns(
        nw.when(down)
        .then(lower)
        .otherwise(nw.when(up).then(higher).otherwise(first))
        .alias(_SECOND),
        nw.when(down)
        .then(_told(against))
        .otherwise(nw.when(up).then(nw.lit(LookReason.GOOD_STANDING.value)))
        .alias(_REASON),
    )
    return cast("IntoFrameT", told.to_native())


def explain_second_look(
    frame: IntoFrame,
    customer: str | int,
    *,
    policy: SecondLookPolicy = SECOND_LOOK,
    category: str | None = None,
    within: str | int | None = None,
    because: Explanation[AbcClass | None] | None = None,
    customer_id: str = "customer_id",
    abc_class: str = "abc_class",
    credit: str = "credit",
    dealing_years: str = "dealing_years",
    steadiness: str = "steadiness",
) -> Explanation[AbcClass]:
    """Explain why a customer's class moved on the second look, or stayed.

    Args:
        frame: What `second_look` takes, with one row for the customer, or one per category.
        customer: Whose class.
        policy: When dealings are long, short, steady and unsteady.
        category: Name of the column of categories; None where customers have one row each.
        within: In which category; needed where the customer has several.
        because: Why he had the first class, as `explain_abc_class` tells; None to leave that out.
        customer_id: Name of the column of customers.
        abc_class: Name of the column of classes.
        credit: Name of the column of credit.
        dealing_years: Name of the column of years of dealings.
        steadiness: Name of the column of shares of periods with a purchase.

    Returns:
        As `SecondLookPolicy.explain`.

    Raises:
        InvalidValueError: As `second_look`; if the customer has several rows, or no class, or the
            category must be named.
        NotFoundError: If the customer is not in the frame, or not in the category.

    Examples:
        >>> import pandas
        >>> facts = {"credit": ["good"], "dealing_years": [6.0], "steadiness": [0.9]}
        >>> classed = pandas.DataFrame({"customer_id": ["V"], "abc_class": ["C"], **facts})
        >>> explain_second_look(classed, "V").verdict
        <AbcClass.B: 'B'>
        >>> both = pandas.concat([classed, classed.assign(abc_class="A")])
        >>> both["category"] = ["fridges", "irons"]
        >>> explain_second_look(both, "V", category="category", within="irons").verdict
        <AbcClass.A: 'A'>
    """
    customer = plain_id(customer)
    of_kind(policy, SecondLookPolicy, "policy")
    names = (abc_class, credit, dealing_years, steadiness)
    keys = [customer_id] if category is None else [customer_id, category]
    wanted = {**dict.fromkeys(keys, ColumnKind.ID), **_wanted(names)}
    asked = frame_of(frame, "frame", wanted)
    find_flaws(asked, [*map(empty, keys), *_flaws(names)])
    _, own, way_out = rows_within(asked.lazy(), customer, customer_id, category, within)
    row = one_row(own.select(*names), customer, way_out)
    first, standing, years, steady = (row[name] for name in names)
    if first is None:
        rule = "must be known before it is looked at again"
        raise InvalidValueError(abc_class, None, rule)
    dealings = Dealings(
        credit=None if standing is None else CreditStanding.of(cast("str", standing), credit),
        years=cast("float | None", years),
        steadiness=None if steady is None else Share(float(cast("float", steady))),
    )
    return policy.explain(
        customer, AbcClass.of(cast("str", first), abc_class), dealings, because=because
    )


def _speaks(
    policy: SecondLookPolicy, credit: str, years: str, steadiness: str
) -> tuple[dict[LookReason, nw.Expr], nw.Expr]:
    """Return what speaks against a customer, and whether all of it speaks for him."""
    of_credit, for_years, steady = nw.col(credit), nw.col(years), nw.col(steadiness)
    against = {
        LookReason.POOR_CREDIT: of_credit == CreditStanding.POOR.value,
        LookReason.SHORT_DEALINGS: for_years < policy.short_below,
        LookReason.UNSTEADY_DEALINGS: steady < float(policy.unsteady_below),
    }
    good = (
        _known(of_credit == CreditStanding.GOOD.value)
        & _known(for_years >= policy.long_from)
        & _known(steady >= float(policy.steady_from))
    )
    return {reason: _known(found) for reason, found in against.items()}, good


def _known(found: nw.Expr) -> nw.Expr:
    """Take for no what cannot be told."""
    return found.fill_null(False)


def _told(against: Mapping[LookReason, nw.Expr]) -> nw.Expr:
    words = [nw.when(found).then(nw.lit(reason.value)) for reason, found in against.items()]
    return nw.concat_str(words, separator="; ", ignore_nulls=True)


def _wanted(names: Sequence[str]) -> dict[str, ColumnKind]:
    kinds = (ColumnKind.TEXT, ColumnKind.TEXT, ColumnKind.NUMBER, ColumnKind.NUMBER)
    return dict(zip(names, kinds, strict=True))


def _flaws(names: Sequence[str]) -> list[Flaw]:
    abc_class, credit, years, steadiness = names
    return [
        _unknown(abc_class, AbcClass),
        _unknown(credit, CreditStanding),
        *unfit_if_given(years, 0, math.inf, "must be 0 or more years"),
        *unfit_if_given(steadiness, 0, 1, "must be a share from 0 to 1"),
    ]


def _unknown(column: str, words: type[Labelled]) -> Flaw:
    known = [str(word.value) for word in words]
    value = nw.col(column).cast(nw.String)
    bad = ~nw.col(column).is_null() & ~_known(value.is_in(known))
    return Flaw(column, bad, f"must be one of {', '.join(known)}, or empty")
