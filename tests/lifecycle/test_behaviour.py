from datetime import date, datetime, timedelta

import pytest

from crmkit.errors import InvalidValueError
from crmkit.lifecycle import STATE_RULES, Behaviour, Signal


START = date(2024, 1, 1)


def day(number: int) -> date:
    return START + timedelta(days=number)


class TestBehaviour:
    def test_adds_up_the_purchases_of_a_day(self) -> None:
        one = Behaviour.of("C-7", [(day(3), 0.1), (day(0), 5.0), (day(3), 0.2)])

        assert (one.days, one.amounts) == ((day(0), day(3)), (50_000, 3_000))

    def test_own_rhythm_counts_alone_from_four_gaps_on(self) -> None:
        """By hand: 40 days in four gaps; before, 30 days and one gap of the usual 90."""
        one = Behaviour.of("C-7", [(day(10 * number), 1.0) for number in range(5)])

        assert one.facts(day(40), STATE_RULES)["rhythm"] == 10
        assert one.facts(day(39), STATE_RULES)["rhythm"] == (30 + 90) / 4

    def test_trends_wait_for_two_windows(self) -> None:
        """A window is six steps of 28 days: 168 days."""
        one = Behaviour.of("C-7", [(day(0), 10.0), (day(100), 10.0), (day(200), 40.0)])

        assert one.facts(day(335), STATE_RULES)["frequency_trend"] is None
        told = one.facts(day(337), STATE_RULES)
        assert (told["frequency_trend"], told["volume_trend"]) == (1.0, 4.0)
        assert told["recent_amount"] == 40.0

    def test_trends_over_nothing_are_not_known(self) -> None:
        one = Behaviour.of("C-7", [(day(0), 0.0), (day(600), 5.0)])

        told = one.facts(day(600), STATE_RULES)

        assert (told["frequency_trend"], told["volume_trend"]) == (None, None)

    def test_who_never_bought_has_no_silence(self) -> None:
        told = Behaviour.of("C-7", []).facts(day(0), STATE_RULES)

        assert (told["orders"], told.get("silence")) == (0, None)

    def test_the_last_signal_told_counts(self) -> None:
        signals = [
            Signal(on=day(9), name="p_alive", value=0.2),
            Signal(on=day(1), name="p_alive", value=0.8),
        ]
        one = Behaviour.of("C-7", [(day(0), 1.0)], signals=signals)

        told = [one.facts(day(number), STATE_RULES).get("p_alive") for number in (0, 5, 9)]

        assert told == [None, 0.8, 0.2]

    def test_bought_again_like_the_last_time(self) -> None:
        one = Behaviour.of("C-7", [(day(0), 7.0)]).bought(day(9))

        assert (one.days, one.amounts) == ((day(0), day(9)), (70_000, 70_000))
        with pytest.raises(InvalidValueError, match="after his last purchase"):
            one.bought(day(9))

    def test_days_rise(self) -> None:
        with pytest.raises(InvalidValueError, match="must rise"):
            Behaviour(customer="C-7", days=(day(1), day(0)), amounts=(1, 1))

    def test_has_one_amount_for_each_day(self) -> None:
        with pytest.raises(InvalidValueError, match="len\\(amounts\\)"):
            Behaviour(customer="C-7", days=(day(1),), amounts=())

    @pytest.mark.parametrize("amount", [float("nan"), True, "20"])
    def test_amounts_are_numbers(self, amount: float) -> None:
        with pytest.raises(InvalidValueError, match="amount"):
            Behaviour.of("C-7", [(day(0), amount)])

    def test_days_are_no_instants(self) -> None:
        with pytest.raises(InvalidValueError, match="without a time of day"):
            Behaviour.of("C-7", [(datetime(2024, 1, 1), 1.0)])

    def test_signals_bear_names_of_their_own(self) -> None:
        with pytest.raises(InvalidValueError, match="name of a behaviour"):
            Behaviour.of("C-7", [], signals=[Signal(on=day(0), name="orders", value=3)])

    @pytest.mark.parametrize("value", [float("inf"), True, None])
    def test_signals_are_numbers(self, value: float) -> None:
        with pytest.raises(InvalidValueError, match="p_alive"):
            Signal(on=day(0), name="p_alive", value=value)


class TestPurchases:
    def test_before_the_record_do_not_count(self) -> None:
        days = [(date(2026, 1, 5), 1.0), (date(2026, 3, 5), 2.0)]

        told = Behaviour.of("C-7", days, observed_from=date(2026, 2, 1))

        assert (told.days, told.maybe_older) == ((date(2026, 3, 5),), True)

    def test_refuse_a_negative_amount(self) -> None:
        with pytest.raises(InvalidValueError, match="must be 0 or more"):
            Behaviour.of("C-7", [(date(2026, 1, 5), -1.0)])
        with pytest.raises(InvalidValueError, match="must be 0 or more"):
            Behaviour(customer="C-7", days=(date(2026, 1, 5),), amounts=(-1,))
