"""What type checkers know of an async CRM: each verb's own arguments, and what it answers."""

from collections.abc import AsyncGenerator
from typing import Any, assert_type

import crmkit
from crmkit.app import (
    AsyncCRM,
    AsyncRecordHistory,
    AsyncTransaction,
    Imported,
    Revision,
    Transaction,
)
from crmkit.complaints import Complaint
from crmkit.customers import Customer
from crmkit.satisfaction import Answer
from crmkit.storage import MemoryStore


async def use() -> None:
    async with crmkit.open_async("memory:", actor="ann", threads=4) as crm:
        assert_type(crm, AsyncCRM)

        # A verb of the record, a birth, and what every desk has.
        assert_type(await crm.complaints.acknowledge("K-1", note="called back"), Complaint)
        assert_type(await crm.complaints.receive(customer="C-7", about="leaks"), Complaint)
        assert_type(await crm.customers.add_person(name="Li Wei", phone="+86 1"), Customer)
        assert_type(await crm.customers.get("C-7"), Customer)
        assert_type(await crm.complaints.find(stage="received", limit=3), tuple[Complaint, ...])
        assert_type(crm.complaints.each(stage="received"), AsyncGenerator[Complaint, None])
        async for customer in crm.customers.each():
            assert_type(customer, Customer)
        assert_type(await crm.satisfaction.record(customer="C", occasion="call"), Answer)

        # What is wrong is told.
        await crm.complaints.acknowledge("K-1", nte="called back")  # type: ignore[call-arg]
        await crm.complaints.acknowledge()  # type: ignore[call-arg]
        await crm.customers.add_person(phone="+86 1")  # type: ignore[call-arg]
        await crm.customers.add_person(name="Li", fone="+86 1")  # type: ignore[call-arg]
        await crm.complaints.get(7)  # type: ignore[arg-type]
        print(crm.complaints.get("K-1").stage)  # type: ignore[attr-defined]

        # Histories, imports, transactions, work.
        history = await crm.history.of("C-7", kind="customer")
        assert_type(history, AsyncRecordHistory[Customer])
        assert_type(history[0], Revision[Customer])
        assert_type(await history.restore(1), Customer)
        assert_type(await history.redact("name"), int)
        assert_type(await crm.imports.orders("orders.csv", currency="CNY"), Imported)
        async with crm.transaction() as tx:
            assert_type(tx, AsyncTransaction)
            assert_type(await tx.complaints.reject("K-1"), Complaint)
        assert_type(await crm.run(work), str)
        assert_type(crm.acting(by="bob"), AsyncCRM)
        await crm.imports.orders("orders.csv", curency="CNY")  # type: ignore[call-arg]


def work(tx: Transaction) -> str:
    return tx.customers.get("C-7").name


class NoStore:
    """It lacks the verbs."""


assert_type(AsyncCRM(MemoryStore()), AsyncCRM)
AsyncCRM(NoStore())  # type: ignore[arg-type]
frames: Any = crmkit.open_async().frames
