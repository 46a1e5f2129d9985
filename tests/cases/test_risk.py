"""Risk in figures."""

from itertools import product
from typing import Any

import pytest
from hypothesis import given, strategies as st

from crmkit.cases import AS_NZS_4360, RiskLevel, RiskMatrix, RiskScore
from crmkit.errors import InvalidValueError


FIGURES = st.integers(1, 10)


class TestScore:
    def test_is_the_product_of_the_three(self) -> None:
        """By hand: 8 × 3 × 5 = 120; the least is 1, the most 1000."""
        assert RiskScore(severity=8, occurrence=3, detection=5).rpn == 120
        assert RiskScore(severity=1, occurrence=1, detection=1).rpn == 1
        assert RiskScore(severity=10, occurrence=10, detection=10).rpn == 1000

    @given(FIGURES, FIGURES, FIGURES)
    def test_can_be_computed_again_from_the_evidence(self, s: int, o: int, d: int) -> None:
        why = RiskScore(severity=s, occurrence=o, detection=d).explain()

        found = [why.find(name).value for name in ("severity", "occurrence", "detection")]

        assert found == [s, o, d]
        assert why.verdict == s * o * d
        assert why.find("severity").met is (s >= 9)

    @given(FIGURES, FIGURES)
    def test_touches_safety_by_its_severity_alone(self, o: int, d: int) -> None:
        """AIAG: severity 9 and 10 are failures to meet safety or regulatory requirements."""
        touches = [
            RiskScore(severity=s, occurrence=o, detection=d).touches_safety for s in range(1, 11)
        ]

        assert touches == [False] * 8 + [True] * 2

    @pytest.mark.parametrize("name", ["severity", "occurrence", "detection"])
    @pytest.mark.parametrize("value", [0, 11, 2.0, True, "3", None])
    def test_an_unfit_figure_is_refused_by_name(self, name: str, value: Any) -> None:
        told = {"severity": 5, "occurrence": 5, "detection": 5, name: value}

        with pytest.raises(InvalidValueError, match="from 1 to 10") as refused:
            RiskScore(**told)

        assert refused.value.name == name

    def test_is_told_in_chinese(self) -> None:
        why = RiskScore(severity=8, occurrence=3, detection=5).explain()

        assert why.sentence("zh") == "风险优先数为120：严重度8×频度3×探测度5"


class TestMatrix:
    def test_is_table_e3_of_the_standard(self) -> None:
        """AS/NZS 4360:1999, table E3, from almost certain to rare."""
        table = ["HHEEE", "MHHEE", "LMHEE", "LLMHE", "LLMHH"]
        word = dict(zip("LMHE", RiskLevel, strict=True))

        for likelihood, consequence in product(range(1, 6), range(1, 6)):
            why = AS_NZS_4360.decide(likelihood=likelihood, consequence=consequence)

            assert why.verdict is word[table[5 - likelihood][consequence - 1]]

    def test_can_be_decided_again_from_the_evidence(self) -> None:
        why = AS_NZS_4360.decide(likelihood=3, consequence=2)
        line = why.find("consequence").against

        assert isinstance(line, tuple)
        assert line[1] is why.verdict is RiskLevel.MODERATE
        assert why.sentence("zh") == "按“AS/NZS 4360”风险为“中等”：可能性3，后果2"

    @given(
        st.lists(
            st.lists(st.sampled_from(RiskLevel), min_size=5, max_size=5), min_size=5, max_size=5
        )
    )
    def test_is_read_back_from_json(self, levels: list[list[RiskLevel]]) -> None:
        matrix = RiskMatrix(name="ours", levels=levels, source="we")

        assert RiskMatrix.from_json(matrix.to_json()) == matrix

    @pytest.mark.parametrize(
        ("levels", "says"),
        [
            ([], "5 lines of 5"),
            ([["low"] * 5] * 4, "5 lines of 5"),
            ([["low"] * 5] * 4 + [["low"] * 4], "5 lines of 5"),
            ([["lo"]], "did you mean 'low'"),
        ],
    )
    def test_unfit_levels_are_refused(self, levels: list[list[str]], says: str) -> None:
        with pytest.raises(InvalidValueError, match=says) as refused:
            RiskMatrix(name="ours", levels=levels)

        assert refused.value.name == "levels"

    @pytest.mark.parametrize("value", [0, 6, 2.5, True])
    def test_an_unfit_figure_is_refused_by_name(self, value: Any) -> None:
        with pytest.raises(InvalidValueError, match="from 1 to 5") as likely:
            AS_NZS_4360.decide(likelihood=value, consequence=1)
        with pytest.raises(InvalidValueError, match="from 1 to 5") as grave:
            AS_NZS_4360.decide(likelihood=1, consequence=value)

        assert (likely.value.name, grave.value.name) == ("likelihood", "consequence")

    @pytest.mark.parametrize("text", ["", "[]", '{"name": "ours", "levels": [1]}'])
    def test_json_of_nothing_is_refused(self, text: str) -> None:
        with pytest.raises(InvalidValueError, match="cannot be read"):
            RiskMatrix.from_json(text)
