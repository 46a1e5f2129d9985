from datetime import date, timedelta

import pytest

from crmkit.errors import InvalidValueError
from crmkit.kernel import Compare, Name, Rule, Text
from crmkit.kernel.operators import Operator
from crmkit.lifecycle import (
    CUSTOMER_STATE,
    FOUR_STAGE,
    FOUR_STAGE_RULES,
    STATE_RULES,
    Behaviour,
    Journey,
    Lifecycle,
    Signal,
    StageOrigin,
    StageRule,
    StageRules,
    evaluations,
    explain_difference,
    explain_stage,
)
from crmkit.testing import NINE


START = date(2025, 1, 6)
MONTHLY = [(START + timedelta(days=28 * number), 10.0) for number in range(8)]
LI = Behaviour.of("C-7", MONTHLY)


def explained(as_of: date, who: Behaviour = LI) -> object:
    return explain_stage(who, rules=STATE_RULES, lifecycle=CUSTOMER_STATE, as_of=as_of)


class TestExplainStage:
    def test_names_rule_evidence_and_bar(self) -> None:
        """He bought every 28 days, last on 21 July; three times 28 days later is 13 October.

        The next day of the grid is 3 November."""
        why = explain_stage(
            LI, rules=STATE_RULES, lifecycle=CUSTOMER_STATE, as_of=date(2025, 11, 10)
        )

        ratio = why.find("silence_ratio")
        assert (why.verdict, why.rule.code) == ("at_risk", "state.at_risk.silent")
        assert ratio.value == (date(2025, 11, 3) - date(2025, 7, 21)).days / 28
        assert (ratio.against, ratio.met) == (">= 3", True)
        assert "流失预警客户" in why.sentence("zh")

    def test_who_stays_is_held_against_the_bar_to_stay(self) -> None:
        """He entered on 3 November; on 1 December he is there still."""
        why = explain_stage(
            LI, rules=STATE_RULES, lifecycle=CUSTOMER_STATE, as_of=date(2025, 12, 5)
        )

        assert why.find("silence_ratio").against == ">= 1"

    def test_what_would_change_it_comes_true(self) -> None:
        as_of = date(2025, 11, 10)
        why = explain_stage(LI, rules=STATE_RULES, lifecycle=CUSTOMER_STATE, as_of=as_of)

        said = why.find("if_silent").against
        assert isinstance(said, tuple)
        stage, on = said
        told = evaluations(LI, rules=STATE_RULES, lifecycle=CUSTOMER_STATE, as_of=on)
        assert (told[-1].stage, told[-2].stage) == (stage, "at_risk")
        again = LI.bought(date(2025, 11, 4))
        told = evaluations(
            again, rules=STATE_RULES, lifecycle=CUSTOMER_STATE, as_of=date(2025, 12, 1)
        )
        assert told[-1].stage == why.find("if_bought").against == "loyal"

    def test_what_would_come_without_a_purchase_does_not_know_of_one(self) -> None:
        as_of = date(2025, 11, 10)
        told = [
            explain_stage(who, rules=STATE_RULES, lifecycle=CUSTOMER_STATE, as_of=as_of)
            for who in (LI, LI.bought(date(2025, 11, 5)))
        ]

        assert told[0].find("if_silent") == told[1].find("if_silent")

    def test_purchases_after_the_evaluation_do_not_count_yet(self) -> None:
        later = LI.bought(date(2025, 11, 5))

        why = explain_stage(
            later, rules=STATE_RULES, lifecycle=CUSTOMER_STATE, as_of=date(2025, 11, 10)
        )

        assert why.find("if_bought").against == "loyal"

    def test_a_signal_can_decide(self) -> None:
        signals = [Signal(on=date(2025, 8, 1), name="p_alive", value=0.1)]
        who = Behaviour.of("C-7", MONTHLY, signals=signals)

        why = explain_stage(
            who, rules=STATE_RULES, lifecycle=CUSTOMER_STATE, as_of=date(2025, 8, 31)
        )

        assert why.rule.code == "state.at_risk.p_alive"
        assert why.missing == ()

    def test_names_signals_that_might_have_changed_the_verdict(self) -> None:
        """He is loyal by the seventh rule; those before it ask for three signals."""
        why = explain_stage(
            LI, rules=STATE_RULES, lifecycle=CUSTOMER_STATE, as_of=date(2025, 8, 31)
        )

        assert (why.verdict, why.missing) == ("loyal", ("complaints", "p_alive", "satisfaction"))

    def test_says_when_no_move_leads_where_the_rule_names(self) -> None:
        """Maturity does not become growth."""
        says = Text("bought on {orders} days", "已有{orders}个购买日")
        bars: list[tuple[str, Operator]] = [
            ("maturity", "="),
            ("growth", ">"),
            ("exploration", "<"),
        ]
        rules = StageRules(
            name="back",
            lifecycle="four_stage",
            rules=tuple(
                StageRule(
                    stage=stage,
                    rule=Rule(code=stage, says=says, source="the test"),
                    enter=Compare("orders", operator, 5),
                )
                for stage, operator in bars
            ),
            otherwise="exploration",
            usual_rhythm=90.0,
            source="the test",
        )
        slowly = [(START + timedelta(days=56 * number), 10.0) for number in range(7)]
        who = Behaviour.of("C-7", slowly)

        why = explain_stage(who, rules=rules, lifecycle=FOUR_STAGE, as_of=date(2026, 1, 5))

        assert (why.verdict, why.find("verdict_stage").value) == (
            "maturity",
            Name("growth", "成长期"),
        )
        assert "the rule names growth, but no allowed move leads there" in str(why)
        assert "规则判断为“成长期”，但没有允许的转换路径" in why.sentence("zh")

    @pytest.mark.parametrize(
        ("since", "older"), [(None, True), (START, False), (START + timedelta(days=1), True)]
    )
    def test_tells_who_may_be_older_than_the_record(self, since: date | None, older: bool) -> None:
        who = Behaviour.of("C-7", MONTHLY, observed_from=since)

        why = explain_stage(
            who, rules=STATE_RULES, lifecycle=CUSTOMER_STATE, as_of=date(2025, 8, 31)
        )

        assert why.find("maybe_older").value is older

    def test_who_was_won_back_is_told_where_he_was(self) -> None:
        """Lost after eight rhythms of 28 days, back after 350 days of silence."""
        back = LI.bought(date(2026, 7, 6))

        why = explain_stage(
            back, rules=STATE_RULES, lifecycle=CUSTOMER_STATE, as_of=date(2026, 7, 31)
        )

        assert (why.verdict, why.find("stage_before").value) == ("won_back", "lost")
        assert why.find("stage_before").against == "= lost"

    def test_says_when_nothing_changes_without_a_purchase(self) -> None:
        why = explain_stage(
            LI, rules=FOUR_STAGE_RULES, lifecycle=FOUR_STAGE, as_of=date(2026, 12, 31)
        )

        assert why.verdict == "decline"
        assert "decline up to" in str(why)

    def test_says_when_the_way_is_longer(self) -> None:
        """From exploration maturity is two moves away, and growth comes first."""
        weekly = [(START + timedelta(days=7 * number), 10.0) for number in range(60)]
        always = StageRule(
            stage="maturity",
            rule=Rule(code="many", says=Text("many orders", "订单多"), source="the test"),
            enter=Compare("orders", ">=", 5),
        )
        few = StageRule(
            stage="exploration",
            rule=Rule(code="few", says=Text("few orders", "订单少"), source="the test"),
            enter=Compare("orders", "<", 5),
        )
        rules = StageRules(
            name="two",
            lifecycle="four_stage",
            rules=(always, few),
            otherwise="exploration",
            usual_rhythm=90.0,
            source="the test",
        )

        why = explain_stage(
            Behaviour.of("C-7", weekly), rules=rules, lifecycle=FOUR_STAGE, as_of=date(2025, 2, 24)
        )

        assert why.verdict == "growth"
        assert "on the way to maturity" in str(why)

    def test_says_when_no_rule_holds(self) -> None:
        never = StageRule(
            stage="decline",
            rule=Rule(code="never", says=Text("never", "从不"), source="the test"),
            enter=Compare("orders", ">", 99),
        )
        rules = StageRules(
            name="none",
            lifecycle="four_stage",
            rules=(never,),
            otherwise="exploration",
            usual_rhythm=90.0,
            source="the test",
        )

        why = explain_stage(LI, rules=rules, lifecycle=FOUR_STAGE, as_of=date(2025, 8, 31))

        assert (why.verdict, why.rule.code) == ("exploration", "lifecycle.no_rule")

    def test_needs_a_purchase_by_the_last_evaluation(self) -> None:
        with pytest.raises(InvalidValueError, match="must have bought by"):
            explained(date(2025, 1, 7))
        with pytest.raises(InvalidValueError, match="must have bought by"):
            explained(date(2025, 1, 7), Behaviour.of("C-8", []))


def held(lifecycle: Lifecycle = CUSTOMER_STATE, customer: str = "C-7") -> Journey:
    return Journey.begin(
        "x",
        "ann",
        NINE,
        customer=customer,
        lifecycle=lifecycle,
        stage=lifecycle.codes[2],
        why="on record",
        origin=StageOrigin.HAND,
    )


class TestExplainDifference:
    @pytest.mark.parametrize(
        ("as_of", "differ"), [(date(2025, 11, 10), True), (date(2025, 8, 1), False)]
    )
    def test_tells_whether_they_differ(self, as_of: date, differ: bool) -> None:
        told = explain_difference(
            LI, held(), rules=STATE_RULES, lifecycle=CUSTOMER_STATE, as_of=as_of
        )

        assert (told.verdict, told.find("by").value) == (differ, "ann")
        assert told.because[0].verdict == ("at_risk" if differ else "loyal")
        assert "人工设定" in told.sentence("zh")

    @pytest.mark.parametrize("journey", [held(customer="C-8"), held(FOUR_STAGE)])
    def test_needs_his_own_journey(self, journey: Journey) -> None:
        with pytest.raises(InvalidValueError, match="must be that of"):
            explain_difference(
                LI, journey, rules=STATE_RULES, lifecycle=CUSTOMER_STATE, as_of=date(2025, 8, 1)
            )
