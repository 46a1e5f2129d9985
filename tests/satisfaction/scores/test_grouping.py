"""Groups of rows: found block by block, each row remembered by the place of its group."""

import narwhals.stable.v2 as nw
import numpy as np
import pandas as pd
import polars as pl
import pytest

from crmkit.errors import InvalidValueError
from crmkit.kernel.frames import Eager
from crmkit.satisfaction import acsi
from crmkit.satisfaction.scores.grouping import groups_of


MANY = 1_200_000  # more rows than a block


def many() -> pd.DataFrame:
    """Rows of which the last alone are of the first group by name."""
    return pd.DataFrame(
        {
            "region": ["north", "south", "west"] * (MANY // 3 - 1) + ["east", "west", "east"],
            "wave": np.arange(MANY) // 1000 % 7 - 3,
        }
    )


def as_frame(engine: str, frame: pd.DataFrame) -> Eager:
    if engine == "polars":
        native = pl.DataFrame({name: frame[name].to_list() for name in frame.columns})
        return nw.from_native(native, eager_only=True)
    held = frame.astype({"region": "category"}) if engine == "pandas, categories" else frame
    return nw.from_native(held, eager_only=True)


@pytest.mark.parametrize("engine", ["pandas", "pandas, categories", "polars"])
@pytest.mark.parametrize("names", [["region"], ["wave"], ["region", "wave"]])
class TestGroupsOf:
    def test_are_those_of_pandas_in_rising_order(self, engine: str, names: list[str]) -> None:
        frame = many()
        # `ngroup` numbers groups in the order of their sorted names.
        by_pandas = frame.groupby(names, sort=True)

        groups = groups_of(as_frame(engine, frame), names)

        assert groups.codes.tolist() == by_pandas.ngroup().tolist()
        assert groups.rows.tolist() == by_pandas.size().tolist()
        firsts = frame[names].drop_duplicates().sort_values(names)
        assert groups.keys.rows() == list(firsts.itertuples(index=False, name=None))

    def test_remember_a_row_by_one_byte(self, engine: str, names: list[str]) -> None:
        assert groups_of(as_frame(engine, many()), names).codes.dtype == np.uint8


class TestBlocks:
    def test_tell_a_bad_answer_by_its_row_in_the_whole(self) -> None:
        frame = pd.DataFrame({"S": np.full(MANY, 5), "region": "N"})
        frame.loc[MANY - 2, "S"] = 11

        with pytest.raises(InvalidValueError, match=f"row {MANY - 2}"):
            acsi(frame, item_weights={"S": 1}, by="region")
