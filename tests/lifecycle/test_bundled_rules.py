"""The bundled rules, of histories made by hand, beside thirty lines of plain Python."""

from datetime import date, timedelta
from math import fsum

import polars as pl
import pytest
from hypothesis import given, settings, strategies as st

from crmkit.lifecycle import (
    CUSTOMER_STATE,
    FOUR_STAGE,
    FOUR_STAGE_RULES,
    STATE_RULES,
    Behaviour,
    StageRules,
    evaluations,
    infer_stages,
)


START = date(2024, 1, 8)
STEP = timedelta(days=28)
Bought = list[tuple[date, float]]


def stage_of(bought: Bought, as_of: date, rules: StageRules = FOUR_STAGE_RULES) -> tuple[str, str]:
    lifecycle = FOUR_STAGE if rules is FOUR_STAGE_RULES else CUSTOMER_STATE
    told = evaluations(Behaviour.of("C", bought), rules=rules, lifecycle=lifecycle, as_of=as_of)
    last = told[-1]
    return last.stage, "" if last.rule is None else last.rule.rule.code


def every(days: int, count: int, amount: float = 10.0, start: date = START) -> Bought:
    return [(start + timedelta(days=days * number), amount) for number in range(count)]


class TestFourStageRules:
    def test_who_buys_as_often_for_less_is_in_decline(self) -> None:
        """Every four weeks, ten times for 100, then for 42: S1, in decline volume falls."""
        bought = every(28, 12, 100.0)
        bought += every(28, 7, 42.0, START + 12 * STEP)

        assert stage_of(bought, bought[-1][0]) == ("decline", "stage.decline.volume")

    def test_growth_is_a_volume_that_rises(self) -> None:
        bought = every(28, 9, 10.0)
        bought += every(28, 7, 30.0, START + 9 * STEP)

        assert stage_of(bought, bought[-1][0]) == ("growth", "stage.growth")

    def test_growth_of_the_young_has_nothing_earlier_to_compare(self) -> None:
        assert stage_of(every(28, 5), START + 4 * STEP) == ("growth", "stage.growth.young")

    def test_maturity_is_a_volume_that_is_steady(self) -> None:
        assert stage_of(every(28, 20), START + 19 * STEP) == ("maturity", "stage.maturity")

    def test_who_buys_for_more_every_month_does_not_mature(self) -> None:
        """Five per cent more each month for four years, be it five purchases against six."""
        bought = [(START + timedelta(days=30 * k), 100.0 * 1.05**k) for k in range(48)]

        for years in (1, 2, 3, 4):
            asked = START + timedelta(days=365 * years - 21)
            assert stage_of(bought, asked)[0] == "growth"

    def test_amounts_of_few_purchases_alone_are_no_decline(self) -> None:
        """Every quarter for two fifths less: silence alone tells, as of so few chance would."""
        bought = [(START + timedelta(days=91 * k), 100.0 * 0.6**k) for k in range(12)]

        assert stage_of(bought, bought[-1][0])[0] == "growth"
        assert stage_of(bought, bought[-1][0] + timedelta(days=301))[0] == "decline"

    def test_whom_no_rule_moves_stays(self) -> None:
        """Amounts fall by a third: less than decline asks for, and no growth."""
        bought = every(28, 12, 100.0)
        bought += every(28, 7, 66.0, START + 12 * STEP)

        assert stage_of(bought, bought[-1][0])[0] == "maturity"

    def test_three_rhythms_of_a_weekly_buyer_are_no_decline_yet(self) -> None:
        weekly = every(7, 30)

        assert stage_of(weekly, weekly[-1][0] + timedelta(days=55))[0] != "decline"
        assert stage_of(weekly, weekly[-1][0] + timedelta(days=112))[0] == "decline"

    def test_who_comes_back_from_decline_grows(self) -> None:
        """Even the second purchase: nobody is explored a second time."""
        back = [(START, 10.0), (START + timedelta(days=400), 10.0)]

        assert stage_of(back, START + timedelta(days=399))[0] == "decline"
        assert stage_of(back, START + timedelta(days=430)) == ("growth", "stage.growth.back")
        assert stage_of(back, START + timedelta(days=470))[0] == "growth"


class TestStateRules:
    def test_who_was_won_back_is_no_new_customer(self) -> None:
        """Two purchases, of which the second after he was lost; ten evaluations later."""
        back = START + timedelta(days=800)
        bought = [(START, 10.0), (back, 10.0), (back + timedelta(days=200), 10.0)]

        told = stage_of(bought, back + timedelta(days=280), STATE_RULES)

        assert told == ("won_back", "state.won_back")


def plain_states(days: list[date], on: date, stage: str | None, steps: int) -> str:
    """The states by hand: silence over the rhythm, four gaps at least, 90 days where none are."""
    gaps = len(days) - 1
    rhythm = ((days[-1] - days[0]).days + max(4 - gaps, 0) * 90) / max(gaps, 4)
    ratio = (on - days[-1]).days / rhythm
    if ratio >= (1 if stage == "lost" else 8):
        return "lost"
    if stage == "lost" and ratio < 1:
        return "won_back"
    if stage == "won_back" and (steps < 6 or len(days) < 4) and ratio < 3:
        return "won_back"
    if ratio >= (1 if stage == "dormant" else 5):
        return "dormant"
    if ratio >= (1 if stage == "at_risk" else 3):
        return "at_risk"
    return "loyal" if len(days) >= 4 else "new"


def plain_stages(bought: Bought, on: date, stage: str | None) -> str | None:
    """The four stages by hand; None where none of the rules names one."""
    days = [day for day, _ in bought]
    gaps = len(days) - 1
    silence = (on - days[-1]).days
    rhythm = ((days[-1] - days[0]).days + max(4 - gaps, 0) * 90) / max(gaps, 4)
    begin, middle = on - timedelta(days=336), on - timedelta(days=168)
    late = [cents for day, cents in bought if middle < day]
    early = [cents for day, cents in bought if begin < day <= middle]
    age = (on - days[0]).days
    before = fsum(early)
    often = len(late) / len(early) if age >= 336 and early else None
    much = fsum(late) / before if age >= 336 and before else None
    down = stage == "decline"
    if silence / rhythm >= (1 if down else 3) and (down or silence >= 84):
        return "decline"
    if often is not None and much is not None:
        fall = 0.6 if down else 0.4
        if len(early) >= 10 and often <= fall and much <= fall:
            return "decline"
        if len(early) >= 5 and often >= 0.75 and much <= (0.7 if down else 0.5):
            return "decline"
    if down:
        return "growth"
    if len(days) < 3 and (age < 28 or stage == "exploration"):
        return "exploration"
    if often is not None and much is not None:
        if stage == "maturity" and min(often, much) >= 0.6:
            return "maturity"
        steady = min(often, much) >= 0.75 and often <= 1.25 and much <= 1.05
        if stage != "maturity" and len(days) >= 6 and steady:
            return "maturity"
    if len(days) >= 3 and ((much is not None and much > 1) or age < 336 or not early):
        return "growth"
    return None


# The moves of domain facts S1 and S4, by hand: on the way from one stage to another comes this one.
FIRST_STEPS = {
    ("exploration", "maturity"): "growth",
    ("new", "dormant"): "at_risk",
    ("loyal", "dormant"): "at_risk",
    ("won_back", "dormant"): "at_risk",
}
CLOSED = {("maturity", "growth"), ("growth", "exploration"), ("loyal", "new"), ("won_back", "new")}
CENTS = st.integers(0, 20_000)
GAPS = st.lists(st.tuples(st.integers(1, 90), CENTS), min_size=1, max_size=40)
PAUSE = st.integers(0, 900)


@pytest.mark.parametrize("rules", [STATE_RULES, FOUR_STAGE_RULES], ids=lambda one: one.name)
class TestPlainReference:
    @given(first=GAPS, pause=PAUSE, second=GAPS, tail=st.integers(0, 400))
    @settings(max_examples=60, deadline=None)
    def test_is_the_same(
        self,
        rules: StageRules,
        first: list[tuple[int, int]],
        pause: int,
        second: list[tuple[int, int]],
        tail: int,
    ) -> None:
        bought: list[tuple[date, int]] = []
        day = START
        for gap, cents in [*first, (pause + 1, 100), *second]:
            day += timedelta(days=gap)
            bought.append((day, cents))
        as_of = day + timedelta(days=tail)
        orders = pl.DataFrame(
            {
                "customer_id": "C",
                "ordered_at": [at for at, _ in bought],
                "amount": [cents / 100 for _, cents in bought],
            }
        )
        lifecycle = FOUR_STAGE if rules is FOUR_STAGE_RULES else CUSTOMER_STATE

        told = infer_stages(orders, rules=rules, lifecycle=lifecycle, as_of=as_of)

        stage: str | None = None
        # A day of the grid: 312 times 28 days after its anchor, 3 January 2000.
        steps, on = 0, date(2023, 12, 4)
        while on <= as_of:
            known = [(at, float(cents)) for at, cents in bought if at <= on]
            if known:
                named = (
                    plain_states([at for at, _ in known], on, stage, steps + 1)
                    if rules is STATE_RULES
                    else plain_stages(known, on, stage)
                )
                pair = (stage or "", named or stage or "exploration")
                after = stage if pair in CLOSED else FIRST_STEPS.get(pair, pair[1])
                steps, stage = (steps + 1 if after == stage else 0), after
            on += STEP
        assert told["stage"].to_list() == ([stage] if stage else [])
