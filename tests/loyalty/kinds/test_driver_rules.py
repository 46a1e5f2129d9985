from crmkit.loyalty import DRIVER_RULES, LoyaltyDriver, find_drivers


class TestFindDrivers:
    def test_names_none_where_nothing_is_known(self) -> None:
        assert DRIVER_RULES.decide({}).verdict == "none"

    def test_parts_what_speaks_for_us_from_what_does_not_and_what_is_not_known(self) -> None:
        one = find_drivers({"people_rating": 75, "value_rating": 74.9})

        assert one.found == (LoyaltyDriver.PEOPLE,)
        assert one.lacking == (LoyaltyDriver.VALUE,)
        assert one.open == (LoyaltyDriver.SYSTEM,)
        assert one.missing == ("system_rating",)

    def test_asks_for_value_system_and_people(self) -> None:
        # Domain fact L8: 价值、系统和人.
        assert [LoyaltyDriver(rule.then).label("zh") for rule in DRIVER_RULES.rules] == [
            "价值",
            "系统",
            "人",
        ]


class TestExplain:
    def test_says_it_in_both_languages(self) -> None:
        facts = {"value_rating": 90, "system_rating": 80, "people_rating": 10}

        why = find_drivers(facts).explain("C-7")

        assert why.verdict == (LoyaltyDriver.VALUE, LoyaltyDriver.SYSTEM)
        assert why.sentence().splitlines() == [
            "customer C-7 chooses us for: value and system; not for: people; not known: nothing",
            "  value: 90 of 100",
            "  system: 80 of 100",
        ]
        assert why.sentence("zh").splitlines() == [
            "客户C-7选择我们的理由：“价值”和“系统”；不成理由：“人”；不明：无",
            "  价值：90（满分100）",
            "  系统：80（满分100）",
        ]
