"""The cases of the sync history, word by word, over the async one."""

import pytest

from tests.app.test_history import (
    TestAsOf as TestAsOf,
    TestOf as TestOf,
    TestOrder as TestOrder,
    TestRedact as TestRedact,
    TestRestore as TestRestore,
    crm as crm,
)


pytestmark = pytest.mark.usefixtures("driven")
