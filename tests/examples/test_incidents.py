"""The incidents tell what can be counted in the data by other means."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from runpy import run_path

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray


ROOT = Path(__file__).parents[2]
DATA = ROOT.parent / "shared" / "data" / "incidents"

Tell = Callable[[Path], str]

MONDAY = datetime(2016, 3, 7, 9)


@pytest.fixture
def tell(capsys: pytest.CaptureFixture[str]) -> Tell:
    """Run it on a folder; return what it prints."""
    main = run_path(str(ROOT / "examples" / "incidents.py"))["main"]

    def tell(folder: Path) -> str:
        main(["--data", str(folder)])
        return capsys.readouterr().out

    return tell


@pytest.fixture
def made_up(tmp_path: Path) -> Path:
    """Three incidents of priority 3, opened on a Monday at 9:00, and two tickets.

    1 is resolved after 39 working hours; 2 after 50, of which 20 were waited for the user; 3 after
    41, with a line without a state before.
    """
    lines = [
        (1, "New", 0, True),
        (1, "Resolved", 4 * 24 - 1, True),  # Friday 8:00
        (1, "Closed", 5 * 24, True),
        (2, "New", 0, False),
        (2, "Awaiting User Info", 24, False),
        (2, "Active", 3 * 24, False),
        (2, "Resolved", 7 * 24, False),  # the next Monday 9:00
        (3, "-100", 1, True),
        (3, "Resolved", 4 * 24 + 1, False),  # Friday 10:00
    ]
    pd.DataFrame(
        {
            "number": [line[0] for line in lines],
            "incident_state": [line[1] for line in lines],
            "opened_at": MONDAY,
            "sys_updated_at": [MONDAY + timedelta(hours=line[2]) for line in lines],
            "made_sla": [line[3] for line in lines],
            "priority": 3,
            "assignment_group": ["70" if line[0] < 3 else "?" for line in lines],
        }
    ).to_parquet(tmp_path / "incident_event_log.parquet")
    steps = [
        ("T-1", "Insert ticket", "2010-01-13T08:00:00.000+02:00"),
        ("T-2", "Insert ticket", "2010-01-13T08:00:00.000+02:00"),
        ("T-1", "Closed", "2010-01-15T07:00:00.000+01:00"),  # 48 hours later
        ("T-2", "Wait", "2010-01-14T08:00:00.000+02:00"),
    ]
    columns = ["case:concept:name", "concept:name", "time:timestamp"]
    pd.DataFrame(steps, columns=columns).to_parquet(tmp_path / "helpdesk_log.parquet")
    return tmp_path


class TestMadeUpData:
    def test_counts_working_time_without_the_wait(self, tell: Tell, made_up: Path) -> None:
        """Wilson's interval of 2 in 3 by R's `prop.test(2, 3, correct = FALSE)`: .2077 to .9385."""
        told = tell(made_up)

        assert "3 incidents of an IT service desk, 9 events" in told
        assert re.search(r"^all +3 +66\.7% \(20\.8% to 93\.9%\)", told, re.MULTILINE)
        assert "hold -100 for a state (1)" in told

    def test_counts_what_is_open_by_its_priority_alone(self, tell: Tell, made_up: Path) -> None:
        """By hand: in priority 3 one of four ends after 30 h, and after 39 h one of the two left.

        One is broken, and one was seen for 35 h: 3/4 x 1/2 go on beyond 40 h. Of all, 3 in 4 by R's
        `prop.test(3, 4, correct = FALSE)`: .3006 to .9544.
        """
        path = made_up / "incident_event_log.parquet"
        lines = pd.read_parquet(path)
        more = lines.iloc[[0, 1]].assign(number=[4, 5], incident_state="New")
        more["opened_at"] = more["sys_updated_at"] = [
            # The log ends on Monday 14 March, 9:00: 35 and 9 working hours before.
            datetime(2016, 3, 8, 14),
            datetime(2016, 3, 11, 10),
        ]
        more["priority"] = [3, 4]
        low = lines.iloc[[0, 1]].assign(number=6, priority=4)
        pd.concat([lines, more, low]).to_parquet(path)

        told = tell(made_up)

        assert re.search(r"^3 moderate +4 +62\.5% ", told, re.MULTILINE)
        assert re.search(r"^4 low +2 +100\.0% ", told, re.MULTILINE)
        assert re.search(r"^all +6 +75\.0% \(30\.1% to 95\.4%\)", told, re.MULTILINE)
        assert "this log has 2 of them" in told
        assert re.search(r"^  kept in both +2 +50\.0%", told, re.MULTILINE)
        assert "Incident 5, " not in told

    def test_explains_the_worst(self, tell: Tell, made_up: Path) -> None:
        told = tell(made_up)

        assert "1. Incident 3, priority 3 (moderate), group ?: 40 h of working time." in told
        assert "resolved 11 March 2016 10:00 UTC: 1.0 h too late." in told
        assert "paused for 20 h of it" in told

    def test_leaves_out_of_the_groups_what_is_in_none(self, tell: Tell, made_up: Path) -> None:
        told = tell(made_up)

        assert "as last assigned (1 have none)" in told
        assert re.search(r"^70 +2 +100\.0%", told, re.MULTILINE)

    def test_counts_what_is_open_as_going_on(self, tell: Tell, made_up: Path) -> None:
        told = tell(made_up)

        assert "takes 1.50 days of calendar time" in told
        assert "1 cases do not end as Closed" in told
        assert re.search(r"^Wait +1 +0 +1 +not seen", told, re.MULTILINE)
        assert re.search(r"Insert ticket → Closed +1 +50\.0%", told)


class TestMissingData:
    def test_is_told_with_exit_code_2(
        self, tell: Tell, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        with pytest.raises(SystemExit) as left:
            tell(tmp_path / "nowhere")

        assert left.value.code == 2
        told = capsys.readouterr().err
        assert "nowhere lacks incident_event_log.parquet, helpdesk_log.parquet" in told


def weekday_hours(since: pd.Series, until: pd.Series) -> NDArray[np.float64]:
    """Count hours from 8:00 to 18:00 on Mondays to Fridays, by numpy's business days."""

    def count(at: pd.Series) -> NDArray[np.float64]:
        days = at.to_numpy().astype("datetime64[D]")
        hours = (at.to_numpy() - days) / np.timedelta64(1, "h")
        whole = np.busday_count("2016-01-01", days) * 10.0
        found: NDArray[np.float64] = whole + np.is_busday(days) * np.clip(hours - 8, 0, 10)
        return found

    return count(until) - count(since)


@pytest.mark.skipif(not DATA.is_dir(), reason="no ../shared/data/incidents beside the checkout")
class TestRealData:
    def test_says_what_the_notes_of_the_data_say(self, tell: Tell) -> None:
        """36.6 % missed; 24,918 incidents of 141,712 events, five of -100; 40.86 days."""
        told = tell(DATA)

        assert "24,918 incidents of an IT service desk, 141,712 events" in told
        assert "made_sla says that 36.6% were missed" in told
        assert "-100 for a state (5)" in told
        assert "later than the line after them (1)" in told
        assert "4,580 cases, 21,348 events" in told
        assert "takes 40.86 days of calendar time" in told

    def test_keeps_promises_as_a_count_by_other_means_does(self, tell: Tell) -> None:
        """Priority 3, where nobody was awaited and nothing opened again: hours by numpy."""
        lines = pd.read_parquet(DATA / "incident_event_log.parquet")
        groups = lines.groupby("number")
        last = groups.last()
        waits = lines["incident_state"].str.startswith(("Awaiting", "-100"))
        plain = ~waits.groupby(lines["number"]).any() & (groups["reopen_count"].max() == 0)
        plain &= last["priority"] == 3
        done = lines[lines["incident_state"].isin(["Resolved", "Closed"])].groupby("number")
        rests = lines["incident_state"].isin(["Resolved", "Closed"])
        again = rests & (rests.groupby(lines["number"]).shift(-1) == False)  # noqa: E712  # NaN
        plain &= ~again.groupby(lines["number"]).any()
        start = groups[["opened_at", "sys_updated_at"]].min().min(axis="columns")[plain]
        end = done["sys_updated_at"].min()[plain]
        example = run_path(str(ROOT / "examples" / "incidents.py"))
        as_of = lines["sys_updated_at"].max().tz_localize("UTC").to_pydatetime()
        assert as_of.tzinfo == UTC

        table = example["all_promises"](example["in_order"](lines), last["priority"], as_of)

        rows = table.set_index("case_id").loc[start.index]
        hours = weekday_hours(start, end)
        assert len(rows) > 15_000
        np.testing.assert_allclose(rows["elapsed"] / pd.Timedelta("1h"), hours, atol=1e-9)
        # Used up to the minute, it may have been broken in the night.
        clear = np.abs(hours - 40) > 1e-6
        assert ((rows["state"] == "met") == (hours < 40))[clear].all()
        assert clear.sum() > 15_000

    def test_explains_the_worst_by_the_time_that_the_table_tells(self, tell: Tell) -> None:
        told = tell(DATA)

        worst = re.findall(r"resolved .* UTC: ([\d,.]+) h too late", told)
        late = [float(hours.replace(",", "")) for hours in worst]
        assert len(late) == 10
        assert late == sorted(late, reverse=True)
        # 165 d 21 h 39 min of an incident that was promised within 4 h.
        assert late[0] == round(165 * 24 + 21 + 39 / 60 - 4, 1)
        assert f"{165 * 24 + 21} h 39 min of working time passed" in told

    def test_counts_transitions_as_pandas_does(self, tell: Tell) -> None:
        lines = pd.read_parquet(DATA / "helpdesk_log.parquet")
        following = lines.groupby("case:concept:name")["concept:name"].shift(-1)
        pairs = int(((lines["concept:name"] == "Wait") & (following == "Resolve ticket")).sum())

        told = tell(DATA)

        assert re.search(rf"Wait → Resolve ticket +{pairs:,} ", told)
