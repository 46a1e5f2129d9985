"""Files of every stored form so far open for ever."""

import shutil
from decimal import Decimal
from pathlib import Path

import crmkit
from crmkit.app import Cursor
from crmkit.app.following import CURSOR_CODEC
from crmkit.app.upkeep.erasing import ERASURE_CODEC
from crmkit.complaints import COMPLAINT_CODEC, Channel, Stage
from crmkit.customers import CUSTOMER_CODEC, Address, Contact, CreditStanding
from crmkit.testing import NINE


FIXTURES = Path(__file__).parent / "fixtures"


def test_a_file_of_format_1_is_read_as_it_was_written(tmp_path: Path) -> None:
    """Made on the first day: two customers, one of them deleted; a complaint sent back once."""
    file = tmp_path / "crm.db"
    shutil.copy(FIXTURES / "format-1.db", file)

    with crmkit.open(f"sqlite:///{file}", actor="ann") as crm:
        laundry = crm.customers.get("C-7")
        complaint = crm.complaints.get("K-1")
        history = crm.history.of("C-7", kind="customer")
        regions = [version.record and version.record.region for version in history]
        (order,) = crm.orders.each()
        (answer,) = crm.satisfaction.each()
        deleted = crm.history.of("C-8")[-1].record
        moved_on = crm.complaints.accept("K-1")

    assert (laundry.name, laundry.address) == ("海狮洗衣", Address(city="Qingdao"))
    assert laundry.contacts == (Contact(name="Wu", role="purchasing"),)
    assert laundry.finances is not None
    assert laundry.finances.credit is CreditStanding.GOOD
    assert laundry.classes == {"handling": "key"}
    assert (complaint.channel, complaint.stage) == (Channel.PHONE, Stage.RESPONDED)
    assert complaint.was_rejected
    assert regions == ["Shandong", "Beijing", "Beijing"]
    assert (order["amount"], order["currency"]) == (Decimal("19.99"), "CNY")
    assert (answer["recommend"], answer["answered_at"]) == (9, NINE)
    assert deleted is None
    assert moved_on.is_closed


def test_records_of_schema_1_are_read_as_they_were_written() -> None:
    customer = CUSTOMER_CODEC.decode((FIXTURES / "customer-1.json").read_bytes(), 1)
    complaint = COMPLAINT_CODEC.decode((FIXTURES / "complaint-1.json").read_bytes(), 1)

    assert (customer.id, customer.name, customer.region) == ("C-7", "海狮洗衣", "Beijing")
    assert customer.trail[0].at == NINE
    assert (complaint.id, complaint.about) == ("K-1", "compressor rattles")
    assert [step.stage for step in complaint.trail][-1] is Stage.RESPONDED


def test_what_the_shell_keeps_is_read_as_it_was_written() -> None:
    """Readers' places and reports of erasures, of schema 1."""
    cursor = CURSOR_CODEC.decode((FIXTURES / "cursor-1.json").read_bytes(), 1)
    erasure = ERASURE_CODEC.decode((FIXTURES / "erasure-1.json").read_bytes(), 1)

    assert cursor == Cursor(id="outbox", kind="complaint", position="12")
    assert (erasure.customer, erasure.values, erasure.kept) == ("C-7", 12, ("customer.region",))
