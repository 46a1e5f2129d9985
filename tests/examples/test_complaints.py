"""The complaints tell what can be counted in the data by other means."""

import csv
import gzip
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from contextlib import redirect_stdout
from datetime import date, datetime, timedelta
from io import StringIO
from math import exp, lgamma, log, sqrt
from pathlib import Path
from runpy import run_path
from typing import Any

import pandas as pd
import pytest


ROOT = Path(__file__).parents[2]
DATA = ROOT.parent / "shared" / "data" / "complaints"
INCIDENTS = ROOT.parent / "shared" / "data" / "incidents"

Tell = Callable[..., str]
Rows = list[dict[str, str]]

HEAD = (
    "Date received",
    "Product",
    "Issue",
    "Sub-issue",
    "Company",
    "Submitted via",
    "Date sent to company",
    "Company response to consumer",
    "Timely response?",
    "Consumer disputed?",
)


@pytest.fixture(scope="module")
def main() -> Callable[[list[str]], None]:
    found: Callable[[list[str]], None] = run_path(str(ROOT / "examples" / "complaints.py"))["main"]
    return found


@pytest.fixture(scope="module")
def real(main: Callable[[list[str]], None]) -> str:
    """What it prints of the real data: run once, for it is read only."""
    with redirect_stdout(StringIO()) as out:
        main(["--data", str(DATA)])
    return out.getvalue()


@pytest.fixture
def tell(main: Callable[[list[str]], None], capsys: pytest.CaptureFixture[str]) -> Tell:
    """Run it on a folder; return what it prints."""

    def tell(folder: Path, *more: str) -> str:
        main(["--data", str(folder), *more])
        return capsys.readouterr().out

    return tell


def line_of(told: str, start: str) -> str:
    """Return the one line that begins so."""
    (found,) = (line for line in told.splitlines() if line.startswith(start))
    return found


def write(folder: Path, rows: Sequence[Sequence[str]]) -> None:
    with gzip.open(folder / "cfpb_some.csv.gz", "wt", newline="") as file:
        csv.writer(file).writerows([HEAD, *rows])


def row(day: str, *, sent: str = "", answer: str = "Closed", said: str = "No") -> list[str]:
    goods = ["Mortgage", "Servicing", "", "A bank", "Web"]
    return [day, *goods, sent or day, answer, "Yes", said]


@pytest.fixture
def made_up(tmp_path: Path) -> Path:
    """Thirty-two complaints in four months, of which two have fewer than ten."""
    folder = tmp_path / "complaints"
    folder.mkdir()
    july = [row(f"7/{day}/2013", said="Yes" if day < 4 else "No") for day in range(1, 13)]
    august = [row(f"8/{day}/2013", said="" if day == 1 else "No") for day in range(1, 13)]
    april = [row("4/2/2014", sent="4/1/2014", said="Yes")]
    june = [row(f"6/{day}/2014") for day in range(1, 8)]
    write(folder, [*july, *august, *april, *june])
    return folder


class TestMadeUpData:
    def test_names_what_was_sent_before_it_was_received(self, tell: Tell, made_up: Path) -> None:
        told = tell(made_up)

        assert "32 read, 32 stored, 0 stored before, 0 refused." in told
        assert "Sent to the company before it was received: 1," in told
        assert "row 25: sent_at (column 'Date sent to company') is '4/1/2014': it must" in told
        assert "of the other 31, 100.0% were sent on the same day" in told

    def test_says_of_whom_the_shares_are(self, tell: Tell, made_up: Path) -> None:
        """Wilson by R's `prop.test(4, 31, correct = FALSE)`: .0513 to .2885."""
        told = tell(made_up)

        assert "1 consumers have not said whether they dispute" in told
        assert re.search(r"^all +32 .* 31 +12\.9% \( 5\.1% to 28\.9%\)$", told, re.MULTILINE)

    def test_hides_shares_of_a_few(self, tell: Tell, made_up: Path) -> None:
        """One month of one and one of seven are eight: August, the next, must hide them.

        Together twelve, of whom one did not say, and eight: one of nineteen disputed, by R's
        `prop.test(1, 19, correct = FALSE)` .0094 to .2463.
        """
        told = tell(made_up)

        for month in ("August 2013", "April 2014", "June 2014"):
            assert line_of(told, month).split()[-2:] == ["not", "told"]
        assert "25.0% ( 8.9% to 53.2%)*" in line_of(told, "July 2013")
        assert "19     5.3% ( 0.9% to 24.6%)*" in line_of(told, "these 3 together")

    def test_tells_a_single_small_group_nowhere(self, tell: Tell, tmp_path: Path) -> None:
        rows = [row(f"7/{day}/2013") for day in range(1, 31)]
        late = [row(f"8/{day}/2013", answer="Untimely response") for day in range(1, 5)]
        write(tmp_path, [*rows, *late])

        told = tell(tmp_path)

        assert line_of(told, "Closed ").endswith("not told")
        assert line_of(told, "Untimely response").endswith("not told")
        assert re.search(r"^these 2 together +34 ", told, re.MULTILINE)

    def test_can_be_kept_and_run_again(self, tell: Tell, made_up: Path, tmp_path: Path) -> None:
        once = tell(made_up, "--store", str(tmp_path / "kept.db"))

        again = tell(made_up, "--store", str(tmp_path / "kept.db"))

        assert "32 read, 0 stored, 32 stored before, 0 refused." in again
        assert again.splitlines()[6:] == once.splitlines()[6:]

    def test_leaves_the_incidents_out_where_there_are_none(self, tell: Tell, made_up: Path) -> None:
        assert "No log of incidents is there" in tell(made_up)


@pytest.fixture
def with_log(made_up: Path) -> Path:
    """Five incidents of each of six callers: the third is the third of its chain.

    The fourth tells no symptom; the fifth, in another category, comes too late to repeat.
    """
    folder = made_up.parent / "incidents"
    folder.mkdir()
    start = datetime(2016, 3, 1, 9)
    after = [timedelta(days=days) for days in (0, 29, 40, 40, 41, 100)]
    ended = [timedelta(days=days) for days in (5, 49, 60, 60, 61)]
    frames = [
        pd.DataFrame(
            {
                "number": [10 * caller + place for place in (1, 2, 3, 3, 4, 5)],
                "opened_at": [start + days for days in after],
                "sys_updated_at": [start + days for days in after],
                "resolved_at": [*(start + days for days in ended), pd.NaT],
                "caller_id": f"C-{caller}",
                "u_symptom": ["noise", "noise", "noise", "noise", "?", "noise"],
                "category": ["9", "9", "9", "9", "9", "4"],
                "incident_state": ["Closed", "Closed", "New", "Closed", "Closed", "New"],
                "reassignment_count": [0, 0, 0, 1, 0, 0],
                "assignment_group": ["A", "B", "A", "B", "A", "?"],
                "made_sla": True,
            }
        )
        for caller in range(1, 7)
    ]
    pd.concat(frames).to_parquet(folder / "incident_event_log.parquet")
    return made_up


class TestMadeUpLog:
    def test_finds_what_comes_back(self, tell: Tell, with_log: Path) -> None:
        """By hand: from day 30 on the third repeats the second, which was still open then.

        The first was resolved 35 days before. Of twelve six, by R's
        `prop.test(6, 12, correct = FALSE)` .2538 to .7462; and `prop.test(0, 12, …)` 0 to .2425.
        """
        told = tell(with_log)

        assert "In 6 incidents caller\nor symptom is not known" in told
        assert "after an earlier one was reported:  50.0% (25.4% to 74.6%)*" in told
        assert "after an earlier one was resolved:   0.0% ( 0.0% to 24.2%)*" in told
        assert "6 chains have two incidents or more; the longest has 3 within\n40 days" in told
        assert "INC-13 repeats INC-11 and INC-12" in told

    def test_says_who_handed_on(self, tell: Tell, with_log: Path) -> None:
        """Wilson by R's `prop.test(18, 24, correct = FALSE)`: .5510 to .8800."""
        told = tell(with_log)

        assert "24 incidents are resolved or closed; 6 are not, and are left out." in told
        assert "had it first resolved 75.0% (55.1% to 88.0%)* of them." in told
        assert line_of(told, "once").split() == ["once", "6", "25.0%", "not", "told", "20.00"]
        assert re.search(r"^ +A → B +6 +100\.0%", told, re.MULTILINE)


class TestMissingData:
    def test_is_told_with_exit_code_2(
        self, tell: Tell, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        with pytest.raises(SystemExit) as left:
            tell(tmp_path / "nowhere")

        assert left.value.code == 2
        assert "nowhere lacks one cfpb*.csv.gz" in capsys.readouterr().err

    def test_of_incidents_that_were_asked_for_is_told_likewise(
        self, tell: Tell, made_up: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        with pytest.raises(SystemExit) as left:
            tell(made_up, "--incidents", str(made_up / "nowhere"))

        assert left.value.code == 2
        assert "nowhere lacks incident_event_log.parquet" in capsys.readouterr().err


def shown(number: int, of: int) -> str:
    """Return a share with Wilson's interval, from the formula in the textbook."""
    z, share = 1.959963984540054, number / of
    middle = (share + z * z / (2 * of)) / (1 + z * z / of)
    half = z / (1 + z * z / of) * sqrt(share * (1 - share) / of + z * z / (4 * of * of))
    return f"{share:.1%} ({max(middle - half, 0):5.1%} to {min(middle + half, 1):5.1%})"


def day(told: str) -> date:
    return datetime.strptime(told, "%m/%d/%Y").date()


@pytest.fixture(scope="module")
def rows() -> Rows:
    (path,) = DATA.glob("*.csv.gz")
    with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def lines() -> list[dict[str, Any]]:
    columns = [
        "number",
        "caller_id",
        "u_symptom",
        "category",
        "opened_at",
        "resolved_at",
        "reassignment_count",
        "assignment_group",
        "made_sla",
    ]
    frame = pd.read_parquet(INCIDENTS / "incident_event_log.parquet", columns=columns)
    return [{str(name): cell for name, cell in row.items()} for row in frame.to_dict("records")]


@pytest.fixture(scope="module")
def last(lines: list[dict[str, Any]]) -> dict[int, dict[str, Any]]:
    return {line["number"]: line for line in lines}


@pytest.fixture(scope="module")
def told_again(last: dict[int, dict[str, Any]]) -> tuple[list[int], set[int], list[int]]:
    """Return, case by case in plain Python, who counts, who repeats, and where chains become 3.

    In the order of receipt, those of one moment in the order of their names as text.
    """
    month = timedelta(days=30)
    known = [one for one in last.values() if "?" not in (one["caller_id"], one["u_symptom"])]
    known.sort(key=lambda one: (one["opened_at"], f"INC-{one['number']}"))
    before: dict[tuple[str, str], tuple[datetime, int]] = {}
    repeats, thirds, since = set(), [], min(one["opened_at"] for one in last.values()) + month
    for one in known:
        key = one["caller_id"], one["u_symptom"]
        at, place = before.get(key, (datetime.min, 0))
        is_near = place > 0 and one["opened_at"] - at <= month
        place = place + 1 if is_near else 1
        before[key] = one["opened_at"], place
        if is_near:
            repeats.add(one["number"])
        if place == 3:
            thirds.append(one["number"])
    counted = [one["number"] for one in known if one["opened_at"] >= since]
    return counted, repeats, thirds


@pytest.mark.skipif(not DATA.is_dir(), reason="no ../shared/data/complaints beside the checkout")
class TestRealComplaints:
    def test_says_what_the_notes_of_the_data_say(self, real: str) -> None:
        """3,186 complaints; 97.1 % timely; 19.0 % of those who answered disputed."""
        words = line_of(real[real.index("\n3. ") :], "all   ").split()

        assert "3,186 read, 3,186 stored, 0 stored before, 0 refused." in real
        assert (words[1], words[2]) == ("3,186", "97.1%")
        assert (words[6], words[7]) == ("3,129", "19.0%")

    def test_names_every_one_that_was_sent_too_early(self, real: str, rows: Rows) -> None:
        early = [
            (place, line["Date sent to company"], line["Date received"])
            for place, line in enumerate(rows, 1)
            if day(line["Date sent to company"]) < day(line["Date received"])
        ]

        found = re.findall(
            r"row (\d+): sent_at \(column 'Date sent to company'\) is '([\d/]+)': "
            r"it must not be before the day of receipt, ([\d/]+)",
            real,
        )

        assert [(int(place), sent, came) for place, sent, came in found] == early
        assert f"before it was received: {len(early)}, which cannot be" in real

    def test_counts_rows_that_are_the_same(self, real: str, rows: Rows) -> None:
        twice = len(rows) - len({tuple(line.values()) for line in rows})

        assert f"{twice} rows are the same in all columns" in real

    def test_counts_by_issue_and_month(self, real: str, rows: Rows) -> None:
        counts: dict[str, Counter[str]] = defaultdict(Counter)
        months = Counter(f"{day(line['Date received']):%b %Y}" for line in rows)
        for line in rows:
            month = f"{day(line['Date received']):%b %Y}"
            counts[line["Issue"]][month if months[month] >= 30 else "other"] += 1
        columns = ("Jul 2013", "Aug 2013", "Jan 2016", "Feb 2016", "other")
        assert {month for month, number in months.items() if number >= 30} == set(columns[:-1])
        table = real[real.index("By issue and month") : real.index("\n3. ")]

        most = sorted(counts, key=lambda issue: (-counts[issue].total(), issue))[:10]
        for issue in most:
            cells = [f"{counts[issue][month]:,}" for month in columns]
            expected = [*cells, f"{counts[issue].total():,}"]
            assert line_of(table, issue).removeprefix(issue).split() == expected
        assert line_of(table, f"{len(counts) - 10} other issues")
        for name, number in Counter(line["Product"] for line in rows).items():
            share = f"{number / len(rows):.1%}"
            assert re.search(rf"^  {re.escape(name)} +{number:,} +{share}$", real, re.MULTILINE)

    @pytest.mark.parametrize(
        ("column", "heading"),
        [("Issue", "By issue:"), ("Company response to consumer", "By what the company")],
    )
    def test_shares_are_those_of_the_formula(
        self, real: str, rows: Rows, column: str, heading: str
    ) -> None:
        table = real[real.index(heading) :]
        table = table[: table.index("\n\nBy ")]
        lines = 0
        for name in {line[column] for line in rows}:
            own = [line for line in rows if line[column] == name]
            said = [line for line in own if line["Consumer disputed?"]]
            row = next((one for one in table.splitlines() if one.startswith(f"{name}  ")), "")
            if row and not row.endswith("not told"):
                timely = sum(line["Timely response?"] == "Yes" for line in own)
                disputed = sum(line["Consumer disputed?"] == "Yes" for line in said)
                assert shown(timely, len(own)) in row
                assert row.endswith(shown(disputed, len(said)))
                lines += 1

        assert lines == (10 if column == "Issue" else 4)

    def test_counts_every_month(self, real: str, rows: Rows) -> None:
        own: dict[str, Rows] = defaultdict(list)
        for line in rows:
            own[f"{day(line['Date received']):%B %Y}"].append(line)
        table = real[real.index("By month of receipt:") :]
        hidden = []

        for name, lines in own.items():
            words = line_of(table, name)
            said = [line for line in lines if line["Consumer disputed?"]]
            assert words.removeprefix(name).split()[0] == f"{len(lines):,}"
            if len(said) < 10:
                assert words.endswith("not told")
                hidden += said
            else:
                disputed = sum(line["Consumer disputed?"] == "Yes" for line in said)
                assert shown(disputed, len(said)) in words
        disputed = sum(line["Consumer disputed?"] == "Yes" for line in hidden)
        assert shown(disputed, len(hidden)) in line_of(table, "these 9 together")


@pytest.mark.skipif(
    not (DATA.is_dir() and INCIDENTS.is_dir()),
    reason="no ../shared/data/complaints and incidents beside the checkout",
)
class TestRealIncidents:
    def test_come_back_as_often_as_a_loop_finds(
        self, real: str, told_again: tuple[list[int], set[int], list[int]]
    ) -> None:
        counted, repeats, thirds = told_again

        again = sum(number in repeats for number in counted)
        assert f"{len(counted):,} incidents. Of these" in real
        assert shown(again, len(counted)) in line_of(real, "  after an earlier one was reported")
        assert f"{len(thirds):,} chains would have come to that" in real
        assert f"  INC-{thirds[0]} repeats" in real

    def test_come_back_after_a_resolution_as_often_as_a_loop_finds(
        self,
        real: str,
        last: dict[int, dict[str, Any]],
        told_again: tuple[list[int], set[int], list[int]],
    ) -> None:
        month = timedelta(days=30)
        alike: dict[tuple[str, str], list[dict[str, Any]]] = defaultdict(list)
        for one in last.values():
            alike[one["caller_id"], one["u_symptom"]].append(one)

        def repeats(number: int) -> bool:
            own = last[number]
            return any(
                timedelta(0) <= own["opened_at"] - other["resolved_at"] <= month
                for other in alike[own["caller_id"], own["u_symptom"]]
                if other is not own and not pd.isna(other["resolved_at"])
            )

        again = sum(repeats(number) for number in told_again[0])

        expected = shown(again, len(told_again[0]))
        assert expected in line_of(real, "  after an earlier one was resolved")

    def test_rates_are_tested_exactly(
        self,
        real: str,
        last: dict[int, dict[str, Any]],
        told_again: tuple[list[int], set[int], list[int]],
    ) -> None:
        """The sum of all binomial terms that are no likelier, by the gamma function; then Holm."""
        counted, repeats, _ = told_again
        cases = Counter(last[number]["category"] for number in counted)
        again = Counter(last[number]["category"] for number in counted if number in repeats)
        names = [name.removeprefix("Category ") for name, _ in cases.most_common(10)]
        p = {
            name: exact_p(again[name], again.total(), cases[name] / cases.total()) for name in names
        }
        counting, floor = {}, 0.0
        for place, name in enumerate(sorted(names, key=lambda name: p[name])):
            floor = counting[name] = max(floor, min(1.0, (10 - place) * p[name]))
        table = real[real.index("category  ") : real.index("The test takes")]

        for name in names:
            rest = (again.total() - again[name]) / (cases.total() - cases[name])
            ratio = again[name] / cases[name] / rest
            words = line_of(table, f"{name} ").removeprefix(name).split()
            assert words[:2] == [f"{cases[name]:,}", f"{again[name]:,}"]
            assert words[3] == f"{ratio:.2f}"
            shown_p = f"{counting[name]:.3f}" if counting[name] >= 0.001 else "< 0.001"
            assert " ".join(words[7:]) == shown_p

    def test_are_handed_on_as_often_as_the_log_says(
        self, real: str, lines: list[dict[str, Any]], last: dict[int, dict[str, Any]]
    ) -> None:
        first: dict[int, str] = {}
        for line in lines:
            first.setdefault(line["number"], line["assignment_group"])
        handed = {number: int(line["reassignment_count"]) for number, line in last.items()}
        never = [number for number, times in handed.items() if times == 0]

        assert shown(len(never), len(last)) in real
        for name, low, high in (("never", 0, 0), ("twice", 2, 2), ("5 and more", 5, 99)):
            own = [number for number, times in handed.items() if low <= times <= high]
            missed = sum(not last[number]["made_sla"] for number in own)
            days = sorted(
                (last[number]["resolved_at"] - last[number]["opened_at"]) / timedelta(days=1)
                for number in own
                if not pd.isna(last[number]["resolved_at"])
            )
            middle = (days[(len(days) - 1) // 2] + days[len(days) // 2]) / 2
            found = line_of(real, name)
            assert found.removeprefix(name).split()[0] == f"{len(own):,}"
            assert shown(missed, len(own)) in found
            assert found.endswith(f" {middle:.2f}")
        group, number = Counter(name for name in first.values() if name != "?").most_common(1)[0]
        kept = sum(first[one] == group for one in never)
        assert shown(kept, number) in line_of(real, f"{group}    ")

    def test_go_from_group_to_group_as_a_loop_finds(
        self, real: str, lines: list[dict[str, Any]]
    ) -> None:
        holder: dict[int, str] = {}
        handed: Counter[tuple[str, str]] = Counter()
        for line in lines:
            number, group = line["number"], line["assignment_group"]
            if group != "?":
                if holder.get(number, group) != group:
                    handed[holder[number], group] += 1
                holder[number] = group
        table = real[real.index("Who hands to whom") :]

        for (one, other), number in handed.most_common(10):
            assert re.search(rf"^ +{one} → {other} +{number:,} ", table, re.MULTILINE)


def exact_p(successes: int, n: int, share: float) -> float:
    """Return the two-sided p-value of a binomial test, term by term."""

    def term(k: int) -> float:
        ways = lgamma(n + 1) - lgamma(k + 1) - lgamma(n - k + 1)
        return exp(ways + k * log(share) + (n - k) * log(1 - share))

    seen = term(successes) * (1 + 1e-7)
    return sum(chance for k in range(n + 1) if (chance := term(k)) <= seen)
