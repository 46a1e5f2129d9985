"""What somebody wants to import, opened: a file by its path, else a frame."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from os import PathLike
from pathlib import Path

from .csv_source import opened_csv
from .source import Source


@contextmanager
def open_source(source: object, *, delimiter: str, encoding: str) -> Iterator[Source]:
    """Open what somebody wants to import.

    Raises:
        InvalidValueError: If it is neither a file that can be read nor a frame.
    """
    if isinstance(source, str | PathLike):
        with opened_csv(Path(source), delimiter, encoding) as table:
            yield table
    else:
        # Loaded only when somebody brings a frame: whoever does has its engine loaded already.
        from .frame_source import FrameSource

        yield FrameSource(source)
