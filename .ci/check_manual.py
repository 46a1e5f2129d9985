"""Check that a built manual opens without a network, and shows nothing that was left unmade.

mkdocs says nothing of scripts, styles, fonts and pictures from other hosts, of diagrams and
formulas that a script from another host would have to draw, or of Markdown that nobody read.
"""

import re
import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Final
from urllib.parse import unquote, urlsplit


LOADS: Final = {
    "audio": ("src",),
    "embed": ("src",),
    "iframe": ("src",),
    "image": ("href", "xlink:href"),
    "img": ("src", "srcset"),
    "input": ("src",),
    "link": ("href",),
    "object": ("data",),
    "script": ("src",),
    "source": ("src", "srcset"),
    "track": ("src",),
    "use": ("href", "xlink:href"),
    "video": ("src", "poster"),
}
"""What makes a browser fetch something by itself."""

POINTS: Final = frozenset({"alternate", "author", "canonical", "license", "next", "prev"})
"""Links in a page's head that are not fetched."""

LEFT_CLASSES: Final = frozenset({"arithmatex", "mermaid"})
UNREAD: Final = re.compile(r"\$\$|\\(?:frac|sqrt|sum|bar)\b|^```|^:::|\]\[[\w.]*\]|\*\*\w", re.M)
STYLE_LOADS: Final = re.compile(r"""(?:url\(|@import)\s*["']?([^"')\s]+)""")
SILENT: Final = frozenset({"code", "math", "pre", "script", "style", "svg"})
EMPTY: Final = frozenset({"br", "hr", "img", "input", "link", "meta", "source", "track", "wbr"})


class Page(HTMLParser):
    """What one page fetches, and what it shows as text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.fetched: list[str] = []
        self.classes: set[str] = set()
        self.shown: list[str] = []
        self._open: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note what a tag makes the browser fetch."""
        told = {name: value or "" for name, value in attrs}
        self.classes.update(told.get("class", "").split())
        self.fetched += STYLE_LOADS.findall(told.get("style", ""))
        if not (tag == "link" and POINTS & set(told.get("rel", "").split())):
            for name in LOADS.get(tag, ()):
                parts = told.get(name, "").split(",") if name == "srcset" else [told.get(name, "")]
                self.fetched += [part.split()[0] for part in parts if part.strip()]
        if tag not in EMPTY:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        """Close a tag, and what was left open inside it."""
        if tag in self._open:
            while self._open.pop() != tag:
                pass

    def handle_data(self, data: str) -> None:
        """Keep what a reader sees; what a style in the page fetches counts too."""
        if self._open[-1:] == ["style"]:
            self.fetched += STYLE_LOADS.findall(data)
        elif not SILENT & set(self._open):
            self.shown.append(data)


def problems(site: Path) -> Iterator[str]:
    """Yield what is wrong with a built site, file by file."""
    pages = sorted(site.rglob("*.html"))
    if not pages:
        yield f"{site}: there is no page"
    for path in pages:
        name = path.relative_to(site)
        page = Page(path.read_text(encoding="utf-8"))
        yield from _bad_references(site, path, page.fetched)
        yield from (
            f"{name}: class {left!r} needs a script" for left in page.classes & LEFT_CLASSES
        )
        for unread in UNREAD.findall("\n".join(page.shown)):
            yield f"{name}: {unread!r} was not read as Markdown or as a formula"
    for path in sorted(site.rglob("*.css")):
        found = STYLE_LOADS.findall(path.read_text(encoding="utf-8"))
        yield from _bad_references(site, path, found)


def _bad_references(site: Path, path: Path, references: list[str]) -> Iterator[str]:
    for reference in references:
        parts = urlsplit(reference)
        if parts.scheme == "data" or not (parts.netloc or parts.path):
            continue
        if parts.scheme or parts.netloc:
            yield f"{path.relative_to(site)}: fetches {reference} from another host"
            continue
        # What stands at the root of the site is asked for so by the page of a missing address.
        base = site if parts.path.startswith("/") else path.parent
        if not (base / unquote(parts.path).lstrip("/")).exists():
            yield f"{path.relative_to(site)}: fetches {reference}, which is not there"


def main() -> None:
    """Check the site of the first argument; tell what is wrong, and fail."""
    site = Path(sys.argv[1])
    found = list(problems(site))
    if found:
        sys.exit("\n".join(found))
    print(f"{len(list(site.rglob('*.html')))} pages, nothing from another host")


if __name__ == "__main__":
    main()
