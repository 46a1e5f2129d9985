"""The classes A, B and C, and the policies that part them.

Law: a policy that bears a document's name keeps within that document's bands, or is not born. A
policy of one's own has a name of its own, and may part the classes anywhere.

Source: domain fact V1: A the top customers that make 65–80 % of sales, B the next 10–25 %, C the
last 5–10 %.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from decimal import Decimal
from typing import Final

import attrs

from crmkit.errors import InvalidValueError
from crmkit.kernel import Labelled, Share
from crmkit.kernel.checks import not_blank

from .share_bars import permille_of


class AbcClass(Labelled):
    """Class of a customer by his amount among all customers of a category."""

    A = "A", "A", "A类"
    B = "B", "B", "B类"
    C = "C", "C", "C类"


@attrs.frozen(kw_only=True)
class AbcPolicy:
    """Where class A ends and class B ends, as cumulated shares of sales.

    Attributes:
        name: Whose policy it is.
        a_to: Class A holds those before whom less than this share of sales lies.
        b_to: Class B holds those before whom less than this share lies; the rest is C.
        bands: Lowest and highest share of sales that A, B and C may be meant to make, in this
            order. Empty for a policy of one's own: then any shares are taken that rise.
        min_volume: A category that sells for less is not classed; 0 to class every one.
        source: Where the policy comes from.

    Raises:
        InvalidValueError: If the shares do not rise from above 0 to at most 1, are finer than a
            tenth of a percent, or leave the bands; if the name is that of a document and the
            bands are not; if the minimum is no Decimal of 0 or more.

    Units:
        Shares: 0 to 1. With `b_to` 1, C holds only those who bought for nothing. `min_volume` in
        the currency of the amounts.

    Source:
        Domain fact V1.

    Examples:
        >>> HAIER.a_to, HAIER.b_to
        (Share(0.8), Share(0.95))
        >>> attrs.evolve(HAIER, a_to=Share(0.65), b_to=Share(0.85))
        Traceback (most recent call last):
        crmkit.errors.InvalidValueError: share of C is '15 %': it must lie between 5 % and 10 % in\
 the policy 'Haier'; give the policy another name and bands of its own
        >>> ours = AbcPolicy(name="ours", a_to=Share(0.5), b_to=Share(0.7), source="sales meeting")
        >>> ours.a_to, ours.b_to
        (Share(0.5), Share(0.7))
        >>> attrs.evolve(HAIER, min_volume=Decimal(10_000)).name
        'Haier'
    """

    name: str = attrs.field(validator=not_blank)
    a_to: Share
    b_to: Share
    bands: tuple[tuple[Share, Share], ...] = ()
    min_volume: Decimal = attrs.field(default=Decimal(0))
    source: str = attrs.field(validator=not_blank)

    def __attrs_post_init__(self) -> None:
        for name in ("a_to", "b_to"):
            share = getattr(self, name)
            if not isinstance(share, Share):
                raise InvalidValueError(name, share, "must be a Share", "write Share(0.8)")
            # Coarse enough that coins times the share stay within 64 bits.
            if permille_of(share) % 1:
                rule = "must be a whole number of tenths of a percent"
                raise InvalidValueError(name, str(share), rule)
        if not 0 < self.a_permille < self.b_permille:
            rule = f"must be above 0 and below b_to, {self.b_to}"
            raise InvalidValueError("a_to", str(self.a_to), rule)
        if len(self.bands) not in (0, len(AbcClass)):
            rule = "must be one band for each of A, B and C, or none"
            raise InvalidValueError("bands", self.bands, rule)
        documented = _DOCUMENTED.get(_plain(self.name), self.bands)
        if self.bands != documented:
            rule = f"must be those of the document in the policy {self.name!r}"
            raise InvalidValueError("bands", self.bands, rule, _RENAME)
        for kind, made, band in zip(AbcClass, self._made, self.bands, strict=False):
            self._check_band(kind, made, *band)

    @min_volume.validator
    def _check_min_volume(self, _: object, volume: Decimal) -> None:
        if not isinstance(volume, Decimal) or not volume.is_finite() or volume < 0:
            rule = "must be a Decimal that is not negative"
            raise InvalidValueError("min_volume", volume, rule, "write Decimal(10_000)")

    @property
    def a_permille(self) -> int:
        """Where class A ends, in tenths of a percent: exact where a float is not."""
        return int(permille_of(self.a_to))

    @property
    def b_permille(self) -> int:
        """Where class B ends, in tenths of a percent."""
        return int(permille_of(self.b_to))

    def class_at(self, amount: Decimal, before: Decimal, total: Decimal) -> AbcClass | None:
        """Return the class of one customer: the rule itself, for one record.

        None where the category sells for less than `min_volume`.

        Args:
            amount: What he bought for.
            before: Sum of all larger amounts.
            total: Sum of all amounts above 0.

        Units:
            All three in the currency.

        Examples:
            >>> HAIER.class_at(Decimal(10), before=Decimal(79), total=Decimal(100))
            <AbcClass.A: 'A'>
            >>> HAIER.class_at(Decimal(-10), before=Decimal(100), total=Decimal(100))
            <AbcClass.C: 'C'>
        """
        if total < self.min_volume:
            return None
        if amount > 0 and 1000 * before < self.a_permille * total:
            return AbcClass.A
        if amount > 0 and 1000 * before < self.b_permille * total:
            return AbcClass.B
        return AbcClass.C

    @property
    def _made(self) -> tuple[int, int, int]:
        a, b = self.a_permille, self.b_permille
        return a, b - a, 1000 - b

    def _check_band(self, kind: AbcClass, made: int, low: Share, high: Share) -> None:
        if not permille_of(low) <= made <= permille_of(high):
            rule = f"must lie between {low} and {high} in the policy {self.name!r}"
            raise InvalidValueError(
                f"share of {kind.value}", str(Share(made / 1000)), rule, _RENAME
            )


def checked_policy(policy: AbcPolicy) -> AbcPolicy:
    """Return what customers are classed by.

    Raises:
        InvalidValueError: If it is no `AbcPolicy`.
    """
    if not isinstance(policy, AbcPolicy):
        raise InvalidValueError("policy", policy, "must be an AbcPolicy", "such as HAIER")
    return policy


def _plain(name: str) -> str:
    """Return a name as it is read: no blank, capital or width of letters makes another of it."""
    return " ".join(unicodedata.normalize("NFKC", name).casefold().split())


_RENAME: Final = "give the policy another name and bands of its own"

_DOCUMENTED: Final[Mapping[str, tuple[tuple[Share, Share], ...]]] = {
    "haier": (
        (Share(0.65), Share(0.80)),
        (Share(0.10), Share(0.25)),
        (Share(0.05), Share(0.10)),
    ),
}

HAIER: Final = AbcPolicy(
    name="Haier",
    a_to=Share(0.80),
    b_to=Share(0.95),
    bands=_DOCUMENTED["haier"],
    source="V1: ABC by yearly purchase amount within a product category, appliance maker",
)
"""A to 80 %, B to 95 % of sales."""
