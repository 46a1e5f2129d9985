"""Comments with the user's own codes: what customers' words come down to.

Law: a comment is never changed by its codes. Coding is a fact of its own; of two codings of one
comment the later counts.

Source: content analysis with a code book; domain fact Q3 (what to improve first).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Final

import attrs

from crmkit.errors import InvalidValueError
from crmkit.kernel import (
    FactColumn,
    FactTable,
    FactType,
    FrozenMap,
    Language,
    Scalar,
    Text,
    checked_id,
    checked_language,
    did_you_mean,
    instant,
    is_id,
)

from .answers import Answers
from .item import ItemKind


COMMENT_CODES: Final = FactTable(
    "comment_codes",
    (
        FactColumn("answers_id", FactType.ID, Text("Whose comment", "答卷编码"), required=True),
        FactColumn("customer_id", FactType.ID, Text("Who answered", "客户编码")),
        FactColumn("item", FactType.ID, Text("Comment on what", "题目"), required=True),
        FactColumn("code", FactType.ID, Text("What it comes down to", "编码类别")),
        FactColumn("code_book", FactType.ID, Text("By which code book", "编码本"), required=True),
        FactColumn(
            "version", FactType.WHOLE, Text("Version of it", "编码本版本"), required=True, low=1
        ),
        FactColumn("coded_at", FactType.TIME, Text("When it was coded", "编码时间"), required=True),
    ),
)
"""Table `comment_codes`: one row a code of a comment; a comment coded as nothing has one without.

Who coded stands in the journal, with the batch."""


@attrs.frozen
class CodeBook:
    """The codes that comments are sorted by, a company's own.

    Attributes:
        id: Which code book.
        version: Which version of it, 1 or more.
        codes: Each code with what it stands for, in one language or in both.

    Raises:
        InvalidValueError: If a value is unfit, or there is no code.

    Examples:
        >>> from crmkit.kernel import Text
        >>> book = CodeBook.of("reasons", 1, {"late": Text("Came too late", "送货迟到")})
        >>> book.label("late", "zh")
        '送货迟到'
        >>> book.check(["lat"])
        Traceback (most recent call last):
        crmkit.errors.InvalidValueError: code is 'lat': it is no code of reasons v1; did you mean\
 'late'?
    """

    id: str = attrs.field(validator=is_id)
    version: int = attrs.field()
    codes: FrozenMap[str, str | Text] = attrs.field()

    def __attrs_post_init__(self) -> None:
        if type(self.version) is not int or self.version < 1:
            raise InvalidValueError("version", self.version, "must be a whole number, 1 or more")
        if not isinstance(self.codes, FrozenMap) or not self.codes:
            rule = "must be a FrozenMap of at least one code"
            raise InvalidValueError("codes", self.codes, rule, "CodeBook.of takes any mapping")
        for code, meaning in self.codes.items():
            checked_id(code, "code")
            if not isinstance(meaning, str | Text) or not meaning:
                rule = "must be text, in one language or in both"
                raise InvalidValueError(f"codes[{code!r}]", meaning, rule)

    @classmethod
    def of(cls, id: str, version: int, codes: Mapping[str, str | Text]) -> CodeBook:
        """Make a code book of any mapping.

        Raises:
            InvalidValueError: If a value is unfit.
        """
        return cls(id, version, FrozenMap(codes))

    def label(self, code: str, language: Language = "en") -> str:
        """Return what a code stands for.

        Raises:
            InvalidValueError: If there is no such code, or no such language.
        """
        checked_language(language)
        meaning = self.codes[self.check([code])[0]]
        return meaning(language) if isinstance(meaning, Text) else meaning

    def check(self, codes: Iterable[str]) -> tuple[str, ...]:
        """Return codes in the order of the book, each once.

        Raises:
            InvalidValueError: If one is none of the book, with the nearest that is.
        """
        given = tuple(codes)
        for code in given:
            if code not in self.codes:
                rule = f"is no code of {self.id} v{self.version}"
                raise InvalidValueError("code", code, rule, did_you_mean(code, self.codes))
        return tuple(code for code in self.codes if code in given)

    def code(
        self, answers: Answers, item: str, codes: Iterable[str], at: datetime
    ) -> tuple[dict[str, Scalar], ...]:
        """Return the rows of the table `comment_codes` that sort one comment.

        Args:
            answers: Whose comment.
            item: Which of his comments.
            codes: What it comes down to; nothing for none of the book.
            at: When it is coded.

        Raises:
            InvalidValueError: If the item is no comment, he made none, or a code is not in the
                book.

        Examples:
            >>> from crmkit.satisfaction import Item, Survey
            >>> from crmkit.testing import NINE
            >>> survey = Survey.of("x", 1, [Item("price"), Item("why", kind=ItemKind.COMMENT)])
            >>> said = Answers.record("A-1", "ann", NINE, survey=survey, cells={"why": "so late"})
            >>> book = CodeBook.of("reasons", 1, {"late": "came too late", "rude": "was rude"})
            >>> [row["code"] for row in book.code(said, "why", ["late"], NINE)]
            ['late']
        """
        if answers.survey.item(item).kind is not ItemKind.COMMENT:
            raise InvalidValueError("item", item, "must be a comment")
        if not isinstance(answers.cells[item], str):
            raise InvalidValueError("item", item, f"has no comment in answers {answers.id!r}")
        told = {
            "answers_id": answers.id,
            "customer_id": answers.customer,
            "item": item,
            "code_book": self.id,
            "version": self.version,
            "coded_at": instant(at),
        }
        return tuple(
            COMMENT_CODES.row({**told, "code": code}) for code in self.check(codes) or (None,)
        )
