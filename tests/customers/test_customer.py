"""The customer record."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, strategies as st

from crmkit.customers import (
    CUSTOMER_CODEC,
    CUSTOMER_TERMS,
    CUSTOMER_TYPES,
    Address,
    Contact,
    CreditStanding,
    Customer,
    CustomerAct,
    CustomerTerms,
    Finances,
    PartyKind,
)
from crmkit.errors import InvalidValueError
from crmkit.kernel import REDACTED, Text
from crmkit.testing import NINE, a_customer


LATER = NINE + timedelta(hours=1)


class TestBirth:
    def test_a_person_is_one(self) -> None:
        li = Customer.person("C-7", "ann", NINE, name="Li Wei")

        assert (li.party, li.name, li.trail[0].by) == (PartyKind.PERSON, "Li Wei", "ann")

    def test_an_organisation_has_contacts_with_roles(self) -> None:
        wu = Contact(name="Wu", role="purchasing")
        sun = Contact(name="Sun", role="purchasing")
        laundry = Customer.organisation("C-8", "ann", NINE, name="Laundry", contacts=(wu, sun))

        assert laundry.party is PartyKind.ORGANISATION
        assert laundry.contact_roles == {"purchasing": wu}

    def test_times_are_kept_in_utc(self) -> None:
        from zoneinfo import ZoneInfo

        at = datetime(2026, 3, 2, 17, tzinfo=ZoneInfo("Asia/Shanghai"))

        assert a_customer(at=at).trail[0].at == NINE
        assert a_customer(at=at).trail[0].at.tzinfo is UTC

    @pytest.mark.parametrize(
        ("details", "what"),
        [
            ({}, "name"),
            ({"name": " "}, "name"),
            ({"name": "Li", "nmae": "Li"}, "detail"),
            ({"name": "Li", "type": "dealers"}, "type"),
            ({"name": "Li", "since": NINE}, "since"),
            ({"name": "Li", "address": "Haier Road 1"}, "address"),
            ({"name": "Li", "contacts": ("Wu",)}, "contacts"),
        ],
    )
    def test_an_unfit_detail_is_refused_by_name(
        self, details: dict[str, object], what: str
    ) -> None:
        with pytest.raises(InvalidValueError) as refused:
            Customer.person("C-7", "ann", NINE, **details)  # type: ignore[arg-type]  # refused

        assert refused.value.name == what

    @pytest.mark.parametrize("id", ["", " C-7", "C\n7", "x" * 201])
    def test_an_unfit_id_is_refused(self, id: str) -> None:
        with pytest.raises(InvalidValueError, match="id is"):
            a_customer(id)

    def test_a_naive_time_is_refused(self) -> None:
        with pytest.raises(InvalidValueError, match="time zone"):
            a_customer(at=datetime(2026, 3, 2, 9))

    def test_nobody_cannot_act(self) -> None:
        with pytest.raises(InvalidValueError, match="by is ''"):
            Customer.person("C-7", "", NINE, name="Li")


class TestChange:
    def test_names_what_is_new_and_keeps_the_rest(self) -> None:
        li = a_customer(region="Shandong").change("bob", LATER, phone="+86 1")

        assert (li.region, li.phone) == ("Shandong", "+86 1")
        assert [(step.stage, step.by) for step in li.trail] == [
            (CustomerAct.ADDED, "ann"),
            (CustomerAct.CHANGED, "bob"),
        ]

    def test_leaves_the_original_untouched(self) -> None:
        li = a_customer()

        li.change("bob", LATER, phone="+86 1")

        assert li == a_customer()

    def test_a_list_of_contacts_becomes_a_tuple(self) -> None:
        wu = Contact(name="Wu")

        assert a_customer().change("bob", LATER, contacts=[wu]).contacts == (wu,)  # type: ignore[arg-type]  # accepted

    def test_nothing_new_is_refused(self) -> None:
        with pytest.raises(InvalidValueError, match="must name what is new"):
            a_customer().change("bob", LATER)

    def test_time_does_not_run_backwards(self) -> None:
        with pytest.raises(InvalidValueError, match="earlier than the step before"):
            a_customer().change("bob", NINE - timedelta(seconds=1), phone="+86 1")

    def test_a_company_uses_its_own_types(self) -> None:
        schools = CUSTOMER_TYPES.extended({"school": Text("School", "学校")})
        terms = CustomerTerms(schools, CUSTOMER_TERMS.classes)

        changed = a_customer().change("bob", LATER, type="school", terms=terms)

        assert changed.type == "school"


class TestClassify:
    def test_keeps_one_class_for_each_way(self) -> None:
        li = a_customer().classify("ann", NINE, handling="key", closeness="potential")
        li = li.classify("ann", LATER, closeness="current")

        assert li.classes == {"handling": "key", "closeness": "current"}

    @pytest.mark.parametrize("classes", [{}, {"closeness": "near"}, {"nearness": "current"}])
    def test_refuses_words_that_nobody_uses(self, classes: dict[str, str]) -> None:
        with pytest.raises(InvalidValueError):
            a_customer().classify("ann", LATER, **classes)  # type: ignore[arg-type]  # names of classes


class TestRestore:
    def test_brings_back_what_was_said_and_goes_on_with_the_trail(self) -> None:
        first = a_customer(region="Shandong")
        second = first.change("bob", LATER, region="Beijing")

        third = second.restore("ann", LATER, earlier=first)

        assert third.region == "Shandong"
        assert [step.stage.value for step in third.trail] == ["added", "changed", "restored"]

    def test_refuses_another_customer(self) -> None:
        with pytest.raises(InvalidValueError, match="version of 'C-7'"):
            a_customer().restore("ann", LATER, earlier=a_customer("C-8"))


class TestStored:
    @given(
        name=st.text(min_size=1, max_size=20).filter(str.strip),
        city=st.none() | st.text(min_size=1, max_size=9).filter(str.strip),
        credit=st.none() | st.sampled_from(CreditStanding),
        since=st.none() | st.dates(),
    )
    def test_is_read_back_equal(
        self, name: str, city: str | None, credit: CreditStanding | None, since: date | None
    ) -> None:
        customer = a_customer(
            name=name,
            address=Address(city=city) if city else None,
            finances=Finances(credit=credit),
            since=since,
        ).classify("ann", LATER, handling="key")

        stored = CUSTOMER_CODEC.encode(customer)

        assert CUSTOMER_CODEC.decode(stored, 1) == customer

    def test_names_its_personal_fields(self) -> None:
        personal = CUSTOMER_CODEC.personal

        assert {"name", "phone", "email", "address", "contacts", "demographics"} < personal
        assert not {"type", "classes", "region", "trail"} & personal

    def test_is_read_after_its_personal_fields_are_taken_out(self) -> None:
        stored = CUSTOMER_CODEC.encode(a_customer(phone="+86 1", address=Address(city="Jinan")))
        for name, value in (("name", '"Li Wei"'), ("phone", '"+86 1"')):
            stored = stored.replace(f'"{name}":{value}'.encode(), f'"{name}":"{REDACTED}"'.encode())
        start = stored.index(b'"address":') + len(b'"address":')
        end = stored.index(b"}", start) + 1
        stored = stored[:start] + f'"{REDACTED}"'.encode() + stored[end:]

        customer = CUSTOMER_CODEC.decode(stored, 1)

        assert (customer.name, customer.address) == (REDACTED, None)
