"""Runs the rules on a store by pytest, away from any settings of the place.

Law: a rule that neither passed nor was passed over for a reason given has failed.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from types import ModuleType
from typing import Final, Literal, TypeAlias

import attrs
import pytest

from crmkit.errors import CrmkitError


Outcome: TypeAlias = Literal["passed", "failed", "not claimed", "waived"]
Classes: TypeAlias = Mapping[str, type]
"""Classes of rules, each under a name that pytest takes for a test's: `TestStore`."""

_PASSED_OVER: Final[tuple[Outcome, ...]] = ("not claimed", "waived")
_QUIET: Final = (
    *("-p", "no:cacheprovider", "-p", "no:terminal", "-p", "no:faulthandler", "-p", "no:warnings"),
    *("--noconftest", "-c", os.devnull),
)
_LOADS: Final = "PYTEST_DISABLE_PLUGIN_AUTOLOAD"
_SURROUNDINGS: Final = ("PYTEST_ADDOPTS", "PYTEST_PLUGINS", _LOADS)


@attrs.frozen
class Verdict:
    """What came out of one rule, over all its cases.

    Attributes:
        store: The name of the class of rules.
        rule: The rule's name.
        outcome: The worst of its cases.
        cases: How many cases it has.
        failed: Those that failed, by their parameters.
        reason: Why it failed, was not claimed, or was waived, in one line.
        steps: What was done before it failed, if that was found by trying.
    """

    store: str
    rule: str
    outcome: Outcome
    cases: int = 1
    failed: tuple[str, ...] = ()
    reason: str = ""
    steps: tuple[str, ...] = ()


def judged(
    classes: Callable[[], Classes], *, chosen: Callable[[str, str], bool] = lambda *_: True
) -> tuple[Verdict, ...]:
    """Run the rules of some classes, and return a verdict on each rule.

    Args:
        classes: Called once pytest has begun, so that it can prepare what is imported then.
        chosen: Told a class and a rule, whether to run it; all, if not given.

    Returns:
        In the order in which they ran.

    Raises:
        RuntimeError: If pytest could not run them.
    """
    watch = _Watch(classes, chosen)
    with TemporaryDirectory() as name, _alone():
        folder = Path(name)
        anchor = folder / "test_store.py"
        anchor.touch()
        places = f"--rootdir={folder}", f"--basetemp={folder / 'data'}", str(anchor)
        code = pytest.main([*_QUIET, *places], plugins=[watch])
    if code == pytest.ExitCode.NO_TESTS_COLLECTED and not watch.trouble:
        watch.trouble = "there is no such rule: see them all: python -m crmkit.testing --list"
    if code not in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED) or watch.trouble:
        raise RuntimeError(watch.trouble or f"pytest ended with {code!r}")
    return watch.verdicts()


class _Watch:
    """What pytest asks and tells, as a plugin."""

    def __init__(self, classes: Callable[[], Classes], chosen: Callable[[str, str], bool]) -> None:
        self.classes = classes
        self.chosen = chosen
        self.places: dict[str, tuple[str, str]] = {}
        self.cases: dict[tuple[str, str], dict[str, Verdict]] = {}
        self.trouble = ""

    def pytest_pycollect_makemodule(
        self, module_path: Path, parent: pytest.Collector
    ) -> pytest.Module:
        """Put the classes into the place of the empty file."""
        # From here on pytest rewrites what is imported, so that an assertion tells its values.
        pytest.register_assert_rewrite("crmkit.testing")
        told = ModuleType(module_path.stem)
        try:
            vars(told).update(self.classes())
        except CrmkitError as error:
            self.trouble = str(error)
        module: pytest.Module = pytest.Module.from_parent(parent, path=module_path)
        module.obj = told
        return module

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Remember why nothing could be collected."""
        if report.failed:
            self.trouble = _lines(report)[-1]

    def pytest_pycollect_makeitem(
        self, collector: pytest.Collector, name: str
    ) -> list[pytest.Item] | None:
        """Pass over a rule that was not chosen before its cases are made."""
        is_rule = isinstance(collector, pytest.Class) and name.startswith("test_")
        return [] if is_rule and not self.chosen(collector.name, name) else None

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Note where each case belongs."""
        items[:] = [item for item in items if self.chosen(*_place(item))]
        self.places = {item.nodeid: _place(item) for item in items}

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Note one case: its set-up, its call or its end, whichever went wrong."""
        if report.when != "call" and report.passed:
            return
        store, rule = self.places[report.nodeid]
        held = self.cases.setdefault((store, rule), {})
        before = held.get(report.nodeid)
        if before is None or before.outcome == "passed":
            outcome, reason, steps = _read(report)
            held[report.nodeid] = Verdict(store, rule, outcome, reason=reason, steps=steps)

    def verdicts(self) -> tuple[Verdict, ...]:
        """Return one verdict on each rule."""
        return tuple(_summed(held) for held in self.cases.values())


def _place(item: pytest.Item) -> tuple[str, str]:
    """Return the class and the rule of a case."""
    assert item.parent is not None
    return item.parent.name, getattr(item, "originalname", item.name)


def _summed(cases: Mapping[str, Verdict]) -> Verdict:
    worst = next((one for one in cases.values() if one.outcome == "failed"), None)
    first = worst or next(iter(cases.values()))
    ids = (nodeid for nodeid, one in cases.items() if one.outcome == "failed")
    return attrs.evolve(first, cases=len(cases), failed=tuple(map(_parameters, ids)))


def _parameters(nodeid: str) -> str:
    _, bracket, told = nodeid.rpartition("::")[2].partition("[")
    return told.removesuffix("]") if bracket else ""


def _read(report: pytest.TestReport) -> tuple[Outcome, str, tuple[str, ...]]:
    """Return outcome, reason in one line, and steps."""
    if report.passed:
        return "passed", "", ()
    if report.skipped and isinstance(report.longrepr, tuple):
        said = report.longrepr[2].removeprefix("Skipped: ")
        for outcome in _PASSED_OVER:
            if said.startswith(f"{outcome}: "):
                return outcome, said.removeprefix(f"{outcome}: "), ()
        return "failed", f"was not tried: {said}", ()
    reason, *more = _lines(report)
    # Hypothesis tells what it did as notes to the error.
    start = next((place for place, line in enumerate(more) if line.startswith("state = ")), None)
    return "failed", reason, () if start is None else tuple(more[start:])


def _lines(report: pytest.CollectReport | pytest.TestReport) -> Sequence[str]:
    crash = getattr(report.longrepr, "reprcrash", None)
    message: str = crash.message if crash else str(report.longrepr)
    return message.strip().splitlines() or ["failed without a word"]


@contextmanager
def _alone() -> Iterator[None]:
    """Keep the place's settings and plugins out: all stores are judged alike."""
    kept = {name: os.environ.pop(name) for name in _SURROUNDINGS if name in os.environ}
    os.environ[_LOADS] = "1"
    try:
        yield
    finally:
        del os.environ[_LOADS]
        os.environ.update(kept)
