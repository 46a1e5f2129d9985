import math

import polars as pl
import pytest
from hypothesis import given, strategies as st

from crmkit.errors import InvalidValueError
from crmkit.satisfaction import (
    DisconfirmationState,
    Scale,
    Tolerance,
    ToleranceZone,
    add_disconfirmation,
    disconfirmation,
)
from tests.value.engines import ENGINES, FEW, Columns, Schema, in_engine, rows_of


SCHEMA: Schema = {"expected": pl.Float64, "perceived": pl.Float64}
ANSWER = st.integers(1, 7)
SEVEN = Scale(1, 7)


class TestDisconfirmation:
    @pytest.mark.parametrize(
        ("expected", "perceived", "state", "gap"),
        [(4, 5, "positive", 1), (4, 4, "confirmed", 0), (5, 3, "negative", -2)],
    )
    def test_is_what_oliver_calls_it(
        self, expected: int, perceived: int, state: str, gap: int
    ) -> None:
        told = disconfirmation(expected, perceived, scale=SEVEN)

        assert (told.state.value, told.gap) == (state, gap)

    @pytest.mark.parametrize(("perceived", "state"), [(4.5, "confirmed"), (4.4, "negative")])
    def test_takes_the_end_of_the_band_for_confirmed(self, perceived: float, state: str) -> None:
        assert disconfirmation(5, perceived, scale=SEVEN, band=0.5).state.value == state

    def test_counts_decimals_as_they_are_written(self) -> None:
        # In floats 0.3 − 0.2 is below 0.1, and 0.9 − 0.8 is below it as well.
        told = disconfirmation(0.2, 0.3, scale=Scale(0, 1), band=0.1)

        assert (told.gap, told.state) == (0.1, DisconfirmationState.CONFIRMED)

    @given(ANSWER, ANSWER, st.integers(0, 3))
    def test_turns_with_its_sides(self, expected: int, perceived: int, band: int) -> None:
        one = disconfirmation(expected, perceived, scale=SEVEN, band=band)
        other = disconfirmation(perceived, expected, scale=SEVEN, band=band)

        assert one.gap == -other.gap
        assert (one.state is DisconfirmationState.POSITIVE) == (
            other.state is DisconfirmationState.NEGATIVE
        )

    def test_says_why_in_both_languages(self) -> None:
        why = disconfirmation(5, 3, scale=SEVEN, band=1).explain()

        assert str(why) == (
            "negative disconfirmation: worse than expected: 3 perceived against 5 expected, "
            "a gap of -2; up to 1 either way counts as confirmed"
        )
        assert why.sentence("zh") == "低于期望：感知3，期望5，差距-2；上下1以内视为符合"
        assert why.find("perceived").met is False

    @pytest.mark.parametrize("wrong", [math.nan, math.inf, True, "4", None])
    def test_refuses_what_is_no_number(self, wrong: object) -> None:
        with pytest.raises(InvalidValueError, match="must be a finite number"):
            disconfirmation(4, wrong, scale=SEVEN)  # type: ignore[arg-type]  # refused

    @pytest.mark.parametrize(("expected", "perceived"), [(4, 99), (0, 4), (7.1, 4)])
    def test_refuses_what_is_off_the_scale(self, expected: float, perceived: float) -> None:
        with pytest.raises(InvalidValueError, match="it must lie on the scale, from 1 to 7"):
            disconfirmation(expected, perceived, scale=SEVEN)

    def test_refuses_what_is_no_scale(self) -> None:
        with pytest.raises(InvalidValueError, match=r"scale is 5: it must be a Scale"):
            disconfirmation(4, 5, scale=5)  # type: ignore[arg-type]  # refused

    def test_refuses_a_negative_band(self) -> None:
        with pytest.raises(InvalidValueError, match="band is -1: it must not be negative"):
            disconfirmation(4, 5, scale=SEVEN, band=-1)


class TestAddDisconfirmation:
    @FEW
    @given(
        st.lists(st.tuples(ANSWER | st.none(), ANSWER | st.none()), min_size=1, max_size=20),
        st.sampled_from([0, 1, 0.5]),
    )
    def test_is_the_definition_in_every_engine(
        self, answers: list[tuple[int | None, int | None]], band: float
    ) -> None:
        columns: Columns = {
            "expected": [row[0] for row in answers],
            "perceived": [row[1] for row in answers],
        }
        expected: list[tuple[float | None, str | None]] = []
        for before, after in answers:
            if before is None or after is None:
                expected.append((None, None))
            else:
                one = disconfirmation(before, after, scale=SEVEN, band=band)
                expected.append((one.gap, one.state.value))

        for engine in ENGINES:
            frame = in_engine(engine, columns, SCHEMA)
            told = rows_of(add_disconfirmation(frame, scale=SEVEN, band=band))

            plain = [
                tuple(None if cell is None or cell != cell else cell for cell in row[2:])
                for row in told
            ]
            assert sorted(plain, key=str) == sorted(expected, key=str), engine

    @pytest.mark.parametrize("engine", ENGINES)
    def test_gives_the_same_kind_of_frame_back(self, engine: str) -> None:
        frame = in_engine(
            engine, {"before": [4.0], "after": [5.0]}, {"before": pl.Float64, "after": pl.Float64}
        )

        told = add_disconfirmation(frame, scale=SEVEN, expected="before", perceived="after")

        assert type(told) is type(frame)

    @pytest.mark.parametrize("engine", ENGINES)
    def test_refuses_infinity(self, engine: str) -> None:
        frame = in_engine(engine, {"expected": [4.0], "perceived": [math.inf]}, SCHEMA)

        with pytest.raises(
            InvalidValueError,
            match=r"perceived is .*must lie on the scale, from 1 to 7, as in .*row",
        ):
            add_disconfirmation(frame, scale=SEVEN)

    def test_names_the_rows_that_are_off_the_scale(self) -> None:
        frame = pl.DataFrame({"expected": [1, 99, 7, 0], "perceived": [2, 3, 4, 5]})

        with pytest.raises(
            InvalidValueError,
            match=r"expected is \(99, 0\): it must lie on the scale, .* 7, as in rows 1 and 3",
        ):
            add_disconfirmation(frame, scale=SEVEN)

    def test_refuses_to_overwrite(self) -> None:
        frame = pl.DataFrame({"expected": [4], "perceived": [5], "gap": [1]})

        with pytest.raises(InvalidValueError, match="gap is a column: it must not be there"):
            add_disconfirmation(frame, scale=SEVEN)

    def test_refuses_a_negative_band(self) -> None:
        frame = pl.DataFrame({"expected": [4], "perceived": [5]})

        with pytest.raises(InvalidValueError, match="band is -1"):
            add_disconfirmation(frame, scale=SEVEN, band=-1)


class TestToleranceZone:
    @pytest.mark.parametrize(
        ("perceived", "place"),
        [(2, "unacceptable"), (3, "tolerable"), (4, "tolerable"), (5, "tolerable"), (6, "delight")],
    )
    def test_holds_its_ends(self, perceived: int, place: str) -> None:
        assert ToleranceZone(3, 5, scale=SEVEN).place(perceived) is Tolerance(place)

    def test_may_have_no_width(self) -> None:
        zone = ToleranceZone(4, 4, scale=SEVEN)

        assert (zone.width, zone.place(4)) == (0, Tolerance.TOLERABLE)

    def test_is_as_wide_as_it_is_written(self) -> None:
        assert ToleranceZone(0.1, 0.3, scale=Scale(0, 1)).width == 0.2

    def test_refuses_crossed_ends_and_what_is_no_number(self) -> None:
        with pytest.raises(InvalidValueError, match="must not be below adequate, 4"):
            ToleranceZone(4, 3, scale=SEVEN)
        with pytest.raises(InvalidValueError, match="adequate is nan"):
            ToleranceZone(math.nan, 3, scale=SEVEN)
        with pytest.raises(InvalidValueError, match=r"perceived is inf"):
            ToleranceZone(2, 3, scale=SEVEN).place(math.inf)

    def test_refuses_what_is_off_the_scale(self) -> None:
        with pytest.raises(InvalidValueError, match="desired is 8: it must lie on the scale"):
            ToleranceZone(3, 8, scale=SEVEN)
        with pytest.raises(InvalidValueError, match="perceived is 99: it must lie on the scale"):
            ToleranceZone(3, 4, scale=SEVEN).place(99)

    @pytest.mark.parametrize(
        ("perceived", "en", "zh", "enough", "within"),
        [
            (2, "unacceptable: below what would do", "不可接受", False, True),
            (4, "within the zone of tolerance", "容忍区内", True, True),
            (6, "delight: above what is desired", "惊喜", True, False),
        ],
    )
    def test_says_why_in_both_languages(
        self, perceived: int, en: str, zh: str, enough: bool, within: bool
    ) -> None:
        why = ToleranceZone(3, 5, scale=SEVEN).explain(perceived)

        assert str(why) == f"{en}: {perceived} perceived, where 3 would do and 5 is desired"
        assert why.sentence("zh") == f"{zh}：感知{perceived}，适当水平为3，理想水平为5"
        assert (why.find("perceived").met, why.find("desired").met) == (enough, within)
