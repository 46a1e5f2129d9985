import pytest

from crmkit.errors import InvalidValueError
from crmkit.loyalty import SIGN_RULES, LoyaltySign, find_signs


ALL = {
    "bought_again": True,
    "recommend": 9,
    "attachment": 75,
    "tolerance": 75,
    "share_of_wallet": 0.5,
    "price_tolerance": 75,
}
NONE = {
    "bought_again": False,
    "recommend": 8.9,
    "attachment": 74.9,
    "tolerance": 74.9,
    "share_of_wallet": 0.49,
    "price_tolerance": 74.9,
}


class TestFindSigns:
    def test_finds_each_from_its_bar_on(self) -> None:
        assert find_signs(ALL).found == tuple(LoyaltySign)
        assert find_signs(NONE).lacking == tuple(LoyaltySign)

    @pytest.mark.parametrize("name", ALL)
    def test_leaves_open_what_is_not_known(self, name: str) -> None:
        one = find_signs({**ALL, name: None})

        assert one.missing == (name,)
        assert len(one.open) == 1
        assert one.lacking == ()

    def test_names_none_where_none_is_there(self) -> None:
        assert SIGN_RULES.decide(NONE).verdict == "none"
        assert "repeat_purchase" not in str(SIGN_RULES.decide(NONE))
        assert SIGN_RULES.decide(ALL).verdict == "repeat_purchase"

    def test_takes_no_silence_for_a_sign(self) -> None:
        with pytest.raises(InvalidValueError, match="fact is 'complaints': it is not known"):
            find_signs({"complaints": 0})
        assert not any("complain" in fact for rule in SIGN_RULES.rules for fact in rule.when.facts)


class TestExplain:
    def test_says_it_in_both_languages(self) -> None:
        why = find_signs({**NONE, "bought_again": True, "share_of_wallet": 0.8}).explain("C-7")

        assert why.verdict == (LoyaltySign.REPEAT_PURCHASE, LoyaltySign.SHARE_OF_WALLET)
        assert why.sentence().splitlines() == [
            "signs of loyalty in customer C-7: buys again and spends most of it with us; "
            "lacking: would recommend us, attached to the brand, bears with mistakes and hardly "
            "minds the price; not known: nothing",
            "  buys again: came back in time: yes",
            "  spends most of it with us: 0.8 of all that he spends on the kind",
        ]
        assert why.sentence("zh").splitlines() == [
            "客户C-7的忠诚表现：“重复购买”和“钱包份额过半”；没有：“愿意推荐”、“品牌依恋”、"
            "“宽容失误”和“价格不敏感”；不明：无",
            "  重复购买：按期再次购买：是",
            "  钱包份额过半：占该品类支出的0.8",
        ]
