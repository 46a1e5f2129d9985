"""Words in the two languages of the trade.

Law: what a user may read has an English and a Chinese text, and both name the same evidence.
"""

from enum import Enum
from string import Formatter
from typing import Literal, Self, TypeAlias

import attrs

from crmkit.errors import InvalidValueError

from .nearest import did_you_mean


Language: TypeAlias = Literal["en", "zh"]
"""The language of a label or sentence: English or simplified Chinese."""


@attrs.frozen
class Text:
    """One text in both languages; `{names}` in it stand for evidence, and must agree.

    Raises:
        InvalidValueError: If a text is blank, its braces hold anything but a name, or the two
            name different evidence.

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
            text = getattr(self, language)
            if not isinstance(text, str) or not text.strip():
                raise InvalidValueError(language, text, "must be text, and not blank")
        if _names("en", self.en) != _names("zh", self.zh):
            rule = f"must name the same evidence as {self.en!r}"
            raise InvalidValueError("zh", self.zh, rule)

    @property
    def names(self) -> frozenset[str]:
        """The evidence that the text speaks of."""
        return _names("en", self.en)

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

    # A member is one object: its identity is a hash, quicker than that of its name.
    __hash__ = object.__hash__

    # The defaults are for type checkers, which take `Size("small")` for a birth; Text refuses them.
    def __new__(cls, value: str, en: str = "", zh: str = "") -> Self:
        member = object.__new__(cls)
        member._value_ = value
        member._text = Text(en, zh)
        return member

    @classmethod
    def of(cls, value: Self | str, name: str) -> Self:
        """Return the member that a value stands for: a member, or its stored value.

        Args:
            value: A member of this enumeration, or the text it is stored as.
            name: What the caller calls it, for the message.

        Raises:
            InvalidValueError: If no member is stored so, with the nearest one that is.
        """
        if isinstance(value, cls):
            return value
        known = {str(member.value): member for member in cls}
        if isinstance(value, str) and value in known:
            return known[value]
        raise InvalidValueError(name, value, f"is no {cls.__name__}", did_you_mean(value, known))

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


def _names(language: str, text: str) -> frozenset[str]:
    try:
        fields = [field for field in Formatter().parse(text) if field[1] is not None]
    except ValueError:
        rule = "must close every brace it opens"
        raise InvalidValueError(language, text, rule, "write {{ and }} for plain braces") from None
    for _, name, form, conversion in fields:
        # Evidence is spoken before it is put in: a form such as {rate:.2f} would find text.
        if not (name or "").isidentifier() or form or conversion:
            rule = "must hold plain names in its braces"
            raise InvalidValueError(language, text, rule, "write {name}")
    return frozenset(name for _, name, _, _ in fields if name)
