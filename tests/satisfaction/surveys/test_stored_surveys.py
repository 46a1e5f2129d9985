"""How rounds, invitations and contact logs are stored, and by what they are found."""

from datetime import timedelta
from pathlib import Path

from crmkit.kernel import Compare
from crmkit.satisfaction import (
    CONTACT_LOG_CODEC,
    INVITATION_CODEC,
    SURVEY_ROUND_CODEC,
    CareRule,
    ContactLog,
    ContactRule,
    LowScoreRule,
    Missing,
)
from crmkit.testing import NINE

from .test_invitation import invited
from .test_survey_round import FULL, drafted


FIXTURES = Path(__file__).parents[1] / "fixtures"


class TestKeys:
    def test_find_rounds_by_survey_and_stage(self) -> None:
        values = SURVEY_ROUND_CODEC.key_values(drafted(survey=FULL))

        assert (values["survey"], values["survey_version"]) == ("full", 2)
        assert values["stage"] == "drafted"
        assert values["drafted_at"] == values["moved_at"]

    def test_find_invitations_by_customer_round_and_stage(self) -> None:
        values = INVITATION_CODEC.key_values(invited().answer("ann", NINE, answers="A-1"))

        assert (values["customer"], values["round"], values["answers"]) == ("C-7", "R-1", "A-1")
        assert (values["stage"], values["segment"], values["case"]) == ("answered", None, None)
        assert values["invited_at"] == values["moved_at"]

    def test_find_logs_by_how_often_somebody_was_asked(self) -> None:
        log = ContactLog.of("C-7").ask(
            "ann", NINE, rule=ContactRule(), round="R-1", invitation="I-1"
        )

        assert CONTACT_LOG_CODEC.key_values(log) == {"asked": 1}
        assert CONTACT_LOG_CODEC.decode(CONTACT_LOG_CODEC.encode_exactly(log), 1) == log


class TestFirstSchema:
    """Files of the first stored form, which open for ever."""

    def test_of_rounds_is_read(self) -> None:
        data = (FIXTURES / "survey_round-1.json").read_bytes()

        found = SURVEY_ROUND_CODEC.decode(data, 1)

        assert found.survey == FULL
        assert found.contact == ContactRule(within=timedelta(days=30), at_most=2)
        assert found.care == CareRule(min_items=4, median_share=0.5)
        assert found.low_scores == (
            LowScoreRule(name="low score", when=Compare("score", "<", 40), opens="suggestion"),
        )
        assert found.purpose == "yearly"
        said = found.collect("A-1", "ann", NINE, cells={"speed": 5, "words": Missing.REFUSED})
        assert said.cells["why"] is Missing.DOES_NOT_APPLY

    def test_of_invitations_is_read(self) -> None:
        data = (FIXTURES / "invitation-1.json").read_bytes()

        found = INVITATION_CODEC.decode(data, 1)

        assert (found.answers, found.reminders, found.segment) == ("A-1", 1, "hotel")

    def test_of_contact_logs_is_read(self) -> None:
        data = (FIXTURES / "contact_log-1.json").read_bytes()

        assert [contact.at for contact in CONTACT_LOG_CODEC.decode(data, 1).asked] == [NINE]
