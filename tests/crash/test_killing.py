"""Writers killed in mid-commit: no commit is half done, and none that was acknowledged is lost."""

import random
from pathlib import Path

import pytest

from .killing import kill


class TestKill:
    @pytest.mark.parametrize("durable", [True, False])
    def test_loses_and_tears_nothing(self, tmp_path: Path, durable: bool) -> None:
        """Fifteen kills in mid-commit each; `python -m tests.crash.killing` does 2,000."""
        toll = kill(tmp_path, random.Random(), durable=durable, inside=15)

        assert toll.inside == 15
        assert (toll.lost, toll.flaws) == (0, [])
