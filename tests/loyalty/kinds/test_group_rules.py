from itertools import product

import numpy as np
import pandas as pd
import pytest
from hypothesis import given

from crmkit.errors import InvalidValueError
from crmkit.loyalty import GROUP_RULES, LoyaltyGroup, add_groups, explain_group
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

    @given(rows_of_facts(*FREE))
    def test_misses_exactly_the_facts_that_could_matter(self, rows: list[Row]) -> None:
        ends = {"attitude": (0, 100), "patronage": (0, 1), "switching_cost": (0, 100)}
        for row in rows:
            known = known_only(row)
            unknown = [name for name in FREE if name not in known]
            spans = [ends.get(name, (False, True)) for name in unknown]
            found = {
                values: explain_group("C", {**known, **dict(zip(unknown, values, strict=True))})  # type: ignore[dict-item]  # facts
                for values in product(*spans)
            }
            matters = {
                name
                for place, name in enumerate(unknown)
                for values, why in found.items()
                for other in spans[place]
                if found[(*values[:place], other, *values[place + 1 :])].verdict != why.verdict
            }

            assert set(explain_group("C", row).missing) == matters

    def test_names_all_that_is_not_known_and_matters(self) -> None:
        assert set(explain_group("C-7", {}).missing) == set(FREE)
        assert explain_group("C-7", {"no_alternative": True}).missing == ("patronage",)

    def test_says_it_in_both_languages(self) -> None:
        why = explain_group("C-7", {**FREE, "attitude": 10})

        assert why.sentence("zh").splitlines() == [
            "客户C-7：易流失客户",
            "  易流失客户：重复购买占比0.9，别无选择（否），转换成本20，态度10",
        ]
        assert explain_group("C-7", {**FREE, "attitude": None}).sentence() == (
            "customer C-7: group not known; that cannot be told without: attitude to us, beside "
            "that to others"
        )

    def test_says_of_what_is_not_known_that_it_is_not(self) -> None:
        why = explain_group("C-7", {"patronage": 1.0, "no_alternative": True})
        other = explain_group("C-7", {"patronage": 1.0, "switching_cost": 90})

        assert why.sentence().splitlines()[1] == (
            "  captive: patronage 1, no alternative (yes), switching cost not known"
        )
        assert why.sentence("zh").splitlines()[1] == (
            "  被锁定客户：重复购买占比1，别无选择（是），转换成本不明"
        )
        assert other.sentence("zh").splitlines()[1] == (
            "  被锁定客户：重复购买占比1，别无选择（不明），转换成本90"
        )

    def test_takes_a_row_of_a_frame(self) -> None:
        numpys = {
            "patronage": np.float64(0.9),
            "no_alternative": np.False_,
            "switching_cost": np.int64(20),
            "attitude": np.float32(80),
        }

        why = explain_group(np.int64(7), numpys)  # type: ignore[arg-type]  # numpy's

        assert why == explain_group(7, FREE)
        assert why.to_dict()["evidence"] == explain_group(7, FREE).to_dict()["evidence"]

    @pytest.mark.parametrize("customer", [None, True, 1.5, ["C-7"]])
    def test_refuses_who_is_no_customer(self, customer: str) -> None:
        with pytest.raises(InvalidValueError, match="must be text or a whole number"):
            explain_group(customer, FREE)

    def test_says_what_is_otherwise_where_no_rule_holds(self) -> None:
        rules = GROUP_RULES.from_json(GROUP_RULES.to_json())
        own = type(rules)("ours", (a_rule("a", "captive", ALWAYS.rules[0].when),), "not_loyal")

        assert explain_group("C-7", {}, rules=own).verdict is LoyaltyGroup.CAPTIVE
        only = type(rules)("ours", (rules.rules[0],), "true")
        assert explain_group("C-7", {"patronage": 1}, rules=only).verdict is LoyaltyGroup.TRUE

    def test_refuses_rules_that_leave_somebody_without_a_group(self) -> None:
        """A list of signs may say none of somebody, but nobody is in no group."""
        rules = type(GROUP_RULES)("ours", GROUP_RULES.rules, "none")

        with pytest.raises(InvalidValueError, match="verdict is 'none': it is no LoyaltyGroup"):
            explain_group("C-7", FREE, rules=rules)
        with pytest.raises(InvalidValueError, match="verdict is 'none': it is no LoyaltyGroup"):
            add_groups(pd.DataFrame([FREE]), rules=rules)
