"""The survey desks: publish, invite, collect, close; low scores open cases; comments are coded."""

import inspect
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

import crmkit
from crmkit.app import CRM, Committed, InvitationsDesk, SurveysDesk, Transaction
from crmkit.cases import CaseKind
from crmkit.errors import (
    InvalidCellsError,
    InvalidValueError,
    NotFoundError,
    TransitionError,
)
from crmkit.kernel import Compare, Party
from crmkit.satisfaction import (
    SEA_LION,
    Answers,
    Carelessness,
    CareRule,
    CodeBook,
    ContactRule,
    Invitation,
    InvitationStage,
    Item,
    ItemKind,
    LowScoreRule,
    Missing,
    Survey,
    SurveyRound,
    SurveyStage,
)
from crmkit.satisfaction.surveys.low_score import CASE_KINDS
from crmkit.storage import MemoryStore
from crmkit.testing import NINE


DAY = timedelta(days=1)
SURVEY = Survey.of(
    "brief",
    1,
    [
        Item("price"),
        Item("why", kind=ItemKind.MULTIPLE, choices=("late", "rude")),
        Item("words", kind=ItemKind.COMMENT),
    ],
)
LOW = LowScoreRule(name="low score", when=Compare("score", "<", 40))
IDEA = LowScoreRule(name="rude", when=Compare("why.rude", "=", True), opens="suggestion")
BOOK = CodeBook.of("reasons", 1, {"late": "came too late", "rude": "was rude"})


@pytest.fixture(params=["memory:", "sqlite"])
def crm(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[CRM]:
    url = "memory:" if request.param == "memory:" else f"sqlite:///{tmp_path / 'crm.db'}"
    with crmkit.open(url, actor="ann") as opened:
        yield opened.acting(at=NINE)


def published(crm: CRM, id: str = "R-1", survey: Survey = SURVEY) -> SurveyRound:
    rules = [LOW, IDEA] if survey is SURVEY else [LOW]
    crm.surveys.draft(id=id, survey=survey, low_scores=rules)
    return crm.surveys.publish(id)


class TestDraft:
    def test_rules_know_every_kind_of_case(self) -> None:
        """Surveys stand below cases, and name their kinds without knowing them."""
        assert {kind: name.zh for kind, name in CASE_KINDS.items()} == {
            kind.value: kind.label("zh") for kind in CaseKind
        }
        with pytest.raises(InvalidValueError, match="did you mean 'complaint'"):
            LowScoreRule(name="x", when=LOW.when, opens="complain")

    def test_makes_an_id_and_keeps_what_is_told(self, crm: CRM) -> None:
        contact, care = ContactRule(at_most=2), CareRule(min_items=4)

        drafted = crm.surveys.draft(survey=SEA_LION, purpose="yearly", contact=contact, care=care)

        assert crm.surveys.get(drafted.id) == drafted
        assert (drafted.purpose, drafted.contact, drafted.care) == ("yearly", contact, care)
        assert crm.surveys.find(survey="sea_lion", stage="drafted") == (drafted,)
        assert crm.surveys.revise(drafted.id, purpose="dealers").purpose == "dealers"
        assert crm.surveys.drop(drafted.id).stage is SurveyStage.DROPPED


class TestInvite:
    def test_a_customer_is_not_asked_twice_within_the_limit(self, crm: CRM) -> None:
        published(crm)
        published(crm, "R-2", SEA_LION)
        crm.surveys.invite("R-1", customer="C-7", id="I-1")

        with pytest.raises(TransitionError) as refused:
            crm.acting(at=NINE + 89 * DAY).surveys.invite("R-2", customer="C-7")

        assert refused.value.explain().verdict == NINE + 90 * DAY
        assert "may be asked again from 2026-05-31 09:00 UTC" in str(refused.value)
        assert [one.id for one in crm.invitations.find(customer="C-7")] == ["I-1"]
        assert crm.acting(at=NINE + 90 * DAY).surveys.invite("R-2", customer="C-7")
        assert crm.surveys.invite("R-2", customer="C-8")
        assert crm.surveys.may_ask("R-1", customer="C-9").verdict == NINE
        assert crm.surveys.may_ask("R-1", customer="C-8").verdict == NINE + 90 * DAY

    def test_two_who_would_ask_at_once_meet_in_the_log(self) -> None:
        """Both have looked, and found nobody; one commits; the other looks again."""
        store = MemoryStore()
        one, other = CRM(store, actor="ann"), CRM(store, actor="bob")
        published(one)

        def both(tx: Transaction) -> None:
            tx.surveys.invite("R-1", customer="C-7")
            if not other.invitations.find():
                other.surveys.invite("R-1", customer="C-7")

        with pytest.raises(TransitionError, match="may be asked again"):
            one.run(both)

        assert [found.trail[0].by for found in one.invitations.find()] == ["bob"]

    def test_only_a_published_round_asks(self, crm: CRM) -> None:
        crm.surveys.draft(id="R-1", survey=SURVEY)

        with pytest.raises(TransitionError, match="only a published round is open"):
            crm.surveys.invite("R-1", customer="C-7")
        with pytest.raises(NotFoundError):
            crm.surveys.invite("R-2", customer="C-7")
        assert crm.surveys.may_ask("R-1", customer="C-7").verdict == NINE


class TestCollect:
    def test_answers_end_their_invitation_and_are_kept(self, crm: CRM) -> None:
        published(crm)
        crm.complaints.receive(customer="C-7", about="late", id="K-9")
        asked = crm.surveys.invite(
            "R-1", customer="C-7", occasion="repair S-1", case="K-9", segment="hotel"
        )

        collected = crm.surveys.collect(
            "R-1", cells={"price": 4, "words": "fine"}, invitation=asked.id, seconds=9, id="A-1"
        )

        assert (collected.score.value, collected.case, collected.opens.verdict) == (75, None, None)
        assert list(crm.surveys.answers("R-1")) == [collected.answers]
        assert (collected.answers.case, collected.answers.segment) == ("K-9", "hotel")
        ended = crm.invitations.get(asked.id)
        assert (ended.stage, ended.answers) == (InvitationStage.ANSWERED, "A-1")
        with pytest.raises(TransitionError, match="is answered, which is final"):
            crm.surveys.collect("R-1", cells={"price": 5}, invitation=asked.id)
        assert len(list(crm.surveys.answers("R-1"))) == 1

    def test_a_low_score_opens_a_complaint_in_the_same_transaction(self, crm: CRM) -> None:
        published(crm)
        told: list[Committed] = []

        crm.subscribe(told.append)
        collected = crm.surveys.collect(
            "R-1", customer="C-7", cells={"price": 1, "words": "too dear"}, id="A-1"
        )

        (batch,) = told
        assert [one.id for one in batch.changed] == [collected.case]
        assert batch.facts == {"survey_responses": 1, "survey_answers": 3}
        assert collected.case is not None
        complaint = crm.complaints.get(collected.case)
        assert (complaint.customer, complaint.raised_by) == ("C-7", Party.STAFF)
        assert complaint.about == "low score (answers A-1): score = 0; words: too dear"
        (response,) = crm.frames.survey_responses().to_dict("records")
        assert (response["opened_case"], response["case_id"]) == (collected.case, collected.case)

    def test_answers_are_tied_to_the_case_that_they_opened(self, crm: CRM) -> None:
        published(crm)

        collected = crm.surveys.collect("R-1", customer="C-7", cells={"price": 1})

        (kept,) = crm.surveys.answers("R-1")
        (row,) = crm.frames.survey_round("R-1").to_dict("records")
        assert collected.case is not None
        assert (collected.answers, kept.case) == (kept, collected.case)
        assert row["case_id"] == collected.case
        assert not collected.is_anonymous_low_score

    @pytest.mark.parametrize("kind", ["complaint", "enquiry"])
    def test_answers_about_a_case_stay_with_it(self, crm: CRM, kind: str) -> None:
        published(crm)
        if kind == "complaint":
            crm.complaints.receive(customer="C-7", about="late", id="K-9")
        else:
            crm.inquiries.open(customer="C-7", about="when?", id="K-9")

        collected = crm.surveys.collect("R-1", customer="C-7", case="K-9", cells={"price": 1})

        assert collected.answers.case == "K-9"
        assert collected.case not in (None, "K-9")

    def test_a_case_that_is_not_there_is_refused(self, crm: CRM) -> None:
        published(crm)

        with pytest.raises(NotFoundError, match="no case 'K-9'"):
            crm.surveys.collect("R-1", customer="C-7", case="K-9", cells={"price": 4})
        with pytest.raises(NotFoundError, match="no case 'K-9'"):
            crm.surveys.invite("R-1", customer="C-7", case="K-9")

        assert list(crm.surveys.answers("R-1")) == []
        assert crm.surveys.may_ask("R-1", customer="C-7").verdict == NINE

    def test_a_case_born_in_the_same_transaction_is_there(self, crm: CRM) -> None:
        published(crm)

        def both(tx: Transaction) -> None:
            tx.complaints.receive(customer="C-7", about="late", id="K-9")
            tx.surveys.collect("R-1", customer="C-7", case="K-9", cells={"price": 4})

        crm.run(both)

        assert [one.case for one in crm.surveys.answers("R-1")] == ["K-9"]

    def test_a_rule_may_open_another_kind_of_case(self, crm: CRM) -> None:
        published(crm)

        collected = crm.surveys.collect("R-1", customer="C-7", cells={"price": 5, "why": ("rude",)})

        assert collected.case is not None
        assert crm.inquiries.get(collected.case).asks.value == "suggestion"

    def test_nothing_is_kept_where_a_cell_is_bad(self, crm: CRM) -> None:
        published(crm)
        asked = crm.surveys.invite("R-1", customer="C-7")

        with pytest.raises(InvalidCellsError) as refused:
            crm.surveys.collect("R-1", cells={"price": 9, "wy": 1}, invitation=asked.id)

        assert [cell.name for cell in refused.value.cells] == ["wy", "price"]
        assert crm.invitations.get(asked.id).stage is InvitationStage.INVITED
        assert list(crm.surveys.answers("R-1")) == []

    def test_nobody_known_opens_no_case(self, crm: CRM) -> None:
        published(crm)

        collected = crm.surveys.collect("R-1", cells={"price": 1})

        assert (collected.case, collected.opens.missing) == (None, ("customer",))
        assert collected.is_anonymous_low_score
        assert str(collected) == (
            "low score holds, but nobody knows who answered: no case is opened"
        )
        assert collected.answers.case is None
        assert crm.complaints.find() == ()

    def test_careless_answers_are_flagged_and_kept(self, crm: CRM) -> None:
        crm.surveys.draft(id="R-1", survey=SEA_LION, care=CareRule(min_items=4))
        crm.surveys.publish("R-1")
        cells = {item.id: 3 for item in SEA_LION.items}

        collected = crm.surveys.collect("R-1", customer="C-7", cells=cells, seconds=3)

        assert collected.flags.verdict == (Carelessness.STRAIGHT_LINE, Carelessness.SPEED)
        assert len(list(crm.surveys.answers("R-1"))) == 1

    def test_careless_answers_are_found_by_the_rule_of_the_round(self, crm: CRM) -> None:
        crm.surveys.draft(id="R-1", survey=SEA_LION, care=CareRule(median_share=0.5))
        crm.surveys.publish("R-1")
        for seconds in (60, 70, 20):
            crm.surveys.collect("R-1", cells={"price": 3}, seconds=seconds, id=f"A-{seconds}")

        assert [one.id for one, _ in crm.surveys.careless("R-1")] == ["A-20"]

    def test_a_closed_round_takes_none(self, crm: CRM) -> None:
        published(crm)
        crm.surveys.close("R-1")

        with pytest.raises(TransitionError, match="only a published round is open"):
            crm.surveys.collect("R-1", cells={"price": 1})


class TestAnswers:
    def test_are_those_of_the_round(self, crm: CRM) -> None:
        published(crm)
        published(crm, "R-2", SEA_LION)
        first = crm.surveys.collect("R-1", cells={"price": 4}).answers
        other = crm.surveys.collect("R-2", cells={"price": 4}).answers
        second = crm.surveys.collect("R-1", cells={"words": "hm"}).answers

        assert list(crm.surveys.answers("R-1")) == [first, second]
        assert list(crm.surveys.answers("R-2")) == [other]
        with pytest.raises(NotFoundError):
            list(crm.surveys.answers("R-3"))

    def test_of_one_transaction_are_seen_within_it(self, crm: CRM) -> None:
        published(crm)

        with crm.transaction() as tx:
            tx.surveys.collect("R-1", cells={"price": 4})
            assert len(list(tx.surveys.answers("R-1"))) == 1


class TestCode:
    def test_sorts_a_comment(self, crm: CRM) -> None:
        published(crm)
        crm.surveys.collect("R-1", customer="C-7", cells={"words": "late and rude"}, id="A-1")

        assert crm.surveys.code("A-1", item="words", codes=["rude", "late"], book=BOOK) == (
            "late",
            "rude",
        )

        rows = crm.frames.comment_codes()
        assert rows["code"].to_list() == ["late", "rude"]
        assert set(rows["answers_id"]) == {"A-1"}

    def test_refuses_what_is_not_there(self, crm: CRM) -> None:
        published(crm)
        crm.surveys.collect("R-1", cells={"price": 4}, id="A-1")

        with pytest.raises(NotFoundError, match="there is no answers 'A-2'"):
            crm.surveys.code("A-2", item="words", codes=["late"], book=BOOK)
        with pytest.raises(InvalidValueError, match="has no comment"):
            crm.surveys.code("A-1", item="words", codes=["late"], book=BOOK)


class TestFrames:
    def test_have_a_row_a_respondent_and_a_column_a_question(self, crm: CRM) -> None:
        published(crm)
        crm.surveys.collect(
            "R-1", customer="C-7", cells={"price": 4, "why": ("rude",), "words": "hm"}, id="A-1"
        )
        crm.surveys.collect(
            "R-1", cells={"price": Missing.REFUSED, "why": Missing.DOES_NOT_APPLY}, id="A-2"
        )

        frame = crm.frames.survey_round("R-1", backend="polars")

        assert frame.select("answers_id", "price", "why.late", "why.rude", "words").rows() == [
            ("A-1", 4, 0, 1, "hm"),
            ("A-2", -1, -2, -2, None),
        ]
        told = crm.frames.survey_round("R-1", codes={9: Missing.REFUSED}, backend="polars")
        assert told.select("price", "why.late").rows() == [(4, 0), (9, None)]

    @pytest.mark.parametrize("code", [3, 1, 0, 9.0])
    def test_refuse_codes_that_could_be_answers(self, crm: CRM, code: int) -> None:
        published(crm)

        with pytest.raises(InvalidValueError) as refused:
            crm.frames.survey_round("R-1", codes={code: Missing.REFUSED})

        assert refused.value.name == "codes"

    def test_have_the_tables_as_they_are(self, crm: CRM) -> None:
        published(crm)
        crm.surveys.invite("R-1", customer="C-7", id="I-1")
        crm.surveys.collect("R-1", cells={"price": Missing.REFUSED}, id="A-1")

        rows = crm.frames.survey_answers()

        assert rows[["item", "missing"]].to_numpy().tolist() == [
            ["price", "refused"],
            ["why", "missing"],
            ["words", "missing"],
        ]
        assert crm.frames.invitations()["id"].to_list() == ["I-1"]
        assert crm.frames.records("survey_round")["survey_id"].to_list() == ["brief"]
        assert crm.frames.event_log("invitation")["activity"].to_list() == ["invited"]


class TestErase:
    def test_takes_his_words_out_of_answers_and_cases(self, crm: CRM) -> None:
        published(crm)
        crm.surveys.invite("R-1", customer="C-7", id="I-1")
        crm.invitations.remind("I-1", note="at his sister's")
        collected = crm.surveys.collect(
            "R-1", invitation="I-1", cells={"price": 1, "words": "Li Wei, room 7"}
        )

        crm.erase("C-7")

        (left,) = crm.surveys.answers("R-1")
        assert left.cells["words"] is Missing.REFUSED
        assert left.ratings == {"price": 1}
        assert collected.case is not None
        assert "Li Wei" not in crm.complaints.get(collected.case).about
        assert crm.invitations.get("I-1").trail[1].note == "REDACTED"


class TestRestore:
    def test_brings_an_earlier_draft_back(self, crm: CRM) -> None:
        first = crm.surveys.draft(id="R-1", survey=SURVEY)
        crm.surveys.revise("R-1", survey=SEA_LION)

        crm.history.of("R-1").restore(1)

        assert crm.surveys.get("R-1") == first


class TestDesks:
    @pytest.mark.parametrize(
        ("desk", "record"), [(SurveysDesk, SurveyRound), (InvitationsDesk, Invitation)]
    )
    def test_offer_every_verb_of_their_record(self, desk: type, record: type) -> None:
        """All but `restore`, which is at home in the history."""
        verbs = {
            name
            for name, member in inspect.getmembers(record, inspect.isfunction)
            if list(inspect.signature(member).parameters)[:3] == ["self", "by", "at"]
            and not name.startswith("_")
        }

        assert verbs - {"restore"} <= set(dir(desk))

    def test_hand_out_what_was_answered(self, crm: CRM) -> None:
        published(crm)

        assert isinstance(crm.surveys.collect("R-1", cells={}).answers, Answers)
