"""Any verbs in any order against a dictionary: the stateful test that every store must pass."""

from __future__ import annotations

import json
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final, TypeAlias

import attrs
import hypothesis.strategies as st
import pytest
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from crmkit.errors import ConflictError
from crmkit.kernel import OPERATORS, REDACTED, Scalar
from crmkit.storage import Change, Query, Record, Rows, journal, versions

from .store_access import StoreAccess, batch, encoded


Fields: TypeAlias = dict[str, Any]

_IDS: Final = ("a", "b", "c")
_WORDS: Final = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=4)
_SCALARS: Final = (
    st.none()
    | st.integers(-3, 3)
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | _WORDS
)


@attrs.frozen
class _Step:
    """What is to be done to one record: new content, with a log that may grow; None deletes it.

    `off` is how far the version expected is from the true one.
    """

    id: str
    content: Fields | None
    grows: bool
    off: int


_CONTENTS: Final = st.fixed_dictionaries(
    {"n": _SCALARS, "log": st.lists(st.integers(0, 9), max_size=3)}, optional={"text": _WORDS}
)
_STEPS: Final = st.builds(
    _Step,
    id=st.sampled_from(_IDS),
    content=st.none() | _CONTENTS | _CONTENTS,
    grows=st.booleans(),
    off=st.sampled_from([0, 0, 0, 0, 0, -1, 1]),
)


_ROWS: Final = st.lists(st.tuples(_SCALARS, _SCALARS), max_size=3)


@attrs.define
class _Model:
    """What a store should hold; the content of a version is None where it is deleted."""

    versions: dict[str, list[Fields | None]] = attrs.Factory(dict)
    keys: dict[str, dict[str, Scalar]] = attrs.Factory(dict)
    lines: list[tuple[str, int]] = attrs.Factory(list)
    rows: list[tuple[Scalar, Scalar]] = attrs.Factory(list)
    known: set[str] = attrs.Factory(set)
    batches: set[str] = attrs.Factory(set)
    conflicts: bool = False

    @property
    def state(self) -> dict[str, Fields]:
        """The content of every record that is not deleted."""
        newest = {id: versions[-1] for id, versions in self.versions.items()}
        return {id: content for id, content in newest.items() if content is not None}

    def find(self, operator: str, values: tuple[Scalar, ...], by_value: bool) -> list[str]:
        """Return the ids whose key `n` meets a condition, sorted by it or by id."""
        against = values if operator == "in" else values[:1]
        held = {id: self.keys[id].get("n") for id in sorted(self.state)}
        met = [id for id in held if any(_meets(held[id], operator, one) for one in against)]
        return sorted(met, key=lambda id: _rank(held[id])) if by_value else met

    def copy(self) -> _Model:
        """Return a model that can go on by itself."""
        return _Model(
            {id: list(versions) for id, versions in self.versions.items()},
            dict(self.keys),
            list(self.lines),
            list(self.rows),
            set(self.known),
            set(self.batches),
        )

    def take(self, step: _Step, loaded: dict[str, Record]) -> Change:
        """Do a step here and among the loaded records; return the change that does it."""
        held = self.versions.setdefault(step.id, [])
        expected = max(len(held) + step.off, 0)
        self.conflicts |= expected != len(held)
        before = loaded.pop(step.id, None)
        content = _content(step, held)
        data = None if content is None else encoded(content)
        keys = {name: value for name, value in (content or {}).items() if name != "log"}
        change = Change.of("note", step.id, data, before=before, expected=len(held), keys=keys)
        if data is not None:
            loaded[step.id] = Record("note", step.id, len(held) + 1, 1, data)
        held.append(content)
        self.keys[step.id] = keys
        self.known |= keys.keys()
        self.lines.append((step.id, len(held)))
        return attrs.evolve(change, expected=expected)


class StoreMachine(StoreAccess, RuleBasedStateMachine):
    """Commits, deletions, returns, queries, redactions and reopenings, in any order.

    Subclass it with the hooks of `StoreRules`, and let pytest find its `TestCase`:

        class MyMachine(StoreMachine):
            def make_store(self, folder):
                return MyStore(folder / "crm.db")

        TestMyMachine = MyMachine.TestCase

    Examples:
        >>> from hypothesis import settings
        >>> from hypothesis.stateful import run_state_machine_as_test
        >>> from crmkit.storage import MemoryStore
        >>> class Memory(StoreMachine):
        ...     def make_store(self, folder):
        ...         return MemoryStore()
        >>> few = settings(max_examples=2, database=None, deadline=None)
        >>> run_state_machine_as_test(Memory, settings=few)  # silent: the store keeps its promises
    """

    def __init__(self) -> None:
        super().__init__()
        self.directory = TemporaryDirectory()
        self.folder = Path(self.directory.name)
        try:
            self.store = self.make_store(self.folder)
        except BaseException:
            self.directory.cleanup()
            raise
        self.model = _Model()
        self.numbers = count()

    def teardown(self) -> None:
        self.close_store(self.store)
        self.directory.cleanup()

    @initialize(steps=st.lists(_STEPS, min_size=2, max_size=4), rows=_ROWS)
    def begin(self, steps: list[_Step], rows: list[tuple[Scalar, Scalar]]) -> None:
        """Commit something: Hypothesis may leave out the rule that does, so that all were empty."""
        self.write(steps, rows, f"B-{next(self.numbers)}")

    @rule(steps=st.lists(_STEPS, max_size=4), rows=_ROWS, old=st.none() | st.integers(0, 5))
    def commit(
        self, steps: list[_Step], rows: list[tuple[Scalar, Scalar]], old: int | None
    ) -> None:
        """Commit steps and rows, as a new batch or under an id that may have been used."""
        self.write(steps, rows, f"B-{next(self.numbers) if old is None else old}")

    def write(self, steps: list[_Step], rows: list[tuple[Scalar, Scalar]], id: str) -> None:
        """Commit to the store and, if it should be stored, to the model."""
        after = self.model.copy()
        after.batches.add(id)
        loaded = dict(self.store.load("note", _IDS))
        changes = [after.take(step, loaded) for step in steps]
        after.rows += rows
        columns = {"x": [x for x, _ in rows], "y": [y for _, y in rows]}
        attempt = batch(id, *changes, rows=(Rows("facts", columns),))
        if id in self.model.batches:
            assert self.store.commit(attempt) is False
        elif after.conflicts:
            with pytest.raises(ConflictError):
                self.store.commit(attempt)
        else:
            assert self.store.commit(attempt) is True
            self.model = after

    @rule(
        id=st.sampled_from(_IDS),
        fields=st.sets(st.sampled_from(["n", "log", "text", "other"])),
    )
    def redact(self, id: str, fields: set[str]) -> None:
        """Take fields out of a record and all its past."""
        self.store.redact("note", id, fields)
        for content in self.model.versions.get(id, []):
            for name in fields & (content or {}).keys():
                assert content is not None
                content[name] = REDACTED
        held = self.model.keys.get(id, {})
        self.model.keys[id] = {name: None if name in fields else held[name] for name in held}

    @rule()
    def close_and_reopen(self) -> None:
        """Close every handle and open the data anew."""
        self.store = self.reopen(self.store, self.folder)

    @rule(
        values=st.lists(_SCALARS, min_size=1, max_size=3).map(tuple),
        by_value=st.booleans(),
        limit=st.integers(1, 4),
    )
    def find(self, values: tuple[Scalar, ...], by_value: bool, limit: int) -> None:
        """Ask by every operator on `n`, sorted by it or by id, page by page."""
        if "n" not in self.model.known:
            return
        order_by = "n" if by_value else "id"
        for operator in OPERATORS:
            asked = ("n", operator, values if operator == "in" else values[0])
            query = Query("note", where=(asked,), order_by=order_by, limit=limit)
            found: list[str] = []
            while page := self.store.find(query):
                found += [record.id for record in page]
                query = query.next(self.model.keys[found[-1]].get(order_by), found[-1])
            assert found == self.model.find(operator, values, by_value)

    @invariant()
    def state_agrees(self) -> None:
        """The state is the newest version of each record."""
        loaded = self.store.load("note", _IDS)
        assert {id: json.loads(record.data) for id, record in loaded.items()} == self.model.state
        for id in _IDS:
            alone = self.store.load("note", [id])
            assert alone == {name: loaded[name] for name in loaded if name == id}
            for record in alone.values():
                assert record.version == len(self.model.versions[id])

    @invariant()
    def journal_agrees(self) -> None:
        """The journal has a line for every version, and every version can be read."""
        lines = list(journal(self.store))
        assert [(line.id, line.version) for line in lines] == self.model.lines
        for id in _IDS:
            past = [
                version.data and json.loads(version.data)
                for version in versions(journal(self.store, kind="note", id=id))
            ]
            assert past == self.model.versions.get(id, [])

    @invariant()
    def facts_agree(self) -> None:
        """Facts stand in the order in which they came."""
        blocks = list(self.store.scan("facts", ["x", "y"], block=2))
        rows = [row for part in blocks for row in zip(part["x"], part["y"], strict=True)]
        assert rows == self.model.rows


def _content(step: _Step, held: list[Fields | None]) -> Fields | None:
    """Return the record's new content: its log may go on from the version before."""
    before = held[-1] if held else None
    if step.content is None or before is None or not step.grows or before["log"] == REDACTED:
        return step.content and dict(step.content)
    return {**step.content, "log": [*before["log"], *step.content["log"]]}


def _rank(value: Scalar) -> tuple[int, Any]:
    """Empty before numbers, numbers before text."""
    return (0, 0) if value is None else (2, value) if isinstance(value, str) else (1, value)


def _meets(found: Scalar, operator: str, value: Scalar) -> bool:
    """Tell whether a value fulfils a condition, said as plainly as can be."""
    if operator in ("=", "in"):
        return found == value
    if operator == "!=":
        return found != value
    if found is None or value is None:
        return False
    if operator.startswith("<"):
        return _rank(found) < _rank(value) or (operator == "<=" and found == value)
    return _rank(found) > _rank(value) or (operator == ">=" and found == value)
