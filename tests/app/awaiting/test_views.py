"""Whatever the sync CRM offers, the async one offers: the same names, the same arguments."""

import inspect
from inspect import Parameter

import pytest

import crmkit
from crmkit import app
from crmkit.app.awaiting.desks import AsyncFactsDesk
from crmkit.app.facts_desks import FactsDesk
from crmkit.complaints import Complaint

from .driving import in_loop


# Between a desk and its house; no caller needs them.
OFFICE = {"work", "look", "enter"}
# Set in __init__, and so no names of the class; of the view they are properties.
ATTRIBUTES: dict[type, set[str]] = {app.Follower: {"name", "kind"}}
PAIRS = [
    (app.CRM, app.AsyncCRM),
    (app.Transaction, app.AsyncTransaction),
    (app.Desk, app.AsyncDesk),
    (app.CustomersDesk, app.AsyncCustomersDesk),
    (app.CasesDesk, app.AsyncCasesDesk),
    (app.ClassesDesk, app.AsyncClassesDesk),
    (app.ClassTargetsDesk, app.AsyncClassTargetsDesk),
    (app.JourneysDesk, app.AsyncJourneysDesk),
    (app.LifetimeValuesDesk, app.AsyncLifetimeValuesDesk),
    (app.PointsDesk, app.AsyncPointsDesk),
    (app.ComplaintsDesk, app.AsyncComplaintsDesk),
    (app.CorrectiveActionsDesk, app.AsyncCorrectiveActionsDesk),
    (app.EmergenciesDesk, app.AsyncEmergenciesDesk),
    (app.InquiriesDesk, app.AsyncInquiriesDesk),
    (app.ProductRequestsDesk, app.AsyncProductRequestsDesk),
    (app.RecallsDesk, app.AsyncRecallsDesk),
    (FactsDesk, AsyncFactsDesk),
    (app.OrdersDesk, app.AsyncOrdersDesk),
    (app.SatisfactionDesk, app.AsyncSatisfactionDesk),
    (app.SurveysDesk, app.AsyncSurveysDesk),
    (app.InvitationsDesk, app.AsyncInvitationsDesk),
    (app.ImprovementsDesk, app.AsyncImprovementsDesk),
    (app.History, app.AsyncHistory),
    (app.RecordHistory, app.AsyncRecordHistory),
    (app.Frames, app.AsyncFrames),
    (app.Imports, app.AsyncImports),
    (app.Upkeep, app.AsyncUpkeep),
    (app.Follower, app.AsyncFollower),
]


def public(owner: type) -> set[str]:
    return {name for name in dir(owner) if not name.startswith("_")} - OFFICE


def arguments(owner: type, name: str) -> list[tuple[str, object, object]] | None:
    """Return the arguments of a method; None for what is not called."""
    found = inspect.getattr_static(owner, name)
    method = getattr(found, "act", found)
    if not inspect.isfunction(getattr(method, "act", method)):
        return None
    _, *rest = inspect.signature(getattr(method, "act", method)).parameters.values()
    return [(one.name, one.kind, one.default) for one in rest]


@pytest.mark.parametrize(("sync", "awaited"), PAIRS, ids=lambda each: each.__name__)
class TestViews:
    def test_offer_the_same_names(self, sync: type, awaited: type) -> None:
        assert public(sync) | ATTRIBUTES.get(sync, set()) == public(awaited)

    def test_take_the_same_arguments(self, sync: type, awaited: type) -> None:
        for name in public(sync):
            assert arguments(awaited, name) == arguments(sync, name), name


class TestRooms:
    def test_every_room_and_desk_has_its_view(self) -> None:
        """What stands behind each property is of a pair above."""
        crm, awaiting = crmkit.open(), crmkit.open_async()
        for name in public(app.CRM):
            behind = getattr(crm, name)
            if type(behind).__module__.startswith("crmkit.app"):
                assert (type(behind), type(getattr(awaiting, name))) in PAIRS, name


class TestOpening:
    def test_is_told_what_the_sync_one_is_told(self) -> None:
        sync = inspect.signature(crmkit.open).parameters
        told = dict(inspect.signature(crmkit.open_async).parameters)

        assert told.pop("threads").kind is Parameter.KEYWORD_ONLY
        assert [*told.values()] == [*sync.values()]

    def test_of_a_given_store_too(self) -> None:
        sync = inspect.signature(app.CRM).parameters
        told = inspect.signature(app.AsyncCRM).parameters

        assert [*told] == [*sync, "threads"]
        assert {name: told[name].default for name in sync} == {
            name: sync[name].default for name in sync
        }


class TestAwaited:
    @in_loop
    async def test_a_verb_shows_its_arguments(self) -> None:
        async with crmkit.open_async() as crm:
            acknowledge = crm.complaints.acknowledge

            assert str(inspect.signature(acknowledge)).startswith("(id: str, /, *, note")
            assert acknowledge.__doc__ == Complaint.acknowledge.__doc__
            assert app.AsyncComplaintsDesk.acknowledge.__doc__ == Complaint.acknowledge.__doc__

    @in_loop
    async def test_an_iterator_shows_its_arguments(self) -> None:
        async with crmkit.open_async() as crm:
            assert inspect.signature(crm.orders.each) == inspect.signature(crm._behind.orders.each)
            assert inspect.getattr_static(app.AsyncDesk, "each").__doc__ == app.Desk.each.__doc__

    def test_of_the_class_it_is_itself(self) -> None:
        each = getattr(app.AsyncOrdersDesk, "each")  # noqa: B009  # ambiguous to type checkers

        assert each is inspect.getattr_static(app.AsyncOrdersDesk, "each")

    @in_loop
    async def test_an_iterator_brings_page_after_page(self) -> None:
        async with crmkit.open_async() as crm:
            async with crm.transaction() as tx:
                for number in range(1_010):
                    await tx.customers.add_person(id=f"C-{number:04}", name="Li")

            ids = [customer.id async for customer in crm.customers.each(name="Li")]

            assert ids == [f"C-{number:04}" for number in range(1_010)]

    @in_loop
    async def test_an_iterator_that_is_left_ends(self) -> None:
        async with crmkit.open_async() as crm:
            await crm.customers.add_person(id="C-7", name="Li")
            await crm.customers.add_person(id="C-8", name="Li")

            async for customer in crm.customers.each():
                assert customer.id == "C-7"
                break
