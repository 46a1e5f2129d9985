"""One customer's answer on one occasion: would you recommend us, were you satisfied?

Law: an answer is a fact. It is never changed; who changes his mind answers again.

Source: domain facts Q4 (the loyalty question inside a survey) and Q8 (satisfaction per episode).
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

import attrs

from crmkit.customers import CustomerId
from crmkit.kernel import (
    FactColumn,
    FactTable,
    FactType,
    Scalar,
    Text,
    checked_actor,
    instant,
    is_id,
    is_utc,
    not_blank,
)


ANSWERS: Final = FactTable(
    "answers",
    (
        FactColumn("customer_id", FactType.ID, Text("Who answered", "客户编码"), required=True),
        FactColumn("answered_at", FactType.TIME, Text("When", "回答时间"), required=True),
        FactColumn("occasion", FactType.TEXT, Text("On which occasion", "事由"), required=True),
        FactColumn(
            "recommend",
            FactType.WHOLE,
            Text("How likely to recommend us, 0 to 10", "推荐意愿（0至10）"),
            low=0,
            high=10,
        ),
        FactColumn(
            "satisfied",
            FactType.WHOLE,
            Text("How satisfied, 1 (not at all) to 5 (wholly)", "满意程度（1至5）"),
            low=1,
            high=5,
        ),
        FactColumn(
            "comment", FactType.TEXT, Text("In the customer's own words", "客户原话"), personal=True
        ),
    ),
    one_of=("recommend", "satisfied"),
)
"""Table `answers`: one row an answer, with a mark for one question at least."""


@attrs.frozen(kw_only=True)
class Answer:
    """What one customer said on one occasion.

    Attributes:
        customer: Who answered.
        occasion: What it was about: an order, a repair, a yearly survey.
        at: When, in UTC.
        recommend: How likely to recommend us, 0 to 10; None when not asked or not answered.
        satisfied: How satisfied, 1 (not at all) to 5 (wholly); None likewise.
        comment: In the customer's own words.

    Raises:
        InvalidValueError: If neither question is answered, or a score is off its scale.

    Examples:
        >>> from datetime import UTC, datetime
        >>> noon = datetime(2026, 3, 2, 12, tzinfo=UTC)
        >>> Answer.record("ann", noon, customer="C-7", occasion="repair S-1", recommend=9).recommend
        9
        >>> Answer.record("ann", noon, customer="C-7", occasion="repair S-1", recommend=11)
        Traceback (most recent call last):
        crmkit.errors.InvalidValueError: recommend is 11: it must be at most 10
    """

    customer: CustomerId = attrs.field(validator=is_id)
    occasion: str = attrs.field(validator=not_blank)
    at: datetime = attrs.field(validator=is_utc)
    recommend: int | None = None
    satisfied: int | None = None
    comment: str = ""

    def __attrs_post_init__(self) -> None:
        self.row()

    @classmethod
    def record(
        cls,
        by: str,
        at: datetime,
        *,
        customer: str,
        occasion: str,
        recommend: int | None = None,
        satisfied: int | None = None,
        comment: str = "",
    ) -> Answer:
        """Put down what a customer said.

        Args:
            by: Who asked; kept with the batch that stores the answer.
            at: When the customer answered.
            customer: Who answered.
            occasion: What it was about.
            recommend: 0 to 10.
            satisfied: 1 to 5.
            comment: In the customer's own words.

        Raises:
            InvalidValueError: If neither question is answered, a score is off its scale, a time is
                naive, or nobody asked.
        """
        checked_actor(by)
        return cls(
            customer=CustomerId(customer),
            occasion=occasion,
            at=instant(at),
            recommend=recommend,
            satisfied=satisfied,
            comment=comment,
        )

    def row(self) -> dict[str, Scalar]:
        """Return it as a row of the table `answers`: its time in microseconds since 1970."""
        return ANSWERS.row(
            {
                "customer_id": self.customer,
                "answered_at": self.at,
                "occasion": self.occasion,
                "recommend": self.recommend,
                "satisfied": self.satisfied,
                "comment": self.comment,
            }
        )
