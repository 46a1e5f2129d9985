"""Work that met a conflict is run again: three times, or within a budget."""

import time
from datetime import timedelta
from itertools import islice

import pytest

from crmkit.app.retrying import attempts


class TestAttempts:
    def test_are_three(self) -> None:
        assert list(islice(attempts(None), 4)) == [False, False, True, True]

    def test_without_a_budget_of_time_the_first_is_the_last(self) -> None:
        assert next(attempts(timedelta(0))) is True

    def test_go_on_as_long_as_the_budget_lasts_and_pause_no_longer_than_a_moment(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Two to the power of the attempt is no float any more at 1,024: a minute of conflicts."""
        pauses: list[float] = []
        monkeypatch.setattr(time, "monotonic", lambda: sum(pauses))
        monkeypatch.setattr(time, "sleep", pauses.append)

        found = []
        for last in attempts(timedelta(minutes=5)):
            found.append(last)
            if last:
                break

        assert found == [False] * (len(found) - 1) + [True]
        assert len(found) > 5000
        assert pauses == sorted(pauses)
        assert (pauses[0], pauses[-1]) == (0.001, 0.05)
