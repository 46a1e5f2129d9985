"""Opening: what is loaded for whom, and what is refused."""

import subprocess
import sys
from pathlib import Path

import pytest

import crmkit
from crmkit.errors import InvalidValueError, StorageError

from .driving import in_loop


class TestOpenAsync:
    def test_who_never_awaits_loads_no_event_loop(self) -> None:
        program = """
import sys
import crmkit
with crmkit.open(actor="ann") as crm:
    crm.complaints.receive(customer="C-7", about="leaks")
assert "asyncio" not in sys.modules
"""
        subprocess.run([sys.executable, "-c", program], check=True)

    def test_who_awaits_loads_nothing_heavy(self) -> None:
        program = """
import asyncio, sys
import crmkit
async def work():
    async with crmkit.open_async(actor="ann") as crm:
        await crm.complaints.receive(customer="C-7", about="leaks")
asyncio.run(work())
assert not {"numpy", "pandas", "narwhals"} & sys.modules.keys()
"""
        subprocess.run([sys.executable, "-c", program], check=True)

    def test_refuses_what_open_refuses(self, tmp_path: Path) -> None:
        (tmp_path / "notes.txt").write_text("not a database, but somebody's notes\n" * 100)

        with pytest.raises(InvalidValueError, match="address of no store"):
            crmkit.open_async("crm.db")
        with pytest.raises(StorageError, match=r"notes\.txt"):
            crmkit.open_async(f"sqlite:///{tmp_path / 'notes.txt'}")

    @in_loop
    async def test_a_file_is_there_again_when_opened_again(self, tmp_path: Path) -> None:
        url = f"sqlite:///{tmp_path / 'crm.db'}"
        async with crmkit.open_async(url, actor="ann") as crm:
            await crm.customers.add_person(id="C-7", name="Li Wei")

        async with crmkit.open_async(url) as crm:
            assert (await crm.customers.get("C-7")).trail[0].by == "ann"
