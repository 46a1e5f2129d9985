"""What a ledger of points is made of: postings, and the acts that make them.

Law: a posting is never changed; what was wrong is put right by another one. Every posting says of
which lot its points are, so that the balance, the identity and the liability of any day can be
added up from postings alone.

Source: domain fact L6 (points schemes); science §3: an append-only ledger of lots.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

import attrs
from attrs.validators import optional

from crmkit.errors import InvalidValueError
from crmkit.kernel import (
    FactColumn,
    FactTable,
    FactType,
    FrozenMap,
    Labelled,
    Money,
    Scalar,
    Text,
    is_a,
    is_utc,
    member_of,
)


class PointsAct(Labelled):
    """What was done to an account of points."""

    OPENED = "opened", "Opened", "已开户"
    EARNED = "earned", "Earned", "获得积分"
    REDEEMED = "redeemed", "Redeemed", "兑换积分"
    EXPIRED = "expired", "Expired", "积分到期"
    ADJUSTED = "adjusted", "Adjusted", "调整积分"
    TAKEN_BACK = "taken_back", "Taken back for returned goods", "退货扣回积分"
    GIVEN_BACK = "given_back", "Given back for a redemption undone", "兑换撤销退回积分"
    SENT = "sent", "Sent to another account", "转出积分"
    TAKEN_IN = "taken_in", "Taken in from another account", "转入积分"
    SETTLED = "settled", "Debt settled", "抵偿欠分"
    FORGIVEN = "forgiven", "Debt forgiven", "豁免欠分"


class PointsSource(Labelled):
    """For what points were given."""

    SALE = "sale", "With a sale", "消费所得"
    GIFT = "gift", "As a gift", "赠送所得"


@attrs.frozen(kw_only=True)
class PointsPosting:
    """One line of the ledger: what one act did to one lot of one account.

    Attributes:
        number: Its place in the account's ledger, from 1, without gaps.
        act: What was done.
        at: When, in UTC: of points that lapsed, when they did.
        points: By how much it changes the balance.
        debt: By how much it changes what the customer owes: points of returned goods that were
            spent before.
        lot: Number of the posting by which the points came; 0 where it is of no lot.
        source: For what the points of the lot were given.
        earned_at: When they were earned, in UTC; a transfer does not change it.
        expires_at: From when on they are void, in UTC; None for never.
        amount: The price that the points came with, or that went back with them; None for none.

    Raises:
        InvalidValueError: If a value is unfit, or the posting does nothing.

    Units:
        Points, whole.

    Examples:
        >>> from crmkit.testing import NINE
        >>> line = PointsPosting(
        ...     number=1, act=PointsAct.EARNED, at=NINE, points=10, lot=1, earned_at=NINE
        ... )
        >>> line.term
        'earned'
    """

    number: int = attrs.field(validator=is_a(int))
    act: PointsAct = attrs.field(validator=member_of(PointsAct))
    at: datetime = attrs.field(validator=is_utc)
    points: int = attrs.field(default=0, validator=is_a(int))
    debt: int = attrs.field(default=0, validator=is_a(int))
    lot: int = attrs.field(default=0, validator=is_a(int))
    source: PointsSource = attrs.field(default=PointsSource.SALE, validator=member_of(PointsSource))
    earned_at: datetime = attrs.field(validator=is_utc)
    expires_at: datetime | None = attrs.field(default=None, validator=optional(is_utc))
    amount: Money | None = attrs.field(default=None, validator=optional(is_a(Money)))

    def __attrs_post_init__(self) -> None:
        told = self.points or self.debt or self.amount is not None
        if self.act is PointsAct.OPENED or not told:
            raise InvalidValueError("points", self.points, "must change something")

    @property
    def term(self) -> str:
        """The term of the identity it counts in: earned, adjusted, redeemed or expired."""
        return TERMS[self.act]


TERMS: Final[FrozenMap[PointsAct, str]] = FrozenMap(
    {
        act: act.value
        if act in (PointsAct.EARNED, PointsAct.REDEEMED, PointsAct.EXPIRED)
        else "adjusted"
        for act in PointsAct
    }
)
"""In which term of the identity an act counts: earned + adjusted = redeemed + expired + balance."""

POINTS_POSTINGS: Final = FactTable(
    "points_postings",
    (
        FactColumn("account_id", FactType.ID, Text("Which account", "积分账户编码"), required=True),
        FactColumn("customer_id", FactType.ID, Text("Whose", "客户编码"), required=True),
        FactColumn("scheme", FactType.TEXT, Text("By which scheme", "积分计划"), required=True),
        FactColumn(
            "number", FactType.WHOLE, Text("Place in the account's ledger", "序号"), required=True
        ),
        FactColumn("act", FactType.TEXT, Text("What was done", "操作"), required=True),
        FactColumn("posted_at", FactType.TIME, Text("When", "入账时间"), required=True),
        FactColumn("points", FactType.WHOLE, Text("Change of the balance", "积分"), required=True),
        FactColumn("debt", FactType.WHOLE, Text("Change of the debt", "欠分"), required=True),
        FactColumn(
            "lot", FactType.WHOLE, Text("Posting by which they came", "积分批号"), required=True
        ),
        FactColumn("source", FactType.TEXT, Text("For what given", "积分来源"), required=True),
        FactColumn("earned_at", FactType.TIME, Text("When earned", "获得时间"), required=True),
        FactColumn("expires_at", FactType.TIME, Text("Void from when on", "失效时间")),
        FactColumn("reference", FactType.TEXT, Text("Of which act", "凭证号"), required=True),
        FactColumn("amount", FactType.MONEY, Text("Price they came with", "金额")),
        FactColumn("currency", FactType.TEXT, Text("In which currency", "币种"), required=True),
    ),
)
"""Table `points_postings`: one row a posting."""


def posting_row(
    posting: PointsPosting,
    *,
    account: str,
    customer: str,
    scheme: str,
    reference: str,
    currency: str,
) -> dict[str, Scalar]:
    """Return a posting as a row of `POINTS_POSTINGS`, as the store keeps it.

    Args:
        posting: Which.
        account: Of which account.
        customer: Whose.
        scheme: By which scheme.
        reference: Of which act.
        currency: The scheme's.

    Examples:
        >>> from crmkit.testing import NINE
        >>> line = PointsPosting(
        ...     number=1, act=PointsAct.EARNED, at=NINE, points=10, lot=1, earned_at=NINE
        ... )
        >>> row = posting_row(
        ...     line,
        ...     account="A-1",
        ...     customer="C-7",
        ...     scheme="club",
        ...     reference="O-1",
        ...     currency="CNY",
        ... )
        >>> row["points"], row["act"], row["expires_at"] is None
        (10, 'earned', True)
    """
    return POINTS_POSTINGS.row(
        {
            "account_id": account,
            "customer_id": customer,
            "scheme": scheme,
            "number": posting.number,
            "act": posting.act.value,
            "posted_at": posting.at,
            "points": posting.points,
            "debt": posting.debt,
            "lot": posting.lot,
            "source": posting.source.value,
            "earned_at": posting.earned_at,
            "expires_at": posting.expires_at,
            "reference": reference,
            "amount": posting.amount,
            "currency": currency,
        }
    )
