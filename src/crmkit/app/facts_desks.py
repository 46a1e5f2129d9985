"""The desks of facts: what customers bought, and what they say."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime

from crmkit.kernel import FactTable, Money, Scalar
from crmkit.orders import ORDERS, OrderEntry
from crmkit.satisfaction import ANSWERS, Answer

from .asking import Asked, conditions
from .desk import Office


class FactsDesk:
    """One table of facts, in one store, on behalf of one actor."""

    def __init__(self, office: Office, table: FactTable) -> None:
        self._office = office
        self._table = table

    def each(self, /, *where: Asked, **equal: object) -> Iterator[dict[str, object]]:
        """Yield every fact that meets the conditions, oldest entry first.

        Args:
            where: Conditions: column, operator (`=`, `!=`, `<`, `<=`, `>`, `>=`, `in`), value.
            equal: Columns that must have these values: `customer_id="C-7"`.

        Returns:
            Rows by column name: instants as datetimes in UTC, money as Decimals.

        Raises:
            InvalidValueError: If there is no such column, with the nearest that is.
        """
        told = (*(value for _, _, value in where), *equal.values())
        # Coins of two currencies do not compare: money is held against its own.
        kinds = [("currency", "=", value.currency) for value in told if isinstance(value, Money)]
        asked = conditions((*where, *kinds), equal, self._table.asked_value)
        blocks = self._office.look(lambda unit: unit.scan(self._table, where=asked))
        for block in blocks:
            for values in zip(*block.values(), strict=True):
                yield self._table.restored(dict(zip(block, values, strict=True)))

    def _state(self, row: Mapping[str, Scalar]) -> None:
        columns = {name: [value] for name, value in row.items()}
        self._office.work(lambda unit: unit.add_facts(self._table, columns))


class OrdersDesk(FactsDesk):
    """What they bought: orders as facts.

    Examples:
        >>> import crmkit
        >>> from crmkit.kernel import Money
        >>> desk = crmkit.open(actor="ann").orders
        >>> desk.add(customer="C-7", amount=Money.of("19.99", "EUR"), category="fridges")
        >>> desk.add(customer="C-8", amount=Money.of("5.00", "EUR"))
        >>> [row["customer_id"] for row in desk.each(("amount", ">", Money.of(10, "EUR")))]
        ['C-7']
    """

    def __init__(self, office: Office) -> None:
        super().__init__(office, ORDERS)

    def add(
        self,
        *,
        customer: str,
        amount: Money,
        ordered_at: datetime | None = None,
        order_id: str | None = None,
        category: str | None = None,
        product: str | None = None,
        quantity: float | None = None,
        entry: OrderEntry | str = OrderEntry.ORDER,
        original_at: datetime | None = None,
    ) -> None:
        """Put down one order; of now, where no time is given. Many at once: `crm.imports.orders`.

        Args:
            customer: Who bought.
            amount: For how much; of what goes back, below 0.
            ordered_at: When; of a return, when it came.
            order_id: Number of the order; a return bears that of its order.
            category: Product category.
            product: What was bought.
            quantity: How many.
            entry: Whether it is an order, a return or a cancellation.
            original_at: Of the last two, when their order was placed, where that is known.

        Raises:
            InvalidValueError: If a value is unfit.

        Examples:
            >>> import crmkit
            >>> from crmkit.kernel import Money
            >>> crm = crmkit.open(actor="ann")
            >>> crm.orders.add(customer="C-7", amount=Money.of("19.99", "EUR"))
            >>> [row["amount"] for row in crm.orders.each(customer_id="C-7")]
            [Decimal('19.99')]
        """
        row = ORDERS.row(
            {
                "customer_id": customer,
                "ordered_at": self._office.now() if ordered_at is None else ordered_at,
                "amount": amount,
                "order_id": order_id,
                "category": category,
                "product": product,
                "quantity": quantity,
                "entry": entry,
                "original_at": original_at,
            }
        )
        self._state(row)


class SatisfactionDesk(FactsDesk):
    """What they say: answers as facts.

    Examples:
        >>> import crmkit
        >>> desk = crmkit.open(actor="ann").satisfaction
        >>> answer = desk.record(customer="C-7", occasion="repair S-1", recommend=9)
        >>> [(row["occasion"], row["recommend"]) for row in desk.each(customer_id="C-7")]
        [('repair S-1', 9)]
        >>> desk.record(customer="C-7", occasion="repair S-1", recommend=11)
        Traceback (most recent call last):
        crmkit.errors.InvalidValueError: recommend is 11: it must be at most 10
    """

    def __init__(self, office: Office) -> None:
        super().__init__(office, ANSWERS)

    def record(
        self,
        *,
        customer: str,
        occasion: str,
        recommend: int | None = None,
        satisfied: int | None = None,
        comment: str = "",
    ) -> Answer:
        """Put down what a customer said. Many at once: `crm.imports.answers`.

        Args:
            customer: Who answered.
            occasion: What it was about: an order, a repair, a yearly survey.
            recommend: How likely to recommend us, 0 to 10.
            satisfied: How satisfied, 1 (not at all) to 5 (wholly).
            comment: In the customer's own words.

        Raises:
            InvalidValueError: If neither question is answered, or a score is off its scale.

        Examples:
            >>> import crmkit
            >>> crm = crmkit.open(actor="ann")
            >>> answer = crm.satisfaction.record(customer="C-7", occasion="repair S-1", satisfied=5)
            >>> answer.satisfied
            5
        """
        answer = Answer.record(
            self._office.actor,
            self._office.now(),
            customer=customer,
            occasion=occasion,
            recommend=recommend,
            satisfied=satisfied,
            comment=comment,
        )
        self._state(answer.row())
        return answer
