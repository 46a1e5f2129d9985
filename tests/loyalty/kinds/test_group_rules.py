import pytest
from hypothesis import given

from crmkit.loyalty import GROUP_RULES, LoyaltyGroup, explain_group
from crmkit.loyalty.kinds.loyalty_facts import Fact
from tests.loyalty.kinds.bases import ALWAYS, Row, a_rule, known_only, rows_of_facts


FREE: dict[str, Fact | None] = {
    "patronage": 0.9,
    "no_alternative": False,
    "switching_cost": 20,
    "attitude": 80,
}


class TestExplainGroup:
    @pytest.mark.parametrize(
        ("change", "group"),
        [
            ({}, LoyaltyGroup.TRUE),
            ({"attitude": 49.9}, LoyaltyGroup.VULNERABLE),
            # The power company: dissatisfied but captive, and captive though satisfied.
            ({"no_alternative": True, "attitude": 10}, LoyaltyGroup.CAPTIVE),
            ({"no_alternative": True}, LoyaltyGroup.CAPTIVE),
            ({"switching_cost": 75, "no_alternative": None}, LoyaltyGroup.CAPTIVE),
            # Satisfied but gone: what he thinks does not keep him.
            ({"patronage": 0.1}, LoyaltyGroup.NOT_LOYAL),
            ({"patronage": 0.1, "attitude": None, "no_alternative": None}, LoyaltyGroup.NOT_LOYAL),
            ({"no_alternative": None}, LoyaltyGroup.UNKNOWN),
            ({"attitude": None}, LoyaltyGroup.UNKNOWN),
            ({"patronage": None}, LoyaltyGroup.UNKNOWN),
        ],
    )
    def test_tells_what_staying_proves(
        self, change: dict[str, Fact | None], group: LoyaltyGroup
    ) -> None:
        assert explain_group("C-7", {**FREE, **change}).verdict is group

    @given(rows_of_facts(*FREE))
    def test_is_unknown_exactly_where_a_missing_fact_would_decide(self, rows: list[Row]) -> None:
        for row in rows:
            why = explain_group("C-7", row)
            known = known_only(row)
            possible = set()
            for attitude in (0, 100):
                for patronage in (0, 1):
                    for bound in (True, False):
                        full = {
                            "attitude": attitude,
                            "patronage": patronage,
                            "no_alternative": bound,
                            "switching_cost": 100 * bound,
                            **known,
                        }
                        possible.add(explain_group("C-7", full).verdict)  # type: ignore[arg-type]  # facts

            assert (why.verdict is LoyaltyGroup.UNKNOWN) == (len(possible) > 1)
            if len(possible) == 1:
                assert {why.verdict} == possible
            assert bool(why.missing) == (len(possible) > 1)

    def test_says_it_in_both_languages(self) -> None:
        why = explain_group("C-7", {**FREE, "attitude": 10})

        assert why.sentence("zh").splitlines() == [
            "客户C-7：易流失客户",
            "  易流失客户：重复购买占比0.9，别无选择：否，转换成本20，态度10",
        ]
        assert explain_group("C-7", {**FREE, "attitude": None}).sentence() == (
            "customer C-7: group not known; that cannot be told without: attitude to us, beside "
            "that to others"
        )

    def test_says_what_is_otherwise_where_no_rule_holds(self) -> None:
        rules = GROUP_RULES.from_json(GROUP_RULES.to_json())
        own = type(rules)("ours", (a_rule("a", "captive", ALWAYS.rules[0].when),), "not_loyal")

        assert explain_group("C-7", {}, rules=own).verdict is LoyaltyGroup.CAPTIVE
        only = type(rules)("ours", (rules.rules[0],), "true")
        assert explain_group("C-7", {"patronage": 1}, rules=only).verdict is LoyaltyGroup.TRUE
