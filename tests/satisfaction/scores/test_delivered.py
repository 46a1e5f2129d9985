from decimal import Decimal

import pytest
from hypothesis import given, strategies as st

from crmkit.errors import InvalidValueError
from crmkit.satisfaction import DeliveredValue, ValuePart, rank_offers


# Whole cents: a sum of them is exact in a Decimal.
CENTS = st.integers(0, 10**9).map(lambda cents: Decimal(cents).scaleb(-2))
OFFERS = st.builds(DeliveredValue, **{part.value: CENTS for part in ValuePart})


class TestDeliveredValue:
    def test_is_total_value_less_total_cost(self) -> None:
        # By hand: 14,000 + 3,000 + 1,500 + 1,500 = 20,000; 14,000 + 1,000 + 600 + 400 = 16,000.
        offer = DeliveredValue(
            product=14_000,
            services=3_000,
            personnel=1_500,
            image=1_500,
            money=14_000,
            time=1_000,
            energy=600,
            psyche=400,
        )

        assert [offer.total_value, offer.total_cost] == [20_000, 16_000]
        assert offer.delivered == 4_000
        assert offer.ratio == Decimal("1.25")

    def test_counts_floats_as_they_are_written(self) -> None:
        offer = DeliveredValue(product=0.1, services=0.2, money=Decimal("0.3"))

        assert offer.delivered == 0
        assert offer.part("services") == Decimal("0.2")

    def test_has_no_ratio_where_nothing_is_given_up(self) -> None:
        assert DeliveredValue(product=1).ratio is None

    def test_may_have_a_name_that_repels(self) -> None:
        assert DeliveredValue(product=5, image=-2).delivered == 3

    @given(OFFERS, OFFERS)
    def test_gains_add_up_to_the_difference(
        self, offer: DeliveredValue, other: DeliveredValue
    ) -> None:
        gains = sum(offer.gain(part, other) for part in ValuePart)

        assert gains == offer.delivered - other.delivered

    @pytest.mark.parametrize("wrong", [float("nan"), float("inf"), Decimal("NaN"), True, "5", None])
    def test_refuses_what_is_no_number(self, wrong: object) -> None:
        with pytest.raises(InvalidValueError, match=r"image is .*: it must be a finite number"):
            DeliveredValue(image=wrong)  # type: ignore[arg-type]  # refused

    @pytest.mark.parametrize("cost", ["money", "time", "energy", "psyche"])
    def test_refuses_a_negative_cost(self, cost: str) -> None:
        with pytest.raises(InvalidValueError, match=f"{cost} is -0.5: it must not be negative"):
            DeliveredValue(**{cost: -0.5})

    def test_refuses_a_part_that_is_none(self) -> None:
        with pytest.raises(InvalidValueError, match=r"is no ValuePart; did you mean 'money'\?"):
            DeliveredValue().part("mony")


class TestRankOffers:
    def test_puts_first_what_delivers_most(self) -> None:
        # Cheap delivers 60 − 30 = 30, good 100 − 60 = 40, dear 100 − 95 = 5.
        ranked = rank_offers(
            {
                "cheap": DeliveredValue(product=60, money=30),
                "dear": DeliveredValue(product=100, money=95),
                "good": DeliveredValue(product=100, money=60),
            }
        )

        assert [(one.rank, one.name) for one in ranked] == [(1, "good"), (2, "cheap"), (3, "dear")]
        assert [one.part for one in ranked] == [
            ValuePart.PRODUCT,
            ValuePart.PRODUCT,
            ValuePart.MONEY,
        ]

    def test_names_the_largest_difference_in_the_direction_of_the_whole(self) -> None:
        # Image differs most, by 50, but speaks for the loser; money decides, by 40, before time.
        ours = DeliveredValue(money=0, time=0, image=0)
        rival = DeliveredValue(money=40, time=30, image=50)

        ranked = rank_offers({"rival": rival, "ours": ours})

        assert (ranked[0].name, ranked[0].part) == ("ours", ValuePart.MONEY)
        assert (ranked[1].name, ranked[1].part) == ("rival", ValuePart.MONEY)

    def test_says_why_in_both_languages(self) -> None:
        first, second = rank_offers(
            {
                "ours": DeliveredValue(product=80, services=30, money=70),
                "rival": DeliveredValue(product=80, services=10, money=65),
            }
        )

        assert str(first.explain()) == (
            "ours is number 1 and delivers 40, 15 more than rival; services value counts most, "
            "10 for rival and 30 here"
        )
        assert second.explain().sentence("zh") == (
            "rival排第2，让渡价值为25，比ours少15；差别最大的是服务价值：ours为30，此处为10"
        )
        assert second.explain().find("total_cost").value == 65

    def test_lets_equal_offers_share_a_rank_without_a_reason(self) -> None:
        offers = {
            "a": DeliveredValue(product=5, money=3),
            "b": DeliveredValue(product=6, money=4),
            "c": DeliveredValue(product=1),
        }

        ranked = rank_offers(offers)

        assert [(one.rank, one.name, one.part) for one in ranked] == [
            (1, "a", None),
            (1, "b", None),
            (3, "c", ValuePart.PRODUCT),
        ]
        assert str(ranked[1].explain()) == "b is number 1 and delivers 2, as much as a"

    def test_tells_of_a_lone_offer_what_it_is_made_of(self) -> None:
        (only,) = rank_offers({"ours": DeliveredValue(product=5, money=3)})

        assert str(only.explain()) == "ours delivers 2: total value 5 less total cost 3"
        assert only.other is None

    @given(st.lists(OFFERS, min_size=1, max_size=6))
    def test_never_puts_less_before_more(self, offers: list[DeliveredValue]) -> None:
        ranked = rank_offers({str(place): offer for place, offer in enumerate(offers)})

        worth = [one.offer.delivered for one in ranked]
        assert worth == sorted(worth, reverse=True)
        assert [one.rank for one in ranked] == [
            1 + sum(other > value for other in worth) for value in worth
        ]

    def test_refuses_nothing_and_what_is_no_offer(self) -> None:
        with pytest.raises(InvalidValueError, match="at least one offer"):
            rank_offers({})
        with pytest.raises(InvalidValueError, match=r"offers\['ours'\] is 5: it must be a Deliv"):
            rank_offers({"ours": 5})  # type: ignore[dict-item]  # refused
