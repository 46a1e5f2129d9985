"""Types of loyalty are kept like any class: by the desk of classes, with every earlier one."""

from datetime import UTC, datetime

import pandas as pd
import pytest

import crmkit
from crmkit.kernel import Labelled
from crmkit.loyalty import (
    LoyaltyGroup,
    LoyaltyMotive,
    LoyaltyPhase,
    LoyaltyQuadrant,
    add_motives,
)
from crmkit.value import ClassScheme


JANUARY, JULY = (datetime(2026, month, 1, 9, tzinfo=UTC) for month in (1, 7))
MOTIVES = ClassScheme.named("loyalty_motive", LoyaltyMotive)


class TestMotives:
    def test_are_kept_with_their_history_and_reasons(self) -> None:
        base = pd.DataFrame({"customer_id": ["P-1", "P-2"], "no_alternative": [True, None]})
        crm = crmkit.open(actor="ann")
        for at, frame in ((JANUARY, base), (JULY, base.assign(no_alternative=[False, True]))):
            told = add_motives(frame)
            crm.acting(at=at).classes.assign(
                MOTIVES,
                zip(told["customer_id"], told["motive"], strict=True),
                reasons=dict(zip(told["customer_id"], told["motives_missing"], strict=True)),
            )

        held = {id: crm.classes.get(f"loyalty_motive/{id}") for id in ("P-1", "P-2")}

        assert [place.name for place in held["P-1"].places] == ["monopoly", "unknown"]
        assert [place.name for place in held["P-2"].places] == ["unknown", "monopoly"]
        assert held["P-1"].class_at(JANUARY) == "monopoly"
        assert held["P-1"].latest.reason.startswith("related_party; ")
        assert crm.classes.members("loyalty_motive") == {"P-1": "unknown", "P-2": "monopoly"}

    @pytest.mark.parametrize("kind", [LoyaltyMotive, LoyaltyPhase, LoyaltyQuadrant, LoyaltyGroup])
    def test_and_the_other_types_are_classes_of_which_none_is_better(
        self, kind: type[Labelled]
    ) -> None:
        scheme = ClassScheme.named("loyalty", kind)

        assert not scheme.is_ranked
        assert [*scheme.classes] == [member.value for member in kind]
