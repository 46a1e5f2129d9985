# /// script
# requires-python = ">=3.11"
# dependencies = ["crmkit", "attrs"]
#
# [tool.uv.sources]
# crmkit = { path = "..", editable = true }
# ///
"""Start-up: opening a CRM and using one verb, against bare Python."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from measuring import Goal, Sense, report


ONE_VERB = """
import crmkit
crmkit.open(actor="ann").complaints.receive(customer="C-7", about="compressor rattles")
"""


# An installed package is compiled once; so is this one, whatever the shell says.
ENVIRONMENT = {name: v for name, v in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


def run(program: str) -> None:
    subprocess.run([sys.executable, "-c", program], check=True, env=ENVIRONMENT)


def goals(_: Path) -> Iterator[Goal]:
    run(ONE_VERB)  # compiled once, as any second start finds it
    yield Goal(
        "open and one verb, in memory",
        ours=lambda: run(ONE_VERB),
        peer=lambda: run("pass"),
        limit=0.15,
        sense=Sense.SECONDS_MORE_AT_MOST,
    )


if __name__ == "__main__":
    sys.exit(report(goals, samples=9))
