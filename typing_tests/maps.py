"""What type checkers know of frozen maps."""

from collections.abc import Mapping
from typing import assert_type

from crmkit.kernel import Channel, FrozenMap


sizes = FrozenMap({"small": 1})

assert_type(sizes, FrozenMap[str, int])
assert_type(sizes["small"], int)
assert_type(sizes.get("large"), int | None)
assert_type(sizes | {"large": 2}, FrozenMap[str, int])
assert_type(list(sizes), list[str])
assert_type(FrozenMap([(Channel.SMS, 1)]), FrozenMap[Channel, int])

# It is a mapping, and a map of ints is one of objects; nobody can put anything into it.
mapping: Mapping[str, int] = sizes
objects: FrozenMap[str, object] = sizes
sizes["small"] = 2  # type: ignore[index]
