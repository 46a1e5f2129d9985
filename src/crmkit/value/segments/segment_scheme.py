"""Segments as data: named, versioned, each a condition on the three scores.

Law: every combination of scores is in exactly one segment; the first whose condition holds has it.

Source: the grid of ten segments by recency and frequency is common practice, and has no author that
we could find; the eight types by above or below the middle are taught in Chinese courses.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from typing import Final

import attrs
import msgspec

from crmkit.errors import InvalidValueError
from crmkit.kernel import AllOf, Compare, Condition, Text, not_blank
from crmkit.kernel.tagged import read_json, write_hook
from crmkit.value.classes import ClassScheme


_FACTS: Final = ("r", "f", "m")
NOT_THERE: Final = "none"
"""What stands for the segment of who was no customer yet."""


@attrs.frozen
class Segment:
    """One segment: its code, its name, and when a customer is in it.

    Attributes:
        code: By which it is stored.
        label: What users read.
        when: Condition on `r`, `f` and `m`, the three scores.

    Raises:
        InvalidValueError: If the code is blank or `none`, or the condition asks for anything else.

    Examples:
        >>> top = Segment("top", Text("Top", "顶级"), Compare("r", ">=", 4))
        >>> top.when.holds({"r": 5, "f": 1, "m": 1})
        True
    """

    code: str = attrs.field(validator=not_blank)
    label: Text
    when: Condition

    def __attrs_post_init__(self) -> None:
        if self.code == NOT_THERE:
            raise InvalidValueError("code", self.code, "must not be what stands for no segment")
        for fact in self.when.facts:
            if fact not in _FACTS:
                raise InvalidValueError("when", fact, "must ask for 'r', 'f' and 'm' alone")


@attrs.frozen(kw_only=True)
class SegmentScheme:
    """A way to part customers into segments by their scores.

    Attributes:
        name: What it is called.
        version: Which of its versions; a changed scheme is another version.
        segments: The first whose condition holds has the customer.
        scores: How many scores there are of each measure.
        source: Where it comes from.

    Raises:
        InvalidValueError: If two segments have one code, a combination of scores is in none, or a
            segment can have nobody.

    Examples:
        >>> RFM_GRID.segment_of(5, 5, 3).label("zh"), RFM_GRID.segment_of(1, 1, 3).code
        ('冠军客户', 'hibernating')
        >>> SegmentScheme.from_json(RFM_GRID.to_json()) == RFM_GRID
        True
    """

    name: str = attrs.field(validator=not_blank)
    version: int
    segments: tuple[Segment, ...]
    scores: int = 5
    source: str = attrs.field(validator=not_blank)

    def __attrs_post_init__(self) -> None:
        codes = [segment.code for segment in self.segments]
        for place, code in enumerate(codes):
            if code in codes[:place]:
                raise InvalidValueError("code", code, "must be used once in a scheme")
        if not (isinstance(self.scores, int) and 2 <= self.scores <= 10):
            raise InvalidValueError("scores", self.scores, "must be a whole number from 2 to 10")
        had = {self.segment_of(*cell).code for cell in self.cells()}
        for code in codes:
            if code not in had:
                rule = "must have some combination of scores that no earlier segment has"
                raise InvalidValueError("segments", code, rule)

    @property
    def tag(self) -> str:
        """Name and version, as tables carry them."""
        return f"{self.name}/{self.version}"

    @property
    def class_scheme(self) -> ClassScheme:
        """The segments as classes, none of which is better than another: stored by `crm.classes`.

        Examples:
            >>> import crmkit
            >>> desk = crmkit.open(actor="ann").classes
            >>> placed = desk.assign(RFM_GRID.class_scheme, {"C-7": "new"})
            >>> [(one.before, one.after) for one in desk.assign(
            ...     RFM_GRID.class_scheme, {"C-7": "loyal"}, reasons={"C-7": "fourth purchase"}
            ... )]
            [('new', 'loyal')]
        """
        labels = {segment.code: segment.label for segment in self.segments}
        return ClassScheme.named(self.name, labels, version=self.version)

    def segment_of(self, r: int, f: int, m: int) -> Segment:
        """Return the segment of three scores: the rule itself, for one record.

        Raises:
            InvalidValueError: If none has them.
        """
        facts = {"r": r, "f": f, "m": m}
        for segment in self.segments:
            if segment.when.holds(facts):
                return segment
        rule = f"must be in a segment of {self.tag}"
        raise InvalidValueError("scores", (r, f, m), rule, "end with a segment that takes the rest")

    def cells(self) -> Iterator[tuple[int, int, int]]:
        """Yield every combination of scores."""
        yield from product(range(1, self.scores + 1), repeat=3)

    def to_json(self) -> str:
        """Write the scheme as JSON."""
        return msgspec.json.encode(self, enc_hook=write_hook).decode()

    @staticmethod
    def from_json(text: str) -> SegmentScheme:
        """Read what `to_json` wrote.

        Raises:
            InvalidValueError: If the text is no scheme.
        """
        return read_json(text, SegmentScheme, "scheme")


def _within(r: tuple[int, int], f: tuple[int, int]) -> Condition:
    return AllOf(
        (
            Compare("r", ">=", r[0]),
            Compare("r", "<=", r[1]),
            Compare("f", ">=", f[0]),
            Compare("f", "<=", f[1]),
        )
    )


def _type(r: bool, f: bool, m: bool) -> Condition:
    told = zip(_FACTS, (r, f, m), strict=True)
    return AllOf(tuple(Compare(name, ">=" if high else "<", 4) for name, high in told))


RFM_GRID: Final = SegmentScheme(
    name="rfm-grid",
    version=1,
    segments=(
        Segment("champions", Text("Champions", "冠军客户"), _within((5, 5), (4, 5))),
        Segment("loyal", Text("Loyal customers", "忠诚客户"), _within((3, 4), (4, 5))),
        Segment(
            "potential_loyal",
            Text("Potential loyal customers", "潜在忠诚客户"),
            _within((4, 5), (2, 3)),
        ),
        Segment("new", Text("New customers", "新客户"), _within((5, 5), (1, 1))),
        Segment("promising", Text("Promising", "有望客户"), _within((4, 4), (1, 1))),
        Segment("need_attention", Text("Need attention", "需关注客户"), _within((3, 3), (3, 3))),
        Segment("about_to_sleep", Text("About to sleep", "将沉睡客户"), _within((3, 3), (1, 2))),
        Segment("cannot_lose", Text("Cannot lose them", "不可失去的客户"), _within((1, 2), (5, 5))),
        Segment("at_risk", Text("At risk", "有流失风险的客户"), _within((1, 2), (3, 4))),
        Segment("hibernating", Text("Hibernating", "休眠客户"), _within((1, 2), (1, 2))),
    ),
    source="common practice, ten segments by recency and frequency",
)
"""Ten segments by recency and frequency."""

RFM_EIGHT: Final = SegmentScheme(
    name="rfm-eight",
    version=1,
    segments=(
        Segment("key_value", Text("Key, to cherish", "重要价值客户"), _type(True, True, True)),
        Segment("key_develop", Text("Key, to develop", "重要发展客户"), _type(True, False, True)),
        Segment("key_keep", Text("Key, to keep", "重要保持客户"), _type(False, True, True)),
        Segment("key_retain", Text("Key, to win back", "重要挽留客户"), _type(False, False, True)),
        Segment("plain_value", Text("Plain, to cherish", "一般价值客户"), _type(True, True, False)),
        Segment(
            "plain_develop", Text("Plain, to develop", "一般发展客户"), _type(True, False, False)
        ),
        Segment("plain_keep", Text("Plain, to keep", "一般保持客户"), _type(False, True, False)),
        Segment(
            "plain_retain", Text("Plain, to let be", "一般挽留客户"), _type(False, False, False)
        ),
    ),
    source="course practice, eight types; high is 4 or 5 here, where courses say above average",
)
"""Eight types by recency, frequency and amount, each high or low."""
