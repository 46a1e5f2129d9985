"""Phase and quadrant of every customer of a base, and medians to part it by.

Law: what a frame is told is what the functions for one customer tell; what is not known stays so.

Source: as those.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import narwhals.stable.v2 as nw
from narwhals.stable.v2.typing import IntoFrame, IntoFrameT

from crmkit.errors import InvalidValueError
from crmkit.kernel.checks import of_kind
from crmkit.kernel.customer_rows import odd_if_given
from crmkit.kernel.frames import ColumnKind, Eager, Lazy, find_flaws, frame_of

from .base_facts import NO_FACTS, base_facts, with_told
from .loyalty_words import LoyaltyPhase, LoyaltyQuadrant
from .phase_policy import PHASE_POLICY, PHASES, PhasePolicy
from .quadrant_rule import AXES, MIDDLES, Cuts, checked_cuts
from .rule_columns import Held, RuleColumns, as_column, every, first_of, listed, opposite, some
from .weighing import FactKind


def add_phases(
    frame: IntoFrameT,
    *,
    policy: PhasePolicy = PHASE_POLICY,
    cognitive: str | None = "cognitive",
    affective: str | None = "affective",
    conative: str | None = "conative",
    action: str | None = "action",
) -> IntoFrameT:
    """Add the highest phase that every customer has reached without a gap.

    Args:
        frame: One row per customer, empty where a score is not known: pandas, polars (eager or
            lazy), DuckDB, PySpark. A lazy frame is checked by one aggregate query and stays lazy.
        policy: From which score on a phase is reached.
        cognitive: Name of the column of this score; None where it is known of nobody.
        affective: Likewise.
        conative: Likewise.
        action: Likewise.

    Returns:
        The same kind of frame, its rows and columns as they are, with four columns last: `phase`;
        `phase_at_least`, the highest that is sure; `phase_gap`, whether a later one is reached over
        a gap; `phase_missing`, which scores are not known and would tell.

    Raises:
        InvalidValueError: If a column is missing or of another kind, a score is no number from 0 to
            100, all are known of nobody, or a column would be lost.

    Units:
        Scores: 0 to 100.

    Source:
        Oliver (1999).

    Examples:
        >>> import pandas
        >>> base = pandas.DataFrame({"cognitive": [80, 80], "affective": [60, None]})
        >>> told = add_phases(base, conative=None, action=None)
        >>> told[["phase", "phase_at_least"]].values.tolist()
        [['unknown', 'affective'], ['unknown', 'cognitive']]
        >>> told["phase_missing"].to_list()
        ['conative; action', 'affective; conative; action']
    """
    of_kind(policy, PhasePolicy, "policy")
    names = dict(zip(PHASES, (cognitive, affective, conative, action), strict=True))
    columns = {str(phase.value): name for phase, name in names.items() if name is not None}
    if not columns:
        rule = "must be there: the score of one phase at least"
        raise InvalidValueError("scores", None, rule)
    kinds: dict[str, FactKind] = dict.fromkeys(columns, "number")
    asked, facts = base_facts(frame, kinds, columns, NO_FACTS)
    told = ("phase", "phase_at_least", "phase_gap", "phase_missing")
    return cast("IntoFrameT", with_told(asked, told, _phases(facts, policy)))


def add_quadrants(
    frame: IntoFrameT,
    *,
    cuts: Cuts = MIDDLES,
    attitude: str = "attitude",
    patronage: str = "patronage",
) -> IntoFrameT:
    """Add the quadrant of every customer.

    Args:
        frame: One row per customer, empty where an axis is not known: pandas, polars (eager or
            lazy), DuckDB, PySpark. A lazy frame is checked by one aggregate query and stays lazy.
        cuts: From which attitude, and from which patronage on it is high.
        attitude: Name of the column of attitudes, on the scale of the cuts.
        patronage: Name of the column of patronage, likewise.

    Returns:
        The same kind of frame, its rows and columns as they are, with two columns of text last:
        `quadrant`, and `quadrant_missing`, which of attitude and patronage is not known.

    Raises:
        InvalidValueError: If a column is missing or of another kind, a value is not finite, the
            cuts are none, or a column would be lost.

    Units:
        As the cuts.

    Source:
        Dick and Basu (1994).

    Examples:
        >>> import polars
        >>> base = polars.DataFrame({"attitude": [80, 20, None], "patronage": [0.9, 0.9, 0.9]})
        >>> told = add_quadrants(base)
        >>> told["quadrant"].to_list(), told["quadrant_missing"].to_list()
        (['true', 'spurious', 'unknown'], ['', '', 'attitude'])
    """
    asked = _axes(frame, attitude, patronage)
    (liked, disliked), (buys, hardly) = (
        _sides(nw.col(name), cut)
        for name, cut in zip((attitude, patronage), checked_cuts(cuts), strict=True)
    )
    cases = (
        (liked & buys, LoyaltyQuadrant.TRUE),
        (liked & hardly, LoyaltyQuadrant.LATENT),
        (disliked & buys, LoyaltyQuadrant.SPURIOUS),
        (disliked & hardly, LoyaltyQuadrant.NONE),
    )
    words = [(held, str(one.value)) for held, one in cases]
    told = first_of(words, str(LoyaltyQuadrant.UNKNOWN.value))
    missing = [
        (nw.col(column).is_null(), axis)
        for axis, column in zip(AXES, (attitude, patronage), strict=True)
    ]
    return cast(
        "IntoFrameT",
        with_told(asked, ("quadrant", "quadrant_missing"), [told, listed(missing)]),
    )


def median_cuts(
    frame: IntoFrame, *, attitude: str = "attitude", patronage: str = "patronage"
) -> Cuts:
    """Return the medians of a base, as cuts of its quadrants.

    Half of the customers are high by them, whatever they think: they tell of a customer's place
    among the others, and not whether he is loyal.

    Args:
        frame: As for `add_quadrants`; each median is that of the values that are known.
        attitude: Name of the column of attitudes.
        patronage: Name of the column of patronage.

    Raises:
        InvalidValueError: If a column is missing or of another kind, a value is not finite, or none
            is known.

    Source:
        Dick and Basu (1994) leave the cuts open.

    Examples:
        >>> import pandas
        >>> base = pandas.DataFrame({"attitude": [80, 20, 50], "patronage": [0.9, 0.1, 0.2]})
        >>> median_cuts(base)
        (50.0, 0.2)
    """
    asked = _axes(frame, attitude, patronage)
    names = (attitude, patronage)
    row = (
        asked.lazy()
        .select(
            **{
                f"cut {place}": nw.col(name).cast(nw.Float64).median()
                for place, name in enumerate(names)
            }
        )
        .collect()
        .row(0)
    )
    for name, cut in zip(names, row, strict=True):
        if cut is None or cut != cut:
            raise InvalidValueError(name, None, "must be known of one customer at least")
    return float(row[0]), float(row[1])


def _phases(facts: RuleColumns, policy: PhasePolicy) -> list[nw.Expr]:
    """Return the phase, the highest that is sure, whether there is a gap, and what is missing."""
    steps = [(phase, *_reached(facts, str(phase.value), policy.bars[phase])) for phase in PHASES]
    below = [str(LoyaltyPhase.NONE.value), *(str(phase.value) for phase in PHASES)]
    sure: list[Held] = [every(step[1] for step in steps[:place]) for place in range(5)]
    ends = [(every((sure[place], steps[place][2])), below[place]) for place in range(4)]
    return [
        first_of([*ends, (sure[4], below[4])], str(LoyaltyPhase.UNKNOWN.value)),
        first_of([(sure[place], below[place]) for place in (4, 3, 2, 1)], below[0]),
        as_column(
            some(
                every((step[1], some(earlier[2] for earlier in steps[:place])))
                for place, step in enumerate(steps)
            )
        ),
        listed(_missing(facts, [step[2] for step in steps])),
    ]


def _missing(facts: RuleColumns, missed: Sequence[Held]) -> list[tuple[Held, str]]:
    """Return where each score is not known, and no earlier phase is surely not reached."""
    names = [str(phase.value) for phase in PHASES]
    return [
        (every((opposite(facts.is_known(name)), *map(opposite, missed[:place]))), name)
        for place, name in enumerate(names)
    ]


def _reached(facts: RuleColumns, name: str, bar: float) -> tuple[Held, Held]:
    """Return where a score surely reaches its bar, and where it surely does not."""
    if name not in facts.columns:
        return False, False
    reached, missed = _sides(facts.columns[name], bar)
    return facts.known[name] & reached, facts.known[name] & missed


def _sides(column: nw.Expr, cut: float) -> tuple[nw.Expr, nw.Expr]:
    return (column >= cut).fill_null(False), (column < cut).fill_null(False)


def _axes(native: IntoFrame, attitude: str, patronage: str) -> Eager | Lazy:
    wanted = dict.fromkeys((attitude, patronage), ColumnKind.NUMBER)
    asked = frame_of(native, "frame", wanted)
    find_flaws(
        asked,
        [odd_if_given(name) for name in wanted],
    )
    return asked
