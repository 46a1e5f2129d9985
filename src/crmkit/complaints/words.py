"""What facts of a complaint are called where a verdict is explained.

Law: a sentence that a user reads names nothing as it is stored, where we have a word for it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from crmkit.cases.fact_words import FACTS
from crmkit.kernel import FrozenMap, Language, Name, Text


_WORDS: Final[Mapping[str, Text]] = FrozenMap({"safety": Text("safety at stake", "涉及安全")})
"""What facts are called here, where it is not what they are called elsewhere."""


def fact_called(name: str, language: Language) -> str:
    """Return what a fact is called; one that we have no word for, as it is stored.

    Examples:
        >>> fact_called("safety", "en"), fact_called("severity", "zh")
        ('safety at stake', '严重程度')
    """
    # Loaded here: who only takes complaints in needs no words of promises.
    from crmkit.sla.trade_words import called, word

    return called(name, language, word(name, _WORDS, FACTS))


def untold_in_words(names: Iterable[str]) -> Name:
    """Return which facts nobody has told, as the end of a sentence; empty where all are told.

    Examples:
        >>> print(untold_in_words(["severity", "safety"]))
        ; not known: severity, safety at stake
        >>> untold_in_words(["severity", "safety"]).zh, untold_in_words([]).en
        ('；未知：严重程度、涉及安全', '')
    """
    missing = tuple(names)
    if not missing:
        return Name("", "")
    english, chinese = ([fact_called(one, tongue) for one in missing] for tongue in ("en", "zh"))
    return Name(f"; not known: {', '.join(english)}", f"；未知：{'、'.join(chinese)}")
