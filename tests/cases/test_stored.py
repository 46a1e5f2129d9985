"""How inquiries are stored, and by what they are found."""

import json
from pathlib import Path

import pytest

from crmkit.cases import INQUIRY_CODEC, CaseKind, Inquiry, InquiryStage, Priority
from crmkit.kernel import Channel, Party
from crmkit.testing import NINE


FIXTURES = Path(__file__).parent / "fixtures"


def told() -> Inquiry:
    asked = Inquiry.open(
        "Q-1",
        "ann",
        NINE,
        customer="C-7",
        about="排水口太窄",
        asks="suggestion",
        channel="shop",
    )
    asked = asked.assign("ann", NINE, owner="bob").prioritise("bob", NINE, priority="high")
    return asked.wait("bob", NINE, party="customer", note="which model?").resume("bob", NINE)


class TestKeys:
    def test_find_by_what_people_ask_for(self) -> None:
        keys = INQUIRY_CODEC.key_objects(told())

        assert keys == {
            "customer": "C-7",
            "asks": CaseKind.SUGGESTION,
            "channel": Channel.SHOP,
            "owner": "bob",
            "responsible": "bob",
            "severity": None,
            "impact": None,
            "priority": Priority.HIGH,
            "stage": InquiryStage.OPENED,
            "state": told().state,
            "duplicate_of": None,
            "received_at": NINE,
            "moved_at": NINE,
        }


class TestStoredForm:
    def test_marks_what_is_personal(self) -> None:
        assert INQUIRY_CODEC.personal == {"about", "calls.note", "messages.text", "trail.note"}

    def test_is_read_back_equal(self) -> None:
        answered = told().answer("bob", NINE, text="We pass it on.").close("bob", NINE)

        stored = INQUIRY_CODEC.encode_exactly(answered)

        assert INQUIRY_CODEC.decode(stored, INQUIRY_CODEC.schema) == answered

    def test_of_the_first_schema_is_read_for_ever(self) -> None:
        """Handed over, graded, waited for the customer, answered, and set aside by no one."""
        inquiry = INQUIRY_CODEC.decode((FIXTURES / "inquiry-1.json").read_bytes(), 1)

        assert (inquiry.id, inquiry.kind, inquiry.channel) == (
            "Q-1",
            CaseKind.SUGGESTION,
            Channel.SHOP,
        )
        assert (inquiry.owner, inquiry.priority) == ("bob", Priority.HIGH)
        assert [(step.stage, step.awaits) for step in inquiry.trail] == [
            (InquiryStage.OPENED, None),
            (InquiryStage.OPENED, Party.CUSTOMER),
            (InquiryStage.OPENED, None),
            (InquiryStage.ANSWERED, None),
        ]
        assert [said.text for said in inquiry.conversation] == ["排水口太窄", "We pass it on."]

    @pytest.mark.parametrize(
        ("note", "of", "read"),
        [
            # Before there was a field, the note alone told of which it is a duplicate.
            ("Q-9", None, ("Q-9", "")),
            ("REDACTED", None, (None, "REDACTED")),
            ("he rang twice", "Q-9", ("Q-9", "he rang twice")),
        ],
    )
    def test_of_the_first_schema_tells_of_which_it_is_a_duplicate(
        self, note: str, of: str | None, read: tuple[str | None, str]
    ) -> None:
        told = json.loads((FIXTURES / "inquiry-1.json").read_bytes())
        told["trail"][-1] |= {"stage": "duplicate", "note": note}
        told |= {} if of is None else {"duplicate_of": of}

        inquiry = INQUIRY_CODEC.decode(json.dumps(told).encode(), 1)

        assert (inquiry.stage, inquiry.duplicate_of) == (InquiryStage.DUPLICATE, read[0])
        assert inquiry.trail[-1].note == read[1]

    def test_of_the_second_schema_is_read_for_ever(self) -> None:
        """Set aside for another, with a word."""
        inquiry = INQUIRY_CODEC.decode((FIXTURES / "inquiry-2.json").read_bytes(), 2)

        assert (inquiry.id, inquiry.duplicate_of) == ("Q-2", "Q-1")
        assert (inquiry.stage, inquiry.trail[-1].note) == (InquiryStage.DUPLICATE, "he rang twice")
