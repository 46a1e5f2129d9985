from crmkit.kernel import plain
from crmkit.loyalty import ANTECEDENT_RULES, LoyaltyAntecedent, find_antecedents


class TestFindAntecedents:
    def test_names_none_where_nothing_is_known(self) -> None:
        assert ANTECEDENT_RULES.decide({}).verdict == "none"

    def test_parts_what_is_there_from_what_is_lacking_and_what_is_not_known(self) -> None:
        one = find_antecedents({"satisfaction": 75, "trust": 74.9})

        assert one.found == (LoyaltyAntecedent.SATISFACTION,)
        assert one.lacking == (LoyaltyAntecedent.TRUST,)
        assert one.open == (LoyaltyAntecedent.DELIGHT,)
        assert one.missing == ("delight",)

    def test_asks_for_each_antecedent(self) -> None:
        assert [rule.then for rule in ANTECEDENT_RULES.rules] == [
            one.value for one in LoyaltyAntecedent
        ]


class TestExplain:
    def test_says_it_in_both_languages(self) -> None:
        why = find_antecedents({"satisfaction": 90, "trust": 10}).explain("C-7")

        assert why.verdict == (LoyaltyAntecedent.SATISFACTION,)
        assert why.missing == ("delight",)
        assert why.sentence().splitlines() == [
            "of what leads to loyalty customer C-7 has: satisfaction; lacks: trust; not known: "
            "score of delight: better than desired",
            "  satisfaction: 90 of 100",
        ]
        assert why.sentence("zh").splitlines() == [
            "客户C-7的忠诚成因：具备：“满意”；缺乏：“信赖”；不明：愉悦得分",
            "  满意：90（满分100）",
        ]

    def test_lists_what_holds_together(self) -> None:
        why = find_antecedents({"satisfaction": 90, "trust": 80, "delight": 75}).explain("C-7")

        assert why.sentence().splitlines()[0] == (
            "of what leads to loyalty customer C-7 has: satisfaction, delight and trust; lacks: "
            "nothing; not known: nothing"
        )
        assert why.sentence("zh").splitlines()[0] == (
            "客户C-7的忠诚成因：具备：“满意”、“愉悦”和“信赖”；缺乏：无；不明：无"
        )
        assert plain(why.find("found").value) == ["satisfaction", "delight", "trust"]
