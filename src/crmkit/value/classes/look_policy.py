"""The second look at a class: by credit, and by the length and steadiness of dealings.

Law: a class moves by one step at most, and every move has its reason; what is not known moves
nobody up.

Source: domain fact V2: raised for good credit and long, steady dealings; lowered for poor credit,
short or unsteady dealings; the reason is on record. The document gives no figures; those of
`SECOND_LOOK` are ours.
"""

from __future__ import annotations

import math
from typing import Final

import attrs

from crmkit.customers import CreditStanding
from crmkit.errors import InvalidValueError
from crmkit.kernel import Evidence, Explanation, Labelled, Name, Rule, Share, Text, spoken
from crmkit.kernel.checks import is_a, not_blank

from .abc_policy import AbcClass


class LookReason(Labelled):
    """Why a class was moved on the second look."""

    GOOD_STANDING = "good_standing", "Good credit, long and steady dealings", "资信好、交往长久稳定"
    POOR_CREDIT = "poor_credit", "Poor credit", "资信差"
    SHORT_DEALINGS = "short_dealings", "Short dealings", "交往时间短"
    UNSTEADY_DEALINGS = "unsteady_dealings", "Unsteady dealings", "交往不稳定"


_SOURCE: Final = "V2: second look by credit and dealings"
_MOVED: Final = Rule(
    code="value.second_look.moved",
    says=Text(
        "customer {customer} goes from {first} to {verdict} on the second look for {reasons}: "
        "{facts}",
        "客户{customer}复核后由{first}调为{verdict}，原因：{reasons}（{facts}）",
    ),
    source=_SOURCE,
)
_KEPT: Final = Rule(
    code="value.second_look.kept",
    says=Text(
        "customer {customer} stays {verdict} on the second look: {facts}",
        "客户{customer}复核后仍为{verdict}：{facts}",
    ),
    source=_SOURCE,
)


@attrs.frozen(kw_only=True)
class Dealings:
    """What is known of a customer's credit and dealings; None where nothing is.

    Attributes:
        credit: How far he can be trusted to pay.
        years: How long he has dealt with us.
        steadiness: In which share of the periods since then he bought.

    Raises:
        InvalidValueError: If the credit is none, the years are negative or no finite number, or
            the steadiness is no share.

    Units:
        Years; shares 0 to 1.

    Examples:
        >>> Dealings(credit=CreditStanding.GOOD, years=5.5, steadiness=Share(0.9)).years
        5.5
    """

    credit: CreditStanding | None = None
    years: float | None = attrs.field(default=None)
    steadiness: Share | None = attrs.field(
        default=None, validator=attrs.validators.optional(is_a(Share))
    )

    def __attrs_post_init__(self) -> None:
        if not isinstance(self.credit, CreditStanding | None):
            rule = "must be a CreditStanding, or None where it is not known"
            raise InvalidValueError("credit", self.credit, rule)
        if self.years is not None:
            _check_years("years", self.years)


@attrs.frozen(kw_only=True)
class SecondLookPolicy:
    """From when on dealings are long, short, steady and unsteady.

    Attributes:
        name: Whose policy it is.
        long_from: Dealings are long from so many years on.
        short_below: They are short below so many.
        steady_from: They are steady from this share of periods with a purchase on.
        unsteady_below: They are unsteady below this one.
        source: Where the policy comes from.

    Raises:
        InvalidValueError: If years are negative or no number, or dealings could be long and short,
            or steady and unsteady, at once.

    Units:
        Years; shares 0 to 1.

    Source:
        Domain fact V2.

    Examples:
        >>> known = Dealings(credit=CreditStanding.GOOD, years=6, steadiness=Share(0.9))
        >>> SECOND_LOOK.look(AbcClass.C, known)
        (<AbcClass.B: 'B'>, (<LookReason.GOOD_STANDING: 'good_standing'>,))
        >>> SECOND_LOOK.look(AbcClass.A, Dealings(steadiness=Share(0.2)))
        (<AbcClass.B: 'B'>, (<LookReason.UNSTEADY_DEALINGS: 'unsteady_dealings'>,))
    """

    name: str = attrs.field(validator=not_blank)
    long_from: float
    short_below: float
    steady_from: Share = attrs.field(validator=is_a(Share))
    unsteady_below: Share = attrs.field(validator=is_a(Share))
    source: str = attrs.field(validator=not_blank)

    def __attrs_post_init__(self) -> None:
        for name in ("long_from", "short_below"):
            _check_years(name, getattr(self, name))
        if self.long_from < self.short_below:
            rule = f"must not be below short_below, {self.short_below:g} years"
            raise InvalidValueError("long_from", self.long_from, rule)
        if self.steady_from < self.unsteady_below:
            rule = f"must not be below unsteady_below, {self.unsteady_below}"
            raise InvalidValueError("steady_from", str(self.steady_from), rule)

    def look(self, first: AbcClass, dealings: Dealings) -> tuple[AbcClass, tuple[LookReason, ...]]:
        """Return the class after the second look, and why: the rule itself, for one record.

        Args:
            first: The class by amount.
            dealings: What is known of the customer.

        Returns:
            The class, and the reasons of its move; none where it stays, also because there is no
            class above A or below C.
        """
        reasons = self._against(dealings)
        place = _ORDER.index(first) + bool(reasons)
        if not reasons and self._speaks_for(dealings):
            reasons, place = (LookReason.GOOD_STANDING,), place - 1
        second = _ORDER[min(max(place, 0), len(_ORDER) - 1)]
        return second, (reasons if second is not first else ())

    def explain(
        self,
        customer: str | int,
        first: AbcClass,
        dealings: Dealings,
        *,
        because: Explanation[AbcClass | None] | None = None,
    ) -> Explanation[AbcClass]:
        """Explain the class after the second look.

        Args:
            customer: Whose class.
            first: His class by amount.
            dealings: What is known of him.
            because: Why he had that class, as `explain_abc_class` tells.

        Returns:
            The class with its evidence: `first`, `credit`, `dealing_years` and `steadiness`, each
            once against what raises and once against what lowers; the `reasons`, and the `facts` in
            words.

        Examples:
            >>> known = Dealings(credit=CreditStanding.GOOD, years=6, steadiness=Share(0.9))
            >>> print(SECOND_LOOK.explain("C-7", AbcClass.C, known))
            customer C-7 goes from C to B on the second look for good credit, long and steady\
 dealings: good credit, 6 years of dealings, bought in 90 % of the periods
        """
        second, reasons = self.look(first, dealings)
        told = Evidence("reasons", _joined(reasons)) if reasons else Evidence("reasons", None)
        return Explanation(
            verdict=second,
            rule=_MOVED if reasons else _KEPT,
            evidence=(
                Evidence("customer", customer),
                Evidence("first", first),
                *self._evidence(dealings),
                told,
                Evidence("facts", _facts(dealings)),
            ),
            missing=tuple(
                f"{name} is not known"
                for name in ("credit", "years", "steadiness")
                if getattr(dealings, name) is None
            ),
            because=() if because is None else (because,),
        )

    def _against(self, dealings: Dealings) -> tuple[LookReason, ...]:
        speaks = {
            LookReason.POOR_CREDIT: dealings.credit is CreditStanding.POOR,
            LookReason.SHORT_DEALINGS: dealings.years is not None
            and dealings.years < self.short_below,
            LookReason.UNSTEADY_DEALINGS: dealings.steadiness is not None
            and dealings.steadiness < self.unsteady_below,
        }
        return tuple(reason for reason, found in speaks.items() if found)

    def _speaks_for(self, dealings: Dealings) -> bool:
        long = dealings.years is not None and dealings.years >= self.long_from
        steady = dealings.steadiness is not None and dealings.steadiness >= self.steady_from
        return dealings.credit is CreditStanding.GOOD and long and steady

    def _evidence(self, dealings: Dealings) -> tuple[Evidence, ...]:
        credit, years, steady = dealings.credit, dealings.years, dealings.steadiness
        good, poor = CreditStanding.GOOD, CreditStanding.POOR
        return (
            Evidence("credit", credit, good, credit is good),
            Evidence("credit", credit, poor, credit is poor),
            Evidence("dealing_years", years, self.long_from, _at_least(years, self.long_from)),
            Evidence("dealing_years", years, self.short_below, _below(years, self.short_below)),
            Evidence("steadiness", steady, self.steady_from, _at_least(steady, self.steady_from)),
            Evidence(
                "steadiness", steady, self.unsteady_below, _below(steady, self.unsteady_below)
            ),
        )


_ORDER: Final = tuple(AbcClass)


def _check_years(name: str, years: float) -> None:
    number = isinstance(years, int | float) and not isinstance(years, bool)
    if not number or not math.isfinite(years) or years < 0:
        raise InvalidValueError(name, years, "must be a number of years, 0 or more")


def _at_least(value: float | Share | None, bar: float | Share) -> bool | None:
    return None if value is None else float(value) >= float(bar)


def _below(value: float | Share | None, bar: float | Share) -> bool | None:
    return None if value is None else float(value) < float(bar)


def _facts(dealings: Dealings) -> Name:
    credit, years, share = dealings.credit, dealings.years, dealings.steadiness
    said = [
        ("credit not known", "资信不明")
        if credit is None
        else (spoken(credit, "en"), spoken(credit, "zh")),
        ("length of dealings not known", "交往时间不明")
        if years is None
        else (f"{years:.4g} years of dealings", f"交往{years:.4g}年"),
        ("steadiness not known", "稳定性不明")
        if share is None
        else (f"bought in {share} of the periods", f"{spoken(share, 'zh')}的时段有购买"),
    ]
    return Name(", ".join(en for en, _ in said), "，".join(zh for _, zh in said))


def _joined(reasons: tuple[LookReason, ...]) -> Name:
    """Tell reasons one after the other: all of them count, not one or the other."""
    words = [reason.label("en") for reason in reasons]
    small = [word[:1].lower() + word[1:] for word in words]
    return Name(" and ".join(small), "、".join(reason.label("zh") for reason in reasons))


SECOND_LOOK: Final = SecondLookPolicy(
    name="second look",
    long_from=3,
    short_below=1,
    steady_from=Share(0.75),
    unsteady_below=Share(0.5),
    source="V2 for what counts; the figures are ours: 3 years, 1 year, 75 %, 50 % of the periods",
)
"""Long from three years, short below one; steady from 75 % of the periods, unsteady below 50 %."""
