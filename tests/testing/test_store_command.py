"""The command: what it prints, and how it ends."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from crmkit.testing.__main__ import main
from crmkit.testing.store_judge import judged


OPENERS = """
from crmkit.storage import MemoryStore, SQLiteStore


def open_file(folder):
    return SQLiteStore(folder / "crm.db", durable=False)


class Forgetful(MemoryStore):
    def commit(self, batch):
        self._batches.clear()
        return super().commit(batch)


class Careless(MemoryStore):
    def entries(self, *place, limit=1000, **named):
        return super().entries(*place, limit=limit + 20, **named)


nothing = None
"""


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a module of stores."""
    (tmp_path / "openers.py").write_text(OPENERS)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "openers", raising=False)
    return tmp_path


def ended(*arguments: str) -> object:
    """Return the exit code of a call that does not come back."""
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    return caught.value.code


class TestReport:
    def test_tells_that_a_store_keeps_its_promises(
        self, home: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        rules = "a conflict changes nothing", "facts last", "handles are several"
        only = [f"--only={rule}" for rule in rules]

        code = main(["openers:open_file", "--claims", "persistent,shared,threads,closes", *only])

        told = capsys.readouterr().out.splitlines()
        assert code == 0
        assert told[:2] == [
            "The rules for a store of crmkit, tried on openers:open_file",
            "It claims: persistent, shared, threads, closes",
        ]
        assert "  passed       a conflict changes nothing (5 cases)" in told
        assert "  passed       facts last" in told
        assert told[-2] == "3 rules: 3 passed"
        assert told[-1] == "Verdict: openers:open_file keeps every promise that was tried"

    def test_tells_what_was_not_tried_and_why(
        self, home: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        waiver = "a new store is empty=it comes with examples"

        rules = (
            "a new store is empty",
            "increments lose nothing",
            "closing one handle leaves the others",
            "a conflict changes nothing",
        )
        only = [f"--only={rule}" for rule in rules]

        code = main(["crmkit.storage:MemoryStore", "--waive", waiver, *only])

        told = capsys.readouterr().out.splitlines()
        assert code == 0
        assert told[1] == "It claims: nothing beyond the six verbs"
        assert "  not claimed  increments lose nothing (needs shared or threads)" in told
        assert "  not claimed  closing one handle leaves the others (needs closes, shared)" in told
        place = told.index("  waived       a new store is empty")
        assert told[place + 1].strip() == "it comes with examples"
        assert "To try more, claim it: --claims persistent,shared,threads,closes,tended" in told
        assert told[-3] == "4 rules: 1 passed, 2 not claimed, 1 waived"

    def test_tells_what_was_done_before_it_failed(
        self, home: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        rule = "any verbs in any order agree with a plain model"

        code = main(["openers:Forgetful", "--claims=threads", f"--only={rule}"])

        told = capsys.readouterr().out.splitlines()
        assert code == 1
        place = told.index(f"  failed       {rule}")
        assert told[place + 2].strip() == "state = Machine()"
        assert "1 rule: 1 failed" in told

    def test_tells_what_failed_whatever_pytest_is_told_there(self, home: Path) -> None:
        (home / "pytest.ini").write_text("[pytest]\naddopts = --no-such-option\n")
        command = [sys.executable, "-m", "crmkit.testing", "openers:Forgetful"]
        rules = "a batch of nothing is remembered too", "another handle sees what was committed"
        only = [f"--only={rule}" for rule in rules]

        done = subprocess.run(
            [*command, *only],
            cwd=home,
            env={**os.environ, "PYTEST_ADDOPTS": "--no-such-option"},
            capture_output=True,
            text=True,
            check=False,
        )

        told = done.stdout.splitlines()
        assert (done.returncode, done.stderr) == (1, "")
        assert "  not claimed  another handle sees what was committed (needs shared)" in told
        place = told.index("  failed       a batch of nothing is remembered too")
        assert told[place + 1].strip() == "AssertionError: assert True is False"
        assert told[-1] == "Verdict: openers:Forgetful is not fit for crmkit"

    def test_tells_which_cases_failed(self, home: Path, capsys: pytest.CaptureFixture[str]) -> None:
        code = main(["openers:Careless", "--only=the feed has no gap and no repeat"])

        told = capsys.readouterr().out
        assert code == 1
        assert "the feed has no gap and no repeat (2 of 4 cases, first 1)\n" in told

    def test_may_be_read_by_a_program(self, home: Path, capsys: pytest.CaptureFixture[str]) -> None:
        rules = "a batch is stored once", "a new store is empty", "test_facts_last"
        only = [f"--only={rule}" for rule in rules]

        code = main(["openers:Forgetful", "--claims=closes", "--format=json", *only])

        told = json.loads(capsys.readouterr().out)
        assert code == 1
        assert (told["store"], told["claims"], told["holds"]) == (
            "openers:Forgetful",
            ["closes"],
            False,
        )
        outcomes = {rule["rule"]: rule["outcome"] for rule in told["rules"]}
        assert outcomes["test_a_batch_is_stored_once"] == "failed"
        assert outcomes["test_a_new_store_is_empty"] == "passed"
        assert outcomes["test_facts_last"] == "not claimed"


class TestList:
    def test_tells_every_rule_and_what_it_needs(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert main(["--list"]) == 0

        told = capsys.readouterr().out
        assert "\nWhat every store keeps of records\n  a new store is empty\n" in told
        assert "  increments lose nothing (needs shared or threads)\n" in told
        assert told.count("\n  ") > 90


class TestArguments:
    @pytest.mark.parametrize(
        ("arguments", "told"),
        [
            ([], "name a store"),
            (["openers:nix"], "must be importable"),
            (["no_such_module:nix"], "No module named 'no_such_module'"),
            (["openers"], "must be importable"),
            (["openers:nothing"], "must be callable"),
            (["openers:open_file", "--claims=sharing"], "did you mean 'shared'"),
            (["openers:open_file", "--only=x"], "no such rule"),
            (["openers:open_file", "--waive=x=y"], "'test_x': it is no rule"),
            (["openers:open_file", "--waive=test_facts_last"], "must say why test_facts_last"),
        ],
    )
    def test_are_refused_with_a_way_out(
        self, home: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], told: str
    ) -> None:
        assert ended(*arguments) == 2

        assert told in capsys.readouterr().err

    def test_want_what_the_rules_need(
        self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        monkeypatch.setitem(sys.modules, "hypothesis", None)  # as if it were not installed

        assert main(["openers:open_file"]) == 2

        assert (
            capsys.readouterr().err == 'the rules need hypothesis: pip install "crmkit[testing]"\n'
        )


class TestJudged:
    def test_takes_what_was_skipped_for_no_reason_of_ours_as_failed(self) -> None:
        class Shy:
            def test_a(self) -> None:
                pytest.skip("too shy")

            def test_b(self) -> None:
                raise AssertionError

        a, b = judged(lambda: {"TestShy": Shy})

        assert (a.outcome, a.reason) == ("failed", "was not tried: too shy")
        assert b.outcome == "failed"
        assert b.reason

    def test_tells_the_worst_of_all_cases(self) -> None:
        class Odd:
            @pytest.mark.parametrize("n", [2, 3, 4, 5])
            def test_is_even(self, n: int) -> None:
                assert n % 2 == 0, f"{n} is odd\nwhich is bad"

        (verdict,) = judged(lambda: {"TestOdd": Odd})

        assert (verdict.cases, verdict.failed) == (4, ("3", "5"))
        assert "3 is odd" in verdict.reason
        assert "\n" not in verdict.reason

    def test_notes_what_goes_wrong_before_and_after(self) -> None:
        class Broken:
            @pytest.fixture
            def before(self) -> None:
                raise LookupError("before")

            @pytest.fixture
            def after(self) -> object:
                yield
                raise LookupError("after")

            def test_a(self, before: None) -> None:
                """Never run."""

            def test_b(self, after: None) -> None:
                """All is well until it ends."""

        a, b = judged(lambda: {"TestBroken": Broken})

        assert (a.outcome, a.reason) == ("failed", "LookupError: before")
        assert (b.outcome, b.reason) == ("failed", "LookupError: after")

    def test_fails_itself_where_nothing_can_be_run(self) -> None:
        def none() -> dict[str, type]:
            raise LookupError("no rules")

        with pytest.raises(RuntimeError, match="no rules"):
            judged(none)
        with pytest.raises(RuntimeError, match="no such rule"):
            judged(dict)

    def test_leaves_the_surroundings_as_they_were(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("PYTEST_ADDOPTS", "--verbose")
        monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "0")

        class Fine:
            def test_a(self) -> None:
                assert os.environ.get("PYTEST_ADDOPTS") is None

        (verdict,) = judged(lambda: {"TestFine": Fine})

        assert verdict.outcome == "passed"
        assert os.environ["PYTEST_ADDOPTS"] == "--verbose"
        assert os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] == "0"
