"""The Django host keeps both or neither; it runs in a process of its own, which Django sets up."""

import subprocess
import sys
from pathlib import Path


SCRIPT = Path(__file__).parents[2] / "examples" / "inside_django.py"


def test_keeps_both_or_neither() -> None:
    done = subprocess.run(
        [sys.executable, "-W", "error", str(SCRIPT)], capture_output=True, text=True, check=False
    )

    assert done.stderr == ""
    assert done.stdout.splitlines() == [
        "committed: C-1",
        "invoices ['I-1'], customers ['C-1'], complaints []",
        # The customer was saved before the invoice was refused.
        "refused: UNIQUE constraint failed: shop_invoice.number",
        "invoices ['I-1'], customers ['C-1'], complaints []",
        # So was the first complaint before the second was.
        "not noted: about is ' ': it must be text, and not blank",
        "invoices ['I-1', 'I-2'], customers ['C-1'], complaints []",
        "committed: K-3",
        "invoices ['I-1', 'I-2'], customers ['C-1'], complaints ['K-3']",
    ]
