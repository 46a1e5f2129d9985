"""Rules for redaction: what is taken out is gone from state, keys and every line of the journal."""

from __future__ import annotations

from crmkit.kernel import REDACTED, Scalar
from crmkit.storage import Query, Store, journal, versions

from .store_access import StoreFixtures, batch, birth, encoded, present, step


class RedactRules(StoreFixtures):
    """How every store forgets."""

    def test_values_leave_state_keys_and_journal(self, store: Store) -> None:
        _customer(store)

        assert store.redact("customer", "C-1", ["name", "phones"]) == 4

        assert present(store, "C-1", kind="customer").data == encoded(
            {"name": REDACTED, "phones": REDACTED, "size": 2}
        )
        everything = repr(store.entries()) + repr(store.load("customer", ["C-1"]))
        assert not any(text in everything for text in ("Li Wei", "Wu Min", "+86", "+87", "+88"))
        by_name = Query("customer", where=(("name", "=", "Wu Min"),))
        assert not store.find(by_name)
        by_nothing = Query("customer", where=(("name", "=", None), ("size", "=", 2)))
        assert [record.id for record in store.find(by_nothing)] == ["C-1"]

    def test_the_rest_of_every_version_can_be_read(self, store: Store) -> None:
        _customer(store)

        store.redact("customer", "C-1", ["name", "phones"])

        lines = versions(journal(store, kind="customer", id="C-1"))
        assert [line.data for line in lines] == [
            encoded({"name": REDACTED, "phones": REDACTED, "size": size}) for size in (1, 1, 1, 2)
        ]

    def test_the_version_stays(self, store: Store) -> None:
        _customer(store)

        store.redact("customer", "C-1", ["name"])

        assert present(store, "C-1", kind="customer").version == 4
        assert [line.version for line in store.entries(kind="customer", id="C-1")] == [1, 2, 3, 4]

    def test_a_second_time_finds_nothing(self, store: Store) -> None:
        _customer(store)
        store.redact("customer", "C-1", ["name"])
        before = present(store, "C-1", kind="customer"), store.entries()

        assert store.redact("customer", "C-1", ["name"]) == 0

        assert (present(store, "C-1", kind="customer"), store.entries()) == before

    def test_others_are_untouched(self, store: Store) -> None:
        _customer(store)
        store.commit(
            batch(
                "B-9",
                birth("C-2", {"name": "Li Wei"}, kind="customer", keys={"name": "Li Wei"}),
                birth("C-1", {"name": "Li Wei"}),
            )
        )

        store.redact("customer", "C-1", ["name"])

        assert present(store, "C-2", kind="customer").data == encoded({"name": "Li Wei"})
        assert present(store, "C-1").data == encoded({"name": "Li Wei"})
        assert store.find(Query("customer", where=(("name", "=", "Li Wei"),)))

    def test_what_never_was_is_passed_over(self, store: Store) -> None:
        _customer(store)

        assert store.redact("customer", "C-9", ["name"]) == 0
        assert store.redact("task", "C-1", ["name"]) == 0
        assert store.redact("customer", "C-1", ["shoe_size"]) == 0
        assert store.redact("customer", "C-1", []) == 0

        assert b"Wu Min" in present(store, "C-1", kind="customer").data

    def test_a_deleted_record_is_cleared_too(self, store: Store) -> None:
        _customer(store)
        record = present(store, "C-1", kind="customer")
        store.commit(batch("B-9", step(record, None, keys={"name": "Wu Min"})))

        assert store.redact("customer", "C-1", ["name", "phones"]) == 4

        assert store.load("customer", ["C-1"]) == {}
        assert "Wu Min" not in repr(store.entries())

    def test_the_record_goes_on_after_it(self, store: Store) -> None:
        _customer(store)
        store.redact("customer", "C-1", ["name", "phones"])
        fields = {"name": "Zhao", "phones": ["+1"], "size": 3}

        record = present(store, "C-1", kind="customer")
        store.commit(batch("B-9", step(record, fields, keys={"name": "Zhao", "size": 3})))

        *_, last = versions(journal(store, kind="customer", id="C-1"))
        assert last.data == present(store, "C-1", kind="customer").data == encoded(fields)


def _customer(store: Store) -> None:
    """Keep a customer with a change of name, a longer list, and a change of something else."""
    told = [
        {"name": "Li Wei", "phones": ["+86"], "size": 1},
        {"name": "Wu Min", "phones": ["+86"], "size": 1},
        {"name": "Wu Min", "phones": ["+86", "+87"], "size": 1},
        {"name": "Wu Min", "phones": ["+88"], "size": 2},
    ]
    first, *later = told
    keys: dict[str, Scalar] = {"name": "Li Wei", "size": 1}
    store.commit(batch("B-1", birth("C-1", first, kind="customer", keys=keys)))
    for number, fields in enumerate(later, start=2):
        record = present(store, "C-1", kind="customer")
        known: dict[str, Scalar] = {"name": "Wu Min", "size": number // 4 + 1}
        store.commit(batch(f"B-{number}", step(record, fields, keys=known)))
