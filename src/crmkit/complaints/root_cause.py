"""The root cause: asked for five times, or sought on a fishbone; and where it escaped us.

Law: a cause is an answer that somebody gave, never a class alone.

Source: 8D, D4 (root cause and escape point); Ohno (1988), Toyota Production System, the five whys;
Ishikawa (1968), Guide to Quality Control, the cause-and-effect diagram and its categories.
"""

from __future__ import annotations

from typing import Any

import attrs

from crmkit.errors import InvalidValueError
from crmkit.kernel import (
    FrozenMap,
    Labelled,
    Tagged,
    all_are,
    member_of,
    not_blank,
    not_blank_if_given,
    tag,
)


class CauseCategory(Labelled):
    """The bones of a fishbone: man, machine, material, method, measurement, environment."""

    MAN = "man", "Man", "人"
    MACHINE = "machine", "Machine", "机"
    MATERIAL = "material", "Material", "料"
    METHOD = "method", "Method", "法"
    MEASUREMENT = "measurement", "Measurement", "测"
    ENVIRONMENT = "environment", "Environment", "环"


class RootCause(Tagged):
    """How the root cause was found, and what it is: `FiveWhys` or `Fishbone`.

    Examples:
        >>> cause: RootCause = FiveWhys(("the seal leaks", "its rubber is too hard"))
        >>> cause.root
        'its rubber is too hard'
    """

    __slots__ = ()

    @property
    def root(self) -> str:
        """The cause itself."""
        raise TypeError(f"{type(self).__name__} must name the cause")


@attrs.frozen
class FiveWhys(RootCause):
    """Why, asked until the answer is a cause that can be removed; five times is a custom, no rule.

    Attributes:
        answers: Each the answer to the why of the one before it; the last is the root cause.

    Raises:
        InvalidValueError: If there is no answer, or one is blank.

    Examples:
        >>> whys = FiveWhys(("the motor burned", "its bearing was dry", "no grease is in the plan"))
        >>> whys.root
        'no grease is in the plan'
        >>> FiveWhys(())
        Traceback (most recent call last):
        crmkit.errors.InvalidValueError: answers is (): it must hold at least one answer
    """

    answers: tuple[str, ...] = attrs.field(validator=all_are(str))
    type: str = tag("five_whys")

    def __attrs_post_init__(self) -> None:
        if not self.answers:
            raise InvalidValueError("answers", (), "must hold at least one answer")
        check_lines(self.answers, "answers")

    @property
    def root(self) -> str:
        return self.answers[-1]


def _is_frozen(_: object, field: attrs.Attribute[Any], causes: object) -> None:
    # No converter: what is read from a store passes by none.
    if not isinstance(causes, FrozenMap):
        way_out = 'write FrozenMap({CauseCategory.MATERIAL: ("rubber too hard",)})'
        raise InvalidValueError(field.name, causes, "must be a FrozenMap", way_out)


@attrs.frozen
class Fishbone(RootCause):
    """Possible causes by category, of which one is the root.

    Attributes:
        causes: For each category that was looked at, the possible causes.
        category: Where the root cause stands.
        found: The root cause, one of those of its category.

    Raises:
        InvalidValueError: If the root is none of the causes, or a cause is blank.

    Examples:
        >>> causes = {CauseCategory.MATERIAL: ("rubber too hard",), CauseCategory.MAN: ()}
        >>> bone = Fishbone(FrozenMap(causes), CauseCategory.MATERIAL, "rubber too hard")
        >>> bone.root, bone.category.label("zh")
        ('rubber too hard', '料')
        >>> Fishbone(FrozenMap(causes), CauseCategory.MAN, "haste")
        Traceback (most recent call last):
        crmkit.errors.InvalidValueError: found is 'haste': it must be one of the causes under man
    """

    causes: FrozenMap[CauseCategory, tuple[str, ...]] = attrs.field(validator=_is_frozen)
    category: CauseCategory = attrs.field(validator=member_of(CauseCategory))
    found: str = attrs.field(validator=not_blank)
    type: str = tag("fishbone")

    def __attrs_post_init__(self) -> None:
        for category, causes in self.causes.items():
            if not isinstance(category, CauseCategory):
                rule = "must be one of CauseCategory"
                raise InvalidValueError("causes", category, rule)
            if not isinstance(causes, tuple):
                way_out = f"write {(causes,) if isinstance(causes, str) else ('…',)!r}"
                raise InvalidValueError("causes", causes, "must be a tuple of str", way_out)
            check_lines(causes, "causes")
        if self.found not in self.causes.get(self.category, ()):
            rule = f"must be one of the causes under {self.category.value}"
            raise InvalidValueError("found", self.found, rule)

    @property
    def root(self) -> str:
        return self.found


@attrs.frozen(kw_only=True)
class CauseAnalysis:
    """What an analysis found: the root cause, the escape point, or both.

    Attributes:
        cause: Why it happened; None where this analysis does not say.
        escape_point: Where it should have been found and was not; None likewise.

    Raises:
        InvalidValueError: If it says neither, or the escape point is blank.

    Examples:
        >>> found = CauseAnalysis(cause=FiveWhys(("no grease",)), escape_point="final test")
        >>> found.cause.root, found.escape_point
        ('no grease', 'final test')
        >>> CauseAnalysis()
        Traceback (most recent call last):
        crmkit.errors.InvalidValueError: cause is None: it must be told, or the escape point
    """

    cause: RootCause | None = None
    escape_point: str | None = attrs.field(default=None, validator=not_blank_if_given)

    def __attrs_post_init__(self) -> None:
        if self.cause is None and self.escape_point is None:
            raise InvalidValueError("cause", None, "must be told, or the escape point")
        if self.cause is not None and not isinstance(self.cause, RootCause):
            raise InvalidValueError("cause", self.cause, "must be FiveWhys or Fishbone")


def check_lines(lines: tuple[str, ...], name: str) -> None:
    """Refuse a blank line, and what is no text.

    Raises:
        InvalidValueError: If there is one.

    Examples:
        >>> check_lines(("no grease", " "), "answers")
        Traceback (most recent call last):
        crmkit.errors.InvalidValueError: answers is ' ': it must be text, and not blank
    """
    for line in lines:
        if not isinstance(line, str) or not line.strip():
            raise InvalidValueError(name, line, "must be text, and not blank")
