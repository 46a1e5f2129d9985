"""Logs torn by a power cut or a bad disk: what opens is a prefix of the commits."""

import random
from pathlib import Path

from .tearing import DAMAGES, tear


class TestTear:
    def test_a_torn_log_opens_to_what_stood_before_the_damage(self, tmp_path: Path) -> None:
        """A hundred offsets by three kinds; `python -m tests.crash.tearing` tears at 300."""
        torn = list(tear(tmp_path, random.Random(), offsets=100))

        assert len(torn) == 100 * len(DAMAGES) == 300
        assert [one for one in torn if one.flaws] == []
        assert len({one.held for one in torn}) > 3
