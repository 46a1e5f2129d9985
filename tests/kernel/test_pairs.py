"""What is told of many customers at once."""

import numpy as np
import pandas as pd
import polars as pl
import pytest

from crmkit.errors import InvalidValueError
from crmkit.kernel.pairs import named_once, reasons_for


class TestNamedOnce:
    def test_reads_a_mapping_as_it_reads_pairs(self) -> None:
        assert named_once({"C-7": "A", "C-8": None}) == {"C-7": "A", "C-8": None}
        assert named_once([("C-7", "A"), ("C-8", None)]) == {"C-7": "A", "C-8": None}

    @pytest.mark.parametrize("gap", [None, float("nan"), np.float64("nan"), pd.NA, pd.NaT], ids=str)
    def test_reads_what_engines_write_for_nothing_as_none(self, gap: object) -> None:
        assert named_once([("C-7", gap)]) == {"C-7": None}

    def test_reads_columns_of_any_engine_alike(self) -> None:
        columns = {"customer_id": ["C-7", "C-8"], "abc_class": ["A", None]}
        arrow = pd.DataFrame(columns).convert_dtypes()

        told = [
            named_once(zip(frame["customer_id"], frame["abc_class"], strict=True))
            for frame in (pd.DataFrame(columns), arrow, pl.DataFrame(columns))
        ]

        assert told == [{"C-7": "A", "C-8": None}] * 3

    def test_keeps_numbers_and_their_order(self) -> None:
        assert list(named_once([("C-8", 2.5), ("C-7", 0)]).items()) == [("C-8", 2.5), ("C-7", 0)]

    def test_refuses_a_customer_twice(self) -> None:
        with pytest.raises(InvalidValueError, match="customer is 'C-7': it must be named once"):
            named_once([("C-7", "A"), ("C-7", "A")])

    @pytest.mark.parametrize("customer", [7, np.int64(7)])
    def test_says_how_a_number_becomes_an_id(self, customer: int) -> None:
        with pytest.raises(InvalidValueError, match=r"^customer is 7: .* make text of it: '7'$"):
            named_once([(customer, "A")])  # type: ignore[list-item]  # what a frame may hold

    @pytest.mark.parametrize("customer", [None, float("nan"), 7.0, True, "", " C-7"])
    def test_refuses_what_is_no_id(self, customer: str) -> None:
        with pytest.raises(InvalidValueError, match=r"customer is .*: it must be printable text"):
            named_once({customer: "A"})


class TestReasonsFor:
    def test_leaves_out_what_says_nothing(self) -> None:
        told = dict.fromkeys(["C-7", "C-8", "C-9"])

        reasons = reasons_for(told, {"C-7": "sales doubled", "C-8": None, "C-9": ""})

        assert reasons == {"C-7": "sales doubled"}

    def test_refuses_one_for_somebody_of_whom_nothing_is_told(self) -> None:
        with pytest.raises(InvalidValueError, match="reasons is 'zz': it must be for customers"):
            reasons_for({"C-7": "A"}, {"C-7": "sales doubled", "zz": "gone"})
