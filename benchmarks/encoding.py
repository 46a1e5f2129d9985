# /// script
# requires-python = ">=3.11"
# dependencies = ["crmkit", "attrs", "cattrs==26.2.1"]
#
# [tool.uv.sources]
# crmkit = { path = "..", editable = true }
# ///
"""Encoding and decoding a record, against cattrs with its json converter."""

import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

from cattrs.preconf.json import make_converter
from measuring import Goal, Sense, report

from crmkit.complaints import COMPLAINT_CODEC, Complaint, Stage
from crmkit.kernel import Channel
from crmkit.testing import NINE, a_complaint


ROUNDS = 2_000


def goals(_: Path) -> Iterator[Goal]:
    complaint = a_complaint(acknowledged_after=timedelta(hours=1))
    complaint = complaint.investigate("bob", NINE + timedelta(hours=2), note="bearing worn")
    stored = COMPLAINT_CODEC.encode(complaint)
    converter = make_converter()
    # cattrs finds no enumerations made from tuples by itself.
    for kind in (Stage, Channel):
        converter.register_structure_hook(kind, lambda value, type_: type_(value))
        converter.register_unstructure_hook(kind, lambda member: member.value)
    text = converter.dumps(complaint)
    assert (
        converter.loads(text, Complaint)
        == COMPLAINT_CODEC.decode(stored, COMPLAINT_CODEC.schema)
        == complaint
    )

    yield Goal(
        "encode a complaint",
        ours=lambda: [COMPLAINT_CODEC.encode(complaint) for _ in range(ROUNDS)],
        peer=lambda: [converter.dumps(complaint) for _ in range(ROUNDS)],
        limit=3,
        sense=Sense.SPEED_AT_LEAST,
        things=ROUNDS,
    )
    yield Goal(
        "decode a complaint",
        ours=lambda: [
            COMPLAINT_CODEC.decode(stored, COMPLAINT_CODEC.schema) for _ in range(ROUNDS)
        ],
        peer=lambda: [converter.loads(text, Complaint) for _ in range(ROUNDS)],
        limit=3,
        sense=Sense.SPEED_AT_LEAST,
        things=ROUNDS,
    )


if __name__ == "__main__":
    sys.exit(report(goals))
