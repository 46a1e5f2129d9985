"""Schemes of classes as data: ABC, the pyramid, named segments.

Law: a scheme says which classes there are, and whether one is better than another.

Source: domain facts V1, V3 and V6: segments are named and versioned.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import attrs

from crmkit.errors import InvalidValueError
from crmkit.kernel import FrozenMap, Labelled, Language, Text, is_a, is_id, known_name
from crmkit.kernel.ids import checked_id

from .abc_policy import AbcClass
from .pyramid_policy import CustomerTier


@attrs.frozen(kw_only=True)
class ClassScheme:
    """One way to class customers; made by `ranked` or `named`.

    Attributes:
        name: Unique among schemes; records are stored under it.
        classes: Each class with what a user reads, the best first where they are ranked.
        is_ranked: Whether one class is better than the next.
        version: Of what the classes mean: a new one where that changes.

    Raises:
        InvalidValueError: If there are no classes, a name is blank, or the version is not positive.

    Examples:
        >>> ABC_SCHEME.name, [*ABC_SCHEME.classes], ABC_SCHEME.is_ranked
        ('abc', ['A', 'B', 'C'], True)
        >>> seasons = ClassScheme.named("season", {"winter": Text("Winter buyers", "冬季客户")})
        >>> seasons.label("winter", "zh")
        '冬季客户'
    """

    name: str = attrs.field(validator=is_id)
    classes: FrozenMap[str, Text] = attrs.field(validator=is_a(FrozenMap))
    is_ranked: bool = attrs.field(validator=is_a(bool))
    version: int = attrs.field(default=1, validator=is_a(int))

    def __attrs_post_init__(self) -> None:
        if not self.classes:
            raise InvalidValueError("classes", dict(self.classes), "must name at least one class")
        for name, text in self.classes.items():
            checked_id(name, "class")
            if not isinstance(text, Text):
                rule = "must have a Text in both languages"
                raise InvalidValueError("class", name, rule, "write Text('Gold', '金')")
        if self.version < 1:
            raise InvalidValueError("version", self.version, "must be 1 or more")

    @classmethod
    def ranked(
        cls, name: str, classes: Mapping[str, Text] | type[Labelled], *, version: int = 1
    ) -> ClassScheme:
        """Make a scheme in which every class is better than the next.

        Args:
            name: Unique among schemes.
            classes: The best first: each with what a user reads, or an enumeration.
            version: One more where the meaning of a class changes.

        Raises:
            InvalidValueError: If there are no classes, or a name or text is unfit.

        Examples:
            >>> ClassScheme.ranked("pyramid", CustomerTier).compare("small", "vip")
            1
        """
        return cls(name=name, classes=_texts(classes), is_ranked=True, version=version)

    @classmethod
    def named(
        cls, name: str, classes: Mapping[str, Text] | type[Labelled], *, version: int = 1
    ) -> ClassScheme:
        """Make a scheme of segments, none of which is better than another.

        Arguments and errors as for `ranked`.

        Examples:
            >>> ClassScheme.named("tier", CustomerTier, version=2).compare("small", "vip")
            0
        """
        return cls(name=name, classes=_texts(classes), is_ranked=False, version=version)

    def checked(self, name: str) -> str:
        """Return a class of this scheme.

        Raises:
            InvalidValueError: If there is none of that name, with the nearest that is.
        """
        return known_name(name, self.classes, "class")

    def label(self, name: str, language: Language = "en") -> str:
        """Return the word a user reads for a class.

        Raises:
            InvalidValueError: If there is no such class.
        """
        return self.classes[self.checked(name)](language)

    def compare(self, before: str, after: str) -> int:
        """Return 1 where a class is better than the one before, -1 where it is worse, else 0."""
        order = [*self.classes]
        places = order.index(self.checked(before)), order.index(self.checked(after))
        if not self.is_ranked or places[0] == places[1]:
            return 0
        return 1 if places[1] < places[0] else -1


def _texts(classes: Mapping[str, Text] | type[Labelled]) -> FrozenMap[str, Text]:
    if isinstance(classes, Mapping):
        return FrozenMap(classes)
    return FrozenMap({str(one.value): Text(one.label("en"), one.label("zh")) for one in classes})


ABC_SCHEME: Final = ClassScheme.ranked("abc", AbcClass)
"""A, B and C."""

PYRAMID_SCHEME: Final = ClassScheme.ranked("pyramid", CustomerTier)
"""VIP, major, ordinary and small."""
