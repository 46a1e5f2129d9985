"""What the manual's pages are built with: a hook of mkdocs."""

import re
import sys
from pathlib import Path
from typing import Final

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files


_HERE: Final = Path(__file__).parent
_SESSION: Final = re.compile(r"^```python\n(?=>>>)", re.MULTILINE)
_BROKEN_LINE: Final = re.compile(r"(?<=[。；：？！])\n(?=[\u4e00-\u9fff“《])")


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Let pages hold formulas, and let blocks that draw while building find what they draw with."""
    if str(_HERE) not in sys.path:
        sys.path.append(str(_HERE))
    from formulas import Formulas

    config.markdown_extensions.append(Formulas())  # type: ignore[arg-type]  # Markdown takes both
    return config


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Bring the style and the script that both languages share."""
    for name in ("manual.css", "iframe-worker.js"):
        files.append(File.generated(config, f"assets/{name}", abs_src_path=str(_HERE / name)))
    return files


def on_page_markdown(markdown: str, *, config: MkDocsConfig, **_: object) -> str:
    """Show a block that begins with a prompt as a session; tests run it by the name `python`.

    Chinese sentences, one a line in the source, are joined: a browser would put blanks between.
    """
    shown = _SESSION.sub("```pycon\n", markdown)
    return _BROKEN_LINE.sub("", shown) if config.theme["language"] == "zh" else shown
