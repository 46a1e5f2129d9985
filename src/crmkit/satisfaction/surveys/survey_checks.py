"""What weights and labels of a survey must keep to.

Law: what is told of a dimension or an item is told of one that there is; the nearest is named.
"""

from __future__ import annotations

from collections.abc import Mapping

from crmkit.errors import InvalidValueError
from crmkit.kernel import FrozenMap, Text, did_you_mean

from .item import checked_weight


def check_names(what: str, weights: Mapping[str, float], known: set[str | None]) -> None:
    """Refuse weights of what there is not, and weights that are unfit.

    Raises:
        InvalidValueError: If one is, or they are no FrozenMap.

    Examples:
        >>> check_names("dimension_weights", FrozenMap({"delivry": 2}), {"delivery"})
        Traceback (most recent call last):
        crmkit.errors.InvalidValueError: dimension_weights is 'delivry': it is no such item; did\
 you mean 'delivery'?
    """
    if not isinstance(weights, FrozenMap):
        refuse_map(what, weights)
    names = [name for name in known if name is not None]
    for name, weight in weights.items():
        if name not in names:
            raise InvalidValueError(what, name, "is no such item", did_you_mean(name, names))
        checked_weight(weight, f"{what}[{name!r}]")


def check_labels(labels: Mapping[str, Text], known: set[str | None]) -> None:
    """Refuse labels of what there is not, and labels in one language.

    Raises:
        InvalidValueError: If one is, or they are no FrozenMap.

    Examples:
        >>> check_labels(FrozenMap({"price": Text("the price", "价格")}), {"price"})
        >>> check_labels(FrozenMap({"price": "the price"}), {"price"})
        Traceback (most recent call last):
        crmkit.errors.InvalidValueError: labels['price'] is 'the price': it must be a Text, in both\
 languages
    """
    if not isinstance(labels, FrozenMap):
        refuse_map("labels", labels)
    names = [name for name in known if name is not None]
    for name, label in labels.items():
        if name not in names:
            near = did_you_mean(name, names)
            raise InvalidValueError("labels", name, "is no such dimension or item", near)
        if not isinstance(label, Text):
            raise InvalidValueError(f"labels[{name!r}]", label, "must be a Text, in both languages")


def refuse_map(what: str, given: object) -> None:
    """Refuse a mapping that can change.

    Raises:
        InvalidValueError: Always.

    Examples:
        >>> refuse_map("labels", {})
        Traceback (most recent call last):
        crmkit.errors.InvalidValueError: labels is {}: it must be a FrozenMap; Survey.of takes any\
 mapping
    """
    raise InvalidValueError(what, given, "must be a FrozenMap", "Survey.of takes any mapping")
