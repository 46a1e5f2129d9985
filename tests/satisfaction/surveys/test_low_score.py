"""Which answers open which case."""

import pytest

from crmkit.errors import InvalidValueError
from crmkit.kernel import AllOf, Compare
from crmkit.satisfaction import (
    Answers,
    Item,
    ItemKind,
    LowScoreRule,
    Missing,
    Survey,
    case_opened_by,
    case_text,
)
from crmkit.testing import NINE


SURVEY = Survey.of(
    "brief",
    1,
    [
        Item("speed", dimension="delivery"),
        Item("care", dimension="delivery"),
        Item("price"),
        Item("why", kind=ItemKind.MULTIPLE, choices=("late", "damaged")),
        Item("words", kind=ItemKind.COMMENT),
        Item("more", kind=ItemKind.COMMENT),
    ],
)
LATE = LowScoreRule(name="late", when=Compare("why.late", "=", True), opens="complaint")
LOW = LowScoreRule(
    name="low delivery",
    when=AllOf((Compare("score.delivery", "<", 40), Compare("segment", "=", "hotel"))),
    opens="suggestion",
)


def said(customer: str | None = "C-7", **cells: object) -> Answers:
    return Answers.record(
        "A-1", "ann", NINE, survey=SURVEY, cells=cells, customer=customer, segment="hotel"
    )


class TestCaseOpenedBy:
    def test_the_first_rule_that_holds_decides(self) -> None:
        both = said(speed=1, care=1, why=("late",))
        one = said(speed=1, care=2, why=())

        assert case_opened_by((LATE, LOW), both, SURVEY.score(both)).verdict == "complaint"
        why = case_opened_by((LATE, LOW), one, SURVEY.score(one))
        assert why.verdict == "suggestion"
        assert [fact.met for fact in why.evidence] == [None, None, False, True, True]
        assert why.sentence("zh") == "low delivery：开立个案（建议）"

    def test_what_is_not_known_opens_nothing(self) -> None:
        silent = said(speed=1, care=Missing.REFUSED, price=5)

        why = case_opened_by((LATE, LOW), silent, SURVEY.score(silent))

        assert why.verdict == "suggestion"  # half of the weight is answered
        assert why.missing == ("why.late",)
        empty = said()
        why = case_opened_by((LATE, LOW), empty, SURVEY.score(empty))
        assert (why.verdict, why.missing) == (None, ("why.late", "score.delivery"))
        assert str(why) == "no rule holds: no case is opened"

    def test_nobody_knows_whose_case_it_would_be(self) -> None:
        unknown = said(customer=None, why=("late",))

        why = case_opened_by((LATE,), unknown, SURVEY.score(unknown))

        assert (why.verdict, why.missing) == (None, ("customer",))
        assert str(why) == "late holds, but nobody knows who answered: no case is opened"


class TestCaseText:
    def test_tells_rule_facts_and_comments(self) -> None:
        sorry = said(why=("late",), words="five days!")

        text = case_text(sorry, case_opened_by((LATE,), sorry, SURVEY.score(sorry)))

        assert text == "late (answers A-1): why.late = yes; words: five days!"

    def test_is_none_where_no_rule_held(self) -> None:
        happy = said(price=5)

        with pytest.raises(InvalidValueError, match="name is 'rule'"):
            case_text(happy, case_opened_by((), happy, SURVEY.score(happy)))


class TestLowScoreRule:
    @pytest.mark.parametrize(
        ("name", "when", "opens", "what"),
        [
            ("", LATE.when, "complaint", "name"),
            ("late", "score < 40", "complaint", "when"),
            ("late", LATE.when, " ", "opens"),
        ],
    )
    def test_refuses_an_unfit_value_by_name(
        self, name: str, when: Compare, opens: str, what: str
    ) -> None:
        with pytest.raises(InvalidValueError) as refused:
            LowScoreRule(name=name, when=when, opens=opens)

        assert refused.value.name == what

    def test_asks_only_for_what_the_survey_tells(self) -> None:
        for fact in ("score", "score.delivery", "score.price", "price", "why.damaged", "occasion"):
            LowScoreRule(name="x", when=Compare(fact, "=", 1)).check(SURVEY)
        wrong = LowScoreRule(name="x", when=Compare("score.delivry", "<", 40))

        with pytest.raises(InvalidValueError, match=r"did you mean 'score\.delivery'"):
            wrong.check(SURVEY)
