"""Which parts of a text are searched for, and how they may stand in a file."""

from pathlib import Path

import pytest
from hypothesis import given, strategies as st

from crmkit.app.upkeep.proving import Remains, forms, leaves, pieces
from crmkit.storage import MemoryStore


class TestPieces:
    @given(text=st.text(st.characters(codec="utf-8"), max_size=700))
    def test_cover_a_text_but_for_what_stands_in_a_file_by_chance(self, text: str) -> None:
        found = pieces(text)

        assert all(part in text and 4 <= len(part.encode()) <= 800 for part in found)
        if text.isalnum() and len(text) >= 200:
            assert {text[:200], text[200:400]} - {""} - found in (set(), {text[200:400]})

    @pytest.mark.parametrize("text", ["", "abc", '"},{"', "....................", "李"])
    def test_of_what_says_nothing_there_are_none(self, text: str) -> None:
        assert pieces(text) == frozenset()


def test_forms_are_the_text_itself_and_as_json_writes_it() -> None:
    assert forms('say "hi" \\ 李') == {
        'say "hi" \\ 李'.encode(),
        'say \\"hi\\" \\\\ 李'.encode(),
    }
    assert forms("Li Wei") == {b"Li Wei"}


def test_leaves_are_the_texts_in_a_value() -> None:
    assert list(leaves({"a": ["x", 1, None, ""], "b": {"c": "y"}})) == ["x", "y"]


@pytest.mark.parametrize("texts", [(), ("Wu",), ("--------",)])
def test_where_no_text_is_sought_no_file_is_read(tmp_path: Path, texts: tuple[str, ...]) -> None:
    class Filed(MemoryStore):
        files = (tmp_path / "absent.db",)

    remains = Remains(Filed(), "C-7", (), texts)

    assert remains.found(anew=True) == {}
    assert remains.files == ("absent.db",)
