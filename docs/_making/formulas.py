"""Formulas of the manual and of docstrings, turned from LaTeX into MathML while building.

MathML is drawn by the browser itself: no script from another host.
"""

import re
from typing import Final
from xml.etree.ElementTree import Element

from latex2mathml.converter import convert
from markdown import Markdown
from markdown.extensions import Extension
from markdown.inlinepatterns import InlineProcessor


BLOCK: Final = r"\$\$(?P<latex>[^$]+?)\$\$"
INLINE: Final = r"(?<![\w$\\])\$(?P<latex>[^\s$](?:[^$]*?[^\s$\\])?)\$(?![\w$])"


class _Formula(InlineProcessor):
    """One way to write a formula."""

    def __init__(self, pattern: str, md: Markdown, display: str) -> None:
        super().__init__(pattern, md)
        self._display = display

    def handleMatch(  # type: ignore[override]  # noqa: N802  # as Markdown calls it
        self, m: re.Match[str], data: str
    ) -> tuple[Element | str, int, int]:
        """Put MathML in the place of LaTeX."""
        drawn = convert(m.group("latex").strip(), display=self._display)
        # The converter takes ± for a letter, and letters have no space around them.
        drawn = drawn.replace("<mi>&#x000B1;</mi>", "<mo>&#x000B1;</mo>")
        return self.md.htmlStash.store(drawn), m.start(0), m.end(0)


class Formulas(Extension):
    r"""Write `$p - d$` in a line, `$$p - d$$` for a line of its own.

    Examples:
        >>> html = Markdown(extensions=[Formulas()]).convert(r"Score $100\,(p - d)$, 5 $ a month")
        >>> "<math" in html, "5 $ a month" in html
        (True, True)
    """

    def extendMarkdown(self, md: Markdown) -> None:  # noqa: N802  # as Markdown calls it
        """Register both ways, before Markdown reads underscores and backslashes."""
        md.inlinePatterns.register(_Formula(BLOCK, md, "block"), "formula-block", 186)
        md.inlinePatterns.register(_Formula(INLINE, md, "inline"), "formula", 185)
