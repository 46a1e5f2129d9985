from datetime import datetime, timedelta

import attrs
import pytest
from hypothesis import given, strategies as st

from crmkit.errors import InvalidValueError, TransitionError
from crmkit.kernel import Text
from crmkit.testing import NINE
from crmkit.value import (
    ABC_SCHEME,
    CLASS_MEMBERSHIP_CODEC,
    PYRAMID_SCHEME,
    ClassAct,
    ClassMembership,
    ClassPlace,
    ClassScheme,
    membership_id,
    reclassed,
)


DAY = timedelta(days=1)
SEASONS = ClassScheme.named(
    "season", {"winter": Text("Winter", "冬季"), "summer": Text("Summer", "夏季")}
)


def placed(name: str = "B") -> ClassMembership:
    return ClassMembership.place(
        membership_id("abc", "C-7"), "ann", NINE, customer="C-7", scheme=ABC_SCHEME, name=name
    )


class TestScheme:
    def test_of_abc_and_the_pyramid_rank_their_classes(self) -> None:
        assert [*PYRAMID_SCHEME.classes] == ["vip", "major", "ordinary", "small"]
        assert ABC_SCHEME.compare("B", "A") == 1
        assert ABC_SCHEME.compare("A", "C") == -1
        assert ABC_SCHEME.compare("A", "A") == 0
        assert PYRAMID_SCHEME.label("vip", "zh") == "重要客户"

    def test_of_segments_ranks_nothing(self) -> None:
        assert SEASONS.compare("winter", "summer") == 0

    def test_knows_its_classes(self) -> None:
        with pytest.raises(InvalidValueError, match="did you mean 'winter'"):
            SEASONS.checked("wintr")

    @pytest.mark.parametrize(
        ("classes", "version", "message"),
        [
            ({}, 1, "must name at least one class"),
            ({"gold": "Gold"}, 1, "must have a Text in both languages"),
            ({" ": Text("a", "b")}, 1, "class is ' '"),
            ({"gold": Text("a", "b")}, 0, "must be 1 or more"),
        ],
    )
    def test_is_refused(self, classes: dict[str, Text], version: int, message: str) -> None:
        with pytest.raises(InvalidValueError, match=message):
            ClassScheme.named("ours", classes, version=version)


class TestMove:
    @pytest.mark.parametrize(("name", "act"), [("A", ClassAct.RAISED), ("C", ClassAct.LOWERED)])
    def test_tells_up_from_down(self, name: str, act: ClassAct) -> None:
        moved = placed().move("bob", NINE + DAY, scheme=ABC_SCHEME, name=name, reason="sales")

        assert moved.class_name == name
        assert moved.since == NINE + DAY
        assert moved.latest.act is act
        assert (moved.latest.before, moved.latest.after) == ("B", name)
        assert (moved.latest.by, moved.latest.reason) == ("bob", "sales")

    def test_between_segments_is_neither(self) -> None:
        one = ClassMembership.place(
            "season/C-7", "ann", NINE, customer="C-7", scheme=SEASONS, name="winter"
        )

        assert one.move("ann", NINE, scheme=SEASONS, name="summer").latest.act is ClassAct.MOVED

    def test_to_a_class_of_a_new_version_is_neither(self) -> None:
        newer = attrs.evolve(ABC_SCHEME, version=2)

        moved = placed().move("ann", NINE, scheme=newer, name="A")

        assert moved.latest.act is ClassAct.MOVED
        assert moved.places[-1].version == 2
        with pytest.raises(InvalidValueError, match="must not be before 2"):
            moved.move("ann", NINE, scheme=ABC_SCHEME, name="C")

    def test_to_his_own_class_of_a_new_version_keeps_him(self) -> None:
        newer = attrs.evolve(ABC_SCHEME, version=2)

        kept = placed().move("ann", NINE + DAY, scheme=newer, name="B")

        assert (kept.class_name, kept.latest.act) == ("B", ClassAct.KEPT)
        assert (kept.places[-1].version, kept.since) == (2, NINE + DAY)
        with pytest.raises(InvalidValueError, match="must be another than the present one"):
            kept.move("ann", NINE + DAY, scheme=newer, name="B")

    def test_is_refused_to_where_he_is_and_elsewhere(self) -> None:
        with pytest.raises(InvalidValueError, match="must be another than the present one"):
            placed().move("ann", NINE, scheme=ABC_SCHEME, name="B")
        with pytest.raises(InvalidValueError, match="class is 'D'"):
            placed().move("ann", NINE, scheme=ABC_SCHEME, name="D")
        with pytest.raises(InvalidValueError, match="scheme is 'season': it must be 'abc'"):
            placed().move("ann", NINE, scheme=SEASONS, name="winter")

    def test_does_not_go_back_in_time(self) -> None:
        with pytest.raises((InvalidValueError, TransitionError)):
            placed().move("ann", NINE - DAY, scheme=ABC_SCHEME, name="A")


class TestRemove:
    def test_leaves_him_in_no_class_until_he_is_placed_again(self) -> None:
        gone = placed().remove("ann", NINE, reason="too little sold")
        again = gone.move("ann", NINE, scheme=ABC_SCHEME, name="C")

        assert (gone.class_name, gone.latest.act) == (None, ClassAct.REMOVED)
        assert (again.class_name, again.latest.act) == ("C", ClassAct.PLACED)
        with pytest.raises(TransitionError, match="cannot be removed: he is in no class"):
            gone.remove("ann", NINE)
        with pytest.raises(TransitionError) as refused:
            gone.remove("ann", NINE)
        assert refused.value.explain().sentence("zh") == (
            "分类记录abc/C-7目前为“已取消分类”，不能取消分类：该客户未归类"
        )


class TestRestore:
    def test_puts_him_back_and_keeps_what_was_in_between(self) -> None:
        first = placed()
        moved = first.move("ann", NINE, scheme=ABC_SCHEME, name="A")

        back = moved.restore("eve", NINE + DAY, earlier=first)

        assert back.class_name == "B"
        assert [change.act for change in back.changes] == [
            ClassAct.PLACED,
            ClassAct.RAISED,
            ClassAct.RESTORED,
        ]
        other = attrs.evolve(first, id=membership_id("abc", "C-8"))
        with pytest.raises(InvalidValueError, match="must be a version of 'abc/C-7'"):
            moved.restore("eve", NINE, earlier=other)


class TestClassAt:
    def test_is_what_the_history_says(self) -> None:
        moved = placed().move("ann", NINE + DAY, scheme=ABC_SCHEME, name="A")

        told = [moved.class_at(NINE + shift) for shift in (-DAY, timedelta(0), DAY, 2 * DAY)]

        assert told == [None, "B", "A", "A"]
        with pytest.raises(InvalidValueError):
            moved.class_at(datetime(2026, 3, 2))

    def test_needs_a_place_for_every_step(self) -> None:
        with pytest.raises(InvalidValueError, match="one for each step of the trail, 1"):
            attrs.evolve(placed(), places=())


class TestMembershipId:
    @given(
        st.lists(
            st.tuples(st.text("a/%2F", min_size=1), st.none() | st.text("a/%2F", min_size=1)),
            min_size=2,
            max_size=2,
            unique=True,
        )
    )
    def test_is_shared_by_no_two(self, pairs: list[tuple[str, str | None]]) -> None:
        first, second = (membership_id("abc", *pair) for pair in pairs)

        assert first != second


NAMES = st.dictionaries(st.sampled_from("UVW"), st.sampled_from(["A", "B", "C", None]))


class TestReclassed:
    @given(st.lists(NAMES, max_size=5))
    def test_keeps_only_what_changes(self, runs: list[dict[str, str | None]]) -> None:
        held: dict[str, ClassMembership] = {}
        expected: dict[str, str | None] = {}
        for place, classes in enumerate(runs):
            at = NINE + place * DAY
            changed = reclassed(held.values(), "ann", at, scheme=ABC_SCHEME, classes=classes)

            assert {one.customer for one in changed} == {
                who for who, name in classes.items() if expected.get(who) != name
            }
            held.update({one.id: one for one in changed})
            expected.update(classes)
            assert {
                one.customer: one.class_name for one in held.values()
            }.items() <= expected.items()
        for one in held.values():
            stored = CLASS_MEMBERSHIP_CODEC.encode_exactly(one)
            assert CLASS_MEMBERSHIP_CODEC.decode(stored, 1) == one

    def test_tells_who_stays_the_new_version_once(self) -> None:
        newer = attrs.evolve(ABC_SCHEME, version=2)
        gone = placed().remove("ann", NINE)

        (kept,) = reclassed([placed()], "ann", NINE, scheme=newer, classes={"C-7": "B"})

        assert (kept.latest.act, kept.places[-1].version) == (ClassAct.KEPT, 2)
        assert reclassed([kept], "ann", NINE, scheme=newer, classes={"C-7": "B"}) == ()
        assert reclassed([gone], "ann", NINE, scheme=newer, classes={"C-7": None}) == ()

    def test_takes_pairs_with_reasons_within_a_category(self) -> None:
        (one,) = reclassed(
            (),
            "ann",
            NINE,
            scheme=ABC_SCHEME,
            classes=zip(["C-7"], ["A"], strict=True),
            category="fridges",
            reasons={"C-7": "80 % of sales"},
        )

        assert (one.id, one.category) == ("abc/fridges/C-7", "fridges")
        assert one.latest.reason == "80 % of sales"

    def test_refuses_a_customer_named_twice(self) -> None:
        with pytest.raises(InvalidValueError, match="customer is 'C-7': it must be named once"):
            reclassed((), "a", NINE, scheme=ABC_SCHEME, classes=[("C-7", "A"), ("C-7", "B")])

    def test_refuses_a_class_that_is_none(self) -> None:
        with pytest.raises(InvalidValueError, match="class is 'AA'"):
            reclassed([placed()], "a", NINE, scheme=ABC_SCHEME, classes={"C-7": "AA"})


class TestClassPlace:
    def test_names_a_class_or_none(self) -> None:
        with pytest.raises(InvalidValueError, match="must be None, or text that is not blank"):
            ClassPlace(name="", version=1)
