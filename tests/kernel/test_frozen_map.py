"""A mapping that nobody can change."""

import copy
import pickle

import pytest
from hypothesis import given, strategies as st

from crmkit.kernel import FrozenMap


MAPS = st.dictionaries(st.text(), st.integers())


class TestFrozenMap:
    @given(MAPS)
    def test_equals_the_mapping_it_was_made_of(self, items: dict[str, int]) -> None:
        frozen = FrozenMap(items)

        assert frozen == items
        assert list(frozen) == list(items)
        assert len(frozen) == len(items)
        assert FrozenMap(items.items()) == frozen

    @given(MAPS)
    def test_hashes_alike_in_any_order(self, items: dict[str, int]) -> None:
        turned = dict(reversed(items.items()))

        assert hash(FrozenMap(items)) == hash(FrozenMap(turned))

    @given(MAPS, MAPS)
    def test_joins_as_dicts_do(self, left: dict[str, int], right: dict[str, int]) -> None:
        joined = FrozenMap(left) | right

        assert isinstance(joined, FrozenMap)
        assert joined == left | right

    @given(MAPS)
    def test_survives_copying_and_pickling(self, items: dict[str, int]) -> None:
        frozen = FrozenMap(items)

        assert copy.deepcopy(frozen) == pickle.loads(pickle.dumps(frozen)) == frozen

    def test_does_not_follow_what_it_was_made_of(self) -> None:
        items = {"a": 1}
        frozen = FrozenMap(items)

        items["a"] = 2

        assert frozen["a"] == 1

    def test_cannot_be_written_to(self) -> None:
        with pytest.raises(TypeError, match="does not support item assignment"):
            FrozenMap({"a": 1})["a"] = 2  # type: ignore[index]  # refused

    def test_joins_with_mappings_only(self) -> None:
        with pytest.raises(TypeError, match="unsupported operand"):
            FrozenMap({"a": 1}) | 5  # type: ignore[operator]  # refused

    def test_shows_what_it_holds(self) -> None:
        assert repr(FrozenMap({"a": 1})) == "FrozenMap({'a': 1})"
