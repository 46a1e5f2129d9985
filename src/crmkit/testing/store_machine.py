"""Any verbs in any order against a dictionary: the stateful test that every store must pass."""

from __future__ import annotations

import json
from collections.abc import Sequence
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory

import attrs
import hypothesis.strategies as st
import pytest
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from crmkit.errors import ConflictError
from crmkit.kernel import OPERATORS, Scalar
from crmkit.storage import START, Batch, Query, Rows, journal, versions

from .store_access import StoreAccess, batch, birth
from .store_claims import check_subclass
from .store_model import CONTENTS, IDS, ROWS, SCALARS, STEPS, Fields, Model, Step


class StoreMachine(StoreAccess, RuleBasedStateMachine):
    """Any verbs in any order, restarts among them: the store agrees with a model.

    Subclass it with the hooks of `StoreRules`, and let pytest find its `TestCase`. Only a store
    that claims to be persistent is restarted. An async store comes in as a
    `crmkit.app.BridgedStore`.

        class MyMachine(StoreMachine):
            capabilities = Capabilities(persistent=True)

            def make_store(self, folder):
                return MyStore(folder / "crm.db")

            def open_again(self, store, folder):
                return MyStore(folder / "crm.db")

        TestMyMachine = MyMachine.TestCase

    Raises:
        InvalidValueError: When a subclass is made that forgets a hook, or redefines a rule.

    Examples:
        >>> from hypothesis import settings
        >>> from hypothesis.stateful import run_state_machine_as_test
        >>> from crmkit.storage import MemoryStore
        >>> from crmkit.testing import Capabilities
        >>> class Memory(StoreMachine):
        ...     capabilities = Capabilities(threads=True, closes=True)
        ...
        ...     def make_store(self, folder):
        ...         return MemoryStore()
        >>> few = settings(max_examples=2, database=None, deadline=None)
        >>> run_state_machine_as_test(Memory, settings=few)  # silent: the store keeps its promises
    """

    def __init_subclass__(cls, **named: object) -> None:
        super().__init_subclass__(**named)
        check_subclass(cls, StoreMachine)

    def __init__(self) -> None:
        super().__init__()
        self.directory = TemporaryDirectory()
        self.folder = Path(self.directory.name)
        try:
            self.store = self.make_store(self.folder)
        except BaseException:
            self.directory.cleanup()
            raise
        self.model = Model()
        self.numbers = count()
        self.stored: list[Batch] = []
        self.reached = START
        self.followed: list[tuple[str, int]] = []

    def teardown(self) -> None:
        self.close_store(self.store)
        self.directory.cleanup()

    @initialize(steps=st.lists(STEPS, min_size=2, max_size=4), rows=ROWS)
    def begin(self, steps: list[Step], rows: list[tuple[Scalar, Scalar]]) -> None:
        """Commit something: Hypothesis may leave out the rule that does, so that all were empty."""
        self.write(f"B-{next(self.numbers)}", (steps, rows))

    @rule(steps=st.lists(STEPS, max_size=4), rows=ROWS, old=st.none() | st.integers(0, 5))
    def commit(self, steps: list[Step], rows: list[tuple[Scalar, Scalar]], old: int | None) -> None:
        """Commit steps and rows, as a new batch or under an id that may have been used."""
        self.write(f"B-{next(self.numbers) if old is None else old}", (steps, rows))

    @rule(
        first=st.tuples(st.lists(STEPS, max_size=3), ROWS),
        second=st.tuples(st.lists(STEPS, max_size=3), ROWS),
    )
    def merge(
        self,
        first: tuple[list[Step], list[tuple[Scalar, Scalar]]],
        second: tuple[list[Step], list[tuple[Scalar, Scalar]]],
    ) -> None:
        """Make two batches one, the second upon the first: it does what both do, or nothing."""
        self.write(f"B-{next(self.numbers)}", first, second)

    @precondition(lambda self: self.stored)
    @rule(which=st.integers(0, 9))
    def repeat(self, which: int) -> None:
        """Commit again what was stored: alone it is known, under another id it conflicts."""
        again = self.stored[which % len(self.stored)]
        assert self.store.commit(again) is False
        if again.changes:
            other = attrs.evolve(again, id="merged", changes=(birth("new"), *again.changes))
            with pytest.raises(ConflictError):
                self.store.commit(other)

    def write(
        self, id: str, *parts: tuple[Sequence[Step], Sequence[tuple[Scalar, Scalar]]]
    ) -> None:
        """Commit all parts as one batch to the store and, if it should be stored, to the model."""
        after = self.model.copy()
        after.batches.add(id)
        loaded = dict(self.store.load("note", IDS))
        changes = [after.take(step, loaded) for steps, _ in parts for step in steps]
        tables = []
        for _, rows in parts:
            after.rows += rows
            columns = {"x": [x for x, _ in rows], "y": [y for _, y in rows]}
            tables.append(Rows("facts", columns))
        attempt = batch(id, *changes, rows=tuple(tables))
        if id in self.model.batches:
            assert self.store.commit(attempt) is False
        elif after.conflicts:
            with pytest.raises(ConflictError):
                self.store.commit(attempt)
        else:
            self.keep(attempt, after)

    def keep(self, attempt: Batch, after: Model) -> None:
        """Commit what must be stored."""
        assert self.store.commit(attempt) is True
        self.stored.append(attempt)
        self.model = after

    @rule(id=st.sampled_from(IDS), which=st.integers(0, 9))
    def restore(self, id: str, which: int) -> None:
        """Read an earlier version from the journal, and add it as the newest."""
        past = [version.data for version in versions(journal(self.store, kind="note", id=id))]
        held = self.model.versions.get(id, [])
        kept = [number for number, content in enumerate(held) if content is not None]
        if not kept:
            return
        number = kept[which % len(kept)]
        content = held[number]
        self.give(id, dict(content or {}), past[number])

    @rule(id=st.sampled_from(IDS), content=CONTENTS)
    def undelete(self, id: str, content: Fields) -> None:
        """Bring back what was deleted: by the version of its deletion, not as if it were new."""
        held = self.model.versions.get(id)
        if not held or held[-1] is not None:
            return
        with pytest.raises(ConflictError):
            self.store.commit(batch("anew", birth(id, content)))
        self.give(id, content, None)

    def give(self, id: str, content: Fields, data: bytes | None) -> None:
        """Commit one more version of a record: its content, or the very data."""
        after, name = self.model.copy(), f"B-{next(self.numbers)}"
        if name in after.batches:
            return
        after.batches.add(name)
        step = Step(id, content, grows=False, off=0)
        loaded = dict(self.store.load("note", IDS))
        change = after.take(step, loaded) if data is None else after.add(id, content, data, loaded)
        self.keep(batch(name, change), after)

    @rule(
        id=st.sampled_from(IDS),
        fields=st.sets(st.sampled_from(["n", "log", "text", "other"])),
    )
    def redact(self, id: str, fields: set[str]) -> None:
        """Take fields out of a record and all its past; a second time finds nothing."""
        self.store.redact("note", id, fields)
        assert self.store.redact("note", id, fields) == 0
        self.model.redact(id, fields)

    @rule()
    def close_and_reopen(self) -> None:
        """Close every handle and open the data anew, if the store is persistent."""
        self.store = self.reopen(self.store, self.folder)

    @rule(limit=st.integers(1, 5))
    def follow(self, limit: int) -> None:
        """Read the feed on from where it was left: nothing is skipped, nothing comes twice."""
        page = self.store.entries(self.reached, limit=limit)
        assert len(page) <= limit
        self.followed += [(line.id, line.version) for line in page]
        if page:
            self.reached = page[-1].position
        assert self.followed == self.model.lines[: len(self.followed)]
        assert page or len(self.followed) == len(self.model.lines)

    @rule(
        values=st.lists(SCALARS, min_size=1, max_size=3).map(tuple),
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
        loaded = self.store.load("note", IDS)
        assert {id: json.loads(record.data) for id, record in loaded.items()} == self.model.state
        for id in IDS:
            alone = self.store.load("note", [id])
            assert alone == {name: loaded[name] for name in loaded if name == id}
            for record in alone.values():
                assert record.version == len(self.model.versions[id])

    @invariant()
    def journal_agrees(self) -> None:
        """The journal has a line for every version, and every version can be read."""
        lines = list(journal(self.store))
        assert [(line.id, line.version) for line in lines] == self.model.lines
        for id in IDS:
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
