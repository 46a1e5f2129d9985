"""Faults for the store in a SQLite file."""

from functools import partial
from typing import Final

from .copies import SQLITE, Mutant


_mutant = partial(Mutant, SQLITE)

MUTANTS: Final = (
    _mutant(
        "the version is not checked",
        (("id = ? AND version = ?", "id = ? AND ? >= 0"),),
        "test_a_conflict_changes_nothing",
    ),
    _mutant(
        "the batch's id is not unique",
        (("ON CONFLICT (id) DO NOTHING", "ON CONFLICT (id) DO UPDATE SET at = excluded.at"),),
        "test_a_batch_of_nothing_is_remembered_too",
    ),
    _mutant(
        "a failed batch is committed as far as it came",
        (
            (
                '                        connection.execute("ROLLBACK")',
                '                        connection.execute("COMMIT")',
            ),
        ),
        "test_a_conflict_changes_nothing",
    ),
    _mutant(
        "the feed is in the order of ids",
        (
            (
                '(): f"{_FEED} ORDER BY j.position',
                '(): f"{_FEED} ORDER BY r.id, j.position',
            ),
        ),
        "test_a_batch_may_change_many_records_and_one_twice",
    ),
    _mutant(
        "a page of the feed is one line too long",
        (('"limit": limit}', '"limit": limit + 1}'),),
        "test_the_feed_has_no_gap_and_no_repeat",
    ),
    _mutant(
        "a page skips records of the value where the page before ended",
        (('"{operand.sql} >= {mark} AND', '"{operand.sql} > {mark} AND'),),
        "test_pages_make_up_the_whole_in_order",
    ),
    _mutant(
        "keys are compared as text",
        (
            (
                """f"json_extract(keys, '$.{name}')\"""",
                """f"CAST(json_extract(keys, '$.{name}') AS TEXT)\"""",
            ),
        ),
        "test_a_condition_means_the_same_everywhere",
    ),
    _mutant(
        "empty differs from nothing, as SQL has it",
        (("'IS NOT' if operator == '!=' else operator", "operator"),),
        "test_a_condition_means_the_same_everywhere",
    ),
    _mutant(
        "ids are the same in small and capital letters",
        (
            (
                "        id TEXT NOT NULL,\n        version",
                "        id TEXT NOT NULL COLLATE NOCASE,\n        version",
            ),
        ),
        "test_ids_may_be_any_text_that_can_be_printed",
    ),
    _mutant(
        "no more than 999 records are loaded",
        (("(_LOAD, _text(asked))", "(_LOAD, _text(asked[:999]))"),),
        "test_many_records_are_loaded_at_once",
    ),
    _mutant(
        "what is deleted is found",
        (("0.5) AND data IS NOT NULL{{}}", "0.5){{}}"),),
        "test_a_deleted_record_is_not_found",
    ),
    _mutant(
        "a new version keeps the schema of the one before",
        (
            (
                "version = version + 1, schema = ?,",
                "version = version + 1, schema = schema + 0 * ?,",
            ),
        ),
        "test_a_new_version_may_have_a_new_schema",
    ),
    _mutant(
        "instants are kept to the millisecond",
        (("to_micros(batch.at)", "to_micros(batch.at) // 1000 * 1000"),),
        "test_an_entry_tells_who_when_and_which_batch",
    ),
    _mutant(
        "redaction forgets the keys",
        (("_emptied(keys, fields), number", "keys.decode(), number"),),
        "test_values_leave_state_keys_and_journal",
    ),
    _mutant(
        "redaction forgets all lines of the journal but the first",
        (
            (
                "connection.executemany(_REPLACE_LINE, changed)\n    return len",
                "connection.executemany(_REPLACE_LINE, changed[:1])\n    return len",
            ),
        ),
        "test_values_leave_state_keys_and_journal",
    ),
    _mutant(
        "redaction forgets what is deleted",
        (
            (
                "    if held is None:\n        return 0\n",
                "    if held is None or held[1] is None:\n        return 0\n",
            ),
        ),
        "test_a_deleted_record_is_cleared_too",
    ),
    _mutant(
        "redaction takes any record of that id",
        (
            (
                'WHERE kind = ? AND id = ?\n"""\n_LINES',
                'WHERE ? <> \'\' AND id = ?\n"""\n_LINES',
            ),
        ),
        "test_what_never_was_is_passed_over",
    ),
    _mutant(
        "a row is lost at the edge of each block",
        (("after = numbers[-1]", "after = numbers[-1] + 1"),),
        "test_blocks_make_up_the_whole",
    ),
    _mutant(
        "a scan sees rows that were added after the call",
        (("while after < last:", "while True:"), ("row$ <= ?{}", "(row$ <= ? OR TRUE){}")),
        "test_a_scan_sees_what_was_there_when_it_was_called",
    ),
    _mutant(
        "columns have a type, and values take it",
        (("""f'"{name}"' for name in columns""", """f'"{name}" NUMERIC' for name in columns"""),),
        "test_values_keep_their_type_and_their_last_bit",
    ),
    _mutant(
        "keys that a failed batch brought are remembered",
        (
            (
                "            declared = self._catalogue.declare(connection, batch)\n",
                "            declared = self._catalogue.declare(connection, batch)\n"
                "            self._catalogue.remember(declared)\n",
            ),
            ("if seen.version != version:", "if seen.version < 0:"),
        ),
        "test_a_key_of_a_failed_batch_is_unknown",
    ),
    _mutant(
        "keys that another handle brought are never looked for",
        (
            (
                "if not seen.keys.get(kind, _NO_NAMES).issuperset(wanted):",
                "if kind not in seen.keys:",
            ),
            ("if seen.version != version:", "if seen.version < 0:"),
        ),
        "test_a_key_may_come_later",
    ),
    _mutant(
        "the feed takes a position that it never gave",
        (("if not found and begin:", "if False:"),),
        "test_a_position_beyond_the_last_is_refused",
    ),
    _mutant(
        "the file is in memory, and gone when it is closed",
        (
            (
                "sqlite3.connect(\n            self.path,",
                "sqlite3.connect(\n"
                '            f"file:{self.path}?mode=memory&cache=shared", uri=True,',
            ),
        ),
        "test_state_keys_and_journal_last",
    ),
    _mutant(
        "the version that is kept is not made whole",
        (
            (
                "executemany(_REPLACE_LINE, changed)\n    return sum(",
                "executemany(_REPLACE_LINE, changed[:-1])\n    return sum(",
            ),
        ),
        "test_versions_below_one_lose_their_content",
    ),
    _mutant(
        "a column that is emptied keeps its values",
        (("{name} = NULL", "{name} = {name}"),),
        "test_columns_are_emptied_where_all_conditions_hold",
    ),
    _mutant(
        "a closed store works on",
        (("            self._closed = True\n", "            self._closed = False\n"),),
        "test_a_closed_store_refuses_every_verb",
    ),
)

EQUIVALENT: Final = (
    _mutant(
        "positions could be used again",
        (("position INTEGER PRIMARY KEY AUTOINCREMENT", "position INTEGER PRIMARY KEY"),),
        because="no line is ever deleted, so that the greatest position is never free again",
    ),
)
