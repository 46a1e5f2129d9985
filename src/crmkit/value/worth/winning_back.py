"""Is a lost customer worth winning back? Why he was lost, and what is at stake.

Law: the chance of winning him back goes by the reason for which he was lost, and is the company's
own; no chance is assumed that nobody named. Worth is chance × value at stake − cost of trying.

Source: domain fact V8: why lost, worth winning back. Griffin and Lowenstein, "Customer Winback"
(2001), for judging by reason and by the value of a second life.
"""

from __future__ import annotations

import math
from typing import Final, cast

import attrs
import narwhals.stable.v2 as nw
from narwhals.stable.v2.typing import IntoFrameT

from crmkit.errors import InvalidValueError
from crmkit.kernel import Evidence, Explanation, FrozenMap, Labelled, Rule, Share, Text
from crmkit.kernel.checks import is_a, not_blank, of_kind
from crmkit.kernel.customer_rows import check_new
from crmkit.kernel.frames import ColumnKind, Flaw, empty, find_flaws, frame_of, not_finite


class LossReason(Labelled):
    """Why a customer was lost."""

    PRICE = "price", "Price", "价格原因"
    QUALITY = "quality", "Quality of the goods", "商品质量"
    SERVICE = "service", "Service", "服务原因"
    COMPETITOR = "competitor", "Better offer of a competitor", "竞争对手"
    NEED_ENDED = "need_ended", "The need has ended", "需求消失"
    MOVED = "moved", "Moved away", "迁离"
    CLOSED_DOWN = "closed_down", "Closed down", "歇业"
    DISMISSED = "dismissed", "Let go by us", "我方终止"
    UNKNOWN = "unknown", "Not known", "原因不明"


_RULE: Final = Rule(
    code="value.win_back",
    says=Text(
        "customer {customer}, lost for {reason}: a chance of {chance} on {value} at stake, less "
        "{cost} for trying, is worth {worth}; worth winning back: {verdict}",
        "客户{customer}流失原因：{reason}；挽回机会{chance}，价值{value}，"
        "扣除挽回成本{cost}，值{worth}；是否值得挽回：{verdict}",
    ),
    source="V8: worth winning back, by reason lost and value at stake",
)


@attrs.frozen(kw_only=True)
class WinBackPolicy:
    """How likely a customer is to come back, by the reason for which he was lost.

    Attributes:
        name: Whose policy it is.
        chances: For each reason, the chance that trying succeeds.
        cost: What trying costs for one customer.
        source: Where the chances come from: own trials, an estimate.

    Raises:
        InvalidValueError: If a reason has no chance, or the cost is no number of 0 or more.

    Units:
        Chances 0 to 1; the cost in the currency of the value at stake.

    Source:
        Domain fact V8.

    Examples:
        >>> from crmkit.kernel import FrozenMap
        >>> chances = dict.fromkeys(LossReason, Share(0.1)) | {LossReason.SERVICE: Share(0.4)}
        >>> policy = WinBackPolicy(
        ...     name="ours", chances=FrozenMap(chances), cost=50, source="trial of last autumn"
        ... )
        >>> policy.worth(LossReason.SERVICE, 1000.0), policy.worth(LossReason.PRICE, 400.0)
        (350.0, -10.0)
    """

    name: str = attrs.field(validator=not_blank)
    chances: FrozenMap[LossReason, Share] = attrs.field(validator=is_a(FrozenMap))
    cost: float = 0.0
    source: str = attrs.field(validator=not_blank)

    def __attrs_post_init__(self) -> None:
        for reason in LossReason:
            if not isinstance(self.chances.get(reason), Share):
                rule = "must have a chance, written as Share(0.2)"
                raise InvalidValueError("reason", reason.value, rule)
        if not _is_number(self.cost) or self.cost < 0:
            raise InvalidValueError("cost", self.cost, "must be a number, 0 or more")

    def worth(self, reason: LossReason, value: float) -> float:
        """Return what trying to win a customer back is worth: the rule itself, for one record.

        Args:
            reason: Why he was lost.
            value: What is at stake: the profit to be expected of him once he is back.

        Raises:
            InvalidValueError: If the reason is none, or the value no finite number.
        """
        if not isinstance(reason, LossReason):
            raise InvalidValueError("reason", reason, "must be a LossReason")
        if not _is_number(value):
            raise InvalidValueError("value", value, "must be a finite number")
        return float(self.chances[reason]) * value - self.cost

    def explain(self, customer: str | int, reason: LossReason, value: float) -> Explanation[bool]:
        """Explain whether a customer is worth winning back.

        Returns:
            Whether it is worth more than nothing, with the evidence `reason`, `chance`, `value`,
            `cost` and `worth`.

        Examples:
            >>> chances = FrozenMap(dict.fromkeys(LossReason, Share(0.3)))
            >>> policy = WinBackPolicy(name="ours", chances=chances, cost=50, source="a guess")
            >>> print(policy.explain("C-7", LossReason.PRICE, 1000))
            customer C-7, lost for price: a chance of 30 % on 1000 at stake, less 50 for trying, is\
 worth 250; worth winning back: yes
        """
        worth = self.worth(reason, value)
        return Explanation(
            verdict=worth > 0,
            rule=_RULE,
            evidence=(
                Evidence("customer", customer),
                Evidence("reason", reason),
                Evidence("chance", self.chances[reason]),
                Evidence("value", value),
                Evidence("cost", self.cost),
                Evidence("worth", worth, 0, worth > 0),
            ),
        )


def win_back_worth(
    frame: IntoFrameT,
    *,
    policy: WinBackPolicy,
    reason: str = "loss_reason",
    value: str = "value_at_stake",
) -> IntoFrameT:
    """Say of every lost customer whether he is worth winning back.

    Args:
        frame: One row per lost customer: pandas, polars (eager or lazy), DuckDB, PySpark. A lazy
            frame is checked by one aggregate query and stays lazy.
        policy: How likely customers come back, by reason, and what trying costs.
        reason: Name of the column of reasons, as `LossReason` stores them.
        value: Name of the column of what is at stake: the profit to be expected once he is back.

    Returns:
        The same kind of frame, its rows and columns as they are, with three columns last:
        `win_back_chance`; `win_back_worth`, chance × value − cost; and `worth_winning_back`,
        whether that is more than nothing.

    Raises:
        InvalidValueError: If a column is missing or of another kind, a reason is unknown, a value
            is empty or not finite, or a column would be lost.

    Units:
        Chances 0 to 1; worth in the currency of the value.

    Source:
        Domain fact V8.

    Examples:
        >>> import pandas
        >>> lost = pandas.DataFrame({"loss_reason": ["price"], "value_at_stake": [1000.0]})
        >>> chances = FrozenMap(dict.fromkeys(LossReason, Share(0.25)))
        >>> policy = WinBackPolicy(name="ours", chances=chances, cost=50, source="a guess")
        >>> told = win_back_worth(lost, policy=policy)
        >>> told["win_back_worth"].to_list(), told["worth_winning_back"].to_list()
        ([200.0], [True])
    """
    of_kind(policy, WinBackPolicy, "policy")
    wanted = {reason: ColumnKind.TEXT, value: ColumnKind.NUMBER}
    asked = frame_of(frame, "frame", wanted)
    check_new(asked, "win_back_chance", "win_back_worth", "worth_winning_back")
    words = [str(one.value) for one in LossReason]
    told = nw.col(reason).cast(nw.String)
    rule = f"must be one of {', '.join(words)}"
    unknown = Flaw(reason, ~nw.col(reason).is_null() & ~told.is_in(words).fill_null(False), rule)
    find_flaws(asked, [empty(reason), unknown, empty(value), not_finite(value)])
    chance = nw.lit(0.0)
    for one in LossReason:
        own = nw.lit(float(policy.chances[one]))
        chance = nw.when(told == str(one.value)).then(own).otherwise(chance)
    stake = nw.col(value).cast(nw.Float64)
    worth = nw.col("win_back_chance") * stake - policy.cost
    judged = asked.with_columns(chance.alias("win_back_chance")).with_columns(
        worth.alias("win_back_worth"), (worth > 0).alias("worth_winning_back")
    )
    return cast("IntoFrameT", judged.to_native())


def _is_number(value: object) -> bool:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return number and math.isfinite(cast("float", value))
