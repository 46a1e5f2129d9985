"""What a complaint can be about."""

from crmkit.complaints import ComplaintField


class TestField:
    def test_has_those_of_the_practice_documents(self) -> None:
        """Domain fact K10: goods quality, transport, service in three parts, contract."""
        chinese = [field.label("zh") for field in ComplaintField]

        assert chinese[:6] == [
            "商品质量",
            "货物运输",
            "服务质量",
            "服务态度",
            "服务方式",
            "购销合同",
        ]
