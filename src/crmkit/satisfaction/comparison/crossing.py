"""Weighted cross-tables with significance letters, as market research prints them.

Law: a letter says that a share is higher than that of the column so named, by a test adjusted for
all comparisons of the table; columns that are too small are neither shown nor tested.

Source: the tests: Mee (1984) with Kish's effective sizes; the family: Holm (1979), Benjamini and
Hochberg (1995). That the letter stands at the higher share is the custom of the trade.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations
from typing import Final, Generic

import attrs
import narwhals.stable.v2 as nw
from narwhals.stable.v2.typing import IntoFrameT

from crmkit.errors import InvalidValueError
from crmkit.kernel import Estimate
from crmkit.kernel.frames import ColumnKind, Eager, find_flaws, frame_of
from crmkit.satisfaction.scores.answer_lines import (
    histogram_of_lines,
    people,
    weighed,
    weight_flaw,
)
from crmkit.satisfaction.scores.grouping import in_order
from crmkit.stats import (
    GroupSize,
    Histogram,
    SmallGroupRule,
    adjust_for_many,
    compare_shares,
    weighted_share,
)
from crmkit.stats.group_columns import check_by
from crmkit.stats.group_sizes import SMALL_GROUPS
from crmkit.stats.log_columns import given_back
from crmkit.stats.small_groups import guard_histograms


_TOTAL: Final = "total"
_LETTERS: Final = 26


@attrs.frozen(kw_only=True)
class CrossCell:
    """One cell: what share of a column gave an answer.

    Attributes:
        row: The answer.
        column: The column; None for the total.
        letter: The letter of the column; empty for the total.
        share: The share with its interval, 0 to 1; None where it is kept back.
        higher_than: The letters of the columns whose share is lower by more than chance.

    Examples:
        >>> CrossCell(row=5, column=None, letter="", share=None, higher_than="").label
        '–'
    """

    row: object
    column: object
    letter: str
    share: Estimate | None
    higher_than: str

    @property
    def label(self) -> str:
        """The share in per cent with its letters; a dash where it is kept back."""
        if self.share is None:
            return "–"
        return f"{100 * self.share.value:.0f} % {self.higher_than}".rstrip()


@attrs.frozen(kw_only=True)
class CrossTable(Generic[IntoFrameT]):
    """Shares of answers by columns, with significance letters; `str()` prints it.

    Attributes:
        cells: Row by row, each with its columns and the total last.
        sizes: For each column, in order, and the total last: whether it may be shown.
        counts: For each column, and the total last: how many answered.
        missing: For each column, and the total last: how many gave no answer.
        adjustment: How the p-values were adjusted: "holm" or "benjamini-hochberg".
        comparisons: How many there were.
        confidence: Of the whole family of comparisons.

    Examples:
        >>> import pandas
        >>> answers = pandas.DataFrame(
        ...     {
        ...         "region": ["north"] * 100 + ["south"] * 100,
        ...         "again": ["yes"] * 70 + ["no"] * 30 + ["yes"] * 46 + ["no"] * 54,
        ...     }
        ... )
        >>> print(cross_table(answers, rows="again", columns="region"))
        again  A north  B south  total
        no     30 %     54 % A   42 %
        yes    70 % B   46 %     58 %
        n      100      100      200
    """

    cells: tuple[CrossCell, ...]
    sizes: tuple[GroupSize, ...]
    counts: tuple[int, ...]
    missing: tuple[int, ...]
    adjustment: str
    comparisons: int
    confidence: float
    rows: str
    columns: str
    _native: IntoFrameT = attrs.field(repr=False, eq=False)
    _like: Eager = attrs.field(repr=False, eq=False)

    def frame(self) -> IntoFrameT:
        """Return one row per cell, in the kind of frame that was asked.

        Columns: `row`, `column` ("total" for all) and `letter`, `share`, `low`, `high`, `n`,
        `n_missing`, `method`, `higher_than` and `group_size`; rows and columns as text.
        """
        width = len(self.sizes)
        floats, whole, text = nw.Float64(), nw.Int64(), nw.String()
        places = [place % width for place in range(len(self.cells))]
        shares = [cell.share for cell in self.cells]
        columns: dict[str, tuple[nw.dtypes.DType, Sequence[object]]] = {
            "row": (text, [str(cell.row) for cell in self.cells]),
            "column": (text, [self._name(cell) for cell in self.cells]),
            "letter": (text, [cell.letter for cell in self.cells]),
            "share": (floats, [None if share is None else share.value for share in shares]),
            "low": (floats, [None if share is None else share.low for share in shares]),
            "high": (floats, [None if share is None else share.high for share in shares]),
            "n": (whole, [self.counts[place] for place in places]),
            "n_missing": (whole, [self.missing[place] for place in places]),
            "method": (text, [None if share is None else share.method for share in shares]),
            "higher_than": (text, [cell.higher_than for cell in self.cells]),
            "group_size": (text, [self.sizes[place].value for place in places]),
        }
        series = [
            nw.new_series(name, list(values), dtype, backend=self._like.implementation)
            for name, (dtype, values) in columns.items()
        ]
        return given_back(series[0].to_frame().with_columns(*series[1:]), self._native)

    def __str__(self) -> str:
        width = len(self.sizes)
        lines = [[self.rows, *(f"{c.letter} {self._name(c)}".strip() for c in self.cells[:width])]]
        for start in range(0, len(self.cells), width):
            line = self.cells[start : start + width]
            lines.append([str(line[0].row), *(cell.label for cell in line)])
        lines.append(["n", *map(str, self.counts)])
        wide = [max(map(len, column)) for column in zip(*lines, strict=True)]
        told = ("  ".join(map(str.ljust, line, wide)).rstrip() for line in lines)
        return "\n".join(told)

    @staticmethod
    def _name(cell: CrossCell) -> str:
        return str(cell.column) if cell.letter else _TOTAL


def cross_table(
    frame: IntoFrameT,
    *,
    rows: str,
    columns: str,
    weights: str | None = None,
    confidence: float = 0.95,
    rule: SmallGroupRule = SMALL_GROUPS,
) -> CrossTable[IntoFrameT]:
    """Cross answers with segments: shares of each column, with letters where they differ.

    Every answer is compared between every two columns, by the score test of two shares with
    effective sizes; all these comparisons are one family.

    Args:
        frame: One row per respondent: pandas, polars (eager or lazy), DuckDB. A lazy frame is asked
            two aggregate queries at the call.
        rows: Name of the column of answers; who gave none is counted as missing.
        columns: Name of the column of segments; nobody stands in two.
        weights: Name of the column of weights; None weighs all alike.
        confidence: Of the intervals, each by itself, and of the whole family of comparisons.
        rule: Which columns are too small; one that the total would reveal is kept back too.

    Raises:
        InvalidValueError: If a column is missing or of another kind, a segment has no name, a
            weight is none, nobody answered, or there are more than 26 segments.

    Units:
        Shares: 0 to 1.

    Source:
        Mee (1984); Holm (1979); Benjamini and Hochberg (1995).

    Examples:
        >>> import polars
        >>> told = polars.DataFrame({"region": ["N"] * 40 + ["S"] * 40, "again": [1, 0] * 40})
        >>> cross_table(told, rows="again", columns="region").comparisons
        2
    """
    names, answers, counted = _counted(frame, rows, columns, weights)
    if len(names) > _LETTERS:
        way_out = "cross fewer, or join them"
        raise InvalidValueError(columns, len(names), f"must be {_LETTERS} at most", way_out)
    parts = list(counted.parts.values())
    total = Histogram.pooled(parts)
    if not total.n:
        raise InvalidValueError(rows, None, "must hold at least one answer", "nobody answered")
    judged = guard_histograms(parts, rule=rule)
    higher, family = _letters(parts, judged, len(answers), confidence)
    (whole,) = guard_histograms([total], totals=(), rule=rule)
    shown = [*zip(names, parts, judged, strict=True), (None, total, whole)]
    return CrossTable(
        cells=tuple(_cells(answers, shown, higher, confidence)),
        sizes=tuple(size for _, _, size in shown),
        counts=tuple(part.n for _, part, _ in shown),
        missing=tuple(part.n_missing for _, part, _ in shown),
        adjustment=family[0],
        comparisons=family[1],
        confidence=confidence,
        rows=rows,
        columns=columns,
        native=frame,
        like=counted.like,
    )


def _cells(
    answers: Sequence[object],
    shown: Sequence[tuple[object, Histogram, GroupSize]],
    higher: Mapping[tuple[int, int], str],
    confidence: float,
) -> Iterator[CrossCell]:
    """Yield the cells row by row, the total last."""
    for row, answer in enumerate(answers):
        for place, (name, part, size) in enumerate(shown):
            is_total = place == len(shown) - 1
            yield CrossCell(
                row=answer,
                column=name,
                letter="" if is_total else _letter(place),
                share=_share(part, row, size, confidence),
                higher_than=higher.get((row, place), ""),
            )


@attrs.frozen(kw_only=True)
class _Counted:
    """For each column the answers, by their place in order; and where the engine put them."""

    parts: Mapping[object, Histogram]
    like: Eager


def _counted(
    native: IntoFrameT, rows: str, columns: str, weights: str | None
) -> tuple[list[object], list[object], _Counted]:
    counted, groups = in_order(_asked(native, rows, columns, weights), (columns,))
    lines = [
        (row[0], _answer(row[1]), int(row[2]), int(row[3]), float(row[4]), float(row[5]))
        for row in counted.select("by 0", "answer", "n", "weighing", "weight", "square").rows()
    ]
    answers = sorted({line[1] for line in lines if line[1] is not None}, key=_in_order)
    parts = {
        name: _histogram([line[1:] for line in lines if line[0] == name], answers)
        for name in dict.fromkeys(line[0] for line in lines)
    }
    return list(parts), answers, _Counted(parts=parts, like=groups.keys)


def _asked(native: IntoFrameT, rows: str, columns: str, weights: str | None) -> Eager:
    """Let the engine count every answer of every column."""
    frame = frame_of(native, "frame", {} if weights is None else {weights: ColumnKind.NUMBER})
    check_by(frame, columns, ())
    dtype = frame.collect_schema().get(rows)
    # What is missing turns whole numbers into floats, in pandas.
    if dtype is None or not dtype.is_float():
        check_by(frame, (columns, rows), ())
    told = nw.lit(1.0)
    if weights is not None:
        find_flaws(frame.select(weights), [weight_flaw(weights)])
        told = nw.col(weights).cast(nw.Float64)
    asked = frame.select(
        nw.col(columns).alias("by 0"),
        nw.col(rows).alias("answer"),
        *weighed(told),
    )
    found = asked.group_by("by 0", "answer").agg(*people())
    return found.collect() if isinstance(found, nw.LazyFrame) else found


def _answer(value: object) -> object:
    """Return an answer as it was given: what is missing turns whole numbers into floats."""
    if not isinstance(value, float):
        return value
    if value != value:
        return None
    return int(value) if value.is_integer() else value


def _in_order(value: object) -> tuple[float, str]:
    return (float(value), "") if isinstance(value, int | float) else (0.0, str(value))


def _histogram(
    lines: Sequence[tuple[object, int, int, float, float]], answers: Sequence[object]
) -> Histogram:
    place = {answer: float(number) for number, answer in enumerate(answers)}
    return histogram_of_lines(
        [(None if line[0] is None else place[line[0]], *line[1:]) for line in lines]
    )


def _letters(
    parts: Sequence[Histogram], sizes: Sequence[GroupSize], answers: int, confidence: float
) -> tuple[dict[tuple[int, int], str], tuple[str, int]]:
    """Return for each row and column the letters of the columns it exceeds, and the family."""
    open_ = [place for place, size in enumerate(sizes) if size.is_shown and parts[place].n]
    tests = [(row, *pair) for row in range(answers) for pair in combinations(open_, 2)]
    told = [
        # The interval is not shown; Newcombe's is the quicker one.
        compare_shares(_is(parts[one], row), _is(parts[two], row), interval="newcombe")
        for row, one, two in tests
    ]
    family = adjust_for_many([found.p_value for found in told])
    higher: dict[tuple[int, int], str] = {}
    found_all = family.significant(confidence=confidence)
    for (row, one, two), found, is_found in zip(tests, told, found_all, strict=True):
        if is_found:
            above, below = (one, two) if found.first > found.second else (two, one)
            higher[row, above] = higher.get((row, above), "") + _letter(below)
    in_order_ = {cell: "".join(sorted(letters)) for cell, letters in higher.items()}
    return in_order_, (family.method, family.size)


def _is(part: Histogram, row: int) -> Histogram:
    return part.recode(lambda place: float(place == row))


def _share(part: Histogram, row: int, size: GroupSize, confidence: float) -> Estimate | None:
    if not size.is_shown or not part.n:
        return None
    return weighted_share(_is(part, row), confidence=confidence)


def _letter(place: int) -> str:
    return chr(ord("A") + place)
