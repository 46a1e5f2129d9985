"""What type checkers know of verdicts: their type goes through every explanation."""

from datetime import datetime
from typing import assert_type

from crmkit.kernel import (
    Compare,
    Condition,
    DecisionTable,
    Estimate,
    Evidence,
    Explanation,
    Language,
    Rule,
    Text,
)


rule = Rule(code="x", says=Text("{verdict}", "{verdict}"), source="this file")


def due(at: datetime) -> Explanation[datetime]:
    return Explanation(verdict=at, rule=rule)


def weigh(reason: Explanation[object]) -> str:
    return reason.sentence("zh")


why = due(datetime.max)
assert_type(why, Explanation[datetime])
assert_type(why.verdict, datetime)
assert_type(why.find("at"), Evidence)
assert_type(why.to_dict(), dict[str, object])
# An explanation of something is an explanation of an object.
weigh(why)
assert_type(why.because, tuple[Explanation[object], ...])
why.sentence("de")  # type: ignore[arg-type]

table = DecisionTable("t", (), "otherwise")
assert_type(table.decide({"rise": 1}), Explanation[str])
assert_type(table.collect({}), tuple[Explanation[str], ...])

condition = Compare("rise", ">", 0)
assert_type(condition.holds({"rise": 1}), bool | None)
assert_type(Condition.from_json(condition.to_json()), Condition)
Compare("rise", "like", 0)  # type: ignore[arg-type]

estimate = Estimate(0.5, 0.4, 0.6, confidence=0.95, n=3, n_missing=0, method="wilson")
assert_type(estimate * 2, float)
assert_type(estimate.low, float)

language: Language = "zh"
assert_type(Text("a", "一")(language), str)
