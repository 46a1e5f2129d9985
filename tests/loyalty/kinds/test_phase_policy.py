from itertools import product

import numpy as np
import pytest

from crmkit.errors import InvalidValueError
from crmkit.kernel import Evidence, FrozenMap
from crmkit.loyalty import PHASE_POLICY, LoyaltyPhase, PhasePolicy, loyalty_phase
from crmkit.loyalty.kinds.loyalty_facts import Fact


NAMES = ("cognitive", "affective", "conative", "action")
UNKNOWN = LoyaltyPhase.UNKNOWN
WITHOUT: list[LoyaltyPhase] = [
    phase for phase in LoyaltyPhase if phase not in (LoyaltyPhase.NONE, UNKNOWN)
]


def phases_possible(scores: tuple[float | None, ...]) -> set[str]:
    """Try every value that the unknown scores may have: the highest phase without a gap."""
    open_ = [(0, 100) if score is None else (score,) for score in scores]
    found = set()
    for full in product(*open_):
        reached = "none"
        for name, score in zip(NAMES, full, strict=True):
            if score < 50:
                break
            reached = name
        found.add(reached)
    return found


class TestLoyaltyPhase:
    @pytest.mark.parametrize("scores", [*product((None, 0.0, 49.9, 50.0, 100.0), repeat=4)])
    def test_is_told_exactly_where_no_unknown_score_could_change_it(
        self, scores: tuple[float | None, ...]
    ) -> None:
        found = loyalty_phase(dict(zip(NAMES, scores, strict=True)))
        possible = phases_possible(scores)

        assert (found.phase is UNKNOWN) == (len(possible) > 1)
        order = ["none", *NAMES]
        assert str(found.at_least.value) == min(possible, key=order.index)
        if len(possible) == 1:
            assert {found.phase.value} == possible

    def test_flags_action_without_the_rest(self) -> None:
        found = loyalty_phase({"cognitive": 10, "affective": 90, "conative": 10, "action": 90})

        assert found.phase is LoyaltyPhase.NONE
        assert found.over_a_gap == (LoyaltyPhase.AFFECTIVE, LoyaltyPhase.ACTION)

    def test_takes_bars_of_a_companys_own(self) -> None:
        bars: dict[LoyaltyPhase, float] = dict(zip(WITHOUT, (80, 70, 60, 50), strict=True))
        policy = PhasePolicy(name="ours", bars=FrozenMap(bars), source="us")

        assert loyalty_phase(dict.fromkeys(NAMES, 75), policy=policy).phase is LoyaltyPhase.NONE

    @pytest.mark.parametrize(
        ("facts", "message"),
        [
            ({"action": 101}, "must be a number from 0 to 100"),
            ({"actions": 50}, "did you mean 'action'"),
        ],
    )
    def test_refuses_what_is_no_score(self, facts: dict[str, Fact], message: str) -> None:
        with pytest.raises(InvalidValueError, match=message):
            loyalty_phase(facts)

    def test_takes_numbers_out_of_a_frame(self) -> None:
        bars = dict.fromkeys(WITHOUT, np.int64(80))
        policy = PhasePolicy(name="ours", bars=FrozenMap(bars), source="us")  # type: ignore[arg-type]  # numpy's

        found = loyalty_phase({"cognitive": np.int64(80)}, policy=policy)  # type: ignore[dict-item]  # numpy's

        assert found.at_least is LoyaltyPhase.COGNITIVE
        assert found.explain("C-7").find("cognitive") == Evidence("cognitive", 80, 80, True)
        assert all(type(bar) is int for bar in policy.bars.values())

    def test_refuses_what_is_no_policy(self) -> None:
        with pytest.raises(InvalidValueError, match="must be a PhasePolicy"):
            loyalty_phase({}, policy=50)  # type: ignore[arg-type]  # refused


class TestPolicy:
    @pytest.mark.parametrize(
        ("bars", "message"),
        [
            (dict.fromkeys(WITHOUT[:3], 50), "one bar for each of cognitive"),
            (dict.fromkeys(WITHOUT, 101), "must be a number from 0 to 100"),
            (dict.fromkeys(WITHOUT, None), "bars is None: it must tell the bar of cognitive"),
        ],
    )
    def test_has_a_bar_for_each_phase(self, bars: dict[LoyaltyPhase, float], message: str) -> None:
        with pytest.raises(InvalidValueError, match=message):
            PhasePolicy(name="ours", bars=FrozenMap(bars), source="us")

    def test_refuses_bars_that_are_not_frozen(self) -> None:
        with pytest.raises(InvalidValueError, match="must be a FrozenMap"):
            PhasePolicy(name="ours", bars=dict.fromkeys(WITHOUT, 50), source="us")  # type: ignore[arg-type]  # refused

    def test_of_the_library_is_the_middle_of_the_scale(self) -> None:
        assert set(PHASE_POLICY.bars.values()) == {50}


class TestExplain:
    def test_says_it_in_both_languages(self) -> None:
        why = loyalty_phase(dict.fromkeys(NAMES[:3], 80) | {"action": 10}).explain("C-7")

        assert why.verdict is LoyaltyPhase.CONATIVE
        assert why.find("action").met is False
        assert why.sentence("zh") == (
            "客户C-7：意愿忠诚；认知、情感、意愿、行为得分为80、80、80、10，"
            "门槛为50、50、50、50；越级达到：无"
        )

    def test_tells_every_phase_over_a_gap_and_what_is_not_known(self) -> None:
        why = loyalty_phase({"cognitive": 30, "conative": 60, "action": 90}).explain("C-5")

        assert str(why) == (
            "customer C-5: no phase reached; scores 30, not known, 60 and 90, where it takes 50, "
            "50, 50, 50; reached over a gap: conative loyalty and action loyalty"
        )
        assert why.sentence("zh") == (
            "客户C-5：未达任何阶段；认知、情感、意愿、行为得分为30、不明、60、90，"
            "门槛为50、50、50、50；越级达到：“意愿忠诚”和“行为忠诚”"
        )

    def test_says_what_is_not_known(self) -> None:
        why = loyalty_phase({"cognitive": 80, "conative": 10}).explain("C-7")

        assert why.missing == ("affective",)
        assert str(why) == (
            "customer C-7: phase not known; it takes: he likes us; sure is: cognitive loyalty"
        )
        assert why.sentence("zh") == "客户C-7：阶段不明；缺少：情感得分；已可确定：认知忠诚"
