from datetime import date, timedelta

import attrs
import pytest

from crmkit.errors import InvalidValueError, TransitionError
from crmkit.kernel import Period
from crmkit.testing import NINE
from crmkit.value import (
    ABC_SCHEME,
    CLASS_TARGET_CODEC,
    PYRAMID_SCHEME,
    ClassTarget,
    TargetAct,
    TargetId,
    TargetSense,
)


DAY = timedelta(days=1)


def a_target(sense: TargetSense = TargetSense.AT_LEAST) -> ClassTarget:
    return ClassTarget.set(
        "T-1",
        "ann",
        NINE,
        scheme=ABC_SCHEME,
        class_name="A",
        measure="visits",
        target=12,
        period=Period.year(2026),
        sense=sense,
        owner="bob",
    )


class TestSet:
    def test_is_of_a_class_of_the_scheme(self) -> None:
        with pytest.raises(InvalidValueError, match="class is 'D'"):
            ClassTarget.set(
                "T-1",
                "ann",
                NINE,
                scheme=ABC_SCHEME,
                class_name="D",
                measure="visits",
                target=12,
                period=Period.year(2026),
            )

    @pytest.mark.parametrize("target", [float("nan"), True, "12"])
    def test_refuses_what_is_no_number(self, target: float) -> None:
        with pytest.raises(InvalidValueError, match=r"target is .*must be a finite number"):
            attrs.evolve(a_target(), target=target)
        with pytest.raises(InvalidValueError, match=r"actual is .*must be a finite number"):
            a_target().explain(target)

    def test_is_stored_exactly(self) -> None:
        stored = CLASS_TARGET_CODEC.encode_exactly(a_target())

        assert CLASS_TARGET_CODEC.decode(stored, 1) == a_target()


class TestRevise:
    def test_wants_more_from_now_on(self) -> None:
        more = a_target().revise("eve", NINE + DAY, target=15, reason="a new van")

        assert (more.target, more.owner) == (15, "bob")
        assert more.trail[-1].note == "a new van"
        assert more.revise("eve", NINE + DAY, target=9, reason="x", owner="lu").owner == "lu"

    @pytest.mark.parametrize("reason", ["", " ", None])
    def test_needs_a_reason(self, reason: str) -> None:
        with pytest.raises(InvalidValueError, match="reason is"):
            a_target().revise("eve", NINE, target=15, reason=reason)


class TestWithdraw:
    def test_ends_it(self) -> None:
        gone = a_target().withdraw("eve", NINE, reason="no vans")

        assert gone.is_withdrawn
        assert not gone.holds_on(date(2026, 5, 1))
        with pytest.raises(TransitionError, match="T-1 is withdrawn and cannot be withdrawn: it"):
            gone.withdraw("eve", NINE, reason="again")
        with pytest.raises(TransitionError) as refused:
            gone.revise("eve", NINE, target=9, reason="again")
        assert refused.value.explain().sentence("zh") == (
            "分类目标T-1目前为“已撤回”，不能修订：该目标已放弃，请另设目标"
        )

    def test_can_be_taken_back(self) -> None:
        gone = a_target().withdraw("eve", NINE, reason="no vans")

        back = gone.restore("eve", NINE + DAY, earlier=a_target())

        assert [step.stage for step in back.trail] == [
            TargetAct.SET,
            TargetAct.WITHDRAWN,
            TargetAct.RESTORED,
        ]
        assert not back.is_withdrawn
        with pytest.raises(InvalidValueError, match="must be a version of 'T-1'"):
            back.restore("eve", NINE, earlier=attrs.evolve(a_target(), id=TargetId("T-2")))


class TestExplain:
    @pytest.mark.parametrize(
        ("sense", "actual", "reached"),
        [
            (TargetSense.AT_LEAST, 12, True),
            (TargetSense.AT_LEAST, 11.9, False),
            (TargetSense.AT_MOST, 12, True),
            (TargetSense.AT_MOST, 12.1, False),
        ],
    )
    def test_says_whether_it_is_reached(
        self, sense: TargetSense, actual: float, reached: bool
    ) -> None:
        assert a_target(sense).explain(actual).verdict is reached

    def test_says_it_in_chinese(self) -> None:
        assert a_target().explain(9).sentence("zh") == (
            "abc的“A类”，2026-01-01起至2027-01-01前的visits：实际9，目标不低于12；是否达成：否"
        )

    def test_names_the_class_as_users_do(self) -> None:
        vip = ClassTarget.set(
            "T-1",
            "ann",
            NINE,
            scheme=PYRAMID_SCHEME,
            class_name="vip",
            measure="visits",
            target=12,
            period=Period.year(2026),
        )
        older = attrs.evolve(vip, class_label=None)

        assert vip.explain(9).sentence("zh").startswith("pyramid的“重要客户”，")
        assert vip.explain(9).sentence().startswith("class VIP of pyramid, ")
        assert older.explain(9).sentence().startswith("class vip of pyramid, ")


class TestHoldsOn:
    @pytest.mark.parametrize(
        ("day", "holds"),
        [(date(2025, 12, 31), False), (date(2026, 1, 1), True), (date(2027, 1, 1), False)],
    )
    def test_is_within_the_period(self, day: date, holds: bool) -> None:
        assert a_target().holds_on(day) is holds
