"""What a store claims beyond the six verbs, and what a class of rules may not do.

Law: a rule passes, fails, is not claimed, or is waived by name with a reason; none is left out in
silence.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from inspect import getattr_static
from typing import Final, TypeVar

import attrs

from crmkit.errors import InvalidValueError
from crmkit.kernel import did_you_mean


Rule = TypeVar("Rule", bound=Callable[..., object])

HOOKS: Final[Mapping[str, str]] = {
    "make_store": "define make_store(self, folder), which returns a new, empty store",
    "capabilities": "say what the store claims: capabilities = Capabilities(…)",
    "open_again": "define open_again(self, store, folder): one more handle on the same data",
    "close_store": "",
    "waived": "",
    "patience": "",
}
"""What a subclass of the rules may define, with the way out where it must."""


@attrs.frozen(kw_only=True)
class Capabilities:
    """What a store claims beyond the six verbs.

    A rule that needs more than is claimed is reported as not claimed; what is claimed must hold.

    Attributes:
        persistent: What was committed is there when the store is closed and opened anew.
        shared: Several handles may be open on the same data at once.
        threads: One handle may be used from many threads at once. Without it, a handle is used by
            one thread at a time, though not always by the one that opened it.
        closes: It has a `close()`, and refuses to work on after it.
        tended: It can let go of old versions and of facts: `crmkit.storage.TendedStore`.

    Examples:
        >>> Capabilities(threads=True, closes=True).claimed
        ('threads', 'closes')
    """

    persistent: bool = False
    shared: bool = False
    threads: bool = False
    closes: bool = False
    tended: bool = False

    @classmethod
    def named(cls, names: Iterable[str]) -> Capabilities:
        """Return the capabilities of those names.

        Raises:
            InvalidValueError: If there is none of a name.

        Examples:
            >>> Capabilities.named(["closes"]).closes
            True
        """
        known = [field.name for field in attrs.fields(cls)]
        claimed = tuple(names)
        for name in claimed:
            if name not in known:
                way_out = did_you_mean(name, known)
                raise InvalidValueError("capability", name, "is none that rules know", way_out)
        return cls(**{name: name in claimed for name in known})

    @property
    def claimed(self) -> tuple[str, ...]:
        """The names of those that are claimed."""
        return tuple(name for name, is_claimed in attrs.asdict(self).items() if is_claimed)


def needs(*any_of: str) -> Callable[[Rule], Rule]:
    """Mark a rule as one for stores that claim at least one of some capabilities.

    Marked twice, a rule needs one of each.
    """

    def mark(rule: Rule) -> Rule:
        rule.__dict__["needs"] = (any_of, *needed_by(rule))
        return rule

    return mark


def needed_by(rule: object) -> tuple[tuple[str, ...], ...]:
    """Return what a rule needs: of each group, one capability."""
    wanted: tuple[tuple[str, ...], ...] = getattr(rule, "needs", ())
    return wanted


def missing_for(rule: object, capabilities: Capabilities) -> str:
    """Return what a rule needs and the store does not claim; empty where it may be tried."""
    claimed = set(capabilities.claimed)
    return ", ".join(" or ".join(each) for each in needed_by(rule) if not claimed & set(each))


def check_subclass(told: type, base: type) -> None:
    """Refuse a subclass of the rules that forgets a hook, hides a rule, or waives it wordlessly.

    Raises:
        InvalidValueError: If it does; says which, and the way out.
    """
    _check_hooks(told, base)
    waived: Mapping[str, str] = getattr(told, "waived", {})
    for name, reason in waived.items():
        if name not in rules_of(base):
            way_out = "see them all: python -m crmkit.testing --list"
            raise InvalidValueError(f"a waiver of {told.__name__}", name, "is no rule", way_out)
        if not isinstance(reason, str) or not reason.strip():
            wanted = f"must say why {name} does not hold"
            raise InvalidValueError(f"a waiver of {told.__name__}", reason, wanted)
    for name in _kept(base):
        if getattr_static(told, name) is not getattr_static(base, name):
            waive = f"waive it, waived = {{{name!r}: 'why'}}, and " * (name in rules_of(base))
            what, way_out = f"a name in {told.__name__}", f"{waive}give yours another name"
            raise InvalidValueError(what, name, "must stay as the rules define it", way_out)


def rules_of(base: type) -> tuple[str, ...]:
    """Return the names of the rules, in the order in which they were written."""
    ordered = (name for each in base.__mro__ for name in vars(each) if name.startswith("test_"))
    return tuple(dict.fromkeys(ordered))


def _check_hooks(told: type, base: type) -> None:
    capabilities = getattr(told, "capabilities", None)
    given = {
        "make_store": _is_given(told, base, "make_store"),
        "capabilities": isinstance(capabilities, Capabilities),
    }
    if isinstance(capabilities, Capabilities):
        reopens = capabilities.persistent or capabilities.shared
        given["open_again"] = _is_given(told, base, "open_again") or not reopens
    for name, is_given in given.items():
        if not is_given:
            raise InvalidValueError(
                f"a hook of {told.__name__}", name, "must be given", HOOKS[name]
            )


def _is_given(told: type, base: type, name: str) -> bool:
    return getattr_static(told, name) is not getattr_static(base, name)


def _kept(base: type) -> list[str]:
    """Return the names that no subclass may take: rules, fixtures and what they work with."""
    ours = (each for each in base.__mro__ if each.__module__.startswith(__package__ or ""))
    names = {name for each in ours for name in vars(each) if not name.startswith("__")}
    return sorted(names - HOOKS.keys())
