"""What is told on the way through a corrective action: the problem, the choice, the prevention.

Source: 8D, D2 (is and is not), D5 (choosing among alternatives), D7 (systemic prevention and
read-across to what is built or done alike).
"""

from __future__ import annotations

import attrs

from crmkit.kernel import all_are, is_a, not_blank

from .root_cause import check_lines


@attrs.frozen(kw_only=True)
class ProblemDescription:
    """The problem by what it is, and by what it could be and is not.

    Attributes:
        what: What is wrong, with what.
        where: Where it is seen.
        when: When it is seen.
        how_many: How many units, how often.
        what_not: What could be wrong likewise, and is not.
        where_not: Where it could be seen, and is not.
        when_not: When it could be seen, and is not.
        how_many_not: How many there could be, and are not.

    Raises:
        InvalidValueError: If one of the first four is blank, or another is no text.

    Examples:
        >>> problem = ProblemDescription(
        ...     what="door seal leaks",
        ...     where="at the lower edge",
        ...     when="in the spin cycle",
        ...     how_many="17 of 1,200",
        ...     where_not="at the hinge",
        ... )
        >>> problem.where, problem.where_not, problem.when_not
        ('at the lower edge', 'at the hinge', '')
    """

    what: str = attrs.field(validator=not_blank)
    where: str = attrs.field(validator=not_blank)
    when: str = attrs.field(validator=not_blank)
    how_many: str = attrs.field(validator=not_blank)
    what_not: str = attrs.field(default="", validator=is_a(str))
    where_not: str = attrs.field(default="", validator=is_a(str))
    when_not: str = attrs.field(default="", validator=is_a(str))
    how_many_not: str = attrs.field(default="", validator=is_a(str))


@attrs.frozen(kw_only=True)
class ChosenAction:
    """The action that was chosen, against which others, and why.

    Attributes:
        action: What is to be done.
        why: Why this and not another.
        alternatives: What else was thought of.

    Raises:
        InvalidValueError: If the action, the reason or an alternative is blank.

    Examples:
        >>> ChosenAction(action="softer rubber", why="cheapest", alternatives=("wider lip",)).why
        'cheapest'
    """

    action: str = attrs.field(validator=not_blank)
    why: str = attrs.field(validator=not_blank)
    alternatives: tuple[str, ...] = attrs.field(default=(), validator=all_are(str))

    def __attrs_post_init__(self) -> None:
        check_lines(self.alternatives, "alternatives")


@attrs.frozen(kw_only=True)
class Prevention:
    """What keeps the cause from coming back, here and wherever the same could happen.

    Attributes:
        systemic: What was changed in the system: a plan, a standard, a training.
        read_across: Products, lines or processes to which it was carried over.

    Raises:
        InvalidValueError: If what was changed, or a line of the rest, is blank.

    Examples:
        >>> Prevention(systemic="hardness in the incoming check").read_across
        ()
    """

    systemic: str = attrs.field(validator=not_blank)
    read_across: tuple[str, ...] = attrs.field(default=(), validator=all_are(str))

    def __attrs_post_init__(self) -> None:
        check_lines(self.read_across, "read_across")
