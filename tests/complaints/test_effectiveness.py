"""The effectiveness check."""

from datetime import UTC, date, datetime

import pytest

from crmkit.complaints import CheckResult, EffectivenessCheck
from crmkit.errors import InvalidValueError


DUE = date(2026, 6, 1)


class TestEffectivenessCheck:
    @pytest.mark.parametrize(
        ("zone", "at", "days"),
        [
            ("UTC", datetime(2026, 5, 31, 23, 59, tzinfo=UTC), 1),
            ("UTC", datetime(2026, 6, 1, tzinfo=UTC), 0),
            ("Asia/Shanghai", datetime(2026, 5, 31, 16, tzinfo=UTC), 0),
            ("America/New_York", datetime(2026, 6, 1, 3, 59, tzinfo=UTC), 1),
        ],
    )
    def test_counts_local_days(self, zone: str, at: datetime, days: int) -> None:
        """By hand: Shanghai is 8 hours before UTC, New York 4 behind in summer."""
        check = EffectivenessCheck(criterion="no leak", due=DUE, timezone=zone)

        assert check.days_until(at) == days

    @pytest.mark.parametrize(
        ("observed", "result"), [("2 leaks", None), ("", CheckResult.PASSED), (" ", "passed")]
    )
    def test_tells_what_was_seen_with_its_result(
        self, observed: str, result: CheckResult | None
    ) -> None:
        with pytest.raises(InvalidValueError):
            EffectivenessCheck(criterion="no leak", due=DUE, observed=observed, result=result)

    def test_refuses_an_unknown_zone_and_an_unknown_result(self) -> None:
        with pytest.raises(InvalidValueError, match="timezone"):
            EffectivenessCheck(criterion="no leak", due=DUE, timezone="Asia/Peking")
        with pytest.raises(InvalidValueError, match="did you mean 'passed'"):
            EffectivenessCheck(criterion="no leak", due=DUE).seen("none", "pased")
