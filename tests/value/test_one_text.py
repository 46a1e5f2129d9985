"""One text in every row, on engines that keep texts in different ways."""

from collections.abc import Callable, Sequence

import narwhals.stable.v2 as nw
import pandas as pd
import polars as pl
import pytest
from narwhals.stable.v2.typing import IntoSeries

from crmkit.value.one_text import one_text


def as_str(texts: Sequence[object]) -> IntoSeries:
    return pd.Series(texts, dtype="str")


def as_objects(texts: Sequence[object]) -> IntoSeries:
    return pd.Series(texts, dtype="object")


def as_categories(texts: Sequence[object]) -> IntoSeries:
    return pd.Series(texts, dtype="category")


@pytest.mark.parametrize("kind", [as_str, as_objects, as_categories, pl.Series])
@pytest.mark.parametrize(
    ("texts", "told"),
    [
        (["W", "W", "W"], "W"),
        (["W"], "W"),
        (["W", "W", "D"], None),
        (["D", "W", "W"], None),
        (["W", None, "W"], None),
        (["W", None], None),
        ([None, "W"], None),
        ([None, None], None),
        ([], None),
    ],
)
def test_is_told_where_every_row_holds_it(
    kind: Callable[[Sequence[object]], IntoSeries], texts: list[str | None], told: str | None
) -> None:
    column = nw.from_native(kind(texts), series_only=True)

    assert one_text(column) == told


def test_numbers_are_no_text() -> None:
    assert one_text(nw.from_native(pd.Series([7, 7]), series_only=True)) is None
