"""What every kind of case shares."""

import pickle
from datetime import UTC, datetime, timedelta
from typing import Any

import attrs
import pytest

from crmkit.cases import CaseKind, Grading, Impact, Inquiry, Priority, Severity, StateGroup
from crmkit.complaints import COMPLAINT_CODEC, Complaint
from crmkit.errors import InvalidValueError
from crmkit.kernel import Channel, Party
from crmkit.testing import NINE, a_complaint


HOUR = timedelta(hours=1)
NAIVE = datetime(2026, 3, 2, 9)


def asked(raised_by: str = "customer") -> Inquiry:
    return Inquiry.open(
        "Q-1", "ann", NINE, customer="C-7", about="when is it open?", raised_by=raised_by
    )


class TestConversation:
    def test_begins_with_what_the_customer_asked(self) -> None:
        (first,) = asked().conversation

        assert (first.at, first.party, first.text) == (NINE, Party.CUSTOMER, "when is it open?")

    @pytest.mark.parametrize("raised_by", ["staff", "third_party"])
    def test_is_empty_where_the_customer_did_not_ask(self, raised_by: str) -> None:
        assert asked(raised_by).conversation == ()

    def test_takes_in_what_a_move_says(self) -> None:
        complaint = a_complaint().acknowledge("ann", NINE + HOUR, note="we look into it")
        complaint = complaint.hear("ann", NINE + 2 * HOUR, text="thanks")

        assert [said.party.value for said in complaint.conversation] == [
            "customer",
            "staff",
            "customer",
        ]
        assert complaint.conversation[1].text == "we look into it"

    def test_knows_who_speaks_at_each_move_of_a_complaint(self) -> None:
        complaint = a_complaint().acknowledge("ann", NINE).wait("ann", NINE, party="customer")
        complaint = complaint.resume("ann", NINE).investigate("bob", NINE).respond("bob", NINE)
        complaint = complaint.reject("ann", NINE, note="no").respond("bob", NINE)
        complaint = complaint.accept("ann", NINE)

        parties = [said.party.value for said in complaint.conversation]

        assert parties == ["customer", "staff", "staff", "customer", "staff", "customer"]

    def test_is_told_in_the_order_of_time(self) -> None:
        case = asked().reply("ann", NINE + 2 * HOUR).answer("bob", NINE + HOUR, text="at nine")

        assert [said.at for said in case.conversation] == [NINE, NINE + HOUR, NINE + 2 * HOUR]


class TestHear:
    def test_takes_the_party_by_its_name(self) -> None:
        said = asked().hear("ann", NINE, text="it is on its way", party="third_party").messages[-1]

        assert said.party is Party.THIRD_PARTY

    def test_puts_down_no_word_of_ours(self) -> None:
        with pytest.raises(InvalidValueError, match="must be customer or third_party"):
            asked().hear("ann", NINE, party="staff")


class TestComment:
    def test_is_for_ourselves(self) -> None:
        (note,) = asked().comment("ann", NINE, text="he sounds angry").messages

        assert (note.party, note.public) == (Party.STAFF, False)


class TestAssign:
    def test_the_last_hand_over_counts(self) -> None:
        case = asked().assign("ann", NINE, owner="bob").assign("ann", NINE + HOUR, owner="eve")

        assert (asked().owner, case.owner) == (None, "eve")
        assert case.assign("eve", NINE + HOUR, owner=None).owner is None

    def test_does_not_go_back_in_time(self) -> None:
        case = asked().assign("ann", NINE + HOUR, owner="bob")

        with pytest.raises(InvalidValueError, match="must not be earlier"):
            case.assign("ann", NINE, owner="eve")


class TestResponsible:
    def test_is_whoever_received_it_until_somebody_takes_it_over(self) -> None:
        handed = asked().assign("ann", NINE, owner="bob")

        assert (asked().responsible, handed.responsible) == ("ann", "bob")

    def test_stays_who_let_go_of_it_without_a_successor(self) -> None:
        let_go = asked().assign("ann", NINE, owner="bob").assign("bob", NINE, owner=None)

        assert (let_go.owner, let_go.responsible) == (None, "bob")


class TestPrioritise:
    def test_takes_words_and_leaves_the_rest(self) -> None:
        case = asked().prioritise("ann", NINE, severity="major", impact=Impact.SEVERAL)
        case = case.prioritise("ann", NINE, priority="urgent")

        assert (case.severity, case.impact, case.priority) == (
            Severity.MAJOR,
            Impact.SEVERAL,
            Priority.URGENT,
        )

    def test_keeps_who_said_what_and_when(self) -> None:
        case = asked().prioritise("ann", NINE, severity="major", impact="several")
        case = case.prioritise("bob", NINE + HOUR, severity=Severity.MINOR)

        assert case.gradings == (
            Grading(NINE, "ann", severity=Severity.MAJOR, impact=Impact.SEVERAL),
            Grading(NINE + HOUR, "bob", severity=Severity.MINOR),
        )
        assert (case.severity, case.impact, case.priority) == (
            Severity.MINOR,
            Impact.SEVERAL,
            None,
        )

    def test_refuses_to_say_nothing(self) -> None:
        with pytest.raises(InvalidValueError, match="one of them at least") as refused:
            asked().prioritise("ann", NINE)

        assert refused.value.name == "severity, impact and priority"

    def test_does_not_go_back_in_time(self) -> None:
        case = asked().prioritise("ann", NINE + HOUR, severity="major")

        with pytest.raises(InvalidValueError, match="must not be earlier") as refused:
            case.prioritise("ann", NINE, priority="high")

        assert (refused.value.name, refused.value.value) == ("gradings", NINE)

    @pytest.mark.parametrize("name", ["severity", "impact", "priority"])
    def test_refuses_a_word_that_is_none(self, name: str) -> None:
        words: dict[str, Any] = {name: "grave"}

        with pytest.raises(InvalidValueError) as refused:
            asked().prioritise("ann", NINE, **words)

        assert (refused.value.name, refused.value.value) == (name, "grave")

    def test_refuses_a_naive_time_and_nobody(self) -> None:
        with pytest.raises(InvalidValueError, match="time zone"):
            asked().prioritise("ann", NAIVE, severity="major")
        with pytest.raises(InvalidValueError, match="must name who acts"):
            asked().prioritise("", NINE, severity="major")


class TestInvolve:
    def test_somebody_may_take_part_in_two_roles(self) -> None:
        case = asked().involve("ann", NINE, id="S-1", role="supplier")
        case = case.involve("ann", NINE, id="S-1", role="workshop")

        assert [other.role for other in case.participants] == ["supplier", "workshop"]

    def test_but_not_twice_in_one(self) -> None:
        case = asked().involve("ann", NINE, id="S-1", role="supplier", party="staff")

        with pytest.raises(InvalidValueError, match="takes part as supplier already"):
            case.involve("ann", NINE, id="S-1", role="supplier", party="staff")


class TestReach:
    def test_keeps_what_was_reached(self) -> None:
        (milestone,) = asked().reach("bob", NINE + HOUR, milestone="on_site").milestones

        assert (milestone.name, milestone.at) == ("on_site", NINE + HOUR)

    def test_refuses_what_was_reached_before_it_was_received(self) -> None:
        with pytest.raises(InvalidValueError, match="must not be before it was received"):
            asked().reach("bob", NINE - HOUR, milestone="on_site")


class TestFacts:
    def test_are_what_conditions_ask_about(self) -> None:
        case = asked().assign("ann", NINE, owner="bob").prioritise("ann", NINE, severity="major")

        facts = case.facts

        assert facts["kind"] is CaseKind.ENQUIRY
        assert facts["severity"] is Severity.MAJOR
        assert facts["owner"] == "bob"
        assert facts["impact"] is None
        assert facts["state"] is StateGroup.OPEN

    def test_of_an_earlier_instant_are_those_of_then(self) -> None:
        case = asked().assign("ann", NINE + HOUR, owner="bob")
        case = case.answer("bob", NINE + 2 * HOUR, text="at nine")

        before = case.facts_at(NINE + HOUR - timedelta(microseconds=1))

        assert (before["owner"], before["state"]) == (None, StateGroup.OPEN)
        assert case.facts_at(NINE + HOUR)["owner"] == "bob"
        assert case.facts_at(NINE + 2 * HOUR)["state"] is StateGroup.RESOLVED

    def test_of_an_earlier_instant_are_the_gradings_of_then(self) -> None:
        case = asked().prioritise("ann", NINE + HOUR, severity="minor", impact="single")
        case = case.prioritise("ann", NINE + 2 * HOUR, severity="critical")
        case = case.prioritise("bob", NINE + 3 * HOUR, priority="urgent")
        short_of = HOUR - timedelta(microseconds=1)

        graded = [
            tuple(case.facts_at(at)[name] for name in ("severity", "impact", "priority"))
            for at in (NINE + short_of, NINE + HOUR, NINE + 2 * HOUR, NINE + 2 * HOUR + short_of)
        ]

        assert graded == [
            (None, None, None),
            (Severity.MINOR, Impact.SINGLE, None),
            (Severity.CRITICAL, Impact.SINGLE, None),
            (Severity.CRITICAL, Impact.SINGLE, None),
        ]
        assert case.facts_at(NINE + 3 * HOUR) == case.facts

    def test_before_its_receipt_has_no_stage(self) -> None:
        early = asked().facts_at(NINE - HOUR)

        assert (early["stage"], early["state"]) == (None, None)

    def test_of_a_naive_instant_are_refused(self) -> None:
        with pytest.raises(InvalidValueError, match="time zone"):
            asked().facts_at(NAIVE)


class TestCase:
    def test_goes_by_its_kind_and_id(self) -> None:
        assert (str(asked()), asked().label("zh")) == ("enquiry Q-1", "咨询Q-1")

    def test_knows_when_it_was_received(self) -> None:
        assert asked().received_at == NINE

    @pytest.mark.parametrize(
        ("changed", "name"),
        [
            ({"id": " "}, "id"),
            ({"customer": ""}, "customer"),
            ({"about": ""}, "about"),
            ({"channel": "phone"}, "channel"),
            ({"raised_by": "customer"}, "raised_by"),
            ({"gradings": ("major",)}, "gradings"),
            ({"participants": ("S-1",)}, "participants"),
        ],
    )
    def test_refuses_an_unfit_field_by_name(self, changed: dict[str, Any], name: str) -> None:
        with pytest.raises(InvalidValueError) as refused:
            attrs.evolve(asked(), **changed)

        assert refused.value.name == name

    def test_equals_what_has_the_same_story(self) -> None:
        assert asked().reply("ann", NINE) == asked().reply("ann", NINE)
        assert asked().reply("ann", NINE) != asked()

    def test_survives_pickling(self) -> None:
        case = asked().wait("ann", NINE, party="customer").hear("ann", NINE, text="well?")

        assert pickle.loads(pickle.dumps(case)) == case

    def test_is_stored_whole(self) -> None:
        """All that a case can hold comes back from the codec of a complaint."""
        complaint = Complaint.receive(
            "K-1",
            "ann",
            datetime(2026, 3, 2, 9, tzinfo=UTC),
            customer="C-7",
            about="leaks",
            channel=Channel.PHONE,
            raised_by="staff",
        )
        complaint = complaint.prioritise("ann", NINE, severity="major", impact="several")
        complaint = complaint.involve("ann", NINE, id="S-1", role="supplier")
        complaint = complaint.assign("ann", NINE, owner="bob").wait("bob", NINE, party="customer")
        complaint = complaint.hear("bob", NINE, text="well?").comment("bob", NINE, text="hm")
        complaint = complaint.reach("bob", NINE, milestone="on_site")

        stored = COMPLAINT_CODEC.encode(complaint)

        assert COMPLAINT_CODEC.decode(stored, COMPLAINT_CODEC.schema) == complaint
