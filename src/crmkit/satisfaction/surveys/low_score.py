"""A low score opens a case: the rule, as data.

Law: rules are tried in their order, and the first that holds says what kind of case is opened. What
is not known opens nothing.

Source: domain fact Q3 (evaluate, then require and plan); decision tables with hit policy "first",
OMG DMN 1.5, section 8.2.8.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

import attrs

from crmkit.errors import InvalidValueError
from crmkit.kernel import (
    Condition,
    Evidence,
    Explanation,
    FrozenMap,
    Name,
    Rule,
    Text,
    did_you_mean,
    not_blank,
    spoken,
)

from .answers import Answers
from .half_rule import SurveyScore
from .item import ItemKind
from .survey import ALWAYS_KNOWN, Survey


_SOURCE: Final = "the round's own rules; domain fact Q3"
_OPENS: Final = Rule(
    code="satisfaction.low_score.opens",
    says=Text("{rule}: a case is opened, {kind}", "{rule}：开立个案（{kind}）"),
    source=_SOURCE,
)
_NOBODY: Final = Rule(
    code="satisfaction.low_score.nobody",
    says=Text(
        "{rule} holds, but nobody knows who answered: no case is opened",
        "{rule}成立，但答卷人未知：不开立个案",
    ),
    source=_SOURCE,
)
_OPENS_NOT: Final = Rule(
    code="satisfaction.low_score.opens_nothing",
    says=Text("no rule holds: no case is opened", "没有规则成立：不开立个案"),
    source=_SOURCE,
)


CASE_KINDS: Final[Mapping[str, Name]] = FrozenMap(
    {
        "complaint": Name("complaint", "投诉"),
        "suggestion": Name("suggestion", "建议"),
        "repair": Name("repair", "报修"),
        "enquiry": Name("enquiry", "咨询"),
    }
)
"""What may be opened: the kinds of `crmkit.cases.CaseKind`, which stands above and is not known."""


@attrs.frozen(kw_only=True)
class LowScoreRule:
    """When answers fulfil a condition, a case is opened for their respondent.

    Attributes:
        name: What it is called: "dissatisfied with delivery".
        when: What answers and score must fulfil: `score` the whole, `score.delivery` a part,
            `delivery` an answer, `why.late` a choice, `segment`, `occasion`.
        opens: What kind of case: `complaint`, `suggestion`, `repair`, `enquiry`.

    Raises:
        InvalidValueError: If a value is unfit.

    Examples:
        >>> from crmkit.kernel import Compare
        >>> from crmkit.satisfaction import SEA_LION
        >>> from crmkit.testing import NINE
        >>> low = LowScoreRule(name="low score", when=Compare("score", "<", 40))
        >>> cells = dict.fromkeys((item.id for item in SEA_LION.items), 2)
        >>> said = Answers.record("A-1", "ann", NINE, survey=SEA_LION, customer="C-7", cells=cells)
        >>> print(case_opened_by([low], said, SEA_LION.score(said)))
        low score: a case is opened, complaint
    """

    name: str = attrs.field(validator=not_blank)
    when: Condition
    opens: str = "complaint"

    def __attrs_post_init__(self) -> None:
        if not isinstance(self.when, Condition):
            raise InvalidValueError("when", self.when, "must be a Condition")
        if self.opens not in CASE_KINDS:
            near = did_you_mean(self.opens, CASE_KINDS)
            raise InvalidValueError("opens", self.opens, "is no kind of case", near)

    def check(self, survey: Survey) -> None:
        """Refuse to go with a survey that does not tell what the condition asks for.

        Raises:
            InvalidValueError: If it asks for something else, with the nearest name that is told.
        """
        told = [*ALWAYS_KNOWN, *(f"score.{part}" for part in survey.parts)]
        told += [fact for item in survey.items for fact in item.facts]
        for fact in self.when.facts:
            if fact not in told:
                rule = f"is nothing that {survey} tells"
                raise InvalidValueError("when", fact, rule, did_you_mean(fact, told))


def case_opened_by(
    rules: Iterable[LowScoreRule], answers: Answers, score: SurveyScore
) -> Explanation[str | None]:
    """Say what kind of case answers open, and why.

    Args:
        rules: In the order in which they are tried.
        answers: One respondent's.
        score: What they came to.

    Returns:
        The verdict is the kind of case; None where no rule holds, or nobody knows who answered.
        Evidence is that of every rule tried, and the rule that held as `rule`; facts
        that an earlier rule lacked stand in `missing`.

    Raises:
        InvalidValueError: If a fact cannot be compared as a rule asks.

    Examples:
        >>> from crmkit.kernel import Compare
        >>> from crmkit.satisfaction import SEA_LION
        >>> from crmkit.testing import NINE
        >>> said = Answers.record("A-1", "ann", NINE, survey=SEA_LION, cells={"price": 5})
        >>> low = LowScoreRule(name="low score", when=Compare("score", "<", 40))
        >>> why = case_opened_by([low], said, SEA_LION.score(said))
        >>> why.verdict, why.missing
        (None, ('score',))
    """
    facts = {**answers.facts, **score.facts}
    told: tuple[Evidence, ...] = ()
    missing: dict[str, None] = {}
    for rule in rules:
        told += rule.when.evidence(facts)
        if rule.when.holds(facts):
            kind = CASE_KINDS[rule.opens]
            told = (Evidence("rule", rule.name), Evidence("kind", kind), *told)
            known = answers.customer is not None
            return Explanation(
                verdict=rule.opens if known else None,
                rule=_OPENS if known else _NOBODY,
                evidence=told,
                missing=(*missing, *(() if known else ("customer",))),
            )
        missing |= dict.fromkeys(rule.when.missing(facts))
    return Explanation(verdict=None, rule=_OPENS_NOT, evidence=told, missing=tuple(missing))


def case_text(answers: Answers, why: Explanation[str | None]) -> str:
    """Return what a case that answers opened is about: the rule, the score, the comments.

    Args:
        answers: One respondent's.
        why: What `case_opened_by` said.

    Raises:
        InvalidValueError: If no rule held.

    Examples:
        >>> from crmkit.kernel import Compare
        >>> from crmkit.satisfaction import SEA_LION
        >>> from crmkit.testing import NINE
        >>> cells = {"delivery": 1, "price": 2}
        >>> said = Answers.record("A-1", "ann", NINE, survey=SEA_LION, customer="C-7", cells=cells)
        >>> low = LowScoreRule(name="late again", when=Compare("delivery", "<=", 2))
        >>> case_text(said, case_opened_by([low], said, SEA_LION.score(said)))
        'late again (answers A-1): delivery = 1'
    """
    rule = why.find("rule").value
    met = [fact for fact in why.evidence if fact.met]
    facts = ", ".join(f"{fact.name} = {spoken(fact.value)}" for fact in met)
    comments = [
        f"; {item.label()}: {answers.cells[item.id]}"
        for item in answers.survey.items
        if item.kind is ItemKind.COMMENT and isinstance(answers.cells[item.id], str)
    ]
    return f"{rule} (answers {answers.id}): {facts}{''.join(comments)}"
