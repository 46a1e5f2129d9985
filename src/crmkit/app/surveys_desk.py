"""The desks of surveys: rounds with their answers, and the invitations."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from functools import partial

from crmkit.kernel import Explanation
from crmkit.satisfaction import (
    COMMENT_CODES,
    CONTACT_LOG_CODEC,
    INVITATION_CODEC,
    SURVEY_ROUND_CODEC,
    Answers,
    Carelessness,
    CareRule,
    CodeBook,
    ContactLog,
    ContactRule,
    Invitation,
    LowScoreRule,
    Survey,
    SurveyRound,
    find_careless,
)

from .collecting import (
    Collected,
    Told,
    add_rows,
    check_case,
    collect,
    stored_answer,
    stored_answers,
)
from .desk import Desk, Office, verb
from .unit import UnitOfWork


class SurveysDesk(Desk[SurveyRound]):
    """What they say when they are asked: rounds of surveys, published, answered, closed.

    Keys to find by: survey, survey_version, stage, drafted_at, moved_at.

    Examples:
        >>> import crmkit
        >>> from crmkit.kernel import Compare
        >>> from crmkit.satisfaction import SEA_LION, LowScoreRule
        >>> crm = crmkit.open(actor="ann")
        >>> low = LowScoreRule(name="low score", when=Compare("score", "<", 40))
        >>> drafted = crm.surveys.draft(id="R-1", survey=SEA_LION, low_scores=[low])
        >>> published = crm.surveys.publish("R-1")
        >>> invitation = crm.surveys.invite("R-1", customer="C-7")
        >>> cells = {"product_quality": 2, "delivery": 1, "after_sales_service": 2}
        >>> collected = crm.surveys.collect("R-1", invitation=invitation.id, cells=cells)
        >>> crm.complaints.get(collected.case).customer
        'C-7'
    """

    def __init__(self, office: Office) -> None:
        super().__init__(office, SURVEY_ROUND_CODEC)

    def draft(
        self,
        *,
        survey: Survey,
        purpose: str = "",
        contact: ContactRule = ContactRule(),  # noqa: B008  # immutable
        low_scores: Iterable[LowScoreRule] = (),
        care: CareRule = CareRule(),  # noqa: B008  # immutable
        id: str | None = None,
    ) -> SurveyRound:
        """Draft a round; nobody is asked before it is published.

        Args:
            survey: What is asked, in one version.
            purpose: What it is to tell.
            contact: How often a customer may be asked.
            low_scores: Which answers open which case, in the order in which the rules are tried.
            care: From where on answers are flagged as given without care.
            id: Unique among rounds; made where none is given.

        Raises:
            InvalidValueError: If a value is unfit.
            ConflictError: If there is, or was, a round of that id.
        """
        return self._bear(
            id,
            lambda id, by, at: SurveyRound.draft(
                id,
                by,
                at,
                survey=survey,
                purpose=purpose,
                contact=contact,
                low_scores=low_scores,
                care=care,
            ),
        )

    revise = verb(SurveyRound.revise)
    publish = verb(SurveyRound.publish)
    close = verb(SurveyRound.close)
    drop = verb(SurveyRound.drop)

    def invite(
        self,
        round: str,
        /,
        *,
        customer: str,
        occasion: str | None = None,
        case: str | None = None,
        segment: str | None = None,
        id: str | None = None,
    ) -> Invitation:
        """Ask a customer, unless he was asked too lately.

        Args:
            round: In which round.
            customer: Whom.
            occasion: What it is about: an order, a repair.
            case: The case that it is about.
            segment: The segment whose weights count for him.
            id: Unique among invitations; made where none is given.

        Raises:
            NotFoundError: If there is no such round, or no such case.
            TransitionError: If the round is not open; or if he was asked too lately, with the
                instant from which he may be asked as verdict of its explanation.
            InvalidValueError: If a value is unfit.
            ConflictError: If there is, or was, an invitation of that id.
        """
        office = self._office
        new, by, at = office.new_id() if id is None else id, office.actor, office.now()

        def ask(unit: UnitOfWork) -> Invitation:
            open_ = unit.get(SURVEY_ROUND_CODEC, round)
            check_case(unit, case)
            invitation = open_.invite(
                new,
                by,
                at,
                customer=customer,
                occasion=occasion,
                case=case,
                segment=segment,
            )
            before = unit.peek(CONTACT_LOG_CODEC, customer)
            log = (before or ContactLog.of(customer)).ask(
                by, at, rule=open_.contact, round=open_.id, invitation=invitation.id
            )
            keep = unit.add if before is None else unit.replace
            keep(CONTACT_LOG_CODEC, log)
            return unit.add(INVITATION_CODEC, invitation)

        return office.work(ask)

    def may_ask(self, round: str, /, *, customer: str) -> Explanation[datetime]:
        """Say from when on a customer may be asked in a round, and why.

        Raises:
            NotFoundError: If there is no such round.

        Examples:
            >>> import crmkit
            >>> from crmkit.satisfaction import SEA_LION
            >>> from crmkit.testing import NINE
            >>> desk = crmkit.open(actor="ann").acting(at=NINE).surveys
            >>> drafted, published = desk.draft(id="R-1", survey=SEA_LION), desk.publish("R-1")
            >>> invitation = desk.invite("R-1", customer="C-7")
            >>> print(desk.may_ask("R-1", customer="C-7"))
            customer C-7 may be asked again from 2026-05-31 09:00 UTC: 1 of at most 1 invitations\
 within 90 d
        """
        log = self._office.look(lambda unit: unit.peek(CONTACT_LOG_CODEC, customer))
        rule, now = self.get(round).contact, self._office.now()
        return (log or ContactLog.of(customer)).explain(rule, now)

    def collect(
        self,
        round: str,
        /,
        *,
        cells: Mapping[str, object],
        invitation: str | None = None,
        customer: str | None = None,
        occasion: str | None = None,
        case: str | None = None,
        segment: str | None = None,
        seconds: float | None = None,
        id: str | None = None,
    ) -> Collected:
        """Take somebody's answers in; where the round says so, they open a case. All or nothing.

        Args:
            round: In which round.
            cells: By item: a number, a text, choices, or a `crmkit.satisfaction.Missing`.
            invitation: By which he was asked: it is answered, and says what is not told here.
            customer: Who answered; None where nobody knows, or the invitation says it.
            occasion: What it was about.
            case: The case that it was about; where none is told, the one that they open.
            segment: The segment whose weights count for him.
            seconds: How long he took.
            id: Unique among answers; made where none is given.

        Raises:
            NotFoundError: If there is no such round, invitation or case.
            TransitionError: If the round is not open, or the invitation over.
            InvalidCellsError: If cells are unfit: all of them are named.
            InvalidValueError: If another value is unfit.
        """
        office = self._office
        ids = (office.new_id() if id is None else id, office.new_id())
        told = Told(
            cells=cells,
            invitation=invitation,
            customer=customer,
            occasion=occasion,
            case=case,
            segment=segment,
            seconds=seconds,
        )
        by, at = office.actor, office.now()
        return office.work(lambda unit: collect(unit, round, ids, by, at, told))

    def answers(self, round: str, /) -> Iterator[Answers]:
        """Yield the answers of a round as they were given, oldest entry first.

        Raises:
            NotFoundError: If there is no such round.

        Examples:
            >>> import crmkit
            >>> from crmkit.satisfaction import SEA_LION
            >>> desk = crmkit.open(actor="ann").surveys
            >>> drafted, published = desk.draft(id="R-1", survey=SEA_LION), desk.publish("R-1")
            >>> collected = desk.collect("R-1", customer="C-7", cells={"price": 2})
            >>> [said.ratings for said in desk.answers("R-1")]
            [{'price': 2}]
        """
        survey, where = self.get(round).survey, ("round", "=", round)
        yield from self._office.look(partial(stored_answers, survey=survey, where=(where,)))

    def careless(
        self, round: str, /
    ) -> tuple[tuple[Answers, Explanation[tuple[Carelessness, ...]]], ...]:
        """Return the answers of a round that show carelessness by its rule, each with the reasons.

        The usual time is the median of the round. Nothing is left out of anything by this.

        Raises:
            NotFoundError: If there is no such round.

        Examples:
            >>> import crmkit
            >>> from crmkit.satisfaction import SEA_LION
            >>> desk = crmkit.open(actor="ann").surveys
            >>> drafted, published = desk.draft(id="R-1", survey=SEA_LION), desk.publish("R-1")
            >>> collected = desk.collect("R-1", cells={"price": 2}, seconds=3)
            >>> [why.verdict[0].label() for answers, why in desk.careless("R-1")]
            ['Too fast']
        """
        return find_careless(self.answers(round), rule=self.get(round).care)

    def code(
        self, answers: str, /, *, item: str, codes: Iterable[str], book: CodeBook
    ) -> tuple[str, ...]:
        """Sort a comment by the codes of a book; of two codings of a comment the later counts.

        Args:
            answers: Whose comment.
            item: Which of his comments.
            codes: What it comes down to; nothing for none of the book.
            book: The code book.

        Returns:
            The codes in the order of the book.

        Raises:
            NotFoundError: If there are no such answers.
            InvalidValueError: If there is no such comment, or a code is not in the book.

        Examples:
            >>> import crmkit
            >>> from crmkit.satisfaction import CodeBook, Item, ItemKind, Survey
            >>> desk = crmkit.open(actor="ann").surveys
            >>> survey = Survey.of("x", 1, [Item("price"), Item("why", kind=ItemKind.COMMENT)])
            >>> drafted, published = desk.draft(id="R-1", survey=survey), desk.publish("R-1")
            >>> collected = desk.collect("R-1", cells={"why": "five days late"}, id="A-1")
            >>> book = CodeBook.of("reasons", 1, {"late": "came too late", "rude": "was rude"})
            >>> desk.code("A-1", item="why", codes=["late"], book=book)
            ('late',)
        """
        office, given = self._office, tuple(codes)

        def sort(unit: UnitOfWork) -> None:
            said = stored_answer(unit, answers)
            add_rows(unit, COMMENT_CODES, book.code(said, item, given, office.now()))

        office.work(sort)
        return book.check(given)


class InvitationsDesk(Desk[Invitation]):
    """Who was asked, and what became of it: every act of an invitation, by its id.

    `SurveysDesk.invite` makes them. Keys to find by: round, customer, case, segment, answers,
    stage, invited_at, moved_at.

    Examples:
        >>> import crmkit
        >>> from crmkit.satisfaction import SEA_LION
        >>> crm = crmkit.open(actor="ann")
        >>> drafted = crm.surveys.draft(id="R-1", survey=SEA_LION)
        >>> published = crm.surveys.publish("R-1")
        >>> invitation = crm.surveys.invite("R-1", customer="C-7", id="I-1")
        >>> crm.invitations.remind("I-1").stage.label()
        'Reminded'
        >>> [one.customer for one in crm.invitations.find(round="R-1", stage="reminded")]
        ['C-7']
    """

    def __init__(self, office: Office) -> None:
        super().__init__(office, INVITATION_CODEC)

    remind = verb(Invitation.remind)
    answer = verb(Invitation.answer)
    decline = verb(Invitation.decline)
    miss = verb(Invitation.miss)
    expire = verb(Invitation.expire)
