"""One table of rows in every engine, and back."""

from collections.abc import Mapping, Sequence

import duckdb
import pandas as pd
import polars as pl
from hypothesis import settings


Schema = Mapping[str, pl.DataType | type[pl.DataType]]
Columns = dict[str, Sequence[object]]

# An example costs some hundred milliseconds where DuckDB plans a query for it.
FEW = settings(max_examples=settings().max_examples // 5)

# Fewer still where every example is a plan of many expressions: a second each on a busy machine.
FEWEST = settings(max_examples=max(FEW.max_examples // 5, 2))

ENGINES = ("pandas", "polars", "polars lazy", "duckdb")
EAGER, LAZY = ENGINES[:2], ENGINES[2:]

# A session of its own, in a zone that is nobody's here: no result may depend on it.
SESSION = duckdb.connect()
SESSION.execute("SET TimeZone = 'America/New_York'")


def in_engine(
    engine: str, columns: Columns, schema: Schema
) -> pd.DataFrame | pl.DataFrame | pl.LazyFrame | duckdb.DuckDBPyRelation:
    """Make a frame; dates come to pandas as Python's, for it has no type for them."""
    frame = pl.DataFrame(columns, schema=schema)
    if engine == "pandas":
        return pd.DataFrame(
            {
                name: pd.Series(list(values), dtype=object)
                if schema[name] == pl.Date
                else frame[name].to_pandas()
                for name, values in columns.items()
            }
        )
    if engine == "polars":
        return frame
    if engine == "polars lazy":
        return frame.lazy()
    return SESSION.from_arrow(frame.to_arrow())


def rows_of(result: object) -> list[tuple[object, ...]]:
    """Return the rows of any engine's frame, in the order in which it gives them."""
    if isinstance(result, pd.DataFrame):
        return [tuple(row) for row in result.astype(object).to_numpy().tolist()]
    if isinstance(result, pl.LazyFrame):
        result = result.collect()
    if isinstance(result, pl.DataFrame):
        return result.rows()
    assert isinstance(result, duckdb.DuckDBPyRelation)
    return result.fetchall()
