# /// script
# requires-python = ">=3.11"
# dependencies = ["crmkit", "pyarrow"]
#
# [tool.uv.sources]
# crmkit = { path = "..", editable = true }
# ///
"""Who kept what promise: a year of incidents of an IT service desk, and the log of a help desk.

The data are not part of crmkit: give the folder that holds them with --data. They are the public
logs "Incident management process enriched event log" (UCI) and "Help desk log" (4TU), as parquet:
incident_event_log, helpdesk_log.

What is decided here, because the data do not say it: times are UTC. The promises are those of
PROMISES below, by an incident's last priority. An incident begins when it was opened, or with its
first line where that is earlier. Lines are in the order of the file: its own count of changes,
sys_mod_count, stands twice in some incidents. A line whose state is -100 tells no state, and one
that is later than the line after it tells no time: both are left out.
"""

import argparse
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import attrs
import pandas as pd

from crmkit.kernel import Estimate, StateGroup
from crmkit.sla import WorkCalendar, kept_share, promises_kept
from crmkit.stats import CaseLog, dwell_by_activity, dwell_times, transition_matrix, wilson


FILES = ("incident_event_log", "helpdesk_log")
WORKDAYS = ("mon", "tue", "wed", "thu", "fri")
OFFICE = WorkCalendar("UTC", {day: [("08:00", "18:00")] for day in WORKDAYS})
ALWAYS = WorkCalendar.always("UTC")
GROUPS = {
    "Opened": StateGroup.OPEN,
    "New": StateGroup.OPEN,
    "Active": StateGroup.OPEN,
    "Awaiting User Info": StateGroup.WAITING_CUSTOMER,
    "Awaiting Vendor": StateGroup.WAITING_THIRD_PARTY,
    "Awaiting Problem": StateGroup.WAITING_THIRD_PARTY,
    "Awaiting Evidence": StateGroup.WAITING_THIRD_PARTY,
    "Resolved": StateGroup.RESOLVED,
    "Closed": StateGroup.CLOSED,
}
PAUSES = [StateGroup.WAITING_CUSTOMER, StateGroup.WAITING_THIRD_PARTY]
NO_STATE = "-100"
MISSING = "?"
PUBLISHED_DAYS = 40.86
SHOWN = 10
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


@attrs.frozen
class Promise:
    """What is promised to incidents of one priority: to resolve them within so much time."""

    name: str
    limit: timedelta
    calendar: WorkCalendar

    def __str__(self) -> str:
        hours = self.limit // HOUR
        return f"{hours} h {'day and night' if self.calendar == ALWAYS else 'of working time'}"


PROMISES = {
    1: Promise("critical", timedelta(hours=4), ALWAYS),
    2: Promise("high", timedelta(hours=8), ALWAYS),
    3: Promise("moderate", timedelta(hours=40), OFFICE),
    4: Promise("low", timedelta(hours=80), OFFICE),
}


def main(arguments: list[str] | None = None) -> None:
    paths = chosen_files(arguments)
    incidents(pd.read_parquet(paths["incident_event_log"]))
    help_desk(pd.read_parquet(paths["helpdesk_log"]))


def chosen_files(arguments: list[str] | None) -> dict[str, Path]:
    """Return where the files are, or leave the program with a message and code 2."""
    parser = argparse.ArgumentParser(description="Who kept what promise, by two event logs.")
    parser.add_argument("--data", type=Path, required=True, help="folder of the parquet files")
    folder: Path = parser.parse_args(arguments).data
    paths = {name: folder / f"{name}.parquet" for name in FILES}
    if missing := [path.name for path in paths.values() if not path.is_file()]:
        parser.error(f"{folder} lacks {', '.join(missing)}: give the folder of the two logs")
    return paths


def incidents(lines: pd.DataFrame) -> None:
    """Replay the incidents, and print what became of the promises."""
    cases = lines.groupby("number").last()
    heading(f"1. {len(cases):,} incidents of an IT service desk, {len(lines):,} events")
    events = in_order(lines)
    as_of = lines["sys_updated_at"].max().tz_localize("UTC").to_pydatetime()
    table = all_promises(events, cases["priority"], as_of).join(
        cases[["priority", "assignment_group", "made_sla"]], on="case_id"
    )
    say_what_is_promised(lines, as_of)
    by_priority(table)
    by_group(table)
    where_both_agree(table)
    the_worst(table, events)
    where_the_time_goes(events, as_of)


def in_order(lines: pd.DataFrame) -> pd.DataFrame:
    """Return the states of the incidents as events, each beginning when it was opened."""
    known = lines[~is_unknown(lines)]
    told = pd.DataFrame(
        {
            "case_id": known["number"],
            "activity": known["incident_state"],
            "at": known["sys_updated_at"],
        }
    )
    first = known.groupby("number").agg(
        opened=("opened_at", "first"), seen=("sys_updated_at", "min")
    )
    opened = pd.DataFrame(
        {"case_id": first.index, "activity": "Opened", "at": first.min(axis="columns")}
    )
    events = pd.concat([opened, told], ignore_index=True).sort_values("case_id", kind="stable")
    return events.assign(
        at=events["at"].dt.tz_localize("UTC"), sequence=events.groupby("case_id").cumcount()
    ).reset_index(drop=True)


def is_unknown(lines: pd.DataFrame) -> pd.Series:
    """Tell which lines hold no state, or are later than the line after them."""
    return (lines["incident_state"] == NO_STATE) | is_too_late(lines)


def is_too_late(lines: pd.DataFrame) -> pd.Series:
    following = lines.groupby("number")["sys_updated_at"].shift(-1)
    return lines["sys_updated_at"] > following


def all_promises(events: pd.DataFrame, priority: pd.Series, as_of: datetime) -> pd.DataFrame:
    """Return one row an incident: what became of the promise of its priority."""
    priorities = events["case_id"].map(priority)
    return pd.concat(
        promises_kept(
            events[priorities == number],
            calendar=promise.calendar,
            limit=promise.limit,
            groups=GROUPS,
            pauses=PAUSES,
            as_of=as_of,
        )
        for number, promise in PROMISES.items()
    )


def say_what_is_promised(lines: pd.DataFrame, as_of: datetime) -> None:
    lost = int((lines["incident_state"] == NO_STATE).sum())
    late = int(is_too_late(lines).sum())
    print(
        "The log says whether a promise was kept, and not what was promised. So we promise:\n"
        "to resolve an incident within\n"
    )
    for number, promise in PROMISES.items():
        print(f"  priority {number}, {promise.name + ':':10} {promise}")
    print(
        "\nWorking time is Monday to Friday, 8:00 to 18:00. The data name no time zone: UTC is\n"
        "assumed. The clock starts when the incident is opened, stands still while somebody else\n"
        "is awaited (the user, a vendor, a problem, evidence), and goes on when a resolved\n"
        f"incident is opened again. Left out are lines that hold {NO_STATE} for a state ({lost}),\n"
        f"and lines that are later than the line after them ({late}). The log ends on\n"
        f"{as_of:%d %B %Y}."
    )


def by_priority(table: pd.DataFrame) -> None:
    print("\nWho kept it, with the interval that is right 95% of the time:\n")
    print("priority    incidents  by the promises above      as the log recorded it")
    for number, promise in PROMISES.items():
        rows = table[table["priority"] == number]
        if len(rows):
            print(f"{number} {promise.name:10}{len(rows):9,}  {both(rows)}")
    print(f"all         {len(table):9,}  {both(table)}")
    missed = recorded_share(table)
    print(
        "\nAn incident that is not resolved yet counts in the row of its priority for as long as\n"
        "it was seen (Kaplan and Meier), and is left out of rows of several priorities, whose\n"
        f"limits differ; this log has {int((~is_decided(table)).sum())} of them."
    )
    print(f"\nThe log's own made_sla says that {1 - missed.value:.1%} were missed.")


def by_group(table: pd.DataFrame) -> None:
    sizes = table["assignment_group"].value_counts()
    unknown = int(sizes.get(MISSING, 0))
    print(f"\nThe {SHOWN} groups with most incidents, as last assigned ({unknown:,} have none):\n")
    print("group       incidents  by the promises above      as the log recorded it")
    for name in sizes.drop(MISSING, errors="ignore").index[:SHOWN]:
        rows = table[table["assignment_group"] == name]
        print(f"{name:12}{len(rows):9,}  {both(rows)}")


def both(rows: pd.DataFrame) -> str:
    return f"{share_told(share_kept(rows))}    {share_told(recorded_share(rows))}"


def share_kept(rows: pd.DataFrame) -> Estimate:
    """Return the share of promises that are kept; of several limits, the plain one."""
    if rows["priority"].nunique() == 1:
        return kept_share(rows)
    decided = rows[is_decided(rows)]
    return wilson(
        int((decided["state"] == "met").sum()), len(decided), n_missing=len(rows) - len(decided)
    )


def is_decided(rows: pd.DataFrame) -> pd.Series:
    return rows["state"].isin(["met", "breached"])


def recorded_share(rows: pd.DataFrame) -> Estimate:
    return wilson(int(rows["made_sla"].sum()), len(rows))


def share_told(share: Estimate) -> str:
    return f"{share.value:6.1%} ({share.low:5.1%} to {share.high:5.1%})"


def where_both_agree(table: pd.DataFrame) -> None:
    decided = table[is_decided(table)]
    kept = decided["state"] == "met"
    recorded = decided["made_sla"].astype(bool)
    counts = {
        "kept in both": kept & recorded,
        "broken in both": ~kept & ~recorded,
        "kept here, recorded as missed": kept & ~recorded,
        "broken here, recorded as kept": ~kept & recorded,
    }
    print("\nHow far do both agree?\n")
    for name, flags in counts.items():
        print(f"  {name:31}{int(flags.sum()):7,}  {flags.mean():6.1%}")


def the_worst(table: pd.DataFrame, events: pd.DataFrame) -> None:
    heading("2. The ten worst, and why")
    resolved = table[table["done_at"].notna()]
    worst = resolved.sort_values(["margin", "case_id"]).head(SHOWN)
    print("Explained by their calendars; the first in full, to be counted again by hand.")
    for place, row in enumerate(rows_of(worst), 1):
        promise = PROMISES[row["priority"]]
        late = -row["margin"] / HOUR
        print(
            f"\n{place:2}. Incident {row['case_id']}, priority {row['priority']} "
            f"({promise.name}), group {row['assignment_group']}: {promise}.\n"
            f"    Due {row['due_at']:%d %B %Y %H:%M}, resolved "
            f"{row['done_at']:%d %B %Y %H:%M} UTC: {late:,.1f} h too late."
        )
        start, end = row["started_at"].to_pydatetime(), row["done_at"].to_pydatetime()
        own = events[events["case_id"] == row["case_id"]]
        why = promise.calendar.explain(start, end, pauses=standing(own, end))
        first, *others = why.sentence("en").splitlines()
        print(f"    {first}.")
        if place == 1:
            print(*(f"    {line}" for line in others), sep="\n")


def standing(own: pd.DataFrame, end: datetime) -> list[tuple[datetime, datetime]]:
    """Return when the clock of one incident stood still before its resolution."""
    rows = [row for row in rows_of(own) if row["at"] < end]
    ends = [*(row["at"].to_pydatetime() for row in rows[1:]), end]
    return [
        (row["at"].to_pydatetime(), until)
        for row, until in zip(rows, ends, strict=True)
        if GROUPS[row["activity"]] is not StateGroup.OPEN
    ]


def where_the_time_goes(events: pd.DataFrame, as_of: datetime) -> None:
    heading("3. Where their time goes")
    before = events.groupby("case_id")["activity"].shift()
    changes = events[events["activity"] != before]  # many lines change something else
    stays = dwell_times(changes, as_of=as_of, calendar=OFFICE, final=["Closed"])
    stays = stays[stays["activity"] != "Opened"]  # which is no state of the log
    print("How long incidents stay in each state, in hours of working time:\n")
    print_stages(dwell_by_activity(stays), HOUR, "hours")


def help_desk(lines: pd.DataFrame) -> None:
    """Measure the help desk's log in calendar time, as its publishers did."""
    events = pd.DataFrame(
        {
            "case_id": lines["case:concept:name"],
            "activity": lines["concept:name"],
            "at": pd.to_datetime(lines["time:timestamp"], format="ISO8601", utc=True),
            "sequence": range(len(lines)),
        }
    )
    log = CaseLog.read(events)
    cases = events.groupby("case_id")["at"]
    heading(f"4. A help desk: {cases.ngroups:,} cases, {len(events):,} events")
    days = (cases.max() - cases.min()).dt.total_seconds().mean() / DAY.total_seconds()
    print(
        f"From its first event to its last a case takes {days:.2f} days of calendar time on\n"
        f"average; published are {PUBLISHED_DAYS} days."
    )
    as_of = events["at"].max().to_pydatetime()
    ends = events.groupby("case_id")["activity"].last()
    is_open = int((ends != "Closed").sum())
    print(
        f"{is_open} cases do not end as Closed. They count as still going on when the log ends,\n"
        f"on {as_of:%d %B %Y}: not as finished, and not as if they had never been.\n"
    )
    print("Days in each stage, with Kaplan and Meier's median:\n")
    stays = dwell_times(log, as_of=as_of, final=["Closed"])
    print_stages(dwell_by_activity(stays), DAY, "days")
    print_transitions(log)


def print_stages(stages: pd.DataFrame, unit: timedelta, name: str) -> None:
    print(f"{'stage':22}{'stays':>8}{'ended':>8}{'open':>6}   median {name} (95% interval)")
    for row in rows_of(stages):
        median, low, high = (amount(row[end], unit) for end in ("median", "low", "high"))
        print(
            f"{row['activity']:22}{row['n']:8,}{row['ended']:8,}{row['open']:6,}   "
            f"{median:>8} ({low} to {high})"
        )


def amount(told: timedelta, unit: timedelta) -> str:
    return "not seen" if pd.isna(told) else f"{told / unit:.2f}"


def print_transitions(log: CaseLog[pd.DataFrame]) -> None:
    matrix = transition_matrix(log)
    print("\nWhat follows upon what: percent of each row; the number is the column.\n")
    numbers = range(1, len(matrix.activities) + 1)
    print(" " * 26 + "".join(f"{number:4}" for number in numbers) + "   of")
    for number, name, counts in zip(numbers, matrix.activities, matrix.n, strict=True):
        total = sum(counts)
        cells = "".join(f"{percent(count / max(total, 1)):>4}" for count in counts)
        print(f"{number:3} {name:22}{cells}{total:7,}")
    print("\nThe most frequent, with their intervals:\n")
    for row in rows_of(matrix.table().head(SHOWN)):
        step = f"{row['activity']} → {row['next']}"
        interval = f"({row['low']:.1%} to {row['high']:.1%})"
        print(f"  {step:46}{row['n']:6,}  {row['share']:6.1%} {interval}")


def percent(share: float) -> str:
    return "·" if share == 0 else "<1" if share < 0.005 else f"{100 * share:.0f}"


def rows_of(frame: pd.DataFrame) -> list[dict[str, Any]]:
    return [{str(name): value for name, value in row.items()} for row in frame.to_dict("records")]


def heading(title: str) -> None:
    print(f"\n{title}\n{'-' * len(title)}")


if __name__ == "__main__":
    main()
