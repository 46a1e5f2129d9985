"""Rules that infer a stage, as data: conditions over behaviour, to enter a stage and to stay in it.

Law: rules are tried in their order on a fixed grid of days; the first that holds names the stage.
To enter takes more than to stay, so that nobody flaps. What is not known makes no rule true.

Source: domain fact S6; hysteresis as a fold over a fixed grid, and the pooled rhythm of customers
with fewer than four gaps, from the statistical rules settled for this library.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Final

import attrs
import msgspec

from crmkit.errors import InvalidValueError
from crmkit.kernel import (
    AllOf,
    AnyOf,
    Compare,
    Condition,
    Not,
    Rule,
    all_are,
    is_a,
    is_id,
    known_name,
    not_blank,
)
from crmkit.kernel.checks import of_kind
from crmkit.kernel.tagged import read_json, write_hook

from .definition import Lifecycle


BEHAVIOUR: Final = (
    "orders",
    "age",
    "silence",
    "rhythm",
    "silence_ratio",
    "recent_orders",
    "earlier_orders",
    "frequency_trend",
    "recent_amount",
    "earlier_amount",
    "volume_trend",
    "stage",
    "steps_in_stage",
)
"""What rules can ask of behaviour; whatever else they ask for is a signal."""

RESERVED: Final = (
    "customer",
    "as_of",
    "since",
    "verdict",
    "verdict_stage",
    "stage_before",
    "if_silent",
    "if_bought",
    "maybe_older",
    "missing",
)
"""What explanations tell besides: no signal bears such a name."""

ENOUGH_GAPS: Final = 4
"""Of fewer gaps between purchases, the rhythm is pooled with the usual one."""


@attrs.frozen(kw_only=True)
class StageRule:
    """When a customer enters a stage, and as long as what he stays in it.

    Attributes:
        stage: Which.
        rule: Its code, sentence and source; the sentence may name the facts asked for.
        enter: What must be so to enter.
        stay: What must be so to stay; None for the same.

    Raises:
        InvalidValueError: If a condition is of another kind than those of the kernel, or the
            sentence names a fact that no condition asks for.

    Examples:
        >>> from crmkit.kernel import Text
        >>> says = Text("silent for {silence_ratio} rhythms", "已沉默{silence_ratio}个购买周期")
        >>> silent = StageRule(
        ...     stage="decline",
        ...     rule=Rule(code="decline.silent", says=says, source="sales manual"),
        ...     enter=Compare("silence_ratio", ">=", 3),
        ...     stay=Compare("silence_ratio", ">=", 1),
        ... )
        >>> silent.asked
        ('silence_ratio',)
    """

    stage: str = attrs.field(validator=is_id)
    rule: Rule = attrs.field(validator=is_a(Rule))
    enter: Condition
    stay: Condition | None = None

    def __attrs_post_init__(self) -> None:
        for condition in (self.enter, self.to_stay):
            _check_condition(condition)
        for fact in sorted(self.rule.says.names - set(self.asked)):
            rule = f"speaks of {fact!r}, which its conditions do not ask for"
            raise InvalidValueError("says", self.rule.says.en, rule)

    @property
    def to_stay(self) -> Condition:
        """What must be so to stay."""
        return self.enter if self.stay is None else self.stay

    def asked_from(self, stage: object) -> Condition:
        """Return what is asked of a customer in a stage: to stay there, or to enter."""
        return self.to_stay if stage == self.stage else self.enter

    @property
    def asked(self) -> tuple[str, ...]:
        """The facts that it asks for, each once."""
        return tuple(dict.fromkeys((*self.enter.facts, *self.to_stay.facts)))


@attrs.frozen(kw_only=True)
class StageRules:
    """Rules in order of precedence, with the grid of days on which they are asked.

    Attributes:
        name: What they are called.
        lifecycle: Name of the lifecycle whose stages they infer.
        rules: The first that holds names the stage; where none holds the stage stays.
        otherwise: Where a customer begins of whom no rule holds.
        usual_rhythm: Days between two purchases of one customer, as is usual in this base: the
            rhythm of those with fewer than four gaps is pooled with it.
        step: Days from one evaluation to the next.
        window: How many steps are recent; as many before them are earlier.
        anchor: A day of the grid: all others follow from it, never from the data.
        version: One more where a rule changes.
        source: Where they come from.

    Raises:
        InvalidValueError: If there is no rule, two have one code, a signal has a name that
            explanations keep for themselves, or a number is not positive.

    Units:
        Days.

    Examples:
        >>> from crmkit.lifecycle import STATE_RULES
        >>> STATE_RULES.tag, STATE_RULES.last_day(date(2026, 3, 1)).isoformat()
        ('state-by-rhythm/2', '2026-02-23')
        >>> StageRules.from_json(STATE_RULES.to_json()) == STATE_RULES
        True
    """

    name: str = attrs.field(validator=is_id)
    lifecycle: str = attrs.field(validator=is_id)
    rules: tuple[StageRule, ...] = attrs.field(validator=all_are(StageRule))
    otherwise: str = attrs.field(validator=is_id)
    usual_rhythm: float
    step: int = attrs.field(default=28, validator=is_a(int))
    window: int = attrs.field(default=6, validator=is_a(int))
    anchor: date = attrs.field(default=date(2000, 1, 3), validator=is_a(date))
    version: int = attrs.field(default=1, validator=is_a(int))
    source: str = attrs.field(validator=not_blank)

    def __attrs_post_init__(self) -> None:
        if not self.rules:
            raise InvalidValueError("rules", (), "must be one at least")
        codes = [one.rule.code for one in self.rules]
        for place, code in enumerate(codes):
            if code in codes[:place]:
                raise InvalidValueError("code", code, "must be used once")
        for name in self.signals:
            if name in RESERVED:
                rule = "must not be the name of a signal, for explanations tell it of their own"
                raise InvalidValueError("fact", name, rule)
        for name in ("usual_rhythm", "step", "window", "version"):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < 1e6:
                raise InvalidValueError(name, value, "must be a positive number below a million")

    @property
    def tag(self) -> str:
        """Name and version, as tables carry them."""
        return f"{self.name}/{self.version}"

    @property
    def asked(self) -> tuple[str, ...]:
        """The facts that the rules ask for, each once."""
        return tuple(dict.fromkeys(name for one in self.rules for name in one.asked))

    @property
    def signals(self) -> tuple[str, ...]:
        """Those of them that are no behaviour: they must be told."""
        return tuple(name for name in self.asked if name not in BEHAVIOUR)

    def last_day(self, as_of: date) -> date:
        """Return the last day of the grid, up to a day."""
        return as_of - timedelta(days=(as_of - self.anchor).days % self.step)

    def checked(self, lifecycle: Lifecycle) -> Lifecycle:
        """Return the lifecycle whose stages these rules infer.

        Raises:
            InvalidValueError: If it is another, or a rule names no stage of it.
        """
        if of_kind(lifecycle, Lifecycle, "lifecycle").name != self.lifecycle:
            raise InvalidValueError("lifecycle", lifecycle.name, f"must be {self.lifecycle!r}")
        for code in (*(one.stage for one in self.rules), self.otherwise):
            known_name(code, lifecycle.codes, "stage")
        for one in self.rules:
            for condition in (one.enter, one.to_stay):
                _check_stages(condition, lifecycle)
        return lifecycle

    def to_json(self) -> str:
        """Write the rules as JSON."""
        return msgspec.json.encode(self, enc_hook=write_hook).decode()

    @staticmethod
    def from_json(text: str) -> StageRules:
        """Read what `to_json` wrote, or somebody by hand.

        Raises:
            InvalidValueError: If the text is none.
        """
        return read_json(text, StageRules, "rules")


def _check_condition(condition: object) -> None:
    """Check that arrays can be asked the same as one record."""
    match condition:
        case Compare(fact="stage", operator=operator) if operator not in ("=", "!=", "in"):
            raise InvalidValueError("operator", operator, "must be =, != or in, of the stage")
        case Compare(fact=fact, value=value):
            choices = value if isinstance(value, tuple) else (value,)
            if any(isinstance(one, str) is not (fact == "stage") for one in choices):
                rule = "must be a number, or a stage where the stage is asked for"
                raise InvalidValueError(fact, value, rule)
        case AllOf(conditions=several) | AnyOf(conditions=several):
            for one in several:
                _check_condition(one)
        case Not(condition=one):
            _check_condition(one)
        case _:
            rule = "must be made of Compare, AllOf, AnyOf and Not"
            raise InvalidValueError("condition", type(condition).__name__, rule)


def _check_stages(condition: Condition, lifecycle: Lifecycle) -> None:
    match condition:
        case Compare(fact="stage", value=value):
            for one in value if isinstance(value, tuple) else (value,):
                known_name(str(one), lifecycle.codes, "stage")
        case AllOf(conditions=several) | AnyOf(conditions=several):
            for part in several:
                _check_stages(part, lifecycle)
        case Not(condition=part):
            _check_stages(part, lifecycle)
        case _:
            pass
