"""The cases of the sync CRM, word by word, over the async one."""

import pytest

from tests.app.test_crm import (
    TestDelete as TestDelete,
    TestDesks as TestDesks,
    TestFacts as TestFacts,
    TestFind as TestFind,
    TestOpen as TestOpen,
    TestRetry as TestRetry,
    TestStored as TestStored,
    TestSubscribe as TestSubscribe,
    TestTransaction as TestTransaction,
    crm as crm,
    test_a_closed_one_is_refused as test_a_closed_one_is_refused,
)


pytestmark = pytest.mark.usefixtures("driven")
