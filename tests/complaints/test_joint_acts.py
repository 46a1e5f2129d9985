"""A corrective action and its complaints, moved together."""

from datetime import date, timedelta

import pytest

from crmkit.complaints import (
    Complaint,
    CorrectiveAction,
    FiveWhys,
    ProblemDescription,
    Stage,
    agree,
    check_action,
    close_beside,
    link_complaint,
    open_action,
    unlink_complaint,
    unlink_from_action,
    verify_at_complaint,
)
from crmkit.errors import InvalidValueError, TransitionError
from crmkit.testing import NINE, a_complaint


LATER = NINE + timedelta(hours=1)


def closed(id: str = "K-2") -> Complaint:
    known = a_complaint(id=id).acknowledge("ann", NINE).investigate("bob", NINE)
    return known.respond("bob", NINE).accept("ann", NINE)


def opened(*complaints: Complaint) -> tuple[CorrectiveAction, tuple[Complaint, ...]]:
    return open_action(
        "CA-1", "ann", NINE, complaints=complaints or [a_complaint()], about="seals", product="W"
    )


def implemented(action: CorrectiveAction) -> CorrectiveAction:
    problem = ProblemDescription(what="leaks", where="seal", when="always", how_many="2 of 9")
    action = action.form_team("ann", NINE, team=[("bob", "lead")])
    action = action.describe("bob", NINE, description=problem)
    action = action.contain("bob", NINE, containment="lot is blocked")
    return again(action)


def again(action: CorrectiveAction) -> CorrectiveAction:
    why = FiveWhys(("seal is hard", "lot is old"))
    action = action.analyse("bob", NINE, cause=why, escape_point="incoming check")
    action = action.choose("bob", NINE, action="oldest lot first", why="cheap")
    return action.implement(
        "bob", NINE, done="marked", criterion="no leak", check_from=date(2026, 3, 2)
    )


def effective(action: CorrectiveAction) -> CorrectiveAction:
    return implemented(action).check("eve", NINE, observed="none", result="passed")


class TestOpenAction:
    def test_has_its_complaints_wait_for_it(self) -> None:
        action, (first, second) = opened(a_complaint(), a_complaint(id="K-2"))

        assert (action.complaints, action.product) == (("K-1", "K-2"), "W")
        assert first.unverified_actions == second.unverified_actions == ("CA-1",)

    def test_one_that_is_closed_stays_so_and_waits_when_it_is_opened_again(self) -> None:
        _, (over,) = opened(closed())

        answered = over.reopen("ann", LATER).investigate("bob", LATER).respond("bob", LATER)

        assert over.is_closed
        assert answered.accept("ann", LATER).stage is Stage.ACCEPTED

    def test_one_that_is_linked_to_that_id_already_is_linked_once(self) -> None:
        linked = a_complaint().link_action("ann", NINE, action="CA-1")

        _, (same,) = opened(linked)

        assert same == linked

    def test_needs_a_complaint(self) -> None:
        with pytest.raises(InvalidValueError, match="complaints"):
            open_action("CA-1", "ann", NINE, complaints=[], about="seals")


class TestLinkComplaint:
    def test_stands_on_both_sides(self) -> None:
        action, _ = opened()

        both, (another,) = link_complaint(action, a_complaint(id="K-2"), "ann", LATER)

        assert both.complaints == ("K-1", "K-2")
        assert another.unverified_actions == ("CA-1",)

    def test_of_one_that_is_over_stands_on_both_sides_too(self) -> None:
        action, _ = opened()

        both, (over,) = link_complaint(action, closed(), "ann", LATER)

        assert both.complaints == ("K-1", "K-2")
        assert (over.is_closed, over.unverified_actions) == (True, ("CA-1",))

    def test_that_stands_on_the_action_alone_is_made_up_for(self) -> None:
        action, _ = opened()

        same, (again,) = link_complaint(action, a_complaint(), "ann", LATER)

        assert same == action
        assert again.unverified_actions == ("CA-1",)

    def test_that_stands_at_the_complaint_alone_is_made_up_for(self) -> None:
        action, _ = opened()
        linked = a_complaint(id="K-2").link_action("ann", NINE, action="CA-1")

        both, (same,) = link_complaint(action, linked, "ann", LATER)

        assert both.complaints == ("K-1", "K-2")
        assert same == linked

    def test_to_an_action_that_has_proved_itself_waits_for_nothing(self) -> None:
        action, _ = opened()

        _, (another,) = link_complaint(effective(action), a_complaint(id="K-2"), "ann", LATER)

        assert another.unverified_actions == ()
        assert another.actions[0].verified_at == LATER

    @pytest.mark.parametrize("over", [False, True])
    def test_is_refused_twice(self, over: bool) -> None:
        action, (complaint,) = opened(closed() if over else a_complaint())

        with pytest.raises(InvalidValueError, match="is linked already"):
            link_complaint(action, complaint, "ann", LATER)


class TestUnlinkComplaint:
    def test_is_undone_on_both_sides(self) -> None:
        action, (complaint,) = opened()

        undone, (free,) = unlink_complaint(action, complaint, "ann", LATER, reason="the hose")

        assert (undone.complaints, free.unverified_actions) == ((), ())
        assert free.actions[0].undone_because == "the hose"

    def test_that_stands_on_the_action_alone_is_undone(self) -> None:
        action, _ = opened()

        undone, others = unlink_complaint(action, a_complaint(), "ann", LATER, reason="the hose")

        assert (undone.complaints, others) == ((), (a_complaint(),))

    def test_is_refused_once_the_complaint_counts_on_the_effect(self) -> None:
        action, complaints = opened()
        checked, (relieved,) = check_action(
            implemented(action), complaints, "eve", NINE, observed="none", result="passed"
        )

        with pytest.raises(InvalidValueError, match="action"):
            unlink_complaint(checked, relieved, "ann", LATER, reason="the hose")

    def test_is_refused_without_a_reason_even_where_nobody_keeps_it(self) -> None:
        action, _ = opened(closed())

        with pytest.raises(InvalidValueError, match="reason"):
            unlink_complaint(action, closed(), "ann", LATER, reason=" ")

    def test_is_refused_where_there_is_no_link(self) -> None:
        action, _ = opened()

        with pytest.raises(InvalidValueError, match="is not linked"):
            unlink_complaint(action, a_complaint(id="K-2"), "ann", LATER, reason="the hose")


class TestCheckAction:
    def test_relieves_those_that_wait(self) -> None:
        action, waiting = opened(a_complaint(), closed())
        another = a_complaint(id="K-3")

        checked, relieved = check_action(
            implemented(action),
            (*waiting, another),
            "eve",
            NINE,
            observed="none",
            result="passed",
        )

        assert checked.is_effective
        assert [complaint.id for complaint in relieved] == ["K-1", "K-2"]
        assert all(complaint.unverified_actions == () for complaint in relieved)

    def test_that_fails_has_them_wait_until_another_passes(self) -> None:
        action, waiting = opened()

        failed, none = check_action(
            implemented(action), waiting, "eve", NINE, observed="9 leaks", result="failed"
        )
        _, (relieved,) = check_action(
            again(failed), waiting, "eve", LATER, observed="none", result="passed"
        )

        assert (none, failed.cause) == ((), None)
        assert not waiting[0].explain(Stage.CLOSED).verdict
        assert relieved.unverified_actions == ()


class TestAtTheComplaint:
    def test_a_link_is_undone_on_both_sides(self) -> None:
        action, (first, second) = opened(a_complaint(), a_complaint(id="K-2"))

        undone, (one,) = unlink_from_action(
            second, action, "ann", LATER, action="CA-1", reason="the hose"
        )

        assert (undone.unverified_actions, one.complaints) == ((), (first.id,))

    def test_a_link_to_what_is_not_there_is_undone_at_the_complaint(self) -> None:
        _, (complaint,) = opened()

        undone, others = unlink_from_action(
            complaint, None, "ann", LATER, action="CA-1", reason="the hose"
        )

        assert (undone.unverified_actions, others) == ((), ())

    def test_an_action_that_never_listed_it_is_told_all_the_same(self) -> None:
        action, _ = opened()
        linked = a_complaint(id="K-2").link_action("ann", NINE, action="CA-1")

        _, others = unlink_from_action(
            linked, action, "ann", NINE, action="CA-1", reason="the hose"
        )

        assert others == (action,)

    def test_only_its_own_check_proves_an_action(self) -> None:
        action, (complaint,) = opened()

        with pytest.raises(TransitionError) as refused:
            verify_at_complaint(complaint, action, "ann", NINE)
        verified = verify_at_complaint(complaint, effective(action), "ann", NINE)

        assert refused.value.missing == ("the corrective action has not proved to be effective",)
        assert verified.unverified_actions == ()


class TestRefusal:
    def test_names_the_way_out_of_whom_nobody_reached_beside_the_action_that_is_gone(self) -> None:
        waits = a_complaint().acknowledge("ann", NINE).investigate("bob", NINE)
        waits = waits.link_action("bob", NINE, action="CA-1").respond("bob", NINE)
        waits = waits.follow_up("eva", NINE, outcome="unreachable")

        with pytest.raises(TransitionError, match="CA-1 is not there: undelete it") as refused:
            close_beside(waits, [], "ann", NINE)

        assert "plan_calls(tries=…, reason=…) says how many" in str(refused.value)


class TestAgree:
    def test_keeps_those_that_still_wait(self) -> None:
        action, (first, second) = opened(a_complaint(), a_complaint(id="K-2"))
        undone = first.unlink_action("ann", LATER, action="CA-1", reason="the hose")

        assert agree(action, (undone, second), "ann", LATER).complaints == ("K-2",)

    def test_leaves_alone_what_it_does_not_list(self) -> None:
        action, _ = opened()

        assert agree(action, [a_complaint(id="K-2")], "ann", LATER) == action
