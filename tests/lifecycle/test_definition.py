import pytest

from crmkit.errors import InvalidValueError
from crmkit.kernel import Compare, FrozenMap, Requirement, Text
from crmkit.lifecycle import (
    CUSTOMER_STATE,
    FOUR_STAGE,
    LADDER,
    Lifecycle,
    LifecycleMove,
    LifecycleStage,
    MoveWay,
    StageStanding,
)


A, B, C = Text("A", "甲"), Text("B", "乙"), Text("C", "丙")


def three(**more: object) -> Lifecycle:
    """A lifecycle of three stages, in a ring."""
    moves = {"a": ["b"], "b": ["c"], "c": ["a"]}
    told = {"stages": {"a": A, "b": B, "c": C}, "moves": moves, **more}
    return Lifecycle.of("three", A, **told)  # type: ignore[arg-type]  # told by name


class TestLifecycle:
    def test_needs_a_stage(self) -> None:
        with pytest.raises(InvalidValueError, match="must be one at least"):
            Lifecycle.of("none", A, stages={}, moves={})

    def test_needs_a_version_of_one_or_more(self) -> None:
        with pytest.raises(InvalidValueError, match="version is 0"):
            three(version=0)

    def test_refuses_a_stage_twice(self) -> None:
        stage = LifecycleStage(code="a", says=A)

        with pytest.raises(InvalidValueError, match="must stand once"):
            Lifecycle(name="twice", says=A, stages=(stage, stage), moves=())

    def test_refuses_a_move_twice(self) -> None:
        stages = (LifecycleStage(code="a", says=A), LifecycleStage(code="b", says=B))
        move = LifecycleMove(of="a", to="b")

        with pytest.raises(InvalidValueError, match="must stand once"):
            Lifecycle(name="twice", says=A, stages=stages, moves=(move, move))

    def test_refuses_a_move_to_its_own_stage(self) -> None:
        with pytest.raises(InvalidValueError, match="another stage than its own"):
            three(moves={"a": ["a"]})

    def test_refuses_a_stage_that_cannot_be_reached(self) -> None:
        with pytest.raises(InvalidValueError, match="stage is 'c': it cannot be reached from a"):
            three(moves={"a": ["b"], "c": ["a"]})

    @pytest.mark.parametrize(
        "more",
        [
            {"moves": {"a": ["d"]}},
            {"lost": ["d"]},
            {"words": {"other": {"d": "x"}}},
        ],
    )
    def test_refuses_what_is_no_stage(self, more: dict[str, object]) -> None:
        with pytest.raises(InvalidValueError, match="'d'"):
            three(**more)

    @pytest.mark.parametrize("what", ["requires", "ways"])
    def test_refuses_what_is_told_of_no_move(self, what: str) -> None:
        with pytest.raises(InvalidValueError, match="is no move of this lifecycle"):
            three(**{what: {("b", "a"): MoveWay.BACK if what == "ways" else ()}})

    def test_refuses_a_code_that_is_no_name(self) -> None:
        with pytest.raises(InvalidValueError, match="'A b'"):
            LifecycleStage(code="A b", says=A)

    def test_answers_in_the_order_of_its_stages(self) -> None:
        assert three(moves={"a": ["c", "b"]}).allowed("a") == ("b", "c")

    def test_goes_the_shortest_way(self) -> None:
        one = three(moves={"a": ["b"], "b": ["a", "c"], "c": ["b"]})

        assert one.next_on_way("a", "c") == "b"
        assert three(moves={"a": ["b", "c"]}).next_on_way("b", "a") is None

    def test_comes_back_from_json(self) -> None:
        need = Requirement(Text("too early", "太早"), Compare("orders", ">=", 2))
        one = three(
            requires={("a", "b"): [need]},
            ways={("c", "a"): MoveWay.WIN_BACK},
            words={"other": {"a": "x"}},
            waning=["b"],
            lost=["c"],
            version=3,
        )

        assert Lifecycle.from_json(one.to_json()) == one

    def test_is_written_by_hand_in_a_few_lines_of_json(self) -> None:
        text = """{"name": "club", "says": {"en": "Club", "zh": "俱乐部"},
            "stages": [{"code": "guest", "says": {"en": "Guest", "zh": "访客"}},
                       {"code": "member", "says": {"en": "Member", "zh": "会员"}}],
            "moves": [{"of": "guest", "to": "member"}]}"""

        assert Lifecycle.from_json(text).allowed("guest") == ("member",)

    def test_refuses_json_of_something_else(self) -> None:
        with pytest.raises(InvalidValueError, match="cannot be read"):
            Lifecycle.from_json('{"name": "club"}')

    @pytest.mark.parametrize(
        ("lifecycle", "field", "misspelt", "message"),
        [
            (LADDER, "requires", "require", "did you mean 'requires'"),
            (CUSTOMER_STATE, "standing", "status", "known are standing"),
        ],
    )
    def test_refuses_a_field_in_json_that_it_does_not_know(
        self, lifecycle: Lifecycle, field: str, misspelt: str, message: str
    ) -> None:
        text = lifecycle.to_json().replace(f'"{field}":', f'"{misspelt}":')

        with pytest.raises(InvalidValueError, match=rf"has no field '{misspelt}'; {message}"):
            Lifecycle.from_json(text)

    def test_draws_itself(self) -> None:
        assert "exploration --> growth" in FOUR_STAGE.mermaid("zh")
        assert FOUR_STAGE._repr_svg_() == FOUR_STAGE.svg()
        assert "尚未购买" in LADDER.svg("zh")

    def test_says_nothing_of_moves_that_it_does_not_allow(self) -> None:
        assert LADDER.requirements("suspect", "advocate") == ()

    def test_knows_no_word_of_other_ways_to_sort(self) -> None:
        with pytest.raises(InvalidValueError, match="did you mean 'closeness'"):
            CUSTOMER_STATE.word("new", "closenes")


class TestWay:
    @pytest.mark.parametrize(
        ("of", "to", "way"),
        [
            ("new", "loyal", MoveWay.FORWARD),
            ("loyal", "new", MoveWay.BACK),
            ("loyal", "at_risk", MoveWay.FALL),
            ("at_risk", "dormant", MoveWay.FALL),
            ("dormant", "at_risk", MoveWay.RECOVERY),
            ("at_risk", "loyal", MoveWay.RECOVERY),
            ("at_risk", "lost", MoveWay.LOSS),
            ("lost", "won_back", MoveWay.WIN_BACK),
            ("lost", "at_risk", MoveWay.WIN_BACK),
            ("won_back", "loyal", MoveWay.FORWARD),
        ],
    )
    def test_follows_from_standing_and_order(self, of: str, to: str, way: MoveWay) -> None:
        assert CUSTOMER_STATE.way(of, to) is way

    def test_of_two_stages_of_the_lost_is_back_or_forward(self) -> None:
        one = three(lost=["b", "c"], moves={"a": ["b"], "b": ["c"], "c": ["b"]})

        assert one.way("b", "c") is MoveWay.FALL
        assert one.stage("c").standing is StageStanding.LOST

    def test_can_be_told(self) -> None:
        """Science §4: from decline back to growth is a win-back."""
        assert FOUR_STAGE.way("decline", "growth") is MoveWay.WIN_BACK

    def test_words_are_kept_as_they_were_told(self) -> None:
        assert CUSTOMER_STATE.words["relation"] == FrozenMap(
            {"new": "new", "loyal": "loyal", "lost": "lost", "won_back": "recovered"}
        )
