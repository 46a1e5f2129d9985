"""Families told apart by a tag."""

import attrs
import msgspec
import pytest

from crmkit.errors import InvalidValueError
from crmkit.kernel import FrozenMap, Tagged, tag
from crmkit.kernel.tagged import (
    is_family,
    members,
    read_hook,
    read_json,
    read_tagged,
    write_hook,
)


class Shape(Tagged):
    """A family."""

    __slots__ = ()


@attrs.frozen
class Circle(Shape):
    radius: int
    type: str = tag("circle")


@attrs.frozen
class Frame(Shape):
    inner: Shape
    sizes: FrozenMap[int, str] = FrozenMap()  # noqa: RUF009  # it cannot change
    type: str = tag("frame")


@attrs.frozen
class Page:
    shape: Shape | None = None


class Album(msgspec.Struct):
    """Of every kind of field that can hold another."""

    page: Page
    more: tuple[Page, ...] = ()
    pair: tuple[int, Page] | None = None
    by_name: dict[str, Page] = {}
    frozen: FrozenMap[str, Page] = FrozenMap()
    free: list = []  # type: ignore[type-arg]  # of anything


class TestMembers:
    def test_are_known_by_their_tags(self) -> None:
        assert members(Shape) == {"circle": Circle, "frame": Frame}

    def test_are_attrs_classes_only(self) -> None:
        class Family(Tagged):
            __slots__ = ()

        class Sketch(Family):
            __slots__ = ()

        assert members(Family) == {}
        assert Sketch.__bases__ == (Family,)

    def test_must_have_a_tag(self) -> None:
        class Family(Tagged):
            __slots__ = ()

        @attrs.frozen
        class Untagged(Family):
            radius: int

        with pytest.raises(InvalidValueError, match="member is 'Untagged': it must have a field"):
            members(Family)
        assert Untagged(1).radius == 1

    def test_must_have_a_tag_that_is_text(self) -> None:
        class Family(Tagged):
            __slots__ = ()

        @attrs.frozen
        class Odd(Family):
            type: str

        with pytest.raises(InvalidValueError, match="member is 'Odd'"):
            members(Family)
        assert Odd("a").type == "a"

    def test_must_have_tags_of_their_own(self) -> None:
        class Family(Tagged):
            __slots__ = ()

        @attrs.frozen
        class First(Family):
            type: str = tag("one")

        @attrs.frozen
        class Second(Family):
            type: str = tag("one")

        with pytest.raises(InvalidValueError, match="a tag of its own, not that of First"):
            members(Family)
        assert First().type == Second().type


class TestIsFamily:
    def test_is_a_plain_class_directly_under_tagged(self) -> None:
        assert is_family(Shape)
        assert not is_family(Circle)
        assert not is_family(Tagged)
        assert not is_family("Shape")


class TestTag:
    def test_cannot_be_forged(self) -> None:
        with pytest.raises(ValueError, match="type"):
            Circle(1, type="frame")


class TestReading:
    def test_comes_back_exactly(self) -> None:
        frame = Frame(Frame(Circle(1)), FrozenMap({3: "three"}))

        stored = msgspec.json.encode(frame, enc_hook=write_hook)

        assert read_tagged(stored, Shape) == frame

    @pytest.mark.parametrize("text", ['{"type": "square"}', '{"radius": 1}', "[1]", "{"])
    def test_refuses_what_is_no_member(self, text: str) -> None:
        with pytest.raises(InvalidValueError, match=r"shape is .*: it cannot be read"):
            read_tagged(text, Shape)

    @pytest.mark.parametrize(
        ("text", "message"),
        [
            (
                '{"type": "circle", "radus": 1}',
                "it cannot be read: $ has no field 'radus'; did you mean 'radius'?",
            ),
            (
                '{"type": "frame", "inner": {"type": "circle", "radius": 1, "of": 2}}',
                "$.inner has no field 'of'",
            ),
        ],
    )
    def test_refuses_a_field_that_a_member_does_not_have(self, text: str, message: str) -> None:
        with pytest.raises(InvalidValueError) as refused:
            read_tagged(text, Shape)

        assert message in str(refused.value)

    @pytest.mark.parametrize(
        ("album", "place"),
        [
            ({"page": {}, "odd": 1}, "$"),
            ({"page": {"shape": {"type": "circle", "odd": 1}}}, "$.page.shape"),
            ({"page": {}, "more": [{}, {"odd": []}]}, "$.more[1]"),
            ({"page": {}, "pair": [3, {"odd": 1}]}, "$.pair[1]"),
            ({"page": {}, "by_name": {"first": {"odd": 1}}}, "$.by_name.first"),
            ({"page": {}, "frozen": {"first": {"odd": 1}}}, "$.frozen.first"),
        ],
    )
    def test_looks_for_such_fields_wherever_they_stand(
        self, album: dict[str, object], place: str
    ) -> None:
        with pytest.raises(InvalidValueError) as refused:
            read_json(msgspec.json.encode(album), Album, "album")

        assert f"it cannot be read: {place} has no field 'odd'; " in str(refused.value)

    def test_takes_what_every_field_knows(self) -> None:
        told = {
            "page": {"shape": {"type": "circle", "radius": 3}},
            "more": [{}],
            "pair": [3, {}],
            "by_name": {"odd": {}},
            "frozen": {"odd": {}},
            "free": [{"odd": 1}],
        }

        read = read_json(msgspec.json.encode(told), Album, "album")

        assert read.page.shape == Circle(3)
        assert read.free == [{"odd": 1}]

    def test_does_not_repeat_all_that_it_was_given(self) -> None:
        text = '{"type": "circle", "radius": "' + "9" * 500 + '"}'

        with pytest.raises(InvalidValueError, match="it cannot be read") as refused:
            read_tagged(text, Shape)

        assert len(str(refused.value)) < 200
        assert "9…'" in str(refused.value)

    @pytest.mark.parametrize("text", [None, 7, {"type": "circle"}])
    def test_refuses_what_is_no_text(self, text: object) -> None:
        with pytest.raises(InvalidValueError, match=r"shape is .*: it must be text of JSON"):
            read_tagged(text, Shape)  # type: ignore[arg-type]  # refused

    def test_refuses_what_nobody_can_read(self) -> None:
        with pytest.raises(TypeError, match="cannot be read"):
            read_hook(complex, 1)

    def test_refuses_to_write_what_nobody_can_read(self) -> None:
        with pytest.raises(TypeError, match="complex cannot be stored"):
            write_hook(1j)
