"""The rules themselves: complete, told apart, and strict."""

from collections import Counter
from pathlib import Path
from typing import cast

import pytest

from crmkit.storage import Store
from crmkit.testing import StoreMachine, StoreRules


class TestStoreRules:
    def test_must_be_told_how_to_make_a_store(self, tmp_path: Path) -> None:
        with pytest.raises(NotImplementedError):
            StoreRules().make_store(tmp_path)
        with pytest.raises(NotImplementedError):
            StoreMachine()

    def test_a_store_that_cannot_be_closed_need_not_be(self) -> None:
        class Endless(StoreRules):
            pass

        store = cast("Store", object())
        Endless().close_store(store)
        with pytest.raises(pytest.skip.Exception, match="cannot be closed"):
            Endless().test_closing_twice_is_closing_once(store)

    def test_no_rule_hides_another(self) -> None:
        names = Counter(
            name for base in StoreRules.__mro__ for name in vars(base) if name.startswith("test_")
        )

        assert len(names) > 70
        assert set(names.values()) == {1}
