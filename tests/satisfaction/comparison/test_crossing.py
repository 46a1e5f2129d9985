import string

import numpy as np
import pandas as pd
import polars as pl
import pytest
from scipy import stats
from statsmodels.stats.multitest import (  # type: ignore[import-untyped]  # it has no stubs
    multipletests,
)
from statsmodels.stats.proportion import (  # type: ignore[import-untyped]  # it has no stubs
    test_proportions_2indep as by_statsmodels,
)

from crmkit.errors import InvalidValueError
from crmkit.satisfaction import cross_table
from crmkit.stats import effective_n
from tests.value.engines import ENGINES, Columns, Schema, in_engine, rows_of


SCHEMA: Schema = {"region": pl.String, "again": pl.String, "weight": pl.Float64}


def told(counts: dict[str, dict[str | None, int]]) -> Columns:
    """So many answers of each kind in every region."""
    rows = [
        (region, answer)
        for region, answers in counts.items()
        for answer, count in answers.items()
        for _ in range(count)
    ]
    rng = np.random.default_rng(4)
    return {
        "region": [region for region, _ in rows],
        "again": [answer for _, answer in rows],
        "weight": [float(w) / 8 for w in rng.integers(4, 13, len(rows))],
    }


COUNTS: dict[str, dict[str | None, int]] = {
    "north": {"yes": 70, "no": 20, "maybe": 10, None: 4},
    "south": {"yes": 40, "no": 40, "maybe": 20},
    "west": {"yes": 45, "no": 30, "maybe": 25},
}


class TestCrossTable:
    @pytest.mark.parametrize("engine", ENGINES)
    def test_tests_every_answer_between_every_two_columns(self, engine: str) -> None:
        """Holm's of statsmodels over its score tests, the letters set by hand."""
        table = cross_table(in_engine(engine, told(COUNTS), SCHEMA), rows="again", columns="region")

        tests = [
            (answer, one, two)
            for answer in ("maybe", "no", "yes")
            for one, two in (("north", "south"), ("north", "west"), ("south", "west"))
        ]
        p_values = [
            by_statsmodels(
                COUNTS[one][answer], 100, COUNTS[two][answer], 100, method="score", correction=False
            ).pvalue
            for answer, one, two in tests
        ]
        found = multipletests(p_values, method="holm")[0]
        expected: dict[tuple[str, str], str] = {}
        letters = {"north": "A", "south": "B", "west": "C"}
        for (answer, one, two), is_found in zip(tests, found, strict=True):
            if is_found:
                above, below = sorted((one, two), key=lambda r: -COUNTS[r][answer])
                key = (answer, above)
                expected[key] = expected.get(key, "") + letters[below]
        letters_found = {
            (str(cell.row), str(cell.column)): cell.higher_than
            for cell in table.cells
            if cell.higher_than
        }
        assert letters_found == expected
        assert expected["yes", "north"] == "BC"
        assert (table.comparisons, table.adjustment) == (9, "holm")

    def test_prints_as_market_research_does(self) -> None:
        table = cross_table(pl.DataFrame(told(COUNTS)), rows="again", columns="region")

        assert str(table) == (
            "again  A north  B south  C west  total\n"
            "maybe  10 %     20 %     25 % A  18 %\n"
            "no     20 %     40 % A   30 %    30 %\n"
            "yes    70 % BC  40 %     45 %    52 %\n"
            "n      100      100      100     300"
        )

    @pytest.mark.parametrize("engine", ENGINES)
    def test_gives_the_cells_as_a_frame_of_the_kind_it_was_given(self, engine: str) -> None:
        frame = in_engine(engine, told(COUNTS), SCHEMA)

        cells = cross_table(frame, rows="again", columns="region").frame()

        assert type(cells) is type(frame)
        rows = rows_of(cells)
        assert len(rows) == 12
        first, last = rows[0], rows[-1]
        # Wilson's interval of 10 of 100, by scipy.
        ends = stats.binomtest(10, 100).proportion_ci(method="wilson")
        assert first[:3] == ("maybe", "north", "A")
        assert first[3:8] == pytest.approx((0.1, ends.low, ends.high, 100, 4))
        assert first[8:] == ("wilson", "", "shown")
        assert (last[:3], last[6:8]) == (("yes", "total", ""), (300, 4))

    @pytest.mark.parametrize("engine", ENGINES)
    def test_weighs_by_effective_size(self, engine: str) -> None:
        columns = told(COUNTS)
        frame = in_engine(engine, columns, SCHEMA)

        table = cross_table(frame, rows="again", columns="region", weights="weight")

        plain = pd.DataFrame(columns).dropna()
        north = plain[plain["region"] == "north"]
        share = np.average(north["again"] == "yes", weights=north["weight"])
        (cell,) = (c for c in table.cells if (c.row, c.column) == ("yes", "north"))
        assert cell.share is not None
        assert cell.share.value == pytest.approx(share)
        size = effective_n(north["weight"])
        z = stats.norm.ppf(0.975)
        middle = (share + z**2 / 2 / size) / (1 + z**2 / size)
        assert (cell.share.low + cell.share.high) / 2 == pytest.approx(middle)
        assert table.counts == (100, 100, 100, 300)

    def test_with_equal_weights_is_unweighted(self) -> None:
        frame = pl.DataFrame(told(COUNTS)).with_columns(weight=pl.lit(0.3))

        even = cross_table(frame, rows="again", columns="region", weights="weight")

        assert str(even) == str(cross_table(frame, rows="again", columns="region"))

    def test_keeps_small_columns_back(self) -> None:
        counts: dict[str, dict[str | None, int]] = {
            **COUNTS,
            "east": {"yes": 5, "no": 2},
            "far": {"yes": 11, "no": 1},
        }

        table = cross_table(pl.DataFrame(told(counts)), rows="again", columns="region")

        sizes = [size.value for size in table.sizes]
        assert sizes == ["suppressed", "complementary", "shown", "shown", "shown", "shown"]
        assert [cell.label for cell in table.cells[:2]] == ["–", "–"]
        # Only the three that are shown are tested.
        assert table.comparisons == 9
        assert set(table.frame()["share"].is_null().to_list()[:3]) == {True, False}

    @pytest.mark.parametrize("engine", ENGINES)
    def test_counts_nobody_who_has_no_weight(self, engine: str) -> None:
        columns: Columns = {
            "region": ["N"] * 40 + ["S"] * 40 + ["W"] * 40,
            "again": ["yes", "no"] * 60,
            "weight": [1.0, 1.0, *[0.0] * 38, *[1.0] * 80],
        }
        schema: Schema = {"region": pl.String, "again": pl.String, "weight": pl.Float64}

        table = cross_table(
            in_engine(engine, columns, schema), rows="again", columns="region", weights="weight"
        )

        assert (table.counts, table.missing) == ((2, 40, 40, 82), (38, 0, 0, 38))
        assert [size.is_kept_back for size in table.sizes] == [True, True, False, False]

    def test_takes_numbers_that_missing_ones_made_floats(self) -> None:
        frame = pd.DataFrame({"region": ["N"] * 20 + ["S"] * 20, "mark": [1, 2, None, 10] * 10})

        table = cross_table(frame, rows="mark", columns="region")

        assert list(dict.fromkeys(cell.row for cell in table.cells)) == [1, 2, 10]
        assert (table.counts, table.missing) == ((15, 15, 30), (5, 5, 10))

    def test_keeps_a_half_as_it_is(self) -> None:
        frame = pl.DataFrame({"region": ["N"] * 20 + ["S"] * 20, "mark": [1.5, 2.0] * 20})

        table = cross_table(frame, rows="mark", columns="region")

        assert [cell.row for cell in table.cells[::3]] == [1.5, 2]

    def test_shows_nothing_of_a_column_that_nobody_answered_in(self) -> None:
        frame = pl.DataFrame({"region": ["N"] * 20 + ["S"], "again": ["yes", "no"] * 10 + [None]})

        table = cross_table(frame, rows="again", columns="region")

        assert [cell.label for cell in table.cells] == ["50 %", "–", "50 %"] * 2
        assert table.comparisons == 0

    def test_refuses_more_columns_than_letters(self) -> None:
        names = [a + b for a in "ab" for b in string.ascii_lowercase]
        frame = pl.DataFrame({"region": names, "again": ["yes"] * 52})

        with pytest.raises(InvalidValueError, match="must be 26 at most; cross fewer"):
            cross_table(frame, rows="again", columns="region")

    @pytest.mark.parametrize("engine", ENGINES)
    def test_refuses_when_nobody_answered(self, engine: str) -> None:
        columns: Columns = {"region": ["N"], "again": [None], "weight": [1.0]}

        with pytest.raises(InvalidValueError, match="nobody answered"):
            cross_table(in_engine(engine, columns, SCHEMA), rows="again", columns="region")

    @pytest.mark.parametrize("engine", ENGINES)
    def test_refuses_a_column_without_a_name(self, engine: str) -> None:
        columns: Columns = {"region": ["N", None], "again": ["yes", "no"], "weight": [1.0, 1.0]}

        with pytest.raises(InvalidValueError, match=r"region is .*: it must not be empty"):
            cross_table(in_engine(engine, columns, SCHEMA), rows="again", columns="region")

    def test_refuses_a_weight_that_is_none(self) -> None:
        frame = pl.DataFrame({"region": ["N"], "again": ["yes"], "weight": [-1.0]})

        with pytest.raises(InvalidValueError, match=r"weight is -1\.0"):
            cross_table(frame, rows="again", columns="region", weights="weight")

    @pytest.mark.parametrize("name", ["region", "again"])
    def test_says_which_column_may_be_meant(self, name: str) -> None:
        frame = pl.DataFrame({"region": ["N"], "again": ["yes"]}).rename({name: name + "s"})

        with pytest.raises(InvalidValueError, match=f"{name} is missing.*did you mean '{name}s'"):
            cross_table(frame, rows="again", columns="region")
