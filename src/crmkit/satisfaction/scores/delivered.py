"""Customer delivered value: what an offer gives the customer, less what it costs him.

Law: the customer chooses by all that he gets and all that he gives up, not by the price alone; so
an offer is never ranked without the component that decided.

Source: Kotler, P., "Marketing Management", 8th edition (1994), chapter 2; domain fact Q5.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Final, TypeAlias

import attrs

from crmkit.errors import InvalidValueError
from crmkit.kernel import Evidence, Explanation, Labelled, Rule, Text


Amount: TypeAlias = Decimal | float
"""An amount of money, or a score; a float stands for the decimal that it is written as."""


class ValuePart(Labelled):
    """What a customer gets, or gives up for it."""

    PRODUCT = "product", "Product value", "产品价值"
    SERVICES = "services", "Services value", "服务价值"
    PERSONNEL = "personnel", "Personnel value", "人员价值"
    IMAGE = "image", "Image value", "形象价值"
    MONEY = "money", "Monetary cost", "货币成本"
    TIME = "time", "Time cost", "时间成本"
    ENERGY = "energy", "Energy cost", "体力成本"
    PSYCHE = "psyche", "Psychic cost", "精神成本"

    @property
    def is_cost(self) -> bool:
        """Whether the customer gives it up."""
        return self in _COSTS


_COSTS: Final = (ValuePart.MONEY, ValuePart.TIME, ValuePart.ENERGY, ValuePart.PSYCHE)

_ALONE: Final = Rule(
    code="satisfaction.delivered_value",
    says=Text(
        "{offer} delivers {delivered}: total value {total_value} less total cost {total_cost}",
        "{offer}的让渡价值为{delivered}：总价值{total_value}减去总成本{total_cost}",
    ),
    source="Kotler (1994), chapter 2; Q5",
)
_AHEAD: Final = Text(
    "{offer} is number {verdict} and delivers {delivered}, {by} more than {other}; {part} counts "
    "most, {theirs} for {other} and {own} here",
    "{offer}排第{verdict}，让渡价值为{delivered}，比{other}多{by}；差别最大的是{part}："
    "{other}为{theirs}，此处为{own}",
)
_BEHIND: Final = Text(
    "{offer} is number {verdict} and delivers {delivered}, {by} less than {other}; {part} counts "
    "most, {theirs} for {other} and {own} here",
    "{offer}排第{verdict}，让渡价值为{delivered}，比{other}少{by}；差别最大的是{part}："
    "{other}为{theirs}，此处为{own}",
)
_EVEN: Final = Text(
    "{offer} is number {verdict} and delivers {delivered}, as much as {other}",
    "{offer}排第{verdict}，让渡价值为{delivered}，与{other}相同",
)


@attrs.frozen(kw_only=True)
class DeliveredValue:
    """What one offer delivers: total customer value less total customer cost.

    (product + services + personnel + image) − (money + time + energy + psyche).

    Attributes:
        product: Worth of the product itself to the customer.
        services: Worth of delivery, fitting, training, repair.
        personnel: Worth of dealing with able people.
        image: Worth of the name.
        money: What he pays.
        time: What his time costs him.
        energy: What his effort costs him.
        psyche: What worry and risk cost him.

    Raises:
        InvalidValueError: If a part is no finite number, or a cost is negative.

    Units:
        One for all eight: money of one currency, or points of one scale.

    Source:
        Kotler (1994), chapter 2: a buyer of a tractor weighs Caterpillar against Komatsu.

    Examples:
        >>> ours = DeliveredValue(product=14_000, services=3_000, personnel=1_500, image=1_500,
        ...     money=14_000, time=500, energy=300, psyche=200)
        >>> ours.total_value, ours.total_cost, ours.delivered
        (Decimal('20000'), Decimal('15000'), Decimal('5000'))
        >>> DeliveredValue(product=5, money=-1)
        Traceback (most recent call last):
        crmkit.errors.InvalidValueError: money is -1: it must not be negative; a rebate makes the\
 price smaller
    """

    product: Amount = 0
    services: Amount = 0
    personnel: Amount = 0
    image: Amount = 0
    money: Amount = 0
    time: Amount = 0
    energy: Amount = 0
    psyche: Amount = 0

    def __attrs_post_init__(self) -> None:
        for part in ValuePart:
            told = getattr(self, part.value)
            number = isinstance(told, Decimal | int | float) and not isinstance(told, bool)
            if not number or not Decimal(repr(told) if type(told) is float else told).is_finite():
                raise InvalidValueError(part.value, told, "must be a finite number")
            if part.is_cost and told < 0:
                way_out = "a rebate makes the price smaller"
                raise InvalidValueError(part.value, told, "must not be negative", way_out)

    def part(self, part: ValuePart | str) -> Decimal:
        """Return one part, as a Decimal."""
        told: Amount = getattr(self, ValuePart.of(part, "part").value)
        return Decimal(repr(told)) if isinstance(told, float) else Decimal(told)

    @property
    def total_value(self) -> Decimal:
        """All that the customer gets."""
        return sum((self.part(one) for one in ValuePart if not one.is_cost), Decimal(0))

    @property
    def total_cost(self) -> Decimal:
        """All that he gives up."""
        return sum((self.part(one) for one in _COSTS), Decimal(0))

    @property
    def delivered(self) -> Decimal:
        """What is left for him: total value less total cost."""
        return self.total_value - self.total_cost

    @property
    def ratio(self) -> Decimal | None:
        """Total value over total cost; None where nothing is given up."""
        return self.total_value / self.total_cost if self.total_cost else None

    def gain(self, part: ValuePart, other: DeliveredValue) -> Decimal:
        """Return by how much one part speaks for this offer against another.

        More value and less cost speak for it; the gains of all parts add up to the difference of
        what is delivered.
        """
        more = self.part(part) - other.part(part)
        return -more if part.is_cost else more


@attrs.frozen(kw_only=True)
class RankedOffer:
    """An offer in its place among others.

    Attributes:
        rank: 1 delivers most; equal offers share a rank.
        name: Whose offer it is.
        offer: The offer.
        other: What it is held against: the best, or for the best the next; None if it is alone.
        part: The part that speaks loudest for it, or against it, there; None if they are equal.

    Examples:
        >>> ours, theirs = DeliveredValue(product=9, money=4), DeliveredValue(product=8)
        >>> ranked = rank_offers({"ours": ours, "theirs": theirs})
        >>> [(one.rank, one.name, one.part) for one in ranked]
        [(1, 'theirs', <ValuePart.MONEY: 'money'>), (2, 'ours', <ValuePart.MONEY: 'money'>)]
    """

    rank: int
    name: str
    offer: DeliveredValue
    other: tuple[str, DeliveredValue] | None = None
    part: ValuePart | None = None

    def explain(self) -> Explanation[int]:
        """Return the rank with what decided it."""
        told = [
            Evidence("offer", self.name),
            Evidence("delivered", self.offer.delivered),
            Evidence("total_value", self.offer.total_value),
            Evidence("total_cost", self.offer.total_cost),
        ]
        says = _ALONE.says
        if self.other is not None:
            name, other = self.other
            lead = self.offer.delivered - other.delivered
            told += [Evidence("other", name), Evidence("by", abs(lead))]
            says = _EVEN if self.part is None else _AHEAD if lead > 0 else _BEHIND
            if self.part is not None:
                told += [
                    Evidence("part", self.part),
                    Evidence("own", self.offer.part(self.part)),
                    Evidence("theirs", other.part(self.part)),
                ]
        rule = attrs.evolve(_ALONE, says=says)
        return Explanation(verdict=self.rank, rule=rule, evidence=tuple(told))


def rank_offers(offers: Mapping[str, DeliveredValue]) -> tuple[RankedOffer, ...]:
    """Rank offers by what they deliver, each with the part that decided.

    Args:
        offers: By name; all in one unit.

    Returns:
        The best first; equal offers in the order given. Each is held against the best, and the
        best against the next, by the part with the largest gain in the direction of the whole
        difference.

    Raises:
        InvalidValueError: If there is no offer, or one is no `DeliveredValue`.

    Source:
        Kotler (1994), chapter 2; domain fact Q5.

    Examples:
        >>> ours = DeliveredValue(product=80, services=30, money=70, time=5)
        >>> rival = DeliveredValue(product=85, services=10, money=65, time=5)
        >>> print(rank_offers({"rival": rival, "ours": ours})[0].explain())
        ours is number 1 and delivers 35, 10 more than rival; services value counts most, 10 for\
 rival and 30 here
    """
    for name, offer in offers.items():
        if not isinstance(offer, DeliveredValue):
            raise InvalidValueError(f"offers[{name!r}]", offer, "must be a DeliveredValue")
    if not offers:
        raise InvalidValueError("offers", dict(offers), "must hold at least one offer")
    falling = sorted(offers.items(), key=lambda item: -item[1].delivered)
    worth = [offer.delivered for _, offer in falling]
    ranked = []
    for place, (name, offer) in enumerate(falling):
        other = falling[0] if place else next(iter(falling[1:]), None)
        ranked.append(
            RankedOffer(
                rank=worth.index(worth[place]) + 1,
                name=name,
                offer=offer,
                other=other,
                part=None if other is None else _loudest(offer, other[1]),
            )
        )
    return tuple(ranked)


def _loudest(offer: DeliveredValue, other: DeliveredValue) -> ValuePart | None:
    lead = offer.delivered - other.delivered
    if not lead:
        return None
    way = 1 if lead > 0 else -1
    return max(ValuePart, key=lambda part: way * offer.gain(part, other))
