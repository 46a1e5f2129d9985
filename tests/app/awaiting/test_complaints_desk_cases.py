"""What the complaints' desk promises, word by word, over the async CRM."""

import pytest

from tests.app.test_complaints_desk import (
    TestAgenda as TestAgenda,
    TestClocks as TestClocks,
    TestDueWithin as TestDueWithin,
    TestExplain as TestExplain,
    TestOverdue as TestOverdue,
    TestPromising as TestPromising,
    crm as crm,
    filled as filled,
)


pytestmark = pytest.mark.usefixtures("driven")
