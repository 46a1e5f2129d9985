"""The command that proves a store: reads its arguments, runs the rules, prints a report."""

from __future__ import annotations

import argparse
import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from importlib import import_module
from typing import Final

import attrs

from crmkit.errors import InvalidValueError
from crmkit.storage import Store

from .store_claims import Capabilities
from .store_judge import Classes, Verdict, judged


_ALL: Final = ",".join(field.name for field in attrs.fields(Capabilities))
_OUTCOMES: Final = "passed", "failed", "not claimed", "waived"
_MACHINE: Final = "any verbs in any order agree with a plain model"
_LONGEST: Final = 200  # characters of a reason
_ABOUT: Final = """
Prove that a store keeps the promises of crmkit.storage.Store: every rule is tried on new stores,
and so are any verbs in any order. Exit code: 0 where every rule that was tried holds, 1 where one
does not, 2 where nothing could be tried.
"""


def run(arguments: Sequence[str] | None = None) -> int:
    """Prove the store that the arguments name; return 0 if every rule holds that was tried, else 1.

    Raises:
        SystemExit: If the arguments are unfit, or nothing could be tried; says why.
    """
    parser = _parser()
    asked = parser.parse_args(arguments)
    if asked.list:
        print("\n".join(_listed()))
        return 0
    if asked.store is None:
        parser.error("name a store, mypackage:open_store, or ask for --list")
    try:
        capabilities = Capabilities.named(filter(None, asked.claims.split(",")))
        opener, waived = _opener(asked.store), dict(map(_waiver, asked.waive))
        only = frozenset(map(_rule, asked.only))
        verdicts = judged(
            partial(_classes, opener, capabilities, waived),
            chosen=lambda _, rule: rule in only or not only,
        )
    except (InvalidValueError, RuntimeError) as error:
        parser.error(str(error))
    tell = _as_json if asked.format == "json" else _as_text
    print("\n".join(tell(asked.store, capabilities, verdicts)))
    return int(not _holds(verdicts))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m crmkit.testing", description=_ABOUT)
    parser.add_argument(
        "store",
        nargs="?",
        help="what opens it: a callable that takes a folder, mypackage:open_store",
    )
    parser.add_argument(
        "--claims", default="", metavar="NAMES", help=f"what it can do beyond the six verbs: {_ALL}"
    )
    parser.add_argument(
        "--waive",
        action="append",
        default=[],
        metavar="RULE=WHY",
        help="do not try a rule; say why",
    )
    parser.add_argument(
        "--only", action="append", default=[], metavar="RULE", help="try this rule, and no other"
    )
    parser.add_argument("--format", choices=("text", "json"), default="text")
    parser.add_argument("--list", action="store_true", help="list the rules, and try none")
    return parser


def _opener(store: str) -> Callable[..., Store]:
    """Return what opens the store."""
    module, _, name = store.partition(":")
    way_out = "name a callable that takes a folder, mypackage:open_store"
    try:
        opener: Callable[..., Store] = getattr(import_module(module), name)
    except (ImportError, AttributeError, ValueError) as error:
        rule = f"must be importable: {error}"
        raise InvalidValueError("store", store, rule, way_out) from error
    if not callable(opener):
        raise InvalidValueError("store", store, "must be callable", way_out)
    return opener


def _waiver(text: str) -> tuple[str, str]:
    rule, _, reason = text.partition("=")
    return _rule(rule), reason


def _rule(words: str) -> str:
    """Return the name of the rule that reads so."""
    if words == _MACHINE:
        return "runTest"
    name = words.strip().replace(" ", "_")
    return name if name.startswith("test_") else f"test_{name}"


def _classes(
    opener: Callable[..., Store], capabilities: Capabilities, waived: Mapping[str, str]
) -> Classes:
    # Here, so that it is pytest who imports the rules, and failures tell their values.
    from .store_suite import classes_for

    return classes_for(opener, capabilities, waived)


def _chapters() -> Mapping[str, Mapping[str, tuple[tuple[str, ...], ...]]]:
    from .store_suite import chapters

    return chapters()


def _holds(verdicts: Sequence[Verdict]) -> bool:
    return all(verdict.outcome != "failed" for verdict in verdicts)


def _listed() -> Iterator[str]:
    """Yield the lines that list the rules."""
    for heading, rules in _chapters().items():
        yield f"\n{heading}"
        for rule, needed in rules.items():
            wanted = ", ".join(" or ".join(each) for each in needed)
            yield f"  {_in_words(rule)}{f' (needs {wanted})' * bool(wanted)}"


def _as_text(store: str, capabilities: Capabilities, verdicts: Sequence[Verdict]) -> Iterator[str]:
    """Yield the lines of the report."""
    yield f"The rules for a store of crmkit, tried on {store}"
    yield f"It claims: {', '.join(capabilities.claimed) or 'nothing beyond the six verbs'}"
    by_rule = {verdict.rule: verdict for verdict in verdicts}
    for heading, rules in _chapters().items():
        tried = [by_rule[rule] for rule in rules if rule in by_rule]
        if tried:
            yield f"\n{heading}"
        for verdict in tried:
            yield from _told(verdict)
    counts = Counter(verdict.outcome for verdict in verdicts)
    told = ", ".join(f"{counts[outcome]} {outcome}" for outcome in _OUTCOMES if counts[outcome])
    yield f"\n{len(verdicts)} rule{'s' * (len(verdicts) > 1)}: {told}"
    if counts["not claimed"]:
        yield f"To try more, claim it: --claims {_ALL}"
    end = "keeps every promise that was tried" if _holds(verdicts) else "is not fit for crmkit"
    yield f"Verdict: {store} {end}"


def _told(verdict: Verdict) -> Iterator[str]:
    """Yield the lines on one rule."""
    cases = f" ({verdict.cases} cases)" if verdict.cases > 1 else ""
    if verdict.cases > 1 and verdict.failed:
        cases = f" ({len(verdict.failed)} of {verdict.cases} cases, first {verdict.failed[0]})"
    if verdict.outcome == "not claimed":
        cases += f" (needs {verdict.reason})"
    yield f"  {verdict.outcome:<11}  {_in_words(verdict.rule)}{cases}"
    if verdict.outcome in ("failed", "waived"):
        yield f"  {'':<11}    {_short(verdict.reason)}"
    for step in verdict.steps:
        yield f"  {'':<11}      {step}"


def _as_json(store: str, capabilities: Capabilities, verdicts: Sequence[Verdict]) -> Iterator[str]:
    """Yield the report as one line of JSON."""
    told = [attrs.asdict(verdict) for verdict in verdicts]
    for each in told:
        del each["store"]
    about = {"store": store, "claims": capabilities.claimed, "holds": _holds(verdicts)}
    yield json.dumps({**about, "rules": told}, ensure_ascii=False)


def _in_words(rule: str) -> str:
    return rule.removeprefix("test_").replace("_", " ") if rule.startswith("test_") else _MACHINE


def _short(reason: str) -> str:
    return reason if len(reason) <= _LONGEST else f"{reason[:_LONGEST]} …"
