"""What type checkers know of histories: told the kind, they know the record's class."""

from datetime import datetime
from typing import assert_type

import crmkit
from crmkit.app import RecordHistory, Revision
from crmkit.app.kinds import Restorable
from crmkit.complaints import Complaint
from crmkit.customers import Customer


crm = crmkit.open()

customers = crm.history.of("C-7", kind="customer")
assert_type(customers, RecordHistory[Customer])
assert_type(customers[0], Revision[Customer])
assert_type(customers[:2], tuple[Revision[Customer], ...])
assert_type(customers[0].record, Customer | None)
assert_type(customers.as_of(datetime.max), Customer)
assert_type(customers.restore(1), Customer)
assert_type(crm.history.of("K-1", kind="complaint").version(1).record, Complaint | None)

# Of what is found by its id alone only that is known which all records have.
anything = crm.history.of("7")
assert_type(anything, RecordHistory[Restorable])
assert_type(anything.as_of(datetime.max).id, str)
print(anything.as_of(datetime.max).region)  # type: ignore[attr-defined]

# A birth tells what it requires.
crm.customers.add_person(name="Li Wei", phone="+86 1")
crm.customers.add_person(phone="+86 1")  # type: ignore[call-arg]
crm.customers.add_organisation(name="Laundry", fone="+86 1")  # type: ignore[call-arg]
crm.customers.change("C-7", name="Li Min")
