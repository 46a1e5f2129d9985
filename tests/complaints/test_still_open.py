"""What exactly is still open."""

import pytest

from crmkit.complaints import Complaint, Stage
from crmkit.errors import TransitionError
from crmkit.testing import NINE, a_complaint


def accepted(*remedies: str) -> Complaint:
    answered = a_complaint().acknowledge("ann", NINE).investigate("bob", NINE)
    answered = answered.respond("bob", NINE, remedies=remedies)
    return answered.link_action("ann", NINE, action="CA-1").accept("ann", NINE)


class TestRefusals:
    def test_name_each_remedy_and_action_in_both_languages(self) -> None:
        with pytest.raises(TransitionError) as refused:
            accepted("refund", "apology").close("ann", NINE)

        assert refused.value.missing == (
            "the remedy is not carried out: refund, apology",
            "a linked corrective action is not verified to be effective: CA-1",
        )
        assert "not carried out: refund, apology; a linked" in str(refused.value)
        told = refused.value.explain().sentence("zh")
        assert "补救措施尚未落实：退款、道歉；关联的纠正措施尚未验证有效：CA-1" in told

    def test_name_no_more_than_a_few(self) -> None:
        four = accepted("refund", "apology", "goodwill", "information")

        first = four.explain(Stage.CLOSED).missing[0]

        assert first == "the remedy is not carried out: refund, apology, goodwill gift and 1 more"

    def test_say_nothing_more_of_what_is_carried_out(self) -> None:
        done = accepted("refund").implement("ann", NINE)

        assert done.explain(Stage.CLOSED).missing == (
            "a linked corrective action is not verified to be effective: CA-1",
        )
        assert done.verify_action("ann", NINE, action="CA-1").explain(Stage.CLOSED).verdict is True
