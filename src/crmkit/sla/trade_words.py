"""What milestones are called in both languages, where nobody calls them otherwise.

Law: a sentence that a user reads names nothing as it is stored, where we have a word for it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from crmkit.errors import InvalidValueError
from crmkit.kernel import FrozenMap, Language, Text, did_you_mean


MILESTONES: Final[Mapping[str, Text]] = FrozenMap(
    {
        "on_site": Text("on site", "到达现场"),
        "visit": Text("visit", "上门"),
        "root_cause": Text("root cause", "查明原因"),
        "in_progress": Text("in progress", "告知处理进展"),
        "holding_response": Text("holding response", "暂行答复"),
        "early_resolution": Text("early resolution", "提前解决"),
        "closed": Text("closed", "结案"),
    }
)
"""The milestones of the presets, and the commonest others."""


def word(name: str, labels: Mapping[str, Text], ours: Mapping[str, Text]) -> Text | None:
    """Return what a name is called: by those who use it, or by us; None where nobody says.

    Examples:
        >>> word("on_site", {}, MILESTONES)("zh")
        '到达现场'
        >>> word("tested", {}, MILESTONES) is None
        True
    """
    return labels.get(name) or ours.get(name)


def called(name: str, language: Language, told: Text | None) -> str:
    """Return a name as a sentence has it, by its word, or, where there is none, as it is stored.

    Examples:
        >>> called("final_test", "en", None), called("final_test", "zh", None)
        ('final test', '“final_test”')
    """
    if told is not None:
        return told(language)
    return name.replace("_", " ") if language == "en" else f"“{name}”"


def checked_labels(labels: Mapping[str, Text]) -> FrozenMap[str, Text]:
    """Return what names are called.

    Raises:
        InvalidValueError: If it is no mapping of names to texts, or a text speaks of evidence.

    Examples:
        >>> checked_labels({"tested": Text("test on site", "现场测试")})["tested"].zh
        '现场测试'
        >>> checked_labels({"tested": "现场测试"})
        Traceback (most recent call last):
        crmkit.errors.InvalidValueError: labels is {'tested': '现场测试'}: it must be a mapping of\
 names to Text; write {'tested': Text("tested", "…")}
    """
    pairs = labels.items() if isinstance(labels, Mapping) else [(None, None)]
    for name, text in pairs:
        if not isinstance(name, str) or type(text) is not Text:
            way_out = f'write {{{name!r}: Text("{name}", "…")}}'
            raise InvalidValueError("labels", labels, "must be a mapping of names to Text", way_out)
        if text.names:
            raise InvalidValueError("labels", text.en, "must stand without names in braces")
    return FrozenMap(labels)


def check_known(labels: Mapping[str, Text], names: Iterable[str]) -> None:
    """Refuse labels of what is not there to be called.

    Raises:
        InvalidValueError: If one is such a label.
    """
    known = tuple(names)
    for name in labels:
        if name not in known:
            told = ", ".join(known) or "nothing: ours have labels"
            way_out = did_you_mean(name, known)
            raise InvalidValueError("labels", name, f"must call one of {told}", way_out)
