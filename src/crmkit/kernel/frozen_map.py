"""A mapping that nobody can change: what records hold where they need one."""

from __future__ import annotations

from collections.abc import ItemsView, Iterable, Iterator, Mapping
from typing import TypeVar


K = TypeVar("K")
V_co = TypeVar("V_co", covariant=True)


class FrozenMap(Mapping[K, V_co]):
    """An immutable mapping, hashable where its values are; it keeps the order it was given.

    Examples:
        >>> classes = FrozenMap({"closeness": "current"})
        >>> classes | {"handling": "key"}
        FrozenMap({'closeness': 'current', 'handling': 'key'})
        >>> classes["closeness"], classes == {"closeness": "current"}
        ('current', True)
    """

    __slots__ = ("_items",)

    def __init__(self, items: Mapping[K, V_co] | Iterable[tuple[K, V_co]] = ()) -> None:
        self._items = dict(items)

    def __getitem__(self, key: K) -> V_co:
        return self._items[key]

    def __contains__(self, key: object) -> bool:
        return key in self._items

    def items(self) -> ItemsView[K, V_co]:
        return self._items.items()

    def __iter__(self) -> Iterator[K]:
        return iter(self._items)

    def __len__(self) -> int:
        return len(self._items)

    def __hash__(self) -> int:
        return hash(frozenset(self._items.items()))

    def __or__(self, other: Mapping[K, V_co]) -> FrozenMap[K, V_co]:
        if not isinstance(other, Mapping):
            return NotImplemented
        return FrozenMap({**self._items, **other})

    def __repr__(self) -> str:
        return f"FrozenMap({self._items!r})"
