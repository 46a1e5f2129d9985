"""The cases of the sync frames, word by word, over the async ones."""

import pytest

from tests.app.test_frames import (
    TestBackend as TestBackend,
    TestFacts as TestFacts,
    TestJournal as TestJournal,
    TestRecords as TestRecords,
    crm as crm,
)


pytestmark = pytest.mark.usefixtures("driven")
