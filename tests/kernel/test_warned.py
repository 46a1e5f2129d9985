"""Warnings are told at the line that called crmkit."""

import warnings

import pytest

from crmkit.errors import AssumptionWarning, CrmkitWarning
from crmkit.kernel.warned import warn_caller


class TestWarnCaller:
    @pytest.mark.parametrize("category", [AssumptionWarning, CrmkitWarning])
    def test_names_the_line_that_called(self, category: type[CrmkitWarning]) -> None:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            warn_caller("few", category)

        assert [(one.category, one.filename) for one in caught] == [(category, __file__)]
