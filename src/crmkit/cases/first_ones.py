"""Sentences that name the first few of many.

Law: a refusal names what it waits for, in both languages, and stays short.

Source: domain facts K8 and K9.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from crmkit.kernel import Name


_SHOWN: Final = 3


def first_few(en: str, zh: str, ids: Sequence[str], chinese: Sequence[str] | None = None) -> Name:
    """Return a sentence that names the first few of many, and how many more there are.

    Args:
        en: What is said of them.
        zh: The same in Chinese.
        ids: What they are called.
        chinese: What they are called in Chinese; None for as in English.

    Examples:
        >>> first_few("not told", "尚未告知", ["K-1", "K-2", "K-3", "K-4", "K-5"]).en
        'not told: K-1, K-2, K-3 and 2 more'
        >>> first_few("not told", "尚未告知", ["K-1", "K-2"]).zh
        '尚未告知：K-1、K-2'
    """
    shown, rest = ids[:_SHOWN], len(ids) - _SHOWN
    here = (ids if chinese is None else chinese)[:_SHOWN]
    more = (f" and {rest} more", f"等{len(ids)}个") if rest > 0 else ("", "")
    return Name(f"{en}: {', '.join(shown)}{more[0]}", f"{zh}：{'、'.join(here)}{more[1]}")
