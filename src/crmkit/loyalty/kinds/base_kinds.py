"""Motive, antecedents, drivers, signs and group of every customer of a base.

Law: what a frame is told is what the functions for one customer tell; what is not known stays so.

Source: as those.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, cast

from narwhals.stable.v2.typing import IntoFrameT

from crmkit.kernel import DecisionTable, Labelled

from .antecedent_rules import ANTECEDENT_RULES
from .base_facts import NO_COLUMNS, NO_FACTS, base_facts, with_told
from .driver_rules import DRIVER_RULES
from .group_rules import GROUP_RULES, group_facts
from .loyalty_facts import Fact
from .loyalty_words import (
    LoyaltyAntecedent,
    LoyaltyDriver,
    LoyaltyGroup,
    LoyaltyMotive,
    LoyaltySign,
)
from .motive_rules import MOTIVE_RULES
from .rule_columns import Held, RuleColumns, every, first_of, listed, opposite, some
from .sign_rules import SIGN_RULES
from .weighing import FactKind, fact_kinds


_MOTIVES: Final = ("motive", "motives", "motives_open", "motives_missing")


def add_motives(
    frame: IntoFrameT,
    *,
    rules: DecisionTable = MOTIVE_RULES,
    columns: Mapping[str, str] = NO_COLUMNS,
    known: Mapping[str, Fact] = NO_FACTS,
) -> IntoFrameT:
    """Add why every customer stays.

    Args:
        frame: One row per customer, each fact in a column, empty where it is not known: pandas,
            polars (eager or lazy), DuckDB, PySpark. A lazy frame is checked by one aggregate query
            and stays lazy. A fact that has no column is known of nobody.
        rules: The motives in their order of precedence, as data.
        columns: In which column a fact is that has another name than its own.
        known: Facts that are the same for all, such as `{"no_alternative": False}` where everybody
            has a choice.

    Returns:
        The same kind of frame, its rows and columns as they are, with four columns of text last:
        `motive`, the primary one; `motives`, all that are found; `motives_open`, those that hang on
        what is not known; `motives_missing`, what that is. Several are parted by semicolons.

    Raises:
        InvalidValueError: If none of the facts is there, one is told twice or not asked for, a
            value cannot be what it is called, the rules tell no motives, or a column would be lost.

    Source:
        As `find_motives`.

    Examples:
        >>> import pandas
        >>> base = pandas.DataFrame(
        ...     {
        ...         "customer_id": ["C-7", "C-8"],
        ...         "no_alternative": [True, False],
        ...         "satisfaction": [20, 90],
        ...         "recommend": [0, 10],
        ...         "patronage": [1.0, 0.8],
        ...     }
        ... )
        >>> told = add_motives(base)
        >>> told[["motive", "motives"]].values.tolist()
        [['monopoly', 'monopoly'], ['trust', 'trust']]
        >>> told["motives_missing"][1]
        'related_party; points_share; price_first; convenience_first'
    """
    kinds = fact_kinds(rules, LoyaltyMotive)
    asked, facts = base_facts(frame, kinds, columns, known)
    held, waiting = _by_verdict(rules, facts)
    unsure = [(every((waiting[code], opposite(held[code]))), code) for code in held]
    told = [
        first_of(
            [
                *((held[code], code) for code in held),
                (some(one for one, _ in unsure), str(LoyaltyMotive.UNKNOWN.value)),
            ],
            str(LoyaltyMotive.NONE.value),
        ),
        listed((held[code], code) for code in held),
        listed(unsure),
        listed(_missing(rules, facts, kinds)),
    ]
    return cast("IntoFrameT", with_told(asked, _MOTIVES, told))


def add_antecedents(
    frame: IntoFrameT,
    *,
    rules: DecisionTable = ANTECEDENT_RULES,
    columns: Mapping[str, str] = NO_COLUMNS,
    known: Mapping[str, Fact] = NO_FACTS,
) -> IntoFrameT:
    """Add what leads to loyalty in every customer; arguments as for `add_motives`.

    Args:
        frame: As for `add_motives`.
        rules: When each antecedent is there, as data.
        columns: As for `add_motives`.
        known: As for `add_motives`.

    Returns:
        The same kind of frame with two columns of text last: `antecedents`, what is there, and
        `antecedents_missing`, what is not known.

    Raises:
        InvalidValueError: As `add_motives`.

    Source:
        Domain fact L8.

    Examples:
        >>> import pandas
        >>> base = pandas.DataFrame({"satisfaction": [90, 40], "trust": [80, None]})
        >>> add_antecedents(base)[["antecedents", "antecedents_missing"]].values.tolist()
        [['satisfaction; trust', 'delight'], ['', 'delight; trust']]
    """
    return _add_found(frame, "antecedents", LoyaltyAntecedent, rules, columns, known)


def add_drivers(
    frame: IntoFrameT,
    *,
    rules: DecisionTable = DRIVER_RULES,
    columns: Mapping[str, str] = NO_COLUMNS,
    known: Mapping[str, Fact] = NO_FACTS,
) -> IntoFrameT:
    """Add by what every customer chooses us; arguments as for `add_motives`.

    Args:
        frame: As for `add_motives`.
        rules: When each driver speaks for us, as data.
        columns: As for `add_motives`.
        known: As for `add_motives`.

    Returns:
        The same kind of frame with two columns of text last: `drivers`, what speaks for us, and
        `drivers_missing`, what is not known.

    Raises:
        InvalidValueError: As `add_motives`.

    Source:
        Domain fact L8.

    Examples:
        >>> import pandas
        >>> base = pandas.DataFrame({"value_rating": [90, 40], "people_rating": [80, None]})
        >>> add_drivers(base)[["drivers", "drivers_missing"]].values.tolist()
        [['value; people', 'system_rating'], ['', 'system_rating; people_rating']]
    """
    return _add_found(frame, "drivers", LoyaltyDriver, rules, columns, known)


def add_signs(
    frame: IntoFrameT,
    *,
    rules: DecisionTable = SIGN_RULES,
    columns: Mapping[str, str] = NO_COLUMNS,
    known: Mapping[str, Fact] = NO_FACTS,
) -> IntoFrameT:
    """Add which signs of loyalty every customer shows; arguments as for `add_motives`.

    Args:
        frame: As for `add_motives`; `bought_again` and `share_of_wallet` are added by the measures
            of these names.
        rules: When each sign is there, as data.
        columns: As for `add_motives`.
        known: As for `add_motives`.

    Returns:
        The same kind of frame with two columns of text last: `signs`, those that are there, and
        `signs_missing`, what is not known.

    Raises:
        InvalidValueError: As `add_motives`.

    Source:
        Domain fact L4.

    Examples:
        >>> import pandas
        >>> base = pandas.DataFrame({"bought_again": [True, False], "recommend": [10, 2]})
        >>> add_signs(base)["signs"].to_list()
        ['repeat_purchase; recommendation', '']
    """
    return _add_found(frame, "signs", LoyaltySign, rules, columns, known)


def add_groups(
    frame: IntoFrameT,
    *,
    rules: DecisionTable = GROUP_RULES,
    columns: Mapping[str, str] = NO_COLUMNS,
    known: Mapping[str, Fact] = NO_FACTS,
) -> IntoFrameT:
    """Add what every customer's staying proves; arguments as for `add_motives`.

    Args:
        frame: As for `add_motives`.
        rules: The groups in their order, as data.
        columns: As for `add_motives`.
        known: As for `add_motives`.

    Returns:
        The same kind of frame with two columns of text last: `loyalty_group`, and
        `loyalty_group_missing`, what is not known and would tell.

    Raises:
        InvalidValueError: As `add_motives`.

    Source:
        As `explain_group`.

    Examples:
        >>> import pandas
        >>> base = pandas.DataFrame(
        ...     {"patronage": [0.9, 0.9, 0.1], "attitude": [80, 20, None]}
        ... )
        >>> told = add_groups(base, known={"no_alternative": False, "switching_cost": 10})
        >>> told["loyalty_group"].to_list()
        ['true', 'vulnerable', 'not_loyal']
        >>> add_groups(base)["loyalty_group_missing"].to_list()
        ['no_alternative; switching_cost', 'no_alternative; switching_cost', '']
    """
    kinds = group_facts(rules)
    asked, facts = base_facts(frame, kinds, columns, known)
    unknown = str(LoyaltyGroup.UNKNOWN.value)
    cases = [
        case
        for one in rules.rules
        for case in ((facts.undecided(one.when), unknown), (facts.true(one.when), one.then))
    ]
    told = [first_of(cases, rules.otherwise), listed(_missing_in_order(rules, facts, kinds))]
    return cast("IntoFrameT", with_told(asked, ("loyalty_group", "loyalty_group_missing"), told))


def _add_found(
    frame: IntoFrameT,
    name: str,
    kind: type[Labelled],
    rules: DecisionTable,
    columns: Mapping[str, str],
    known: Mapping[str, Fact],
) -> IntoFrameT:
    """Add what is there, and what is not known."""
    kinds = fact_kinds(rules, kind)
    asked, facts = base_facts(frame, kinds, columns, known)
    held, _ = _by_verdict(rules, facts)
    told = [
        listed((held[code], code) for code in held),
        listed(_missing(rules, facts, kinds)),
    ]
    return cast("IntoFrameT", with_told(asked, (name, f"{name}_missing"), told))


def _by_verdict(
    rules: DecisionTable, facts: RuleColumns
) -> tuple[dict[str, Held], dict[str, Held]]:
    """Return where each verdict is found, and where a rule of it hangs on what is not known."""
    codes = dict.fromkeys(one.then for one in rules.rules)
    held = {
        code: some(facts.true(one.when) for one in rules.rules if one.then == code)
        for code in codes
    }
    waiting = {
        code: some(facts.undecided(one.when) for one in rules.rules if one.then == code)
        for code in codes
    }
    return held, waiting


def _missing(
    rules: DecisionTable, facts: RuleColumns, kinds: Mapping[str, FactKind]
) -> list[tuple[Held, str]]:
    """Return where each fact is not known, and a rule hangs on it."""
    return [(some(facts.wanted(one.when, name) for one in rules.rules), name) for name in kinds]


def _missing_in_order(
    rules: DecisionTable, facts: RuleColumns, kinds: Mapping[str, FactKind]
) -> list[tuple[Held, str]]:
    """Return where each fact is not known, and a rule hangs on it before any that holds."""
    conditions = [one.when for one in rules.rules]
    reached: list[Held] = [True]
    for one in conditions:
        reached.append(every((reached[-1], opposite(facts.true(one)))))
    asked = list(zip(reached, conditions, strict=False))
    return [
        (some(every((here, facts.wanted(one, name))) for here, one in asked), name)
        for name in kinds
    ]
