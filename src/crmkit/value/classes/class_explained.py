"""Why one customer is in his class, and what parts him from the next.

Law: the class can be recomputed from the evidence alone; what would move him is counted with
everybody else as he is.

Source: domain fact V1.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Final, cast

import attrs
import narwhals.stable.v2 as nw
from narwhals.stable.v2.typing import IntoFrame

from crmkit.kernel import Evidence, Explanation, Rule, Share, Text
from crmkit.kernel.customer_rows import one_row, plain_id, rows_within
from crmkit.kernel.frames import Lazy, frame_of
from crmkit.value.coins import checked_decimals, coins_in

from .abc_policy import HAIER, AbcClass, AbcPolicy, checked_policy
from .classing import check_sales, wanted_columns
from .share_bars import FALLS, RISES


_SAID: Final = Text(
    "customer {customer} is class {verdict}: larger customers make {share_before} of sales "
    "({before} of {total}), with his {amount} it is {share_with}; A goes to {a_to}, "
    "B to {b_to}, and who bought for nothing is C",
    "客户{customer}为{verdict}：金额更大的客户占销售额的{share_before}（{total}中的{before}），"
    "加上其{amount}为{share_with}；A类至{a_to}，B类至{b_to}，无购买额者为C类",
)
_SOURCE: Final = "V1: class of the share of sales before the customer, within a product category"
_LOW: Final = Rule(
    code="value.abc.low_volume",
    says=Text(
        "customer {customer} is not classed: sales of {total} are below the minimum of "
        "{min_volume}",
        "客户{customer}不予分类：销售额{total}低于最低要求{min_volume}",
    ),
    source="V1: categories with low volume are not classified",
)


def explain_abc_class(
    frame: IntoFrame,
    customer: str | int,
    *,
    policy: AbcPolicy = HAIER,
    category: str | None = None,
    within: str | int | None = None,
    customer_id: str = "customer_id",
    amount: str = "amount",
    decimals: int = 2,
) -> Explanation[AbcClass | None]:
    """Explain why a customer is in his class, and what parts him from the next.

    Args:
        frame: What `abc_classes` takes.
        customer: Whose class.
        policy: Where A and B end.
        category: Name of the column within whose values customers are classed.
        within: In which category; needed where the customer has several.
        customer_id: Name of the column of customers.
        amount: Name of the column of amounts.
        decimals: How many decimals the currency has.

    Returns:
        The class with its evidence: `amount`, `rank` among `customers` (1 is the largest; equal
        amounts share a rank), `before` (sum of larger amounts) of `total`, the same as
        `share_before` and, with the customer, `share_with`; the policy's `a_to`, `b_to` and
        `min_volume`; `rises_at`, the least amount with which he would be in a better class, and
        `stays_from`, the least with which he keeps his: everybody else as he is, and his own
        amount counted in the total. None where there is no better, or no worse. The verdict is
        None where the category sells for less than the minimum.

    Raises:
        InvalidValueError: As `abc_classes`, or if the category must be named.
        NotFoundError: If the customer is not in the frame.

    Units:
        Amounts in the currency, as Decimals; shares 0 to 1.

    Examples:
        >>> import pandas
        >>> sales = pandas.DataFrame({"customer_id": [*"WXYZ"], "amount": [70, 20, 7, 3]})
        >>> why = explain_abc_class(sales, "X")
        >>> why.verdict, why.find("share_before").value
        (<AbcClass.A: 'A'>, Share(0.7))
        >>> why = explain_abc_class(sales, "Y")
        >>> why.verdict, why.find("rises_at").value
        (<AbcClass.B: 'B'>, Decimal('19.51'))
    """
    customer = plain_id(customer)
    policy, decimals = checked_policy(policy), checked_decimals(decimals)
    keys = [customer_id] if category is None else [customer_id, category]
    asked = frame_of(frame, "frame", wanted_columns(keys, amount))
    check_sales(asked, keys, amount, decimals)
    lazy, own, way_out = rows_within(asked.lazy(), customer, customer_id, category, within)
    whole = coins_in(amount, decimals).cast(nw.Int64).alias(amount)
    mine = cast("int", one_row(own.select(whole), customer, way_out)[amount])
    return _explanation(policy, customer, _Sales(lazy.select(whole), amount, mine), decimals)


@attrs.frozen
class _Sales:
    """Everybody's amounts in coins, and one customer's among them."""

    frame: Lazy
    column: str
    mine: int

    @property
    def gain(self) -> int:
        return max(self.mine, 0)

    def standing(self) -> tuple[int, int, int, int]:
        """Return rank, customers, sum of larger amounts, and sum of all above 0."""
        coins = nw.col(self.column)
        larger, gain = coins > self.mine, nw.when(coins > 0).then(coins).otherwise(0)
        told = self.frame.select(
            rank=larger.cast(nw.Int64).sum() + 1,
            customers=nw.len(),
            before=nw.when(larger).then(gain).otherwise(0).sum(),
            total=gain.sum(),
        )
        rank, customers, before, total = (int(number) for number in told.collect().row(0))
        return rank, customers, before, total

    def rises_at(self, permille: int, before: int, total: int) -> int:
        """Return the least amount before which less than this share of the total would lie."""
        if not before:
            return max(self.gain, 1)
        coins, so_far = nw.col(self.column), f"{self.column} so far"
        others = total - self.gain
        larger = self._added_up(coins > self.gain, so_far)
        # With as much as a larger customer he has only the still larger ones before him.
        bar = (nw.col(so_far) - coins) * 1000 // permille - others + 1
        told = larger.select(least=nw.max_horizontal(coins, bar).min()).collect().row(0)[0]
        return min(max(self.gain, before * 1000 // permille - others + 1), int(told))

    def stays_from(self, permille: int, before: int, total: int) -> int:
        """Return the least amount before which less than this share of the total would still lie.

        It is one coin more than the largest with which it would not. With less than another
        customer he has him before him, too; he is in the table himself, before nobody.
        """
        coins, so_far = nw.col(self.column), f"{self.column} so far"
        smaller = self._added_up((coins > 0) & (coins <= self.mine), so_far)
        bar = (nw.col(so_far) - self.mine + before) * 1000 // permille - (total - self.mine)
        told = smaller.select(most=nw.min_horizontal(coins - 1, bar).max()).collect().row(0)[0]
        return max(int(told), 0) + 1

    def _added_up(self, kept: nw.Expr, so_far: str) -> Lazy:
        """Return some of the amounts, each with the sum of those before it and its own."""
        part = self.frame.filter(kept).with_columns((-nw.col(self.column)).alias("falling"))
        added = nw.col(self.column).cum_sum().over(order_by="falling")
        return part.with_columns(added.alias(so_far))


def _explanation(
    policy: AbcPolicy, customer: str | int, sales: _Sales, decimals: int
) -> Explanation[AbcClass | None]:
    rank, customers, before, total = sales.standing()
    amount, ahead, all_of_it = (_money(coins, decimals) for coins in (sales.mine, before, total))
    verdict = policy.class_at(amount, ahead, all_of_it)
    rises_at, stays_from = _bars(policy, verdict, sales, before, total)
    shares = [Share(part / total) if total else None for part in (before, before + sales.gain)]
    return Explanation(
        verdict=verdict,
        rule=_rule(verdict),
        evidence=(
            Evidence("customer", customer),
            Evidence("amount", amount, Decimal(0), sales.mine > 0),
            Evidence("rank", rank),
            Evidence("customers", customers),
            Evidence("before", ahead),
            Evidence("total", all_of_it, policy.min_volume, verdict is not None),
            Evidence("share_before", shares[0], policy.a_to, verdict is AbcClass.A),
            Evidence("share_with", shares[1]),
            Evidence("a_to", policy.a_to),
            Evidence("b_to", policy.b_to),
            Evidence("min_volume", policy.min_volume),
            Evidence("rises_at", None if rises_at is None else _money(rises_at, decimals)),
            Evidence("stays_from", None if stays_from is None else _money(stays_from, decimals)),
        ),
    )


def _bars(
    policy: AbcPolicy, verdict: AbcClass | None, sales: _Sales, before: int, total: int
) -> tuple[int | None, int | None]:
    """Return where the better class and his own begin for him."""
    a, b = policy.a_permille, policy.b_permille
    if verdict is AbcClass.A:
        return None, sales.stays_from(a, before, total)
    if verdict is AbcClass.B:
        return sales.rises_at(a, before, total), sales.stays_from(b, before, total)
    return (sales.rises_at(b, before, total) if verdict else None), None


def _rule(verdict: AbcClass | None) -> Rule:
    if verdict is None:
        return _LOW
    told = {AbcClass.A: (FALLS,), AbcClass.B: (RISES, FALLS), AbcClass.C: (RISES,)}[verdict]
    en = "; ".join([_SAID.en, ", and ".join(part.en for part in told)])
    zh = "；".join([_SAID.zh, "，".join(part.zh for part in told)])
    return Rule(code="value.abc", says=Text(en, zh), source=_SOURCE)


def _money(coins: int, decimals: int) -> Decimal:
    return Decimal(coins).scaleb(-decimals)
