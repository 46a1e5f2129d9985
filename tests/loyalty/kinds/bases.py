"""Bases of customers with gaps, in every engine, and rules that ask for all that rules can ask."""

from collections.abc import Mapping

import polars as pl
from hypothesis import strategies as st

from crmkit.kernel import AllOf, AnyOf, Compare, DecisionRule, DecisionTable, Not, Rule, Text
from crmkit.loyalty import LOYALTY_FACTS
from tests.value.engines import Columns, Schema


Row = dict[str, str | float | bool | None]

# On both sides of every bar, and on it.
VALUES = {
    "satisfaction": (0.0, 49.9, 50.0, 74.9, 75.0, 100.0),
    "recommend": (0.0, 8.9, 9.0, 10.0),
    "patronage": (0.0, 0.49, 0.5, 1.0),
    "points_share": (0.0, 0.5, 1.0),
    "switching_cost": (0.0, 49.0, 50.0, 74.0, 75.0, 100.0),
    "attitude": (0.0, 49.0, 50.0, 100.0),
    "trust": (0.0, 75.0),
    "delight": (74.0, 100.0),
    "value_rating": (0.0, 74.9, 75.0),
    "system_rating": (0.0, 75.0),
    "people_rating": (0.0, 75.0),
    "attachment": (74.9, 75.0),
    "tolerance": (0.0, 100.0),
    "share_of_wallet": (0.0, 0.49, 0.5, 1.0),
    "price_tolerance": (74.9, 75.0),
}


def rows_of_facts(*names: str) -> st.SearchStrategy[list[Row]]:
    """Return bases of a few customers, each fact known or not."""
    facts = {
        name: st.none() | (st.booleans() if name not in VALUES else st.sampled_from(VALUES[name]))
        for name in names
    }
    return st.lists(st.fixed_dictionaries(facts), min_size=1, max_size=5)


def columns_of(rows: list[Row]) -> tuple[Columns, Schema]:
    """Return rows as columns with their types; customers are numbered from 0."""
    schema: dict[str, pl.DataType | type[pl.DataType]] = {"customer_id": pl.Int64}
    columns: dict[str, list[object]] = {"customer_id": list(range(len(rows)))}
    for name in rows[0]:
        fact = LOYALTY_FACTS.get(name)
        schema[name] = pl.String if fact is None else pl.Boolean if fact.is_flag else pl.Float64
        columns[name] = [row[name] for row in rows]
    return dict(columns), schema


def a_rule(code: str, then: str, when: object) -> DecisionRule:
    says = Text("{verdict}", "{verdict}")
    return DecisionRule(Rule(code=code, says=says, source="test"), when, then)  # type: ignore[arg-type]  # a condition


# Text, "in", "!=", "not", nothing at all, two rules of one motive.
ODD_RULES = DecisionTable(
    "odd",
    (
        a_rule("a", "price", Compare("shop", "in", ("corner", "market"))),
        a_rule("b", "trust", Not(AnyOf((Compare("trust", "<", 75), Compare("shop", "=", "x"))))),
        a_rule("c", "inertia", AllOf((Compare("trust", "!=", 75), Compare("shop", "!=", "x")))),
        a_rule("d", "trust", Not(AllOf((Compare("trust", ">", 0), Compare("shop", "<=", "m"))))),
        a_rule("e", "latent", AnyOf(())),
        a_rule("f", "incentive", Compare("points_share", "in", (0.5, 1))),
    ),
    "none",
)
ALWAYS = DecisionTable("always", (a_rule("a", "trust", AllOf(())),), "none")


def known_only(row: Mapping[str, object]) -> dict[str, object]:
    return {name: value for name, value in row.items() if value is not None}
