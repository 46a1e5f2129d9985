from crmkit.lifecycle import RelationshipStrategy


class TestRelationshipStrategy:
    def test_has_the_three_fastenings(self) -> None:
        """Domain fact S10."""
        labels = [one.label("zh") for one in RelationshipStrategy]

        assert labels == ["扣钩", "拉链", "维可牢"]
