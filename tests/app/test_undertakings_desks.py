"""The desks of what complaints set going, in memory and in a file."""

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest

import crmkit
from crmkit.app import CRM, Transaction
from crmkit.complaints import FiveWhys, ProblemDescription, Stage
from crmkit.errors import ConflictError, InvalidValueError, NotFoundError, TransitionError
from crmkit.testing import NINE


HOUR = timedelta(hours=1)
LEAKS = ProblemDescription(what="leaks", where="seal", when="always", how_many="2 of 9")


@pytest.fixture(params=["memory", "sqlite"])
def crm(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[CRM]:
    url = "memory:" if request.param == "memory" else f"sqlite:///{tmp_path / 'crm.db'}"
    with crmkit.open(url, actor="ann", durable=False) as opened:
        crm = opened.acting(at=NINE)
        for id in ("K-1", "K-2", "K-3"):
            crm.complaints.receive(id=id, customer="C-7", about="leaks")
        crm.inquiries.open(id="Q-1", customer="C-8", about="wash potatoes", asks="suggestion")
        yield crm


def versions(crm: CRM) -> int:
    return len(crm.frames.journal())


def implement(crm: CRM, cause: str) -> None:
    """Go from the cause to the day of the check, which is today."""
    desk = crm.corrective_actions
    desk.analyse("CA-1", cause=FiveWhys((cause,)), escape_point="final test")
    desk.choose("CA-1", action="another seal", why="it is the cause")
    desk.implement("CA-1", done="changed", criterion="no leak", check_from=date(2026, 3, 2))


def settle(crm: CRM, id: str) -> None:
    """Have a complaint answered to the customer's liking."""
    if crm.complaints.get(id).stage is Stage.RECEIVED:
        crm.complaints.acknowledge(id)
    crm.complaints.investigate(id)
    crm.complaints.respond(id)
    crm.complaints.accept(id)


@pytest.fixture
def checked(crm: CRM) -> CRM:
    """A corrective action for two complaints that can be checked today."""
    desk = crm.corrective_actions
    desk.open(id="CA-1", complaints=["K-1", "K-2"], about="door seals leak", product="W-200")
    desk.form_team("CA-1", team=[("bob", "lead")])
    desk.describe("CA-1", description=LEAKS)
    desk.contain("CA-1", containment="lot is blocked")
    implement(crm, "the seal is hard")
    return crm


class TestCorrectiveActions:
    def test_are_linked_on_both_sides_in_one_batch(self, crm: CRM) -> None:
        crm.corrective_actions.open(id="CA-1", complaints=["K-1", "K-2"], about="seals")

        journal = crm.frames.journal().tail(3)
        assert set(journal["id"]) == {"CA-1", "K-1", "K-2"}
        assert journal["batch"].nunique() == 1
        assert crm.complaints.get("K-1").unverified_actions == ("CA-1",)
        assert [action.id for action in crm.corrective_actions.linked_to("K-2")] == ["CA-1"]
        assert crm.corrective_actions.linked_to("K-3") == ()

    @pytest.mark.parametrize("complaints", [["K-1", "K-9"], ["K-1", "K-1"], [], "K-1"])
    def test_are_not_opened_by_halves(self, crm: CRM, complaints: list[str]) -> None:
        before = versions(crm)

        with pytest.raises((NotFoundError, InvalidValueError)):
            crm.corrective_actions.open(complaints=complaints, about="seals")

        assert versions(crm) == before
        assert crm.complaints.get("K-1").actions == ()

    def test_are_not_opened_twice(self, crm: CRM) -> None:
        crm.corrective_actions.open(id="CA-1", complaints=["K-1"], about="seals")

        with pytest.raises(ConflictError):
            crm.corrective_actions.open(id="CA-1", complaints=["K-2"], about="seals")

        assert crm.complaints.get("K-2").actions == ()

    def test_make_an_id_where_none_is_given(self, crm: CRM) -> None:
        action = crm.corrective_actions.open(complaints=["K-1"], about="seals")

        assert crm.complaints.get("K-1").unverified_actions == (action.id,)

    def test_that_pass_their_check_relieve_their_complaints(self, checked: CRM) -> None:
        checked.corrective_actions.check("CA-1", observed="none", result="passed")

        found = [checked.complaints.get(id).unverified_actions for id in ("K-1", "K-2")]
        assert found == [(), ()]
        assert checked.frames.journal().tail(3)["batch"].nunique() == 1

    def test_that_fail_it_go_back_to_the_cause_and_hold_the_closing_up(self, checked: CRM) -> None:
        desk = checked.complaints
        for verb in (desk.acknowledge, desk.investigate, desk.respond, desk.accept):
            verb("K-1")

        failed = checked.corrective_actions.check("CA-1", observed="9 leaks", result="failed")

        assert failed.cause is None
        assert desk.get("K-1").stage is Stage.ACCEPTED
        with pytest.raises(TransitionError, match="not verified to be effective"):
            desk.close("K-1")
        implement(checked, "the press is too hot")
        checked.corrective_actions.check("CA-1", observed="none", result="passed")
        assert desk.close("K-1").is_closed

    def test_leave_a_deleted_complaint_out(self, checked: CRM) -> None:
        checked.complaints.delete("K-2")

        checked.corrective_actions.check("CA-1", observed="none", result="passed")

        assert checked.complaints.get("K-1").unverified_actions == ()

    def test_link_and_unlink_on_both_sides(self, crm: CRM) -> None:
        desk = crm.corrective_actions
        desk.open(id="CA-1", complaints=["K-1"], about="seals")

        desk.link("CA-1", complaint="K-2")
        linked = crm.complaints.get("K-2").unverified_actions
        desk.unlink("CA-1", complaint="K-2", reason="the hose")

        assert linked == ("CA-1",)
        assert crm.complaints.get("K-2").unverified_actions == ()
        assert desk.get("CA-1").complaints == ("K-1",)

    def test_are_linked_at_the_complaint_on_both_sides_too(self, crm: CRM) -> None:
        crm.corrective_actions.open(id="CA-1", complaints=["K-1"], about="seals")

        crm.complaints.link_action("K-2", action="CA-1")
        both = crm.corrective_actions.get("CA-1").complaints
        crm.complaints.unlink_action("K-2", action="CA-1", reason="the hose")

        assert both == ("K-1", "K-2")
        assert crm.corrective_actions.get("CA-1").complaints == ("K-1",)

    def test_are_proved_at_no_complaint(self, crm: CRM) -> None:
        crm.corrective_actions.open(id="CA-1", complaints=["K-1"], about="seals")

        with pytest.raises(TransitionError, match="has not proved to be effective"):
            crm.complaints.verify_action("K-1", action="CA-1")

    def test_count_for_a_complaint_that_was_away_when_they_proved_themselves(
        self, checked: CRM
    ) -> None:
        checked.complaints.delete("K-2")
        checked.corrective_actions.check("CA-1", observed="none", result="passed")
        waiting = checked.complaints.undelete("K-2").unverified_actions

        verified = checked.complaints.verify_action("K-2", action="CA-1")

        assert (waiting, verified.unverified_actions) == (("CA-1",), ())

    def test_have_a_complaint_that_is_opened_again_wait_by_itself(self, crm: CRM) -> None:
        desk = crm.complaints
        settle(crm, "K-1")
        crm.corrective_actions.open(id="CA-1", complaints=["K-1"], about="seals")

        desk.reopen("K-1")
        settle(crm, "K-1")

        with pytest.raises(TransitionError, match="not verified to be effective"):
            desk.close("K-1")

    def test_are_in_conflict_with_a_complaint_that_is_opened_again_meanwhile(
        self, crm: CRM
    ) -> None:
        settle(crm, "K-1")

        def both() -> None:
            with crm.transaction() as tx:
                tx.corrective_actions.open(id="CA-1", complaints=["K-1"], about="seals")
                crm.complaints.reopen("K-1")

        with pytest.raises(ConflictError, match="K-1"):
            both()

        assert crm.corrective_actions.find() == ()

    def test_that_are_not_there_are_neither_linked_nor_verified(self, crm: CRM) -> None:
        desk = crm.complaints
        crm.corrective_actions.open(id="CA-1", complaints=["K-1"], about="seals")
        crm.corrective_actions.delete("CA-1")

        with pytest.raises(NotFoundError, match="no corrective_action 'CA-9'"):
            desk.link_action("K-1", action="CA-9")
        for act in (desk.link_action, desk.verify_action):
            with pytest.raises(NotFoundError, match="it was deleted: undelete it first"):
                act("K-1", action="CA-1")

    def test_that_come_back_list_none_that_undid_its_link(self, crm: CRM) -> None:
        actions = crm.corrective_actions
        actions.open(id="CA-1", complaints=["K-1", "K-2"], about="seals")
        actions.delete("CA-1")
        crm.complaints.unlink_action("K-1", action="CA-1", reason="the hose")

        back = actions.undelete("CA-1")

        assert back.complaints == actions.get("CA-1").complaints == ("K-2",)

    def test_are_in_conflict_with_a_link_that_is_undone_while_they_come_back(
        self, crm: CRM
    ) -> None:
        crm.corrective_actions.open(id="CA-1", complaints=["K-1"], about="seals")
        crm.corrective_actions.delete("CA-1")

        def both() -> None:
            with crm.transaction() as tx:
                tx.corrective_actions.undelete("CA-1")
                crm.complaints.unlink_action("K-1", action="CA-1", reason="the hose")

        with pytest.raises(ConflictError, match="K-1"):
            both()

    def test_list_no_complaint_that_comes_back_without_its_link(self, crm: CRM) -> None:
        actions, desk = crm.corrective_actions, crm.complaints
        actions.open(id="CA-1", complaints=["K-1", "K-2"], about="seals")
        actions.delete("CA-1")
        desk.unlink_action("K-1", action="CA-1", reason="the hose")
        desk.delete("K-1")
        before = actions.undelete("CA-1").complaints

        desk.undelete("K-1")

        assert (before, actions.get("CA-1").complaints) == (("K-1", "K-2"), ("K-2",))

    def test_are_opened_once_under_an_id(self, crm: CRM) -> None:
        crm.corrective_actions.open(id="CA-1", complaints=["K-1"], about="seals")

        with pytest.raises(ConflictError, match="CA-1"):
            crm.corrective_actions.open(id="CA-1", complaints=["K-1"], about="seals")

    def test_are_due_to_be_checked(self, checked: CRM) -> None:
        desk = checked.corrective_actions

        assert [action.id for action in desk.checks_due()] == ["CA-1"]
        assert desk.checks_due(on=date(2026, 3, 1)) == ()

    @pytest.mark.parametrize(
        ("key", "value"), [("lead", "bob"), ("product", "W-200"), ("stage", "implemented")]
    )
    def test_are_found_by_what_people_ask_for(self, checked: CRM, key: str, value: str) -> None:
        found = checked.corrective_actions.find((key, "=", value))

        assert [action.id for action in found] == ["CA-1"]


class TestEmergencies:
    def test_are_found_by_their_complaint(self, crm: CRM) -> None:
        crm.emergencies.call(id="E-1", complaint="K-1", about="fire", roles=["quality"])
        crm.emergencies.join("E-1", who="bob", role="quality")
        crm.emergencies.convene("E-1")

        (found,) = crm.emergencies.find(complaint="K-1")

        assert found.open_roles == ()

    def test_need_a_complaint_that_is_known(self, crm: CRM) -> None:
        with pytest.raises(NotFoundError, match="K-9"):
            crm.emergencies.call(complaint="K-9", about="fire")

        assert crm.emergencies.find() == ()


class TestProductRequests:
    def test_come_of_cases_of_every_kind(self, crm: CRM) -> None:
        desk = crm.product_requests
        desk.open(id="P-1", cases=["Q-1"], kind="suggestion", about="wash potatoes")
        desk.link("P-1", case="K-1")

        assert [one.id for one in desk.linked_to("K-1")] == ["P-1"]
        assert [one.id for one in desk.linked_to("Q-1", kind="suggestion")] == ["P-1"]
        assert desk.linked_to("Q-1") == ()
        assert len(desk.unlink("P-1", case="K-1").cases) == 1

    def test_take_no_case_of_another_kind(self, crm: CRM) -> None:
        with pytest.raises(InvalidValueError, match="suggestion Q-1"):
            crm.product_requests.open(cases=["Q-1"], kind="enquiry", about="wash potatoes")

    @pytest.mark.parametrize("case", ["K-9", "Q-1"])
    def test_link_no_case_that_is_not_known(self, crm: CRM, case: str) -> None:
        crm.product_requests.open(id="P-1", cases=["K-1"], about="wash potatoes")

        with pytest.raises(NotFoundError, match=case):
            crm.product_requests.link("P-1", case=case)

    def test_are_followed_to_their_outcome(self, crm: CRM) -> None:
        desk = crm.product_requests
        desk.open(id="P-1", cases=["K-1"], about="wash potatoes", product="W-200")
        desk.consider("P-1")
        desk.accept("P-1", reason="farmers do it anyway")
        desk.develop("P-1")
        desk.release("P-1", released="wide-drain washer")
        desk.tell("P-1", case="K-1", text="It is for sale.")

        assert desk.close("P-1").is_over


class TestRecalls:
    def test_follow_every_unit_of_a_safety_case(self, crm: CRM) -> None:
        desk = crm.recalls
        desk.open(id="R-1", complaints=["K-1"], about="may burn", units=["W-1", "W-2"], tries=1)
        desk.announce("R-1")
        desk.link("R-1", complaint="K-2")
        desk.miss("R-1", units=["W-2"])
        desk.give_up("R-1", units=["W-2"])
        desk.repair("R-1", units=["W-1"])

        assert [one.id for one in desk.linked_to("K-2")] == ["R-1"]
        assert desk.close("R-1").is_over
        assert [one.id for one in desk.find(open_units=0)] == ["R-1"]

    @pytest.mark.parametrize("complaints", [["K-9"], []])
    def test_need_a_case_that_is_known(self, crm: CRM, complaints: list[str]) -> None:
        with pytest.raises((NotFoundError, InvalidValueError)):
            crm.recalls.open(complaints=complaints, about="may burn", units=["W-1"])

        assert crm.recalls.find() == ()


class TestRooms:
    def test_each_kind_is_a_frame_with_its_log_and_history(self, checked: CRM) -> None:
        checked.emergencies.call(id="E-1", complaint="K-1", about="fire")
        checked.product_requests.open(id="P-1", cases=["K-1"], about="wash potatoes")
        checked.recalls.open(id="R-1", complaints=["K-1"], about="may burn", units=["W-1"])
        frames = checked.frames

        ids = {
            "corrective_action": frames.corrective_actions(),
            "emergency": frames.emergencies(),
            "product_request": frames.product_requests(),
            "recall": frames.recalls(),
        }

        assert [frame["id"].to_list() for frame in ids.values()] == [
            ["CA-1"],
            ["E-1"],
            ["P-1"],
            ["R-1"],
        ]
        for kind, frame in ids.items():
            log = frames.event_log(kind)
            assert log["state"].to_list()[-1] == frame["state"].to_list()[0]
            history = checked.history.of(frame["id"].to_list()[0], kind=kind)
            assert history.restore(1).id == frame["id"].to_list()[0]

    def test_several_go_together_in_a_transaction_or_not_at_all(self, crm: CRM) -> None:
        before = versions(crm)

        def work(tx: Transaction) -> None:
            tx.corrective_actions.open(id="CA-1", complaints=["K-1"], about="seals")
            tx.emergencies.call(complaint="K-1", about="fire")
            tx.recalls.open(complaints=["K-9"], about="may burn", units=["W-1"])

        with pytest.raises(NotFoundError):
            crm.run(work)

        assert versions(crm) == before

    def test_are_nobodys_own_and_stay_when_a_customer_is_erased(self, crm: CRM) -> None:
        crm.emergencies.call(id="E-1", complaint="K-1", about="motor on fire")

        crm.erase("C-7")

        assert crm.emergencies.get("E-1").about == "motor on fire"
        assert crm.complaints.get("K-1").about == "REDACTED"


class TestLinkedTo:
    @pytest.mark.parametrize("id", [None, 5, "", " K-1", "\ud800"])
    def test_refuses_what_can_be_no_id(self, crm: CRM, id: str) -> None:
        """Nobody asks by mistake and takes "none" for the answer."""
        for desk in (crm.corrective_actions, crm.product_requests, crm.recalls):
            with pytest.raises(InvalidValueError, match="must be printable text"):
                desk.linked_to(id)


class TestWaitingInVain:
    def test_is_said_by_the_refusal_with_the_way_out(self, crm: CRM) -> None:
        for id in ("CA-1", "CA-2"):
            crm.corrective_actions.open(id=id, complaints=["K-1"], about="door seals leak")
        settle(crm, "K-1")
        there = "a linked corrective action is not verified to be effective: CA-1, CA-2"

        with pytest.raises(TransitionError) as both:
            crm.complaints.close("K-1")
        crm.corrective_actions.delete("CA-2")
        with pytest.raises(TransitionError) as gone:
            crm.complaints.close("K-1")

        with pytest.raises(TransitionError) as again:
            crm.complaints.accept("K-1")

        assert both.value.missing == (there,)
        assert again.value.missing == gone.value.missing
        assert gone.value.missing == (f"{there}, and CA-2 is not there: undelete it, or unlink it",)
        assert "其中CA-2已不存在" in gone.value.explain().sentence("zh")
        for id in ("CA-1", "CA-2"):
            crm.complaints.unlink_action("K-1", action=id, reason="it is the hose")
        assert crm.complaints.close("K-1").is_closed
