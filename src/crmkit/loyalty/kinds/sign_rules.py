"""By what loyalty is seen: a list of signs, and which of them a customer shows.

Law: a sign is no proof, and one that is lacking no proof of the contrary: who cannot leave comes
back too. That a customer does not complain is no sign, and no rule asks for it.

Source: domain fact L4; tolerance and price after Zeithaml, V. A., Berry, L. L. and Parasuraman, A.
(1996), "The behavioral consequences of service quality", Journal of Marketing 60(2), 31–46. The
numbers are ours.
"""

from __future__ import annotations

from typing import ClassVar, Final

import attrs

from crmkit.kernel import Compare, DecisionRule, DecisionTable, Rule, Text

from .findings import Parted, scored
from .loyalty_facts import Facts
from .loyalty_words import LoyaltySign
from .weighing import NO_VERDICT


_SOURCE: Final = "L4; the bars are crmkit's own, to be settled by the company"


def _rule(one: LoyaltySign, en: str, zh: str, when: Compare) -> DecisionRule:
    says = Text(f"{{verdict}}: {en}", f"{{verdict}}：{zh}")
    rule = Rule(code=f"loyalty.sign.{one.value}", says=says, source=_SOURCE)
    return DecisionRule(rule, when, str(one.value))


SIGN_RULES: Final = DecisionTable(
    name="signs of loyalty",
    rules=(
        _rule(
            LoyaltySign.REPEAT_PURCHASE,
            "came back in time: {bought_again}",
            "按期再次购买：{bought_again}",
            Compare("bought_again", "=", True),
        ),
        _rule(
            LoyaltySign.RECOMMENDATION,
            "{recommend} of 10",
            "{recommend}（满分10）",
            Compare("recommend", ">=", 9),
        ),
        scored(LoyaltySign.ATTACHMENT, "attachment", "sign", _SOURCE),
        scored(LoyaltySign.TOLERANCE, "tolerance", "sign", _SOURCE),
        _rule(
            LoyaltySign.SHARE_OF_WALLET,
            "{share_of_wallet} of all that he spends on the kind",
            "占该品类支出的{share_of_wallet}",
            Compare("share_of_wallet", ">=", 0.5),
        ),
        scored(LoyaltySign.PRICE_INSENSITIVITY, "price_tolerance", "sign", _SOURCE),
    ),
    otherwise=NO_VERDICT,
)
"""The six signs; where none is there, none is."""


@attrs.frozen(kw_only=True)
class SignFinding(Parted[LoyaltySign]):
    """Which signs of loyalty one customer shows; `find_signs` makes it.

    Attributes:
        found: Those that he shows.
        lacking: Those that he does not.
        open: Those that hang on facts that are not known.
        missing: These facts.
        told: Every fact that the rules ask for; None where it is not known.
        because: Why, for every rule that holds.

    Examples:
        >>> one = find_signs({"bought_again": True, "recommend": 4, "share_of_wallet": 0.7})
        >>> [[sign.value for sign in part] for part in (one.found, one.lacking)]
        [['repeat_purchase', 'share_of_wallet'], ['recommendation']]
        >>> one.missing
        ('attachment', 'tolerance', 'price_tolerance')
    """

    says: ClassVar[Rule] = Rule(
        code="loyalty.signs",
        says=Text(
            "signs of loyalty in customer {customer}: {found}; lacking: {lacking}; not known: "
            "{unknown}",
            "客户{customer}的忠诚表现：{found}；没有：{lacking}；不明：{unknown}",
        ),
        source="L4",
    )


def find_signs(facts: Facts, *, rules: DecisionTable = SIGN_RULES) -> SignFinding:
    """Find which signs of loyalty a customer shows.

    Args:
        facts: What is known of him, by name; None, or left out, where it is not. `bought_again` and
            `share_of_wallet` are columns that the measures of these names make.
        rules: When each sign is there, as data; each verdict the stored value of a `LoyaltySign`.

    Raises:
        InvalidValueError: As `find_motives`; a complaint that was not made is no fact.

    Source:
        Domain fact L4.

    Examples:
        >>> print(find_signs({"recommend": 10, "attachment": 80}).explain("C-7"))
        signs of loyalty in customer C-7: would recommend us and attached to the brand; lacking:\
 nothing; not known: whether he came back in time, how he bears with our mistakes, share of what he\
 spends that he spends with us, how he bears with higher prices
          would recommend us: 10 of 10
          attached to the brand: 80 of 100
    """
    return SignFinding.of(facts, rules, LoyaltySign)
