"""The desk of upkeep, where a store's own file is concerned."""

from pathlib import Path

import pytest

import crmkit
from crmkit.app import CRM
from crmkit.errors import InvalidValueError, StorageError
from crmkit.storage import MemoryStore

from .keeping import fill


class TestBackUp:
    def test_and_put_back_undo_what_was_done_between(self, tmp_path: Path) -> None:
        with crmkit.open(f"sqlite:///{tmp_path / 'crm.db'}", actor="ann") as crm:
            fill(crm)
            crm.upkeep.back_up(str(tmp_path / "backup.db"))
            crm.customers.change("C-0", region="Tianjin")

            crm.upkeep.put_back(tmp_path / "backup.db")

            assert crm.customers.get("C-0").region == "Beijing"
            assert crm.upkeep.verify().is_sound
            crm.customers.change("C-0", region="Nanjing")
            assert len(crm.history.of("C-0")) == 3

    def test_a_store_without_a_file_is_copied_instead(self, tmp_path: Path) -> None:
        crm = CRM(MemoryStore())

        for act in (crm.upkeep.back_up, crm.upkeep.put_back):
            with pytest.raises(StorageError, match=r"no backup of its own; copy it: crmkit.copy\("):
                act(tmp_path / "backup.db")

    def test_refuses_what_names_no_file(self, tmp_path: Path) -> None:
        crm = crmkit.open(f"sqlite:///{tmp_path / 'crm.db'}")

        for act in (crm.upkeep.back_up, crm.upkeep.put_back):
            with pytest.raises(InvalidValueError, match="must name a file"):
                act(":memory:")
        crm.close()
