"""Rules for races: many at once, from handles of their own; one wins, nothing is lost."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from functools import partial
from typing import Final

from crmkit.errors import ConflictError
from crmkit.storage import Batch, Rows, Store

from .store_access import StoreFixtures, batch, birth, facts, present, step
from .store_claims import needs
from .store_limits import together


_ROUNDS: Final = 20
_ATTEMPTS: Final = 10_000


class RaceRules(StoreFixtures):
    """What every store holds when several work on it at once."""

    @needs("shared", "threads")
    def test_a_race_for_one_version_has_one_winner(
        self, store: Store, again: Callable[[], Store]
    ) -> None:
        handles = [again() for _ in range(6)]
        store.commit(batch("B-0", birth("N-1")))

        for turn in range(_ROUNDS):
            record = present(store, "N-1")
            assert record.version == turn + 1
            changes = [step(record, {"winner": who}) for who in range(6)]
            won = together(
                [
                    partial(_wins, handle, batch(f"{turn}-{me}", birth(f"{turn}-{me}"), change))
                    for me, (handle, change) in enumerate(zip(handles, changes, strict=True))
                ],
                within=self.patience,
            )
            assert won.count(True) == 1
            winner = won.index(True)
            assert present(store, "N-1").data == b'{"winner":%d}' % winner
            assert store.load("note", [f"{turn}-{me}" for me in range(6)]).keys() == {
                f"{turn}-{winner}"
            }

    @needs("shared", "threads")
    def test_a_race_to_be_born_has_one_winner(
        self, store: Store, again: Callable[[], Store]
    ) -> None:
        handles = [again() for _ in range(4)]

        for turn in range(_ROUNDS):
            won = together(
                [
                    partial(_wins, handle, batch(f"{turn}-{me}", birth(f"N-{turn}", {"by": me})))
                    for me, handle in enumerate(handles)
                ],
                within=self.patience,
            )
            assert won.count(True) == 1
            assert present(store, f"N-{turn}").data == b'{"by":%d}' % won.index(True)

    @needs("shared", "threads")
    def test_a_batch_sent_by_many_is_stored_once(
        self, store: Store, again: Callable[[], Store]
    ) -> None:
        handles = [again() for _ in range(4)]

        for turn in range(_ROUNDS):
            same = batch(f"B-{turn}", birth(f"N-{turn}"), rows=(Rows("orders", {"n": [turn]}),))
            sent = [partial(handle.commit, same) for handle in handles]
            stored = together(sent, within=self.patience)
            assert stored.count(True) == 1

        assert len(store.entries()) == _ROUNDS
        assert facts(store, "orders", "n") == [(turn,) for turn in range(_ROUNDS)]

    @needs("shared", "threads")
    def test_increments_lose_nothing(self, store: Store, again: Callable[[], Store]) -> None:
        store.commit(batch("B-0", birth("N-1", {"n": 0})))
        handles = [again() for _ in range(4)]

        adding = [partial(_add, handle, str(me), 25) for me, handle in enumerate(handles)]
        together(adding, within=self.patience)

        record = present(store, "N-1")
        assert (record.version, record.data) == (101, b'{"n":100}')
        lines = store.entries(kind="note", id="N-1")
        assert [line.version for line in lines] == list(range(1, 102))

    @needs("shared", "threads")
    def test_nobody_sees_half_a_batch(self, store: Store, again: Callable[[], Store]) -> None:
        store.commit(batch("B-0", birth("N-1", {"n": 0}), birth("N-2", {"n": 0})))
        handles = [again() for _ in range(3)]

        done = threading.Event()
        acts: list[Callable[[], None]] = [partial(_write_pairs, handles[0], done)]
        acts += [partial(_read_pairs, handle, done) for handle in handles[1:]]

        together(acts, within=self.patience)

        assert present(handles[1], "N-2").data == b'{"n":59}'

    @needs("threads")
    def test_threads_may_share_a_handle(self, store: Store) -> None:
        def work(me: int) -> None:
            for turn in range(20):
                id = f"N-{me}-{turn}"
                rows = Rows("orders", {"n": [turn], "by": [me]})
                store.commit(batch(f"B-{me}-{turn}", birth(id, keys={"by": me}), rows=(rows,)))
                assert present(store, id).version == 1

        together([partial(work, me) for me in range(4)], within=self.patience)

        assert len(store.entries()) == 80
        for me in range(4):
            parts = store.scan("orders", ["n"], where=[("by", "=", me)])
            assert [n for part in parts for n in part["n"]] == list(range(20))


def _write_pairs(store: Store, done: threading.Event) -> None:
    """Change two records alike, again and again."""
    try:
        for turn in range(1, 60):
            pair = store.load("note", ["N-1", "N-2"])
            changes = (step(pair[id], {"n": turn}) for id in ("N-1", "N-2"))
            store.commit(batch(f"B-{turn}", *changes))
    finally:
        done.set()


def _read_pairs(store: Store, done: threading.Event) -> None:
    """See the two records alike, always."""
    while not done.is_set():
        pair = store.load("note", ["N-1", "N-2"])
        assert pair["N-1"].data == pair["N-2"].data


def _wins(store: Store, attempt: Batch) -> bool:
    try:
        return store.commit(attempt)
    except ConflictError:
        return False


def _add(store: Store, name: str, times: int) -> None:
    """Add one to a record that others change too, so many times."""
    attempt = done = 0
    while done < times:
        attempt += 1
        assert attempt < _ATTEMPTS, f"{name} lost {attempt - done} races"
        record = present(store, "N-1")
        more = step(record, {"n": json.loads(record.data)["n"] + 1})
        done += _wins(store, batch(f"{name}-{attempt}", more))
