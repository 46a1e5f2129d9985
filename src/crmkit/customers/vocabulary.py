"""Words for sorting customers, as data: types and classes that a company can make its own.

Source: domain facts C2 (channel types of an appliance maker) and C3 (classes by closeness, by
handling, by the course of the relation).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import attrs

from crmkit.errors import InvalidValueError
from crmkit.kernel import FrozenMap, Language, Text, checked_name, did_you_mean


@attrs.frozen
class Vocabulary:
    """The words of one way to sort customers: codes, each with its label in both languages.

    Attributes:
        name: Its name: `closeness`.
        says: What it sorts by.
        terms: Code to label.

    Raises:
        InvalidValueError: If a code is not lower-case letters and underscores, or there is none.

    Examples:
        >>> CLOSENESS.label("lost", "zh")
        '流失客户'
        >>> CLOSENESS.checked("gone")
        Traceback (most recent call last):
        crmkit.errors.InvalidValueError: closeness is 'gone': it is no term of this vocabulary;\
 known are current, lost, non_customer, potential
    """

    name: str
    says: Text
    terms: FrozenMap[str, Text]

    def __attrs_post_init__(self) -> None:
        for code in (self.name, *self.terms):
            checked_name(code)
        if not self.terms:
            raise InvalidValueError("terms", self.terms, "must hold at least one term")

    def checked(self, code: str) -> str:
        """Return `code` if it is a term.

        Raises:
            InvalidValueError: If it is not, with the nearest one that is.
        """
        if code not in self.terms:
            way_out = did_you_mean(code, self.terms)
            raise InvalidValueError(self.name, code, "is no term of this vocabulary", way_out)
        return code

    def label(self, code: str, language: Language = "en") -> str:
        """Return the word a user reads for a code.

        Raises:
            InvalidValueError: If the code is no term, or the language neither "en" nor "zh".
        """
        return self.terms[self.checked(code)](language)

    def extended(self, terms: Mapping[str, Text]) -> Vocabulary:
        """Return the vocabulary with more terms, or with other labels for some.

        Raises:
            InvalidValueError: If a code is not lower-case letters and underscores.

        Examples:
            >>> more = CUSTOMER_TYPES.extended({"school": Text("School", "学校")})
            >>> more.label("school")
            'School'
        """
        return attrs.evolve(self, terms=self.terms | terms)


def _vocabulary(name: str, en: str, zh: str, **terms: tuple[str, str]) -> Vocabulary:
    return Vocabulary(name, Text(en, zh), FrozenMap({k: Text(*v) for k, v in terms.items()}))


CUSTOMER_TYPES: Final = _vocabulary(
    "type",
    "Type of customer",
    "客户类型",
    international_chain=("International chain", "国际连锁"),
    domestic_chain=("Domestic chain", "国内连锁"),
    department_store=("Department store", "百货商场"),
    exclusive_store=("Exclusive store", "专卖店"),
    specialist_dealer=("Specialist dealer", "专业经销商"),
    end_consumer=("End consumer", "最终消费者"),
    distributor=("Distributor", "分销商"),
    partner=("Partner", "合作伙伴"),
    internal_customer=("Internal customer", "内部客户"),
)
"""Channel types of an appliance maker (C2)."""

CLOSENESS: Final = _vocabulary(
    "closeness",
    "How close the customer is",
    "关系亲疏",
    non_customer=("Non-customer", "非客户"),
    potential=("Potential customer", "潜在客户"),
    current=("Current customer", "现实客户"),
    lost=("Lost customer", "流失客户"),
)
"""Classes by closeness (C3)."""

HANDLING: Final = _vocabulary(
    "handling",
    "How the customer is handled",
    "客户管理方式",
    key=("Key customer", "重点客户"),
    general=("General customer", "一般客户"),
    potential=("Potential customer", "潜力客户"),
    competitors=("Competitor's customer", "竞争对手的客户"),
)
"""Classes by handling (C3)."""

RELATION: Final = _vocabulary(
    "relation",
    "How the relation has gone",
    "客户关系状况",
    new=("New customer", "新客户"),
    loyal=("Loyal customer", "忠诚客户"),
    lost=("Lost customer", "流失客户"),
    recovered=("Recovered customer", "挽回客户"),
)
"""Classes by the course of the relation (C3)."""


@attrs.frozen
class CustomerTerms:
    """All the words by which one company sorts its customers.

    Attributes:
        types: What a customer's type is checked against.
        classes: Ways to class customers, each by its own name.

    Raises:
        InvalidValueError: If two ways have one name.

    Examples:
        >>> CUSTOMER_TERMS.scheme("handling").label("key")
        'Key customer'
    """

    types: Vocabulary
    classes: tuple[Vocabulary, ...]

    def __attrs_post_init__(self) -> None:
        names = [scheme.name for scheme in self.classes]
        if len(set(names)) < len(names):
            raise InvalidValueError("classes", tuple(names), "must have names used once")

    def scheme(self, name: str) -> Vocabulary:
        """Return the way to class customers of that name.

        Raises:
            InvalidValueError: If there is none, with the nearest one that is.
        """
        for scheme in self.classes:
            if scheme.name == name:
                return scheme
        way_out = did_you_mean(name, [scheme.name for scheme in self.classes])
        raise InvalidValueError("scheme", name, "is no way to class customers here", way_out)


CUSTOMER_TERMS: Final = CustomerTerms(CUSTOMER_TYPES, (CLOSENESS, HANDLING, RELATION))
"""The words of the practice documents; a company passes its own where these do not fit."""
