# /// script
# requires-python = ">=3.11"
# dependencies = ["crmkit", "django>=5.1"]
#
# [tool.uv.sources]
# crmkit = { path = "..", editable = true }
# ///
"""A shop on Django: its invoices and crmkit's records in one SQLite file and one transaction.

The whole application stands in this file, so that it runs as it is; in yours the settings, the
model and the CRM are where Django has them. The file is thrown away at the end.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path
from tempfile import TemporaryDirectory

import django
from django.conf import settings


folder = TemporaryDirectory()

# --8<-- [start:settings]
settings.configure(
    DATABASES={
        "default": {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": Path(folder.name, "shop.sqlite3"),
            "OPTIONS": {"transaction_mode": "IMMEDIATE"},  # Django 5.1 or later
        }
    },
)
django.setup()
# --8<-- [end:settings]

from django.db import IntegrityError, connection, models, transaction  # noqa: E402  # settings come first

from crmkit.app import CRM, Committed  # noqa: E402
from crmkit.errors import CrmkitError  # noqa: E402
from crmkit.storage import SQLiteStore  # noqa: E402


class Invoice(models.Model):
    number: models.CharField[str, str] = models.CharField(max_length=20, primary_key=True)
    customer: models.CharField[str, str] = models.CharField(max_length=40)

    class Meta:
        app_label = "shop"


# --8<-- [start:crm]
def current() -> sqlite3.Connection:
    """Return the connection that Django uses in this thread."""
    connection.ensure_connection()
    assert isinstance(connection.connection, sqlite3.Connection)
    return connection.connection


crm = CRM(SQLiteStore.on(current))
# --8<-- [end:crm]


# --8<-- [start:act]
def bill(number: str, customer: str, name: str) -> None:
    """Take a new customer in and bill him: both are saved, or neither."""
    with transaction.atomic():
        crm.acting(by="ann").customers.add_person(id=customer, name=name)
        Invoice.objects.create(number=number, customer=customer)


def bill_and_note(number: str, customer: str, about: str) -> None:
    """Bill a customer and note two complaints of his: both of them or none, the bill anyway."""
    with transaction.atomic():
        Invoice.objects.create(number=number, customer=customer)
        try:
            with transaction.atomic():
                ann = crm.acting(by="ann")
                ann.complaints.receive(id="K-1", customer=customer, about="late")
                ann.complaints.receive(id="K-2", customer=customer, about=about)
        except CrmkitError as error:
            print("not noted:", error)


# --8<-- [end:act]


# --8<-- [start:told]
def tell(saved: Committed) -> None:
    """Tell of what is saved, once Django has committed it."""
    ids = [change.id for change in saved.changed]
    transaction.on_commit(lambda: print("committed:", *ids))


crm.subscribe(tell)
# --8<-- [end:told]


def shown() -> str:
    """Return what is kept of both."""
    invoices = Invoice.objects.order_by("number").values_list("number", flat=True)
    customers = [customer.id for customer in crm.customers.find()]
    complaints = [complaint.id for complaint in crm.complaints.find()]
    return f"invoices {list(invoices)}, customers {customers}, complaints {complaints}"


def main() -> None:
    # In your application the migrations do this.
    with connection.schema_editor() as editor:
        editor.create_model(Invoice)

    bill("I-1", "C-1", "Li Wei")
    print(shown())
    try:
        bill("I-1", "C-2", "Wu Min")
    except IntegrityError as error:
        print("refused:", error)
    print(shown())
    bill_and_note("I-2", "C-1", " ")
    print(shown())
    crm.complaints.receive(id="K-3", customer="C-1", about="door leaks")
    print(shown())
    connection.close()
    folder.cleanup()


if __name__ == "__main__":
    main()
