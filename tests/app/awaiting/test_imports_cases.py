"""The cases of the sync imports, word by word, over the async ones."""

import pytest

from tests.app.importing.test_imports import (
    TestAllOrNothing as TestAllOrNothing,
    TestAnswers as TestAnswers,
    TestBatch as TestBatch,
    TestBatches as TestBatches,
    TestComplaints as TestComplaints,
    TestCustomers as TestCustomers,
    TestOrders as TestOrders,
    crm as crm,
    write as write,
)


# Over one of the two: they are many, and know nothing of how a store answers.
pytestmark = [
    pytest.mark.usefixtures("driven"),
    pytest.mark.parametrize("driven", ["workers"], indirect=True),
]
