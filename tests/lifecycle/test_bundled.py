"""What comes bundled is what the sources say."""

import pytest

from crmkit.customers import CLOSENESS, RELATION
from crmkit.lifecycle import (
    CUSTOMER_STATE,
    DWYER,
    FOUR_STAGE,
    LADDER,
    RELATIONSHIP_LEVEL,
    Lifecycle,
)


ALL = (FOUR_STAGE, DWYER, LADDER, CUSTOMER_STATE, RELATIONSHIP_LEVEL)


@pytest.mark.parametrize("lifecycle", ALL, ids=lambda one: one.name)
class TestBundled:
    def test_comes_back_from_json(self, lifecycle: Lifecycle) -> None:
        assert Lifecycle.from_json(lifecycle.to_json()) == lifecycle


class TestFourStage:
    def test_has_the_stages_of_the_course(self) -> None:
        """Domain fact S1."""
        labels = [stage.says.zh for stage in FOUR_STAGE.stages]

        assert labels == ["考察期", "成长期", "成熟期", "退化期"]

    def test_declines_from_any_stage(self) -> None:
        for code in ("exploration", "growth", "maturity"):
            assert "decline" in FOUR_STAGE.allowed(code)


class TestDwyer:
    def test_maps_onto_the_four(self) -> None:
        """Science §4: awareness and exploration, expansion, commitment, dissolution."""
        onto = [DWYER.word(code, FOUR_STAGE.name) for code in DWYER.codes]

        assert onto == ["exploration", "exploration", "growth", "maturity", "decline"]

    def test_goes_forward_by_one_and_to_dissolution_from_any(self) -> None:
        forward = dict(zip(DWYER.codes[:3], DWYER.codes[1:4], strict=True))

        for code in DWYER.codes[:4]:
            expected = {forward.get(code), "dissolution"} - {None}
            assert set(DWYER.allowed(code)) == expected


class TestLadder:
    def test_has_five_rungs(self) -> None:
        """Domain fact S3."""
        labels = [stage.says.zh for stage in LADDER.stages]

        assert labels == ["疑似客户", "意向客户", "首次购买", "重复购买", "品牌倡导者"]


class TestCustomerState:
    def test_gives_words_that_customers_know(self) -> None:
        """Domain fact C3: the vocabularies of the customers' package, which knows no lifecycle."""
        for vocabulary in (CLOSENESS, RELATION):
            words = CUSTOMER_STATE.words[vocabulary.name]
            assert set(words.values()) <= set(vocabulary.terms)


class TestRelationshipLevel:
    def test_rises_by_one_level(self) -> None:
        """Domain fact S9."""
        assert RELATIONSHIP_LEVEL.allowed("trading") == ("preferred_supplier",)
        assert RELATIONSHIP_LEVEL.label("strategic_alliance", "zh") == "战略联盟关系"
