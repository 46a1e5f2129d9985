"""The house as a picture: packages in layers, read from the import contract while building."""

import importlib
import inspect
import tomllib
from collections.abc import Iterator
from html import escape
from pathlib import Path
from typing import Final


PROJECT: Final = Path(__file__).parents[2] / "pyproject.toml"

_WIDTH: Final = 520
_ROW: Final = 52
_GAP: Final = 10
_FONT: Final = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', sans-serif"
_BOX, _EDGE, _INK, _PALE = "#eaf1fb", "#3f5f8a", "#16202e", "#4a5a6e"


def layers() -> list[list[str]]:
    """Return the packages that are there, layer by layer, the uppermost first."""
    contracts = tomllib.loads(PROJECT.read_text())["tool"]["importlinter"]["contracts"]
    (written,) = (each["layers"] for each in contracts if each["type"] == "layers")
    rows = [[name.strip() for name in row.split("|")] for row in written]
    there = [[name for name in row if not name.startswith(("(", "_"))] for row in rows]
    return [row for row in there if row]


def house() -> str:
    """Return the picture: who stands above may import from who stands below, never the reverse."""
    rows = layers()
    height = len(rows) * (_ROW + _GAP) + _GAP
    boxes = "".join(box for place, row in enumerate(rows) for box in _row(row, place))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" width="{_WIDTH}"'
        f' height="{height}" role="img" aria-label="The packages of crmkit in layers"'
        f' font-family="{escape(_FONT)}"><rect width="100%" height="100%" rx="10" fill="#fbfcfe"/>'
        f"{boxes}</svg>"
    )


def _row(names: list[str], place: int) -> Iterator[str]:
    wide = (_WIDTH - _GAP * (len(names) + 1)) / len(names)
    top = _GAP + place * (_ROW + _GAP)
    for number, name in enumerate(names):
        left = _GAP + number * (wide + _GAP)
        yield (
            f'<rect x="{left:.1f}" y="{top}" width="{wide:.1f}" height="{_ROW}" rx="8"'
            f' fill="{_BOX}" stroke="{_EDGE}"/>'
            f'<text x="{left + 14:.1f}" y="{top + 22}" font-size="15" font-weight="600"'
            f' fill="{_INK}">{name}</text>'
            f'<text x="{left + 14:.1f}" y="{top + 40}" font-size="12"'
            f' fill="{_PALE}">{escape(_motto(name))}</text>'
        )


def _motto(name: str) -> str:
    """Return the first words of a package, up to the colon or the end of the sentence."""
    first = (inspect.getdoc(importlib.import_module(f"crmkit.{name}")) or "").splitlines()[0]
    return first.split(":")[0].rstrip(".")
