"""Journal lines: what leads from one version to the next, and what is taken out of them."""

import json
from itertools import chain
from typing import Any

import pytest
from hypothesis import given, strategies as st

from crmkit.errors import InvalidValueError, StorageError
from crmkit.kernel import REDACTED
from crmkit.storage.changes import (
    DELETED,
    FORGOTTEN,
    Differences,
    apply,
    check_line,
    difference,
    fields_of,
    redacted,
    told,
)


NAMES = st.sampled_from(["a", "b", "é", 'quo"te', "new\nline", ""])
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(codec="utf-8"), max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=4,
)
RECORDS = st.dictionaries(NAMES, VALUES, max_size=5)


@st.composite
def pasts(draw: st.DrawFn) -> list[dict[str, Any] | None]:
    """Versions of one record: rewritten, with lists that grow, deleted and brought back."""
    made: list[dict[str, Any] | None] = [draw(RECORDS)]
    for _ in range(draw(st.integers(0, 5))):
        before = made[-1]
        act = draw(st.sampled_from(["grow", "change", "delete"]))
        if before is None or act == "change":
            made.append(draw(RECORDS))
        elif act == "delete":
            made.append(None)
        else:
            tail = draw(st.lists(VALUES, min_size=1, max_size=2))
            grown = {k: [*v, *tail] if isinstance(v, list) else v for k, v in before.items()}
            made.append(grown)
    return made


def encoded(record: dict[str, Any] | None, indent: int | None = None) -> bytes | None:
    return None if record is None else json.dumps(record, indent=indent).encode()


def read(data: bytes | None) -> Any:
    return None if data is None else json.loads(data)


def lines_of(past: list[dict[str, Any] | None], indent: int | None = None) -> list[bytes]:
    images = [encoded(record, indent) for record in past]
    return [
        difference(before, after)
        for before, after in zip([None, *images[:-1]], images, strict=True)
    ]


def told_by(lines: list[bytes]) -> list[Any]:
    data: bytes | None = None
    versions = []
    for line in lines:
        data = apply(data, line)
        versions.append(read(data))
    return versions


class TestDifference:
    @given(past=pasts(), indent=st.none() | st.integers(0, 2))
    def test_leads_to_the_next_version(
        self, past: list[dict[str, Any] | None], indent: int | None
    ) -> None:
        lines = lines_of(past, indent)

        assert told_by(lines) == past
        for line in lines:
            check_line(line)

    def test_tells_only_what_changed(self) -> None:
        before = b'{"name":"Li","trail":[{"at":1}],"size":3,"old":1,"empty":[]}'
        after = (
            b'{"name":"Wu","trail":[{"at":1},{"at":2},{"at":3}],"size":3,"empty":[1],"new":null}'
        )

        line = difference(before, after)

        assert json.loads(line) == [
            {"name": "Wu", "empty": [1], "new": None},
            {"trail": [{"at": 2}, {"at": 3}]},
            ["old"],
        ]

    @pytest.mark.parametrize(
        ("before", "after", "line"),
        [
            (b'{"a":1}', b'{"a":1}', b"[{}]"),
            (b'{"a":1}', b'{"a":2}', b'[{"a":2}]'),
            (b'{"a":[1]}', b'{"a":[1,2]}', b'[{},{"a":[2]}]'),
            (b'{"a":[1]}', b'{"a":[12]}', b'[{"a":[12]}]'),
            (b'{"a":[1,2]}', b'{"a":[1]}', b'[{"a":[1]}]'),
            (b'{"a":[]}', b'{"a":[1]}', b'[{"a":[1]}]'),
            (b'{"a":1}', b"{}", b'[{},{},["a"]]'),
            (b'{"a":"[1"}', b'{"a":"[1,"}', b'[{"a":"[1,"}]'),
            (None, b' {"a":1}\n', b'{"a":1}'),
            (b'{"a":1}', None, b"null"),
            (None, None, b"null"),
        ],
    )
    def test_is_written_so(self, before: bytes | None, after: bytes | None, line: bytes) -> None:
        assert difference(before, after) == line

    @pytest.mark.parametrize("data", [b"[1]", b"null", b"", b"{", b'{"a":"\xff"}', b"\xff"])
    def test_refuses_what_is_no_object(self, data: bytes) -> None:
        with pytest.raises(InvalidValueError, match="JSON object"):
            difference(data, b"{}")
        with pytest.raises(InvalidValueError, match="JSON object"):
            difference(b"{}", data)


class TestFieldsOf:
    def test_refuses_what_is_nested_too_deep(self) -> None:
        with pytest.raises(InvalidValueError, match="recursion"):
            fields_of(b'{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}")


class TestCheckLine:
    @pytest.mark.parametrize(
        "line", [b"null", b"[]", b"{}", b"[{}]", b'[{"a":1},{"b":[1]},["c"]]', b'[{},{},["c"]]']
    )
    def test_takes_what_difference_writes(self, line: bytes) -> None:
        check_line(line)

    @pytest.mark.parametrize(
        "line",
        [
            b"",
            b"{",
            b"[1]",
            b"[{},{},{}]",
            b"[{},1]",
            b' {"a":1}',
            b"true",
            b'[{"a":"\xff"}]',
        ],
    )
    def test_refuses_everything_else(self, line: bytes) -> None:
        with pytest.raises(InvalidValueError):
            check_line(line)


class TestApply:
    def test_refuses_a_change_of_nothing(self) -> None:
        with pytest.raises(StorageError, match="no version before it"):
            apply(None, b"[{}]")

    @pytest.mark.parametrize(
        "line", [b'[{},{"b":[1]}]', b'[{},{"a":[1]}]', b'[{},{},["b"]]', b"[1", b"x"]
    )
    def test_refuses_a_line_that_does_not_fit(self, line: bytes) -> None:
        with pytest.raises(StorageError, match="does not fit"):
            apply(b'{"a":1}', line)

    @pytest.mark.parametrize("line", [DELETED, FORGOTTEN])
    def test_leads_to_nothing_where_it_is_deleted_or_let_go(self, line: bytes) -> None:
        assert apply(b'{"a":1}', line) is None
        assert apply(None, line) is None

    def test_appends_nothing_to_what_was_taken_out(self) -> None:
        assert apply(b'{"log":"REDACTED"}', b'[{},{"log":[3]}]') == b'{"log":"REDACTED"}'


class TestTold:
    @given(past=pasts())
    def test_is_all_that_is_new_of_a_field(self, past: list[dict[str, Any] | None]) -> None:
        for before, after, line in zip([None, *past], past, lines_of(past), strict=False):
            for name in (after or {}).keys() - (before or {}).keys():
                assert told(line, name) == (after or {})[name]

    @pytest.mark.parametrize(
        ("line", "says"),
        [
            (b"null", None),
            (b"[]", None),
            (b'{"a":1}', 1),
            (b'{"b":1}', None),
            (b'[{"a":null}]', None),
            (b'[{"a":[1,2]}]', [1, 2]),
            (b'[{},{"a":[2]}]', [2]),
            (b'[{},{},["a"]]', None),
        ],
    )
    def test_of_each_form_of_a_line(self, line: bytes, says: object) -> None:
        assert told(line, "a") == says

    @pytest.mark.parametrize("line", [b"", b"{", b"[", b"[ ]", b"[1]", b'{"a":}'])
    def test_refuses_what_is_no_line(self, line: bytes) -> None:
        with pytest.raises(StorageError, match="cannot be read"):
            told(line, "a")


class TestRedacted:
    @given(past=pasts(), fields=st.sets(NAMES))
    def test_takes_the_fields_out_of_every_version(
        self, past: list[dict[str, Any] | None], fields: set[str]
    ) -> None:
        lines = [redacted(line, fields) for line in lines_of(past)]

        assert told_by(lines) == [
            record and {k: REDACTED if k in fields else v for k, v in record.items()}
            for record in past
        ]
        assert [redacted(line, fields) for line in lines] == lines

    @pytest.mark.parametrize(
        "line", [b' { "a" : 1 } '.strip(), b'[{"a":1},{"b":[ 1 ]}]', b"null", b'[{},{},["c"]]']
    )
    def test_leaves_a_line_without_them_as_it_is(self, line: bytes) -> None:
        assert redacted(line, ["c", "d"]) is line

    @pytest.mark.parametrize("line", [b"", b"{", b"[", b"[ ]", b"[1]"])
    def test_refuses_what_is_no_line(self, line: bytes) -> None:
        with pytest.raises(StorageError, match="cannot be read"):
            redacted(line, ["a"])


NOTES = st.lists(
    st.fixed_dictionaries({"by": NAMES}, optional={"note": NAMES, "size": st.integers()}),
    max_size=4,
)


class TestRedactedPart:
    """`trail.note` is the part `note` of each record in the list `trail`."""

    @given(trails=st.lists(NOTES, min_size=1, max_size=5), parts=st.sets(st.sampled_from("ab")))
    def test_is_taken_out_of_every_version(
        self, trails: list[list[dict[str, Any]]], parts: set[str]
    ) -> None:
        past: list[dict[str, Any] | None] = [
            {"trail": [*chain(*trails[:count])], "note": "kept"}
            for count in range(1, len(trails) + 1)
        ]
        lines = [redacted(line, ["trail.note", *parts]) for line in lines_of(past)]

        wanted = [
            {
                "trail": [
                    {k: REDACTED if k == "note" and v else v for k, v in one.items()}
                    for one in record["trail"]
                ],
                "note": "kept",
            }
            for record in past
            if record
        ]
        assert told_by(lines) == wanted
        assert [redacted(line, ["trail.note", *parts]) for line in lines] == lines

    @pytest.mark.parametrize(
        ("line", "after"),
        [
            (b'{"trail":[{"note":""}]}', b'{"trail":[{"note":""}]}'),
            (b'{"trail":null}', b'{"trail":null}'),
            (b'{"trail":"REDACTED"}', b'{"trail":"REDACTED"}'),
            (b'{"trail":{"note":"x"}}', b'{"trail":{"note":"x"}}'),
            (b'{"note":"x"}', b'{"note":"x"}'),
            (b'[{"trail":[{"note":"x"}]}]', b'[{"trail":[{"note":"REDACTED"}]}]'),
            (b"[]", b"[]"),
            (b"null", b"null"),
        ],
    )
    def test_of_each_form_of_a_line(self, line: bytes, after: bytes) -> None:
        assert redacted(line, ["trail.note"]) == after

    def test_the_whole_field_goes_before_its_part(self) -> None:
        line = b'[{},{"trail":[{"note":"x"}]}]'

        assert redacted(line, ["trail.note", "trail"]) == b'[{"trail":"REDACTED"}]'

    @pytest.mark.parametrize("line", [b'{"trail":[1]}', b'[{},{"trail":["x"]}]'])
    def test_refuses_a_list_of_no_records(self, line: bytes) -> None:
        with pytest.raises(StorageError, match="cannot be read"):
            redacted(line, ["trail.note"])


class TestDifferences:
    @pytest.mark.parametrize(
        ("line", "differences"),
        [
            (b'{"a":1}', Differences({"a": 1}, {}, (), is_whole=True)),
            (b'[{"a":1}]', Differences({"a": 1}, {}, (), is_whole=False)),
            (b'[{},{"a":[2]},["b"]]', Differences({}, {"a": [2]}, ("b",), is_whole=False)),
            (DELETED, Differences({}, {}, (), is_whole=False)),
            (FORGOTTEN, Differences({}, {}, (), is_whole=False)),
        ],
    )
    def test_are_what_a_line_says(self, line: bytes, differences: Differences) -> None:
        assert Differences.of(line) == differences

    @pytest.mark.parametrize("line", [b"", b"{", b"[1]", b"true", b'[{},{"a":1}]'])
    def test_refuse_what_is_no_line(self, line: bytes) -> None:
        with pytest.raises(StorageError, match="cannot be read"):
            Differences.of(line)
