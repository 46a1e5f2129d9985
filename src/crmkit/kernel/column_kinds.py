"""What a column of a frame is: its name, what it holds, what it means."""

from __future__ import annotations

import attrs

from .labels import Labelled, Text


class ColumnKind(Labelled):
    """What a column holds, whatever its engine calls that."""

    ID = "id", "Id: text or whole numbers", "编码"
    TEXT = "text", "Text", "文本"
    TIME = "time", "Dates, or instants with a time zone", "日期或时刻"
    NUMBER = "number", "Numbers", "数值"
    FLAG = "flag", "True or false", "是否"


@attrs.frozen
class Column:
    """One column that measures know.

    Attributes:
        name: Its standard name; every measure takes another by keyword.
        kind: What it holds.
        says: What it means.
        unit: What its numbers count; None where it holds none.
    """

    name: str
    kind: ColumnKind
    says: Text
    unit: Text | None = None
