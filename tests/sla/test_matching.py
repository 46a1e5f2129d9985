"""Why a case meets a policy, and why none before it."""

from datetime import date

import pytest

from crmkit.kernel import AllOf, AnyOf, Compare, Not
from crmkit.sla.matching import Trial, has_empty_part, is_empty


GRAVE = Compare("severity", "=", "critical")


class TestEmpty:
    def test_goes_by_the_facts_that_are_asked_for(self) -> None:
        assert is_empty(AllOf((AnyOf(()), Not(AllOf(())))))
        assert not is_empty(Not(GRAVE))

    def test_an_empty_part_is_found_however_deep_it_lies(self) -> None:
        assert has_empty_part(AllOf((GRAVE, Not(AnyOf((GRAVE, AllOf(())))))))
        assert not has_empty_part(AllOf(()))
        assert not has_empty_part(GRAVE)


class TestTrial:
    @pytest.mark.parametrize(
        ("since", "until", "en", "zh"),
        [
            (None, None, "always", "长期有效"),
            (date(2027, 1, 1), None, "in force since 2027-01-01", "自2027-01-01起有效"),
            (None, date(2026, 1, 1), "in force until 2026-01-01", "2026-01-01前有效"),
            (
                date(2025, 1, 1),
                date(2026, 1, 1),
                "in force from 2025-01-01 until 2026-01-01",
                "有效期为2025-01-01起，2026-01-01前",
            ),
        ],
    )
    def test_says_when_a_policy_is_in_force(
        self, since: date | None, until: date | None, en: str, zh: str
    ) -> None:
        trial = Trial(
            policy="gold",
            condition=GRAVE,
            known={},
            is_met=False,
            is_in_force=False,
            since=since,
            until=until,
        )

        why = trial.explain()

        assert why.sentence() == f"gold: not in force when it was received ({en})"
        assert why.sentence("zh") == f"“gold”：受理时不适用（{zh}）"
