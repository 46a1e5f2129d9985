# /// script
# requires-python = ">=3.11"
# dependencies = ["crmkit", "pyarrow"]
#
# [tool.uv.sources]
# crmkit = { path = "..", editable = true }
# ///
"""What consumers complain of, who is answered in time, who disputes; and what comes back.

The data are not part of crmkit: give the folder that holds them with --data. They are consumer
complaints published by the Consumer Financial Protection Bureau of the United States, as csv.gz.
Beside that folder, or where --incidents says, may lie the public "Incident management process
enriched event log" (UCI), as parquet: incident_event_log. Without it the second half is left out.

What is decided here, because the data do not say it: days are those of Washington. Each complaint
has a customer of its own, for consumers are not named. What came by fax or referral has no channel.
The bureau's word on timeliness and dispute is counted as it stands. Times of incidents are UTC. An
incident comes back when the same caller reports the same symptom within 30 days.
"""

import argparse
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from textwrap import indent
from typing import Any

import attrs
import pandas as pd

import crmkit
from crmkit.app import Rejected
from crmkit.cases import RecurrenceRule, find_recurrences, recurrence_rate
from crmkit.kernel import Channel, Estimate
from crmkit.stats import (
    GroupSize,
    RateComparison,
    SmallGroupRule,
    adjust_for_many,
    compare_rates,
    guard_small_groups,
    transition_matrix,
    wilson,
)


ZONE = "America/New_York"
WRITTEN = "%m/%d/%Y"  # 7/29/2013
CHANNELS = {"Web": Channel.WEB, "Phone": Channel.PHONE, "Postal mail": Channel.LETTER}
RECEIVED, SENT, VIA = "Date received", "Date sent to company", "Submitted via"
ANSWER, TIMELY, DISPUTED = "Company response to consumer", "Timely response?", "Consumer disputed?"
SHOWN = 10
SMALL = SmallGroupRule()  # fewer than ten are kept back, fewer than thirty flagged
HANDED = ("never", "once", "twice", "3 times", "4 times", "5 and more")
UNKNOWN = "?"
DAY = timedelta(days=1)
AGAIN = RecurrenceRule(
    name="the same trouble again",
    same=("customer", "symptom"),
    within=30 * DAY,
    major_from=3,
    source="chosen for this example",
)


def main(arguments: list[str] | None = None) -> None:
    given = chosen(arguments)
    consumer_complaints(given.complaints, given.store)
    if given.incidents is None:
        print("\nNo log of incidents is there: what comes back, and who hands on, is left out.")
    else:
        incidents(pd.read_parquet(given.incidents))


@attrs.frozen
class Given:
    """Where everything is, as the command line says."""

    complaints: Path
    incidents: Path | None
    store: Path | None


def chosen(arguments: list[str] | None) -> Given:
    """Return where everything is, or leave the program with a message and code 2."""
    parser = argparse.ArgumentParser(description="Consumer complaints, and what comes back.")
    parser.add_argument("--data", type=Path, required=True, help="folder of the csv.gz file")
    parser.add_argument("--incidents", type=Path, help="folder of incident_event_log.parquet")
    parser.add_argument("--store", type=Path, help="SQLite file to keep; else a passing one")
    told = parser.parse_args(arguments)
    found = sorted(told.data.glob("cfpb*.csv.gz"))
    if len(found) != 1:
        parser.error(f"{told.data} lacks one cfpb*.csv.gz: give the folder of the complaints")
    folder = told.incidents or told.data.resolve().parent / "incidents"
    log = folder / "incident_event_log.parquet"
    if told.incidents and not log.is_file():
        parser.error(f"{folder} lacks {log.name}: give the folder of the log")
    return Given(found[0], log if log.is_file() else None, told.store)


# -- complaints ------------------------------------------------------------------------------------


def consumer_complaints(path: Path, kept: Path | None) -> None:
    rows = pd.read_csv(path, dtype=str, keep_default_na=False)
    rows.index += 1  # the first row below the header
    rows["id"] = [f"CFPB-{row:04}" for row in rows.index]
    print(f"{len(rows):,} complaints of consumers about their banks, lenders and debt collectors,")
    print("as the bureau that protects them received them and sent them to the companies.")
    with (
        TemporaryDirectory() as name,
        crmkit.open(f"sqlite:///{kept or Path(name, 'crm.db')}", actor="ann") as crm,
    ):
        bring_in(crm, rows)
        stored = crm.frames.complaints()
    received = stored["received_at"].dt.tz_convert(ZONE)
    cases = stored.assign(month=received.dt.tz_localize(None).dt.to_period("M")).merge(
        rows[["id", ANSWER, TIMELY, DISPUTED]]
    )
    count(cases)
    judge(cases)


def bring_in(crm: crmkit.CRM, rows: pd.DataFrame) -> None:
    heading("1. Bring the complaints in")
    result = crm.imports.complaints(
        rows.assign(
            customer="consumer-" + rows["id"].str.removeprefix("CFPB-"),
            about=rows["Issue"].where(
                rows["Sub-issue"] == "", rows["Issue"] + ": " + rows["Sub-issue"]
            ),
            channel=[way.value if (way := CHANNELS.get(told)) else "" for told in rows[VIA]],
        ),
        columns={
            "customer_id": "customer",
            "received_at": RECEIVED,
            "product": "Product",
            "symptom": "Issue",
            "concerned": "Company",
        },
        time_format=WRITTEN,
        timezone=ZONE,
        batch="consumer complaints",
    )
    print(
        f"{result.rows:,} read, {result.records:,} stored, {result.already:,} stored before, "
        f"{result.refused:,} refused."
    )
    for refusal in result.rejected[:SHOWN]:
        print(f"  {refusal}")
    others = rows[VIA][~rows[VIA].isin(CHANNELS)].value_counts()
    print(f"Without a channel are those that came by {listed(others)}: crmkit knows none such.")
    twice = int(rows.drop(columns="id").duplicated().sum())
    print(
        f"\nThe file names no consumer and no number. {twice} rows are the same in all columns as\n"
        "one above them: reported twice, or two consumers with one trouble? They are kept."
    )
    tell_when_sent(rows)


def tell_when_sent(rows: pd.DataFrame) -> None:
    """Print how soon complaints were sent on, and name those that were sent before they came."""
    came, sent = (pd.to_datetime(rows[name], format=WRITTEN) for name in (RECEIVED, SENT))
    days = (sent - came).dt.days
    print(
        f"\nSent to the company before it was received: {int((days < 0).sum())}, which cannot be."
    )
    for row in rows_of(rows[days < 0].reset_index(names="row")):
        reason = f"must not be before the day of receipt, {row[RECEIVED]}"
        print(f"  {Rejected(row['row'], 'sent_at', row[SENT], reason, SENT)}")
    sound = days[days >= 0]
    same_day = wilson(int((sound == 0).sum()), len(sound))
    print(
        "They count as received on the day that the file says. How soon they were sent nobody\n"
        f"knows; of the other {len(sound):,}, {same_day.value:.1%} were sent on the same day, and "
        f"nine in ten within {sound.quantile(0.9, interpolation='higher'):.0f} days."
    )


def count(cases: pd.DataFrame) -> None:
    heading("2. What they complain of, and when")
    print(f"By product, of {cases['product'].nunique()}:\n")
    for name, number in cases["product"].value_counts().items():
        print(f"  {name:42}{number:6,}{number / len(cases):8.1%}")

    sizes = cases["month"].value_counts().sort_index()
    large = sizes[sizes >= SMALL.flag_below].index
    columns = cases["month"].map(lambda month: f"{month:%b %Y}" if month in large else "other")
    names = [*(f"{month:%b %Y}" for month in large), "other"]
    print(
        f"\nBy issue and month of receipt. The file has complaints of {len(sizes)} months;\n"
        f"'other' are the {len(sizes) - len(large)} with fewer than {SMALL.flag_below}.\n"
    )
    print(f"{'issue':42}" + "".join(f"{name:>10}" for name in names) + "       all")
    for name, rows in [*by_issue(cases), ("all", cases)]:
        counts = columns[rows.index].value_counts()
        cells = "".join(f"{counts.get(month, 0):10,}" for month in names)
        print(f"{name:42}{cells}{len(rows):10,}")
    print(
        "\nWhole months are missing, and the file does not say how it was cut out of all that the\n"
        "bureau has: so nothing is said here of a trend."
    )


def judge(cases: pd.DataFrame) -> None:
    heading("3. Who was answered in time, and who disputed the answer")
    unsaid = int((cases[DISPUTED] == "").sum())
    print(
        "Both are the bureau's own word: the file tells whether an answer was timely, not when it\n"
        f"came. {unsaid} consumers have not said whether they dispute: they count in no share of\n"
        "disputes. In brackets is the interval that is right 95% of the time.\n"
    )
    print(f"{'':40}{'complaints':>10}   {'timely':26}{'said':>6}   disputed, of those who said")
    print_shares("all", cases)
    print("\nBy issue:\n")
    for name, rows in by_issue(cases):
        print_shares(name, rows)
    print("\nBy what the company answered:\n")
    print_groups(cases, ANSWER, str)
    print("\nBy whether the answer was timely:\n")
    for name, word in (("timely", "Yes"), ("not timely", "No")):
        rows = cases[cases[TIMELY] == word]
        print(f"{name:40}{len(rows):10,}   {'':26}{disputed(rows)}")
    late = cases[cases[TIMELY] == "No"]
    print(
        f"\n{int((late[DISPUTED] == '').sum())} of the {unsaid} who said nothing had no timely "
        "answer. Who was not answered can hardly\ndispute it: the last line tells of those who "
        "were, late."
    )
    print("\nBy month of receipt:\n")
    print_groups(cases, "month", lambda month: f"{month:%B %Y}")
    print(
        f"\nShares of fewer than {SMALL.suppress_below} are not told: they would tell of single "
        "people, and of\nchance. Nor is a share that the others would give away. Together they are "
        f"told. A star\nmarks shares of fewer than {SMALL.flag_below}, whose intervals are wide. "
        "Among so many rows some\ndiffer by chance alone: so they are not ranked."
    )


def by_issue(cases: pd.DataFrame) -> list[tuple[str, pd.DataFrame]]:
    """Return the complaints about the most frequent issues, and last about all others."""
    sizes = cases["symptom"].value_counts().sort_index().sort_values(ascending=False, kind="stable")
    most, rest = sizes.index[:SHOWN], sizes.index[SHOWN:]
    groups = [(str(name), cases[cases["symptom"] == name]) for name in most]
    others = cases[cases["symptom"].isin(rest)]
    return [*groups, (f"{len(rest)} other issues", others)] if len(rest) else groups


def print_groups(cases: pd.DataFrame, column: str, label: Callable[[Any], str]) -> None:
    """Print a line a group; of small ones the number only, and their shares together."""
    groups = dict(iter(cases.groupby(column)))
    sizes = guard_small_groups([told_by(rows) for rows in groups.values()], rule=SMALL)
    small = [name for name, size in zip(groups, sizes, strict=True) if not size.is_shown]
    for name, rows in groups.items():
        if name in small:
            print(f"{label(name):40}{len(rows):10,}   {'not told':26}{'':6}   not told")
        else:
            print_shares(label(name), rows)
    if small:
        print_shares(f"these {len(small)} together", pd.concat(groups[name] for name in small))


def told_by(rows: pd.DataFrame) -> int:
    """Return of how few people the shares of a group would tell."""
    return int((rows[DISPUTED] != "").sum()) or len(rows)


def print_shares(name: str, rows: pd.DataFrame) -> None:
    timely = share_told(int((rows[TIMELY] == "Yes").sum()), len(rows))
    print(f"{name:40}{len(rows):10,}   {timely:26}{disputed(rows)}")


def disputed(rows: pd.DataFrame) -> str:
    said = rows[rows[DISPUTED] != ""]
    return f"{len(said):6,}   {share_told(int((said[DISPUTED] == 'Yes').sum()), len(said))}"


# -- incidents -------------------------------------------------------------------------------------


def incidents(lines: pd.DataFrame) -> None:
    """Tell which incidents come back, and through whose hands they go."""
    first, last = (getattr(lines.groupby("number"), end)() for end in ("first", "last"))
    cases = pd.DataFrame(
        {
            "case_id": "INC-" + last.index.astype(str),
            "received_at": last["opened_at"].dt.tz_localize("UTC"),
            "resolved_at": last["resolved_at"].dt.tz_localize("UTC"),
            "customer_id": known(last["caller_id"]),
            "symptom": known(last["u_symptom"]),
            "category": known(last["category"]),
            "state": last["incident_state"],
            "handed": last["reassignment_count"].astype(int),
            "first_group": known(first["assignment_group"]),
            "made_sla": last["made_sla"].astype(bool),
        }
    ).reset_index(drop=True)
    heading(f"4. What comes back: {len(cases):,} incidents of an IT service desk")
    what_comes_back(cases)
    heading("5. Who hands on: whoever receives a request should own it until it is resolved")
    who_hands_on(cases)
    to_whom(lines)


def known(told: pd.Series) -> pd.Series:
    return told.where(told != UNKNOWN)


def what_comes_back(cases: pd.DataFrame) -> None:
    chained = find_recurrences(cases, rule=AGAIN)
    untold = int((chained["occurrence"] == 0).sum())
    since = cases["received_at"].min() + AGAIN.within
    seen = chained[chained["received_at"] >= since]
    strict = find_recurrences(cases, rule=attrs.evolve(AGAIN, counted_from="resolution"))
    after = strict[strict["received_at"] >= since]
    print(
        f"Again: the same caller reports the same symptom within {AGAIN.within.days} days. In "
        f"{untold:,} incidents caller\nor symptom is not known: they repeat nothing. The first "
        f"{AGAIN.within.days} days have nothing before\nthem that they could repeat: counted is "
        f"from {since:%d %B %Y} on, {int((seen['occurrence'] > 0).sum()):,} incidents. Of these "
        "came\n"
    )
    print(f"  after an earlier one was reported: {told(recurrence_rate(seen))}")
    print(f"  after an earlier one was resolved: {told(recurrence_rate(after))}")
    print(
        "\nThe difference came while the earlier one was still open: perhaps it is the same "
        "trouble,\nreported twice."
    )
    chains(chained)
    by_category(seen[seen["occurrence"] > 0])
    by_month(seen[seen["occurrence"] > 0])


def chains(chained: pd.DataFrame) -> None:
    assert AGAIN.major_from is not None
    links = chained[chained["occurrence"] > 0].groupby("first_of_chain")["received_at"]
    lengths = links.size()
    longest = lengths.nlargest(1)
    days = (links.max() - links.min()).loc[longest.index].dt.days
    major = chained[chained["occurrence"] == AGAIN.major_from]
    print(
        f"\n{int((lengths > 1).sum()):,} chains have two incidents or more; the longest has "
        f"{longest.iloc[0]} within\n{days.iloc[0]} days, of one caller and one symptom. From "
        f"number {AGAIN.major_from} of its chain on an\nincident should be treated as a major one: "
        f"{len(major):,} chains would have come to that."
    )
    if len(major):
        print("The first of them, explained:\n")
        explain(major.sort_values(["received_at", "case_id"]).iloc[0], chained)


def explain(case: pd.Series, cases: pd.DataFrame) -> None:
    alike = (cases["customer_id"] == case["customer_id"]) & (cases["symptom"] == case["symptom"])
    facts = {
        row["case_id"]: {
            "id": row["case_id"],
            "received_at": row["received_at"].to_pydatetime(),
            "customer": row["customer_id"],
            "symptom": row["symptom"],
        }
        for row in rows_of(cases[alike])
    }
    found = AGAIN.match(facts[case["case_id"]], facts.values())
    print(indent(found.sentence("en"), "  "))


def by_category(cases: pd.DataFrame) -> None:
    print(
        f"\nDo some of the {SHOWN} most frequent categories come back more often than the rest?\n"
        "Exact test of two rates, each against all others. p says how often chance alone would\n"
        "part equal rates so far; the smallest of ten counts ten times, the next nine times, and\n"
        "so on (Holm).\n"
    )
    print("category       incidents   again  of 100   times the others' rate          p")
    names = cases["category"].value_counts().index[:SHOWN]
    groups = {name: cases["category"] == name for name in names}
    found = {name: compared(cases[own], cases[~own]) for name, own in groups.items()}
    tested = {name: one for name, one in found.items() if one}
    family = adjust_for_many([one.p_value for one in tested.values()], method="holm")
    counting = dict(zip(tested, family.adjusted, strict=True))
    for name, own in groups.items():
        number, again = int(own.sum()), int(cases.loc[own, "recurs"].sum())
        test = f"{times(tested[name]):22}{p_told(counting[name]):>10}" if name in tested else ""
        print(f"{name:14}{number:10,}{again:8,}{100 * again / number:8.1f}   {test}".rstrip())
    print(
        "\nThe test takes each return for an event of its own; the links of one chain are not\n"
        "quite that, so the intervals are rather too narrow."
    )


def by_month(cases: pd.DataFrame) -> None:
    months = cases["received_at"].dt.strftime("%Y-%m")
    may, april = (cases[months == month] for month in ("2016-05", "2016-04"))
    if one := compared(may, april):
        print(
            f"\nMay 2016 against April: {int(may['recurs'].sum()):,} of {len(may):,} incidents "
            f"repeated an earlier one, after {int(april['recurs'].sum()):,} of {len(april):,}.\n"
            f"That is {times(one)} times the rate, p {p_told(one.p_value)}."
        )


def compared(some: pd.DataFrame, others: pd.DataFrame) -> RateComparison | None:
    """Return how the rates of returns compare; None where there is nothing to compare."""
    own, other = int(some["recurs"].sum()), int(others["recurs"].sum())
    if not len(some) or not len(others) or not own + other:
        return None
    return compare_rates(own, len(some), other, len(others))


def who_hands_on(cases: pd.DataFrame) -> None:
    over = cases["state"].isin(["Resolved", "Closed"])
    done = cases[over]
    kept = share_told(int((done["handed"] == 0).sum()), len(done)).strip()
    print(
        f"{len(done):,} incidents are resolved or closed; {int((~over).sum()):,} are not, and are "
        f"left out. The group that\nhad it first resolved {kept} of them.\n"
    )
    print("handed on   incidents    share   promise missed              median days to resolution")
    for number, name in enumerate(HANDED):
        rows = done[done["handed"].clip(upper=len(HANDED) - 1) == number]
        days = (rows["resolved_at"] - rows["received_at"]).dt.total_seconds().median() / 86_400
        missed = share_told(int((~rows["made_sla"]).sum()), len(rows))
        share = len(rows) / max(len(done), 1)
        print(f"{name:12}{len(rows):9,}{share:9.1%}   {missed:28}{days:8.2f}")
    print(
        f"\n{int(done['resolved_at'].isna().sum()):,} are closed without a time of resolution, and "
        "not in the medians.\nTroubles that are hard take long and many hands: the table does not "
        "say which came of which.\n"
    )
    without = int(done["first_group"].isna().sum())
    print(
        f"The {SHOWN} groups that most incidents came to first, of {done['first_group'].nunique()} "
        f"({without:,} incidents name none):\n"
    )
    print("group       incidents   resolved by itself          handed on, per incident")
    for name in done["first_group"].value_counts().index[:SHOWN]:
        rows = done[done["first_group"] == name]
        own = share_told(int((rows["handed"] == 0).sum()), len(rows))
        print(f"{name:12}{len(rows):9,}   {own:28}{rows['handed'].mean():8.2f}")


def to_whom(lines: pd.DataFrame) -> None:
    named = lines[lines["assignment_group"] != UNKNOWN]
    before = named.groupby("number")["assignment_group"].shift()
    changes = named[named["assignment_group"] != before]
    log = pd.DataFrame(
        {
            "case_id": changes["number"],
            "activity": changes["assignment_group"],
            "at": changes["sys_updated_at"].dt.tz_localize("UTC"),
            "sequence": range(len(changes)),
        }
    )
    table = transition_matrix(log).table()
    print("\nWho hands to whom most often, and what share of all that the group hands on:\n")
    for row in rows_of(table.head(SHOWN)):
        share = f"{row['share']:6.1%} ({row['low']:5.1%} to {row['high']:5.1%})"
        print(f"  {row['activity']:>5} → {row['next']:5}{row['n']:9,}   {share}")


# -- telling ---------------------------------------------------------------------------------------


def share_told(number: int, of: int) -> str:
    return told(wilson(number, of)) if of else "nobody"


def told(share: Estimate) -> str:
    size = SMALL.of(share.n)
    if not size.is_shown:
        return "not told"
    star = "*" if size is GroupSize.FEW else ""
    return f"{share.value:6.1%} ({share.low:5.1%} to {share.high:5.1%}){star}"


def times(one: RateComparison) -> str:
    return f"{one.ratio:.2f} ({one.low:.2f} to {one.high:.2f})"


def p_told(p: float | None) -> str:
    assert p is not None
    return "< 0.001" if p < 0.001 else f"{p:.3f}"


def listed(counts: pd.Series) -> str:
    return " and ".join(f"{name} ({number:,})" for name, number in counts.items()).lower()


def rows_of(frame: pd.DataFrame) -> list[dict[str, Any]]:
    return [{str(name): value for name, value in row.items()} for row in frame.to_dict("records")]


def heading(title: str) -> None:
    print(f"\n{title}\n{'-' * len(title)}")


if __name__ == "__main__":
    main()
