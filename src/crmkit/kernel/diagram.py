"""A workflow as a picture: SVG text that needs no script, font or style from elsewhere.

Law: one box a stage, one arrow a move; the same workflow always gives the same text.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape
from itertools import pairwise
from typing import Final, TypeAlias
from unicodedata import east_asian_width

import attrs

from .labels import Language, Text
from .layers import Layers, layered


_FONT: Final = (
    "system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', 'PingFang SC', 'Microsoft YaHei', "
    "'Noto Sans CJK SC', sans-serif"
)
_PAGE, _BOX, _EDGE, _INK = "#fbfcfe", "#eaf1fb", "#3f5f8a", "#16202e"
_ONWARD, _BACKWARD = "#4a5a6e", "#b3530c"
_SIZE: Final = 14
_COLUMN: Final = 7.7  # width of a Latin letter; a Chinese character takes two
_HEIGHT: Final = 36.0
_MARGIN: Final = 20.0
_HEAD: Final = 8.0
_PORT: Final = 18.0
_LOOP: Final = 26.0
_MEANING: Final = (
    (False, False, Text("onward", "向前")),
    (True, False, Text("back", "退回")),
    (False, True, Text("only under a condition", "须满足条件")),
)
"""What lines look like (leading back, dashed) and what that means."""

Point: TypeAlias = tuple[float, float]


@attrs.frozen
class Arrow:
    """One move: from box to box, by their numbers, and what it requires."""

    source: int
    target: int
    needs: tuple[str, ...] = ()


def drawn(labels: Sequence[str], arrows: Sequence[Arrow], *, language: Language = "en") -> str:
    """Draw boxes, the first of them the start, and the arrows between them.

    Args:
        labels: What stands in each box.
        arrows: At most one from one box to another; every box can be reached from the first.
        language: Of the few words that explain the lines.

    Returns:
        An `<svg>` element with a background of its own: a group of class `stage` per box and of
        class `move` per arrow, each arrow with a title that says what it requires.

    Examples:
        >>> drawn(["Open", "Done"], [Arrow(0, 1)]).count('class="stage')
        2
    """
    return "\n".join(_Picture.of(labels, arrows, language).lines())


@attrs.frozen
class _Picture:
    labels: Sequence[str]
    arrows: Sequence[Arrow]
    language: Language
    widths: Sequence[float]
    layers: Layers
    tops: Sequence[float]
    ports: Sequence[tuple[float, float]]

    @classmethod
    def of(cls, labels: Sequence[str], arrows: Sequence[Arrow], language: Language) -> _Picture:
        widths = [max(64.0, _wide(label) + 28) for label in labels]
        for side in ("source", "target"):
            for box in range(len(labels)):
                ends = sum(getattr(arrow, side) == box for arrow in arrows)
                widths[box] = max(widths[box], ends * _PORT)
        layers = layered(widths, [(arrow.source, arrow.target) for arrow in arrows])
        ports = _ports(layers, widths)
        return cls(labels, arrows, language, widths, layers, tuple(_tops(layers)), ports)

    def lines(self) -> Iterator[str]:
        legend, wide = self._legend()
        width = max(self._right, wide) + 2 * _MARGIN
        middle = (width - self._right) / 2
        height = self.tops[-1] + _HEIGHT + 2 * _MARGIN + (30 if legend else 0)
        name = escape(" → ".join((self.labels[0], *self._final_labels())))
        yield (
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{_n(width)}" height="{_n(height)}"'
            f' viewBox="0 0 {_n(width)} {_n(height)}" role="img" aria-label="{name}"'
            f' font-family="{escape(_FONT)}" font-size="{_SIZE}">'
        )
        yield f'<rect width="100%" height="100%" rx="10" fill="{_PAGE}"/>'
        yield f'<g transform="translate({_n(middle)} {_n(_MARGIN)})">'
        for number in range(len(self.arrows)):
            yield from self._move(number)
        yield from self._start()
        for number in range(len(self.labels)):
            yield from self._stage(number)
        yield "</g>"
        if legend:
            yield f'<g transform="translate({_n(_MARGIN)} {_n(height - 26)})" font-size="12">'
            yield from (*legend, "</g>")
        yield "</svg>"

    @property
    def _right(self) -> float:
        boxes = zip(self.layers.x, self.widths, strict=False)
        loops = any(arrow.source == arrow.target for arrow in self.arrows)
        return max(max(x + w / 2 for x, w in boxes), *self.layers.x) + (_LOOP if loops else 0)

    def _final_labels(self) -> Iterator[str]:
        leading = {arrow.source for arrow in self.arrows}
        return (label for box, label in enumerate(self.labels) if box not in leading)

    def _start(self) -> Iterator[str]:
        x, top = self.layers.x[0], self.tops[0]
        yield f'<circle class="start" cx="{_n(x)}" cy="{_n(top - 26)}" r="6" fill="{_ONWARD}"/>'
        yield _line([(x, top - 26), (x, top)], _ONWARD, dashed=False)
        yield _head((x, top), 1, _ONWARD)

    def _stage(self, box: int) -> Iterator[str]:
        wide, x = self.widths[box], self.layers.x[box]
        left, top = x - wide / 2, self.tops[self._row(box)]
        final = not any(arrow.source == box for arrow in self.arrows)
        yield f'<g class="stage{" final" if final else ""}">'
        yield _rect(left, top, wide, _HEIGHT, 9)
        if final:
            yield _rect(left + 3.5, top + 3.5, wide - 7, _HEIGHT - 7, 6)
        yield (
            f'<text x="{_n(x)}" y="{_n(top + _HEIGHT / 2 + 5)}" text-anchor="middle"'
            f' fill="{_INK}">{escape(self.labels[box])}</text>'
        )
        yield "</g>"

    def _move(self, number: int) -> Iterator[str]:
        arrow = self.arrows[number]
        back = number in self.layers.back
        colour = _BACKWARD if back else _ONWARD
        names = f"{self.labels[arrow.source]} → {self.labels[arrow.target]}"
        title = ("; " if self.language == "en" else "；").join((names, *arrow.needs))
        yield f'<g class="move{" back" if back else ""}">'
        yield f"<title>{escape(title)}</title>"
        chain = self.layers.chains[number]
        if chain:
            points = list(self._points(number))
            points = points[::-1] if back else points
            yield _line(points, colour, dashed=bool(arrow.needs))
            yield _head(points[-1], -1 if back else 1, colour)
        else:
            yield from self._loop(arrow.source, colour, bool(arrow.needs))
        yield "</g>"

    def _points(self, number: int) -> Iterator[Point]:
        """Yield where a line leaves a row and enters the next, from the top."""
        chain = self.layers.chains[number]
        leaves, enters = self.ports[number]
        yield leaves, self.tops[self._row(chain[0])] + _HEIGHT
        for row, lane in enumerate(chain[1:-1], self._row(chain[0]) + 1):
            yield self.layers.x[lane], self.tops[row]
            yield self.layers.x[lane], self.tops[row] + _HEIGHT
        yield enters, self.tops[self._row(chain[-1])]

    def _loop(self, box: int, colour: str, dashed: bool) -> Iterator[str]:
        x = self.layers.x[box] + self.widths[box] / 2
        y = self.tops[self._row(box)] + _HEIGHT / 2
        dash = ' stroke-dasharray="5 4"' if dashed else ""
        far, tail = _n(x + _LOOP), _n(x + _HEAD)
        path = f"M{_n(x)} {_n(y - 9)}C{far} {_n(y - 16)} {far} {_n(y + 16)} {tail} {_n(y + 9)}"
        yield f'<path d="{path}" fill="none" stroke="{colour}" stroke-width="1.5"{dash}/>'
        corners = f"{_n(x)},{_n(y + 9)} {tail},{_n(y + 4.5)} {tail},{_n(y + 13.5)}"
        yield f'<polygon points="{corners}" fill="{colour}"/>'

    def _row(self, box: int) -> int:
        return next(row for row, items in enumerate(self.layers.rows) if box in items)

    def _legend(self) -> tuple[list[str], float]:
        """Explain the lines that differ from plain ones; nothing where none does."""
        back, needs = bool(self.layers.back), any(arrow.needs for arrow in self.arrows)
        if not back and not needs:
            return [], 0.0
        said, x = [], 0.0
        for backward, dashed, text in _MEANING:
            if (backward and not back) or (dashed and not needs):
                continue
            colour = _BACKWARD if backward else _ONWARD
            words = text(self.language)
            said.append(_line([(x, 0), (x + 28, 0)], colour, dashed=dashed))
            said.append(f'<text x="{_n(x + 36)}" y="4" fill="{_INK}">{words}</text>')
            x += 36 + _wide(words) + 24
        return said, x


def _tops(layers: Layers) -> Iterator[float]:
    """Yield the top of each row; lines that run far across get a higher gap to do it in."""
    home = {item: row for row, items in enumerate(layers.rows) for item in items}
    far = [0.0] * len(layers.rows)
    for chain in layers.chains:
        for high, low in pairwise(chain):
            across = abs(layers.x[high] - layers.x[low])
            far[home[high]] = max(far[home[high]], across)
    top = 34.0
    for across in far:
        yield top
        top += _HEIGHT + 40 + min(60, across / 5)


def _ports(layers: Layers, widths: Sequence[float]) -> tuple[tuple[float, float], ...]:
    """Spread the lines at each side of a box, in the order in which they come."""
    ends: dict[tuple[int, bool], list[tuple[float, int]]] = {}
    for number, chain in enumerate(layers.chains):
        if chain:
            ends.setdefault((chain[0], True), []).append((layers.x[chain[1]], number))
            ends.setdefault((chain[-1], False), []).append((layers.x[chain[-2]], number))
    places: dict[tuple[int, bool], float] = {}
    for (box, below), coming in ends.items():
        step = min(2 * _PORT, (widths[box] - _PORT) / max(1, len(coming) - 1))
        for place, (_, number) in enumerate(sorted(coming)):
            places[number, below] = layers.x[box] + step * (place - (len(coming) - 1) / 2)
    return tuple(
        (places[number, True], places[number, False]) if chain else (0.0, 0.0)
        for number, chain in enumerate(layers.chains)
    )


def _line(points: Sequence[Point], colour: str, *, dashed: bool) -> str:
    """Join points: straight along a row, curved from one row to the next."""
    path = f"M{_n(points[0][0])} {_n(points[0][1])}"
    for (left, y), (right, down) in pairwise(points):
        half = (y + down) / 2
        if left == right or y == down:
            path += f"L{_n(right)} {_n(down)}"
        else:
            path += f"C{_n(left)} {_n(half)} {_n(right)} {_n(half)} {_n(right)} {_n(down)}"
    dash = ' stroke-dasharray="5 4"' if dashed else ""
    return f'<path d="{path}" fill="none" stroke="{colour}" stroke-width="1.5"{dash}/>'


def _head(tip: Point, down: int, colour: str) -> str:
    x, y = tip
    back = _n(y - down * _HEAD)
    corners = f"{_n(x)},{_n(y)} {_n(x - 4.5)},{back} {_n(x + 4.5)},{back}"
    return f'<polygon points="{corners}" fill="{colour}"/>'


def _rect(left: float, top: float, wide: float, high: float, round_: float) -> str:
    return (
        f'<rect x="{_n(left)}" y="{_n(top)}" width="{_n(wide)}" height="{_n(high)}"'
        f' rx="{_n(round_)}" fill="{_BOX}" stroke="{_EDGE}" stroke-width="1.5"/>'
    )


def _wide(text: str) -> float:
    return sum(2 if east_asian_width(letter) in "WF" else 1 for letter in text) * _COLUMN


def _n(number: float) -> str:
    return f"{number:.1f}".removesuffix(".0")
