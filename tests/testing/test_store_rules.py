"""The rules themselves: complete, told apart, and strict."""

from collections import Counter
from pathlib import Path

import pytest

from crmkit.testing import StoreMachine, StoreRules


class TestStoreRules:
    def test_must_be_told_how_to_make_a_store(self, tmp_path: Path) -> None:
        with pytest.raises(NotImplementedError):
            StoreRules().make_store(tmp_path)
        with pytest.raises(NotImplementedError):
            StoreMachine()

    def test_no_rule_hides_another(self) -> None:
        names = Counter(
            name for base in StoreRules.__mro__ for name in vars(base) if name.startswith("test_")
        )

        assert len(names) > 70
        assert set(names.values()) == {1}
