"""Attitude by repeat patronage: true, latent, spurious or no loyalty.

Law: neither alone tells: who buys without liking us is spuriously loyal, who likes us without
buying is latently so. What lies on a cut is high. An axis that is not known is never guessed.

Source: domain fact L3; Dick and Basu (1994), who leave the cuts open: the middle of the scale, the
medians of a base, or fixed ones.
"""

from __future__ import annotations

from typing import Final, TypeAlias

from crmkit.errors import InvalidValueError
from crmkit.kernel import Evidence, Explanation, Rule, Text
from crmkit.kernel.checks import finite
from crmkit.kernel.scalars import as_python

from .loyalty_facts import as_evidence, of_customer
from .loyalty_words import LoyaltyQuadrant
from .weighing import told_facts


Cuts: TypeAlias = tuple[float, float]
"""From which attitude, and from which patronage on it is high."""

MIDDLES: Final[Cuts] = (50.0, 0.5)
"""The middles of the scales of `attitude`, 0 to 100, and of `patronage`, 0 to 1."""

AXES: Final = ("attitude", "patronage")
"""The facts of the two axes."""

_QUADRANTS: Final = {
    (True, True): LoyaltyQuadrant.TRUE,
    (True, False): LoyaltyQuadrant.LATENT,
    (False, True): LoyaltyQuadrant.SPURIOUS,
    (False, False): LoyaltyQuadrant.NONE,
}
_PLACED: Final = Rule(
    code="loyalty.quadrant",
    says=Text(
        "customer {customer}: {verdict}; attitude {attitude}, high from {attitude_cut} on, and "
        "patronage {patronage}, high from {patronage_cut} on",
        "客户{customer}：{verdict}；态度{attitude}（{attitude_cut}起为高），"
        "重复购买{patronage}（{patronage_cut}起为高）",
    ),
    source="L3; Dick and Basu (1994)",
)
_UNKNOWN: Final = Rule(
    code="loyalty.quadrant.unknown",
    says=Text(
        "customer {customer}: {verdict}; it takes: {missing}",
        "客户{customer}：{verdict}；缺少：{missing}",
    ),
    source="what is not known is never guessed",
)


def quadrant(attitude: float | None, patronage: float | None, *, cuts: Cuts) -> LoyaltyQuadrant:
    """Return the quadrant of a customer.

    Args:
        attitude: His attitude to us, beside that to others, on any scale; None where not known.
        patronage: How far he buys from us again, on any scale; None where not known.
        cuts: From which attitude, and from which patronage on it is high: `MIDDLES`, what
            `median_cuts` says of a base, or numbers of the company's own.

    Returns:
        UNKNOWN where either is not known.

    Raises:
        InvalidValueError: If a number is not finite.

    Units:
        As the cuts.

    Source:
        Dick and Basu (1994).

    Examples:
        >>> quadrant(0.8, 0.2, cuts=(0.5, 0.5))
        <LoyaltyQuadrant.LATENT: 'latent'>
        >>> quadrant(None, 0.9, cuts=(0.5, 0.5))
        <LoyaltyQuadrant.UNKNOWN: 'unknown'>
    """
    return _placed(*_axes(attitude, patronage, cuts))


def explain_quadrant(
    customer: str | int, attitude: float | None, patronage: float | None, *, cuts: Cuts
) -> Explanation[LoyaltyQuadrant]:
    """Explain the quadrant of a customer; arguments as for `quadrant`.

    Args:
        customer: Who he is.
        attitude: His attitude; None where not known.
        patronage: His patronage; None where not known.
        cuts: From which on each is high.

    Raises:
        InvalidValueError: If a number is not finite.

    Source:
        Dick and Basu (1994).

    Examples:
        >>> print(explain_quadrant("C-7", 30, 0.9, cuts=MIDDLES))
        customer C-7: spurious loyalty; attitude 30, high from 50 on, and patronage 0.9, high from\
 0.5 on
        >>> explain_quadrant("C-7", None, 0.9, cuts=MIDDLES).missing
        ('attitude',)
    """
    axes = _axes(attitude, patronage, cuts)
    missing = tuple(name for name, axis in zip(AXES, axes, strict=True) if axis.value is None)
    return Explanation(
        verdict=_placed(*axes),
        rule=_UNKNOWN if missing else _PLACED,
        evidence=(
            of_customer(customer),
            *axes,
            *(Evidence(f"{axis.name}_cut", axis.against) for axis in axes),
            Evidence("missing", told_facts(missing)),
        ),
        missing=missing,
    )


def _axes(attitude: float | None, patronage: float | None, cuts: Cuts) -> tuple[Evidence, Evidence]:
    low_attitude, low_patronage = checked_cuts(cuts)
    return _axis("attitude", attitude, low_attitude), _axis("patronage", patronage, low_patronage)


def _axis(name: str, value: float | None, cut: float) -> Evidence:
    if value is None:
        return as_evidence(name, None, cut)
    number = as_python(finite(value, name))
    return as_evidence(name, number, cut, met=number >= cut)


def _placed(attitude: Evidence, patronage: Evidence) -> LoyaltyQuadrant:
    if attitude.met is None or patronage.met is None:
        return LoyaltyQuadrant.UNKNOWN
    return _QUADRANTS[attitude.met, patronage.met]


def checked_cuts(cuts: Cuts) -> Cuts:
    """Return two cuts, if they are two finite numbers.

    Raises:
        InvalidValueError: If they are not.

    Examples:
        >>> checked_cuts(0.5)
        Traceback (most recent call last):
        crmkit.errors.InvalidValueError: cuts is 0.5: it must be two numbers, of attitude and of\
 patronage; (50, 0.5)
    """
    if not isinstance(cuts, tuple) or len(cuts) != 2:
        rule = "must be two numbers, of attitude and of patronage"
        raise InvalidValueError("cuts", cuts, rule, "(50, 0.5)")
    attitude, patronage = (as_python(finite(cut, "cuts")) for cut in cuts)
    return attitude, patronage
