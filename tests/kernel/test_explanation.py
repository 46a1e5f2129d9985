"""Data first, a sentence second; whoever has the evidence can decide again."""

import json
import pickle
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, strategies as st

from crmkit.errors import InvalidValueError
from crmkit.kernel import (
    Channel,
    Confidence,
    Evidence,
    Explanation,
    FrozenMap,
    Labelled,
    Money,
    PValue,
    Rule,
    Text,
    WorkingTime,
    plain,
    spoken,
)
from crmkit.kernel.explanation import Every, Unknown


class Standing(Labelled):
    VIP = "vip", "VIP customer", "贵宾客户"
    PLAIN = "plain", "Plain Old Customer", "普通客户"


DUE = Rule(
    code="test.due",
    says=Text("{verdict}: {spent} of {limit} are spent", "{verdict}：已用{spent}，共{limit}"),
    source="this test",
)


def late(spent: timedelta, limit: timedelta, *because: Explanation[object]) -> Explanation[bool]:
    return Explanation(
        verdict=spent > limit,
        rule=DUE,
        evidence=(Evidence("spent", spent, limit, spent <= limit), Evidence("limit", limit)),
        because=because,
    )


class TestExplanation:
    def test_says_it_in_both_languages(self) -> None:
        why = late(timedelta(minutes=70), timedelta(hours=1))

        assert str(why) == "yes: 1 h 10 min of 1 h are spent"
        assert why.sentence("zh") == "是：已用1小时10分钟，共1小时"

    @given(st.timedeltas(), st.timedeltas())
    def test_can_be_decided_again_from_its_evidence(
        self, spent: timedelta, limit: timedelta
    ) -> None:
        why = late(spent, limit)

        assert why.verdict == (why.find("spent").value > why.find("limit").value)  # type: ignore[operator]  # both are durations

    def test_puts_each_reason_on_a_line_of_its_own_one_step_in(self) -> None:
        inner = late(timedelta(hours=3), timedelta(hours=4))
        middle = late(timedelta(hours=2), timedelta(hours=1), inner)
        outer = late(timedelta(hours=2), timedelta(hours=1), middle, inner)

        assert outer.sentence().splitlines() == [
            "yes: 2 h of 1 h are spent",
            "  yes: 2 h of 1 h are spent",
            "    no: 3 h of 4 h are spent",
            "  no: 3 h of 4 h are spent",
        ]

    def test_is_not_born_when_its_sentence_names_what_is_not_there(self) -> None:
        with pytest.raises(InvalidValueError, match="speaks of 'limit', which is not in evidence"):
            Explanation(verdict=True, rule=DUE, evidence=(Evidence("spent", 1),))

    def test_finds_its_evidence_by_name(self) -> None:
        why = late(timedelta(1), timedelta(2))

        assert why.find("limit") == Evidence("limit", timedelta(2))

    def test_refuses_to_find_what_is_not_there(self) -> None:
        with pytest.raises(InvalidValueError, match="must be one of the evidence: spent, limit"):
            late(timedelta(1), timedelta(2)).find("due")

    def test_tells_the_first_of_two_facts_of_one_name(self) -> None:
        rule = Rule(code="x", says=Text("{fact}", "{fact}"), source="this test")
        why = Explanation(
            verdict=1, rule=rule, evidence=(Evidence("fact", "first"), Evidence("fact", "second"))
        )

        assert why.sentence() == why.find("fact").value == "first"

    def test_becomes_plain_data(self) -> None:
        why = late(timedelta(hours=2), timedelta(hours=1), late(timedelta(0), timedelta(1)))

        told = json.loads(json.dumps(why.to_dict()))

        assert told["verdict"] is True
        assert told["rule"] == "test.due"
        assert told["source"] == "this test"
        assert told["evidence"][0] == {
            "name": "spent",
            "value": 7200.0,
            "against": 3600.0,
            "met": False,
        }
        assert told["missing"] == []
        assert told["because"][0]["verdict"] is False

    def test_survives_pickling(self) -> None:
        why = late(timedelta(1), timedelta(2))

        assert pickle.loads(pickle.dumps(why)) == why


class TestUnknown:
    def test_is_said_to_be_so_and_told_as_none(self) -> None:
        says = Text("cost {cost}, pauses {pauses}", "成本{cost}，暂停{pauses}")
        rule = Rule(code="cost", says=says, source="this test")
        facts = (Unknown("cost", None), Evidence("pauses", None))

        why = Explanation(verdict=False, rule=rule, evidence=facts)

        assert str(why) == "cost not known, pauses nothing"
        assert why.sentence("zh") == "成本不明，暂停无"
        assert [fact.value for fact in why.evidence] == [None, None]

    def test_refuses_a_value(self) -> None:
        with pytest.raises(
            InvalidValueError, match=r"cost is 0: it must be None .*; take Evidence"
        ):
            Unknown("cost", 0)


class TestEvery:
    def test_is_told_as_a_list(self) -> None:
        assert plain(Every((Channel.SMS, timedelta(seconds=1)))) == ["sms", 1.0]


class TestSpoken:
    @pytest.mark.parametrize(
        ("value", "en", "zh"),
        [
            (None, "nothing", "无"),
            (True, "yes", "是"),
            (False, "no", "否"),
            (Channel.EMAIL, "e-mail", "电子邮件"),
            (Channel.SMS, "SMS", "短信"),
            (Standing.VIP, "VIP customer", "贵宾客户"),
            (Standing.PLAIN, "plain Old Customer", "普通客户"),
            (Text("here", "此处"), "here", "此处"),
            (datetime(2026, 3, 2, 9, tzinfo=UTC), "2026-03-02 09:00 UTC", "2026-03-02 09:00 UTC"),
            (datetime(2026, 3, 2, 9, 0, 5), "2026-03-02 09:00:05", "2026-03-02 09:00:05"),
            (
                datetime(2026, 3, 2, 9, 0, 0, 1),
                "2026-03-02 09:00:00.000001",
                "2026-03-02 09:00:00.000001",
            ),
            (datetime(2026, 3, 2, 23, 59, 59, 999_999), "2026-03-02 23:59", "2026-03-02 23:59"),
            (date(2026, 3, 2), "2026-03-02", "2026-03-02"),
            (timedelta(microseconds=1), "0.000001 s", "0.000001秒"),
            (WorkingTime(hours=40, minutes=1), "40 h 1 min", "40小时1分钟"),
            ((), "nothing", "无"),
            ((1,), "1", "1"),
            ([1, "b"], "1 or b", "1或b"),
            ((1, 2, 3), "1, 2 or 3", "1、2或3"),
            (Every(()), "nothing", "无"),
            (Every(("a",)), "a", "a"),
            (Every(("a", "b", "c")), "a, b and c", "a、b和c"),
            (Every((Channel.SMS, Channel.EMAIL)), "SMS and e-mail", "“短信”和“电子邮件”"),
            pytest.param(frozenset({"b", "a", "c"}), "a, b or c", "a、b或c", id="set"),
            (0.1 + 0.2, "0.3", "0.3"),
            (1_234_567.891, "1,234,568", "1,234,568"),
            (123_456.7, "123457", "123457"),
            (2500.75, "2501", "2501"),
            (41.666666, "41.67", "41.67"),
            (-0.466964, "-0.467", "-0.467"),
            (PValue(0.0250295), "p = 0.02503", "p=0.02503"),
            (PValue(7.6e-12), "p < 0.0001", "p<0.0001"),
            (PValue(0.0001), "p = 0.0001", "p=0.0001"),
            (Confidence(0.95), "95 %", "95%"),
            (Confidence(0.999), "99.9 %", "99.9%"),
            (float("inf"), "inf", "inf"),
            (7, "7", "7"),
            (Decimal("1.50"), "1.50", "1.50"),
            (Money.of("1234.5", "CNY"), "1,234.50 CNY", "1,234.50 CNY"),
        ],
        ids=str,
    )
    def test_is_what_a_sentence_says(self, value: object, en: str, zh: str) -> None:
        assert (spoken(value), spoken(value, "zh")) == (en, zh)

    @pytest.mark.parametrize(
        ("duration", "en", "zh"),
        [
            (timedelta(0), "0 s", "0秒"),
            (timedelta(days=400, seconds=1), "400 d 1 s", "400天1秒"),
            (timedelta(hours=25, minutes=3), "1 d 1 h 3 min", "1天1小时3分钟"),
            (timedelta(seconds=1.5), "1.5 s", "1.5秒"),
            (timedelta(hours=-1), "-1 h", "-1小时"),
            (timedelta(milliseconds=-5), "-0.005 s", "-0.005秒"),
        ],
        ids=str,
    )
    def test_duration_is_told_in_its_units(self, duration: timedelta, en: str, zh: str) -> None:
        assert (spoken(duration), spoken(duration, "zh")) == (en, zh)

    @given(st.timedeltas(min_value=timedelta(0), max_value=timedelta(days=10_000)))
    def test_duration_loses_nothing(self, duration: timedelta) -> None:
        whole = timedelta(seconds=int(duration.total_seconds()))
        sizes = {"d": 86_400, "h": 3_600, "min": 60, "s": 1}

        words = spoken(whole).split(" ")

        told = sum(int(n) * sizes[unit] for n, unit in zip(words[::2], words[1::2], strict=True))
        assert timedelta(seconds=told) == whole


class TestPlain:
    @pytest.mark.parametrize(
        ("value", "expected"),
        [
            (None, None),
            (True, True),
            (1.5, 1.5),
            ("a", "a"),
            (Channel.PHONE, "phone"),
            (Text("a", "一"), {"en": "a", "zh": "一"}),
            (datetime(2026, 3, 2, 9, tzinfo=UTC), "2026-03-02T09:00:00+00:00"),
            (date(2026, 3, 2), "2026-03-02"),
            (timedelta(minutes=1), 60.0),
            ((1, (Channel.SMS,)), [1, ["sms"]]),
            pytest.param(frozenset({"b", "a"}), ["a", "b"], id="set"),
            (FrozenMap({1: Channel.SMS}), {"1": "sms"}),
            (Decimal("1.50"), "1.50"),
        ],
        ids=str,
    )
    def test_is_what_json_knows(self, value: object, expected: object) -> None:
        assert plain(value) == expected
        json.dumps(plain(value))

    def test_is_a_plain_number_with_all_its_digits(self) -> None:
        assert (plain(PValue(7.6e-12)), type(plain(PValue(7.6e-12)))) == (7.6e-12, float)
