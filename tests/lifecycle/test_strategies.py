from crmkit.lifecycle import RelationshipStrategy


class TestRelationshipStrategy:
    def test_has_the_three_fastenings(self) -> None:
        """Domain fact S10: who adapts to whom."""
        labels = [one.label("zh") for one in RelationshipStrategy]

        assert labels == [
            "扣钩：客户适应我方",
            "拉链：双方按固定方式相互适应",
            "维可牢：我方适应每位客户",
        ]
