"""Words in the two languages of the trade.

Law: what a user may read has an English and a Chinese text, and both name the same evidence.
"""

from enum import Enum
from string import Formatter
from typing import Literal, Self, TypeAlias

import attrs

from crmkit.errors import InvalidValueError


Language: TypeAlias = Literal["en", "zh"]
"""The language of a label or sentence: English or simplified Chinese."""


@attrs.frozen
class Text:
    """One text in both languages; `{names}` in it stand for evidence, and must agree.

    Raises:
        InvalidValueError: If a text is blank, or the two name different evidence.

    Examples:
        >>> Text("due at {due}", "应于{due}完成")("zh")
        '应于{due}完成'
        >>> Text("due at {due}", "应于{until}完成")
        Traceback (most recent call last):
        crmkit.errors.InvalidValueError: zh is '应于{until}完成': it must name the same evidence as\
 'due at {due}'
    """

    en: str
    zh: str

    def __attrs_post_init__(self) -> None:
        for language in ("en", "zh"):
            if not getattr(self, language).strip():
                raise InvalidValueError(language, getattr(self, language), "must not be blank")
        if _names(self.en) != _names(self.zh):
            rule = f"must name the same evidence as {self.en!r}"
            raise InvalidValueError("zh", self.zh, rule)

    @property
    def names(self) -> frozenset[str]:
        """The evidence that the text speaks of."""
        return _names(self.en)

    def __call__(self, language: Language = "en") -> str:
        return self.en if checked_language(language) == "en" else self.zh


class Labelled(Enum):
    """Base of every enumeration: a stored value with its label in both languages.

    Examples:
        >>> class Size(Labelled):
        ...     SMALL = "small", "Small", "小"
        >>> Size("small").label("zh")
        '小'
    """

    _text: Text

    def __new__(cls, value: str, en: str, zh: str) -> Self:
        member = object.__new__(cls)
        member._value_ = value
        member._text = Text(en, zh)
        return member

    def label(self, language: Language = "en") -> str:
        """Return the word a user reads."""
        return self._text(language)


def checked_language(language: Language) -> Language:
    """Return `language` if it is one that labels are kept in.

    Raises:
        InvalidValueError: If it is neither "en" nor "zh".

    Examples:
        >>> checked_language("zh")
        'zh'
    """
    if language not in ("en", "zh"):
        raise InvalidValueError("language", language, "must be 'en' or 'zh'")
    return language


def _names(text: str) -> frozenset[str]:
    return frozenset(name for _, name, _, _ in Formatter().parse(text) if name)
