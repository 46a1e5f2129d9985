"""Advice for a name that nobody knows."""

from collections.abc import Iterable
from difflib import get_close_matches


def did_you_mean(name: object, known: Iterable[str]) -> str:
    """Return the way out for an unknown name: the nearest known one, else all of them.

    Examples:
        >>> did_you_mean("custmer_id", ["customer_id", "amount"])
        "did you mean 'customer_id'?"
        >>> did_you_mean("colour", ["customer_id", "amount"])
        'known are amount, customer_id'
        >>> did_you_mean("colour", [])
        'none is known'
    """
    names = sorted(known)
    if near := get_close_matches(str(name), names, n=1):
        return f"did you mean {near[0]!r}?"
    return f"known are {', '.join(names)}" if names else "none is known"
