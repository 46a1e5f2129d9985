"""How accounts of points and their entries are stored, and what was stored before is read."""

import json

import attrs

from crmkit.loyalty import POINTS_ACCOUNT_CODEC, POINTS_ENTRY_CODEC, PointsEntry
from crmkit.testing import NINE

from .schemes import an_account


class TestStoredForm:
    def test_is_read_back_equal(self) -> None:
        account = an_account(sales=(100,)).redeem("ann", NINE, points=3)
        entry = PointsEntry.of(account, reference="R-1", asked="redeem 3")

        stored = POINTS_ACCOUNT_CODEC.encode_exactly(account)
        told = POINTS_ENTRY_CODEC.encode_exactly(entry)

        assert POINTS_ACCOUNT_CODEC.decode(stored, POINTS_ACCOUNT_CODEC.schema) == account
        assert POINTS_ENTRY_CODEC.decode(told, POINTS_ENTRY_CODEC.schema) == entry

    def test_marks_what_is_personal(self) -> None:
        assert POINTS_ENTRY_CODEC.personal == {"asked", "digest", "trail.note"}
        assert POINTS_ACCOUNT_CODEC.personal == {"trail.note"}


class TestEarlierSchemas:
    """Golden files of the first are read in `tests/storage/test_golden.py`."""

    def test_know_no_points_that_the_shop_took_away(self) -> None:
        account = an_account(sales=(100,)).redeem("ann", NINE, points=3)
        told = json.loads(POINTS_ACCOUNT_CODEC.encode(account))
        for lot in told["lots"]:
            del lot["withdrawn"]

        assert POINTS_ACCOUNT_CODEC.decode(json.dumps(told).encode(), 2) == account

    def test_leave_the_words_out_of_an_entry(self) -> None:
        entry = PointsEntry.of(an_account(sales=(100,)), reference="O-1", asked="earn")
        told = json.loads(POINTS_ENTRY_CODEC.encode(entry))
        del told["digest"], told["missing"]
        first = json.dumps({**told, "asked": "earn friend=13800001111"}).encode()

        read = POINTS_ENTRY_CODEC.decode(first, 1)

        assert b"13800001111" not in POINTS_ENTRY_CODEC.encode(read)
        assert read == attrs.evolve(entry, digest="", missing=())
        assert read.is_of("earn")
        assert not entry.is_of("earn more")
