"""Faults for the store in memory."""

from functools import partial
from typing import Final

from .copies import MEMORY, SHORT, Mutant


_mutant = partial(Mutant, MEMORY)

_CHECK = "if change.expected != (before.version if before else 0):"
_MADE = "            made = self._made(batch.changes)\n"
_BEGIN = """\
        with self._lock:
            self._check_open()
            if batch.id in self._batches:
                return False
"""
_ADD_ROWS = """\
            for rows in batch.rows:
                if rows.columns:
                    self._tables.setdefault(rows.table, _Table()).add(rows)
"""
_LOAD = """\
        with self._lock:
            self._check_open()
            records = self._records.get(kind, {})
"""
_KEEP = "                self._records.setdefault(kind, {})[id] = held\n"
_PAUSE = "threading.Event().wait(0.001)"  # lets others in, so that the fault shows each time

MUTANTS: Final = (
    _mutant(
        "the version is not checked",
        ((_CHECK, "if False:"),),
        "test_a_conflict_changes_nothing",
    ),
    _mutant(
        "what was deleted is born anew, under a version that it had",
        ((_CHECK, "if change.expected != (before.version if before and before.state else 0):"),),
        "test_a_deleted_record_comes_back_by_the_version_of_its_deletion",
    ),
    _mutant(
        "a batch is not remembered",
        (("            self._batches.add(batch.id)\n", ""),),
        "test_a_batch_of_nothing_is_remembered_too",
    ),
    _mutant(
        "a batch is remembered though it failed",
        ((_MADE, f"            self._batches.add(batch.id)\n{_MADE}"),),
        "test_a_key_of_a_failed_batch_is_unknown",
    ),
    _mutant(
        "a batch is half stored on a conflict",
        (
            (
                "            made[place] = _Held(version, state, change.keys)\n",
                "            made[place] = _Held(version, state, change.keys)\n"
                "            self._records.setdefault(change.kind, {})[change.id] = made[place]\n",
            ),
        ),
        "test_a_conflict_changes_nothing",
    ),
    _mutant(
        "facts are stored before the versions are checked",
        ((f"{_ADD_ROWS}        return True", "        return True"), (_MADE, _ADD_ROWS + _MADE)),
        "test_rows_and_changes_are_stored_together_or_not_at_all",
    ),
    _mutant(
        "the second change of a record in a batch is not checked against the first",
        (("before = made.get(place) or self", "before = self"),),
        "test_a_batch_may_change_many_records_and_one_twice",
    ),
    _mutant(
        "journal lines stand in the order of ids",
        (
            (
                "            for change in batch.changes:\n                self._enter",
                "            for change in sorted(batch.changes, key=lambda each: each.id):\n"
                "                self._enter",
            ),
        ),
        "test_a_batch_may_change_many_records_and_one_twice",
    ),
    _mutant(
        "positions are counted anew in every reading",
        (
            (
                "lines = ((number, self._journal[number]) for number in numbers)",
                "lines = enumerate((self._journal[number] for number in numbers), begin)",
            ),
        ),
        "test_the_journal_of_one_kind_or_record_is_read_alone",
    ),
    _mutant(
        "a page of the feed is one line too long",
        (("islice(found, limit)", "islice(found, limit + 1)"),),
        "test_the_feed_has_no_gap_and_no_repeat",
    ),
    _mutant(
        "a page of a query is one record too long",
        (("[: query.limit]", "[: query.limit + 1]"),),
        "test_pages_make_up_the_whole_in_order",
    ),
    _mutant(
        "a page skips records of the value where the page before ended",
        (
            (
                "query.admits(id, held.keys)",
                "query.admits(id, held.keys) and (query.after is None"
                " or query.place(id, held.keys)[:2]"
                " > query.place(query.after[1], {query.order_by: query.after[0]})[:2])",
            ),
        ),
        "test_pages_make_up_the_whole_in_order",
    ),
    _mutant(
        "keys are compared as text",
        (
            (
                "query.admits(id, held.keys)",
                "query.admits(id, {name: value if value is None else str(value)"
                " for name, value in held.keys.items()})",
            ),
        ),
        "test_a_condition_means_the_same_everywhere",
    ),
    _mutant(
        "a record keeps the keys that it had before",
        (
            (
                "_Held(version, state, change.keys)",
                "_Held(version, state, {**change.keys, **(before.keys if before else {})})",
            ),
        ),
        "test_a_changed_record_is_found_by_its_new_keys_only",
    ),
    _mutant(
        "redaction forgets the keys",
        (
            (
                "keys = {name: None if name in fields else value"
                " for name, value in held.keys.items()}",
                "keys = held.keys",
            ),
        ),
        "test_values_leave_state_keys_and_journal",
    ),
    _mutant(
        "redaction forgets all lines of the journal but the last",
        (("for number in self._lines[kind, id])", "for number in self._lines[kind, id][-1:])"),),
        "test_values_leave_state_keys_and_journal",
    ),
    _mutant(
        "redaction forgets what is deleted",
        (
            (
                "            if held is None:\n                return 0\n            keys",
                "            if held is None or held.state is None:\n"
                "                return 0\n            keys",
            ),
        ),
        "test_a_deleted_record_is_cleared_too",
    ),
    _mutant(
        "redaction counts as a version",
        (("_Held(held.version, state, keys)", "_Held(held.version + 1, state, keys)"),),
        "test_the_record_goes_on_after_it",
    ),
    _mutant(
        "a row is lost at the edge of each block",
        (("range(0, length, block)", "range(0, length, block + 1)"),),
        "test_blocks_make_up_the_whole",
    ),
    _mutant(
        "a scan sees rows that were added after the call",
        (("        if not where:\n", "        length = self.length\n        if not where:\n"),),
        "test_a_scan_sees_what_was_there_when_it_was_called",
    ),
    _mutant(
        "columns left out shift the rows",
        (("rows.columns.get(name) or (None,) * len(rows)", "rows.columns.get(name, ())"),),
        "test_columns_left_out_are_empty",
    ),
    _mutant(
        "a scan hands out the store's own columns",
        (
            (
                "yield {name: self.columns[name][start:stop] for name in wanted}",
                "yield {name: self.columns[name] for name in wanted}",
            ),
        ),
        "test_what_is_handed_out_may_be_changed_too",
    ),
    _mutant(
        "a load hands out what the store itself reads",
        (
            (
                "        found: dict[str, Record] = {}\n",
                "        found = self.__dict__.setdefault('found', {})\n"
                "        found.clear()\n"
                "        self.__dict__['kept'] = found\n",
            ),
            ("        return found\n", "        return self.__dict__['kept']\n"),
        ),
        "test_what_was_handed_out_stays_as_it_was",
    ),
    _mutant(
        "reads are not kept apart from writes",
        (
            (_LOAD, "        if True:\n            records = self._records.get(kind, {})\n"),
            (_KEEP, f"{_KEEP}                {_PAUSE}\n"),
        ),
        "test_nobody_sees_half_a_batch",
    ),
    _mutant(
        "the batch is looked for before others are locked out",
        (
            (
                _BEGIN,
                f"""\
        if batch.id in self._batches:
            return False
        {_PAUSE}
        with self._lock:
            self._check_open()
""",
            ),
        ),
        "test_a_batch_sent_by_many_is_stored_once",
    ),
    _mutant(
        "the lock is kept after a conflict",
        (
            (
                _BEGIN,
                """\
        self._lock.acquire()
        if True:
            if batch.id in self._batches:
                self._lock.release()
                return False
""",
            ),
            (f"{_ADD_ROWS}", f"{_ADD_ROWS}            self._lock.release()\n"),
        ),
        "test_a_key_of_a_failed_batch_is_unknown",
        patience=SHORT,
    ),
    _mutant(
        "readers and writers lock each other out",
        (
            (
                "        self._lock = threading.Lock()\n",
                "        self._lock, self._other = threading.Lock(), threading.Lock()\n",
            ),
            (
                _BEGIN,
                f"""\
        with self._lock:
            {_PAUSE}
            self._other.acquire()
            self._other.release()
            if batch.id in self._batches:
                return False
""",
            ),
            (
                _LOAD,
                f"""\
        with self._other:
            {_PAUSE}
            self._lock.acquire()
            self._lock.release()
            records = self._records.get(kind, {{}})
""",
            ),
        ),
        "test_nobody_sees_half_a_batch",
        patience=SHORT,
    ),
    _mutant(
        "the feed takes a position that it never gave",
        (("            check_given(after, len(self._journal))\n", ""),),
        "test_a_position_beyond_the_last_is_refused",
    ),
    _mutant(
        "deletions are forgotten too",
        (
            (
                "in numbers], before)",
                "in numbers], before) | dict.fromkeys(range(before - 1), FORGOTTEN)",
            ),
        ),
        "test_a_deletion_stays_one",
    ),
    _mutant(
        "one version too few is forgotten",
        (("in numbers], before)", "in numbers], max(1, before - 1))"),),
        "test_versions_below_one_lose_their_content",
    ),
    _mutant(
        "the facts of others are emptied too",
        (
            (
                "            if all(self._holds(one, row) for one in where)\n",
                "            if True\n",
            ),
        ),
        "test_columns_are_emptied_where_all_conditions_hold",
    ),
    _mutant(
        "a closed store works on",
        (("            self._closed = True\n", "            pass\n"),),
        "test_a_closed_store_refuses_every_verb",
    ),
)

EQUIVALENT: Final = (
    _mutant(
        "the journal of one record is sought among all lines",
        (("if kind is not None and id is not None:", "if False:"),),
        because="the index of lines saves time alone: the filter after it keeps the same lines",
    ),
    _mutant(
        "the batch is remembered last",
        (
            ("            self._batches.add(batch.id)\n", ""),
            (f"{_ADD_ROWS}", f"{_ADD_ROWS}            self._batches.add(batch.id)\n"),
        ),
        because="the lock is held all the while, and nothing in between can fail",
    ),
)
