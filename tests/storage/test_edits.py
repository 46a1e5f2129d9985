"""Long lists that change here and there: told by what is new, and made from the one before."""

import json

import pytest
from hypothesis import given, strategies as st
from msgspec import Raw

from crmkit.storage.changes import Differences, apply, check_line, difference, redacted, told
from crmkit.storage.edits import Part, edited, edits, news, renewed


LONG = [{"number": number, "left": 100, "note": f"note {number}"} for number in range(40)]
ITEMS = st.lists(st.sampled_from([*LONG[:12], 7, "x", []]), max_size=30)


def written(record: object) -> bytes:
    return json.dumps(record).encode()


def changed(*, drop: int = 0, at: int = 0, more: int = 0) -> list[dict[str, object]]:
    """Return the long list without its first items, one item changed, and with more at its end."""
    items: list[dict[str, object]] = [dict(item) for item in LONG]
    items[at] = {**items[at], "left": 1}
    new: list[dict[str, object]] = [{"number": 100 + place} for place in range(more)]
    return items[drop:] + new


class TestEdits:
    @given(before=ITEMS, after=ITEMS)
    def test_lead_to_the_next_list(self, before: list[object], after: list[object]) -> None:
        was, now = written(before), written(after)

        parts = edits(was, now)

        if parts is not None:
            assert json.loads(bytes(edited(was, parts))) == after

    @pytest.mark.parametrize(
        "after",
        [
            changed(at=20),
            changed(drop=5, at=5, more=2),
            changed(drop=1, more=3),
            LONG[::-1][:1] + LONG,
            LONG[:7] + LONG[9:],
        ],
    )
    def test_tell_little_of_a_little_change(self, after: list[object]) -> None:
        was, now = written(LONG), written(after)

        parts = edits(was, now)

        assert parts is not None
        assert sum(len(fresh) for _, _, fresh in parts) <= 4
        assert json.loads(bytes(edited(was, parts))) == after

    @pytest.mark.parametrize(
        ("before", "after"),
        [
            ([1, 2, 3], [1, 4, 3]),
            (LONG, []),
            (LONG, [{**item, "left": 1} for item in LONG]),
            (LONG, {"no": "list" * 100}),
            ("no list" * 100, LONG),
        ],
    )
    def test_are_none_where_a_list_is_better_told_anew(self, before: object, after: object) -> None:
        assert edits(written(before), written(after)) is None

    def test_of_alike_items_take_the_next(self) -> None:
        before = ["a", "b", *["c"] * 200]

        parts = edits(written(before), written(["a", "B", *before[2:]]))

        assert parts is not None
        assert [(since, until) for since, until, _ in parts] == [(0, 1), (2, 202)]

    @pytest.mark.parametrize("part", [(0, 3), (2, 1), (-1, 1)])
    def test_refuse_parts_that_are_not_there(self, part: tuple[int, int]) -> None:
        parts: list[Part] = [(*part, [])]

        with pytest.raises(ValueError, match="a list of 2 has no items from"):
            edited(b"[1,2]", parts)


class TestNews:
    def test_are_given_back_in_their_places(self) -> None:
        parts: list[Part] = [(0, 1, [Raw(b"1"), Raw(b"2")]), (2, 2, []), (3, 4, [Raw(b"3")])]

        again = renewed(parts, Raw(b"[4,5,6]"))

        assert bytes(news(again)) == b"[4,5,6]"
        assert [len(fresh) for _, _, fresh in again] == [2, 0, 1]


BEFORE = written({"lots": LONG, "size": 1})
AFTER = written({"lots": changed(drop=2, at=5, more=1), "size": 2})


class TestLine:
    def test_tells_only_the_items_that_changed(self) -> None:
        line = difference(BEFORE, AFTER)

        check_line(line)
        assert len(line) < 200 < len(AFTER)
        assert json.loads(line)[:3] == [{"size": 2}, {}, []]
        assert json.loads(apply(BEFORE, line) or b"") == json.loads(AFTER)

    def test_says_what_is_new(self) -> None:
        line = difference(BEFORE, AFTER)
        new = [{"number": 5, "left": 1, "note": "note 5"}, {"number": 100}]

        assert told(line, "lots") == new
        said = Differences.of(line)
        assert (said.values, said.edited) == ({"size": 2}, {"lots": new})

    def test_follows_one_that_appended(self) -> None:
        longer = written({"lots": [*LONG, {"number": 50}], "size": 1})
        lines = [difference(BEFORE, longer), difference(longer, AFTER)]

        data: bytes | None = BEFORE
        for line in lines:
            data = apply(data, line)

        assert json.loads(data or b"") == json.loads(AFTER)

    def test_is_taken_out_with_its_field(self) -> None:
        line = redacted(difference(BEFORE, AFTER), ["lots"])

        assert json.loads(line) == [{"size": 2, "lots": "REDACTED"}]

    def test_loses_a_part_of_what_is_new_in_it(self) -> None:
        whole = redacted(BEFORE, ["lots.note"])

        line = redacted(difference(BEFORE, AFTER), ["lots.note"])

        assert b"note 5" not in line
        left = json.loads(apply(whole, line) or b"")["lots"]
        notes = {item["note"] for item in left if "note" in item}
        assert notes == {"REDACTED"}
        assert [item["number"] for item in left] == [*range(2, 40), 100]

    def test_stays_as_it_is_where_nothing_personal_is_in_it(self) -> None:
        line = difference(BEFORE, AFTER)

        assert redacted(line, ["lots.name", "trail.note"]) is line

    def test_leaves_out_what_was_taken_out_of_the_list_before(self) -> None:
        line = difference(BEFORE, AFTER)

        taken = apply(redacted(BEFORE, ["lots"]), line)

        assert json.loads(taken or b"") == {"lots": "REDACTED", "size": 2}
