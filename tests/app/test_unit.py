"""One batch in the making."""

import pytest

from crmkit.app.unit import UnitOfWork
from crmkit.complaints import COMPLAINT_CODEC
from crmkit.errors import NotFoundError
from crmkit.storage import MemoryStore
from crmkit.testing import NINE, a_complaint


class TestPut:
    def test_refuses_a_record_that_was_never_born(self) -> None:
        unit = UnitOfWork(MemoryStore())

        with pytest.raises(NotFoundError, match="complaint 'K-1'"):
            unit.put(COMPLAINT_CODEC, a_complaint())

        assert unit.is_empty


class TestCommit:
    def test_tells_nothing_where_nothing_was_to_save(self) -> None:
        assert UnitOfWork(MemoryStore()).commit("B-1", NINE, "ann") is None
