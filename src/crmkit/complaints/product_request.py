"""The product request: what customers' cases ask of product development, up to its outcome.

Law: nobody who asked is left without an answer: it is closed when everyone was told the outcome.

Source: domain fact K16 (voice of the customer: washing machines that had to wash sweet potatoes
became a product).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Final, NewType, TypeAlias

import attrs

from crmkit.cases import CaseKind
from crmkit.cases.passed import passed
from crmkit.kernel import (
    Compare,
    Labelled,
    Name,
    Requirement,
    StateGroup,
    Step,
    Text,
    Trail,
    Workflow,
    instant,
    is_id,
    not_blank_if_given,
    personal_in,
    unbroken,
)
from crmkit.kernel.checks import told

from .linking import CaseKey, CaseLink, born_with, cases_of, check_links, linked, unlinked
from .still_open import first_few
from .telling import Telling, check_lines_told, telling_of
from .undertaking import NOTHING_TOLD, Undertaking, check_onward


ProductRequestId = NewType("ProductRequestId", str)
"""Which product request."""


class ProductRequestStage(Labelled):
    """How far a product request is."""

    RAISED = "raised", "Raised", "已提出"
    CONSIDERED = "considered", "Considered", "已评审"
    ACCEPTED = "accepted", "Accepted", "已采纳"
    DEVELOPED = "developed", "Developed", "已开发"
    RELEASED = "released", "Released", "已上市"
    DECLINED = "declined", "Declined", "未采纳"
    CLOSED = "closed", "Closed", "已结案"


_Stage: TypeAlias = ProductRequestStage

_SOMEBODY_IS_UNTOLD: Final = Text("somebody who asked was not told", "有提出者尚未告知结果")
_EVERYBODY_TOLD: Final = Requirement(_SOMEBODY_IS_UNTOLD, Compare("untold", "=", 0))

PRODUCT_REQUEST_WORKFLOW: Final = Workflow(
    {
        _Stage.RAISED: {_Stage.CONSIDERED},
        _Stage.CONSIDERED: {_Stage.ACCEPTED, _Stage.DECLINED},
        # What was accepted may still prove impossible.
        _Stage.ACCEPTED: {_Stage.DEVELOPED, _Stage.DECLINED},
        _Stage.DEVELOPED: {_Stage.RELEASED, _Stage.DECLINED},
        _Stage.RELEASED: {_Stage.CLOSED: (_EVERYBODY_TOLD,)},
        # Many more who ask are a reason to think again.
        _Stage.DECLINED: {_Stage.CONSIDERED: (), _Stage.CLOSED: (_EVERYBODY_TOLD,)},
    },
    groups={
        **dict.fromkeys(_Stage, StateGroup.OPEN),
        _Stage.RELEASED: StateGroup.RESOLVED,
        _Stage.DECLINED: StateGroup.RESOLVED,
        _Stage.CLOSED: StateGroup.CLOSED,
    },
)
"""The stages of a product request and the moves between them."""

_OUTCOMES: Final = (_Stage.RELEASED, _Stage.DECLINED)
_IS_CLOSED: Final = Text("it is closed", "已经结案")
_LINK: Final = Text("linked with other cases", "更改关联")
_TELL: Final = Text("told of", "告知")


@attrs.frozen(kw_only=True, slots=False)
class ProductRequest(Undertaking[ProductRequestStage]):
    """A wish of customers to product development, from when it is raised until all know the end.

    Product requests are immutable: every verb returns a new one.

    Attributes:
        id: Unique among product requests.
        about: What customers want; never blank.
        product: Of which product; None where it is of none yet.
        links: Cases linked and unlinked, oldest first.
        tellings: Who was told how it stands, oldest first.
        trail: Every stage so far, oldest first; times never decrease.

    Raises:
        InvalidValueError: If a value is unfit, or the trail breaks the workflow.

    Examples:
        >>> from crmkit.testing import NINE
        >>> wish = ProductRequest.open("P-1", "ann", NINE, cases=("K-1",), about="wash potatoes")
        >>> wish = wish.consider("eve", NINE).accept("eve", NINE, reason="farmers do it anyway")
        >>> wish = wish.develop("lu", NINE).release("lu", NINE, released="wide-drain washer")
        >>> print(wish.explain(ProductRequestStage.CLOSED))
        product request P-1 is released and cannot become closed yet: not told: K-1
        >>> wish = wish.tell("ann", NINE, case="K-1", text="The wide-drain washer is for sale.")
        >>> wish.close("ann", NINE).outcome.label()
        'Released'
    """

    id: ProductRequestId = attrs.field(validator=is_id)
    product: str | None = attrs.field(default=None, validator=not_blank_if_given)
    links: tuple[CaseLink, ...] = attrs.field(validator=[passed(CaseLink), check_links])
    tellings: tuple[Telling, ...] = attrs.field(
        default=(), validator=passed(Telling), metadata=personal_in("text")
    )
    trail: Trail[ProductRequestStage] = attrs.field(
        validator=[unbroken, PRODUCT_REQUEST_WORKFLOW.follows], metadata=personal_in("note")
    )

    def __attrs_post_init__(self) -> None:
        check_lines_told(self.trail, self.tellings)

    @classmethod
    def open(
        cls,
        id: str,
        by: str,
        at: datetime,
        *,
        cases: Iterable[str],
        about: str,
        kind: CaseKind | str = CaseKind.COMPLAINT,
        product: str | None = None,
    ) -> ProductRequest:
        """Raise it: cases say what the product lacks.

        Args:
            id: Unique among product requests.
            by: Who raises it.
            at: When.
            cases: The cases behind it, by their ids; at least one.
            about: What customers want.
            kind: Of what kind the cases are; others are linked afterwards.
            product: Of which product.

        Raises:
            InvalidValueError: If a value is unfit.
        """
        return cls(
            id=ProductRequestId(id),
            about=about,
            product=product,
            links=born_with(by, at, cases, "cases", kind=CaseKind.of(kind, "kind")),
            trail=(Step(PRODUCT_REQUEST_WORKFLOW.start, by, instant(at)),),
        )

    def consider(self, by: str, at: datetime, *, note: str = "") -> ProductRequest:
        """Look into it: what it would bring, and what it would cost; also once more.

        Raises:
            TransitionError: If it is neither just raised nor declined.
            InvalidValueError: If a value is unfit.
        """
        return self._advance(_Stage.CONSIDERED, by, at, note)

    def accept(self, by: str, at: datetime, *, reason: str) -> ProductRequest:
        """Decide that it is developed, and say why.

        Raises:
            TransitionError: If it is not considered.
            InvalidValueError: If no reason is given, or a value is unfit.
        """
        return self._advance(_Stage.ACCEPTED, by, at, told(reason, "reason"))

    def decline(self, by: str, at: datetime, *, reason: str) -> ProductRequest:
        """Decide that it is not, or no longer, developed, and say why.

        Raises:
            TransitionError: If it is not considered, or released already.
            InvalidValueError: If no reason is given, or a value is unfit.
        """
        return self._advance(_Stage.DECLINED, by, at, told(reason, "reason"))

    def develop(self, by: str, at: datetime, *, note: str = "") -> ProductRequest:
        """Put down that it is developed.

        Raises:
            TransitionError: If it is not accepted.
            InvalidValueError: If a value is unfit.
        """
        return self._advance(_Stage.DEVELOPED, by, at, note)

    def release(self, by: str, at: datetime, *, released: str) -> ProductRequest:
        """Put down that customers can have it, and as what.

        Raises:
            TransitionError: If it is not developed.
            InvalidValueError: If nothing is named, or a value is unfit.
        """
        return self._advance(_Stage.RELEASED, by, at, told(released, "released"))

    def close(self, by: str, at: datetime, *, note: str = "") -> ProductRequest:
        """Close it: everyone who asked knows the outcome.

        Raises:
            TransitionError: If there is no outcome, or somebody was not told of it.
            InvalidValueError: If a value is unfit.
        """
        return self._advance(_Stage.CLOSED, by, at, note)

    def tell(
        self,
        by: str,
        at: datetime,
        *,
        case: str,
        text: str,
        kind: CaseKind | str = CaseKind.COMPLAINT,
    ) -> ProductRequest:
        """Tell the customer of a case how it stands; what he is told of the outcome counts.

        Raises:
            TransitionError: If it is closed.
            InvalidValueError: If the case is not linked, or a value is unfit.
        """
        self._check_open(_TELL)
        case_told = (CaseKind.of(kind, "kind"), case)
        telling = telling_of(self.trail, self.cases, by, at, case_told, text)
        return attrs.evolve(self, tellings=(*self.tellings, telling))

    def link(
        self, by: str, at: datetime, *, case: str, kind: CaseKind | str = CaseKind.COMPLAINT
    ) -> ProductRequest:
        """Link another case that asks the same.

        Raises:
            TransitionError: If it is closed: raise another.
            InvalidValueError: If it is linked already, or a value is unfit.
        """
        self._check_open(_LINK)
        links = linked(self.links, by, at, case, CaseKind.of(kind, "kind"))
        return attrs.evolve(self, links=links)

    def unlink(
        self, by: str, at: datetime, *, case: str, kind: CaseKind | str = CaseKind.COMPLAINT
    ) -> ProductRequest:
        """Undo a link: that case asks something else. That it was linked stays on record.

        Raises:
            TransitionError: If it is closed.
            InvalidValueError: If it is not linked, or a value is unfit.
        """
        self._check_open(_LINK)
        links = unlinked(self.links, by, at, case, CaseKind.of(kind, "kind"))
        return attrs.evolve(self, links=links)

    def restore(self, by: str, at: datetime, *, earlier: ProductRequest) -> ProductRequest:
        """Put back what an earlier version said it was about; what was done since stays.

        Raises:
            InvalidValueError: If `earlier` is another request, nobody acts, or `at` is naive.
        """
        self._check_restored(by, at, earlier)
        return attrs.evolve(self, about=earlier.about, product=earlier.product)

    @property
    def workflow(self) -> Workflow[ProductRequestStage]:
        """Its stages, and the moves between them."""
        return PRODUCT_REQUEST_WORKFLOW

    @property
    def cases(self) -> tuple[CaseKey, ...]:
        """Kind and id of the cases that are linked now."""
        return cases_of(self.links)

    @property
    def outcome(self) -> ProductRequestStage | None:
        """What came of it: released or declined; None while neither is so."""
        if self.stage is _Stage.CLOSED:
            return self.trail[-2].stage
        return self.stage if self.stage in _OUTCOMES else None

    @property
    def untold(self) -> tuple[CaseKey, ...]:
        """The linked cases whose customers were not told of the outcome, where there is one."""
        if self.outcome is None:
            return ()
        place = len(self.trail) - (self.stage is _Stage.CLOSED)
        told = {(telling.kind, telling.case) for telling in self.tellings if telling.line == place}
        return tuple(case for case in self.cases if case not in told)

    @property
    def facts(self) -> Mapping[str, object]:
        """What conditions can ask about it, by name; None for what nobody has said."""
        return {
            **super().facts,
            "product": self.product,
            "cases": len(self.cases),
            "outcome": self.outcome,
        }

    @property
    def _called(self) -> Text:
        return Text("product request", "产品需求")

    @property
    def _known(self) -> Mapping[str, object]:
        return {"untold": len(self.untold)}

    @property
    def _details(self) -> Mapping[Text, Name]:
        return {
            _SOMEBODY_IS_UNTOLD: first_few("not told", "尚未告知", [id for _, id in self.untold])
        }

    def _check_open(self, asked: Text) -> None:
        if self.is_over:
            self._refuse(asked, _IS_CLOSED)

    def _advance(
        self, stage: ProductRequestStage, by: str, at: datetime, note: str
    ) -> ProductRequest:
        step = self._step(stage, by, at, note, NOTHING_TOLD)
        check_onward(at, *(telling.at for telling in self.tellings[-1:]), self.trail[-1].at)
        return attrs.evolve(self, trail=(*self.trail, step))
