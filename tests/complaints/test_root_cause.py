"""The root cause: five whys, fishbone, escape point."""

from typing import Any

import pytest

from crmkit.complaints import CauseAnalysis, CauseCategory, Fishbone, FiveWhys, RootCause
from crmkit.complaints.corrective_action_findings import ChosenAction, Prevention
from crmkit.errors import InvalidValueError
from crmkit.kernel import FrozenMap


MATERIAL = FrozenMap({CauseCategory.MATERIAL: ("rubber too hard", "wrong lot")})


class TestFiveWhys:
    def test_ends_with_the_root(self) -> None:
        """Ohno's own chain of a machine that stopped, up to the missing strainer."""
        whys = FiveWhys(
            (
                "there was an overload and the fuse blew",
                "the bearing was not lubricated enough",
                "the lubrication pump did not pump enough",
                "the shaft of the pump was worn",
                "there was no strainer, and metal scrap got in",
            )
        )

        assert whys.root == "there was no strainer, and metal scrap got in"

    @pytest.mark.parametrize("answers", [(), ("a", " "), (1,), ["a"]])
    def test_refuses_what_is_no_chain_of_answers(self, answers: object) -> None:
        with pytest.raises(InvalidValueError, match="answers"):
            FiveWhys(answers)  # type: ignore[arg-type]  # refused


class TestFishbone:
    def test_names_the_root_among_the_causes(self) -> None:
        bone = Fishbone(MATERIAL, CauseCategory.MATERIAL, "wrong lot")

        assert bone.root == "wrong lot"

    @pytest.mark.parametrize(
        ("causes", "category", "what"),
        [
            (MATERIAL, CauseCategory.METHOD, "must be one of the causes under method"),
            (FrozenMap({"material": ("wrong lot",)}), CauseCategory.MATERIAL, "CauseCategory"),
            (FrozenMap({CauseCategory.MATERIAL: "wrong lot"}), CauseCategory.MATERIAL, "tuple"),
            (FrozenMap({CauseCategory.MATERIAL: (" ",)}), CauseCategory.MATERIAL, "not blank"),
        ],
    )
    def test_refuses_what_is_no_fishbone(
        self, causes: FrozenMap[CauseCategory, tuple[str, ...]], category: CauseCategory, what: str
    ) -> None:
        with pytest.raises(InvalidValueError, match=what):
            Fishbone(causes, category, "wrong lot")

    def test_of_another_mapping_says_what_to_write(self) -> None:
        causes: Any = {CauseCategory.MATERIAL: ("wrong lot",)}

        with pytest.raises(InvalidValueError, match=r"must be a FrozenMap; write FrozenMap\("):
            Fishbone(causes, CauseCategory.MATERIAL, "wrong lot")

    @pytest.mark.parametrize(
        ("lines", "way_out"), [("wrong lot", r"write \('wrong lot',\)"), (["x"], r"write \('…',\)")]
    )
    def test_of_no_tuple_of_causes_says_what_to_write(self, lines: Any, way_out: str) -> None:
        with pytest.raises(InvalidValueError, match=way_out):
            Fishbone(FrozenMap({CauseCategory.MATERIAL: lines}), CauseCategory.MATERIAL, "x")

    def test_has_the_six_bones_of_the_trade(self) -> None:
        """人、机、料、法、测、环."""
        assert [bone.label("zh") for bone in CauseCategory] == ["人", "机", "料", "法", "测", "环"]


class TestRootCause:
    def test_of_another_kind_must_name_the_cause(self) -> None:
        with pytest.raises(TypeError, match="RootCause must name the cause"):
            _ = RootCause().root


class TestCauseAnalysis:
    @pytest.mark.parametrize("cause", [None, "hardness"])
    def test_tells_something_known(self, cause: object) -> None:
        with pytest.raises(InvalidValueError, match="cause"):
            CauseAnalysis(cause=cause)  # type: ignore[arg-type]  # refused


class TestFindings:
    def test_refuse_blank_lines(self) -> None:
        with pytest.raises(InvalidValueError, match="alternatives"):
            ChosenAction(action="softer", why="cheap", alternatives=("",))
        with pytest.raises(InvalidValueError, match="read_across"):
            Prevention(systemic="all", read_across=("W-300", " "))
