from itertools import product

import attrs
import pytest

from crmkit.customers import CreditStanding
from crmkit.errors import InvalidValueError
from crmkit.kernel import Share
from crmkit.value import SECOND_LOOK, AbcClass, Dealings, LookReason


SOUND = Dealings(credit=CreditStanding.GOOD, years=6, steadiness=Share(0.9))


class TestLook:
    def test_raises_a_c_of_good_credit_and_long_dealings(self) -> None:
        # Domain example 3.
        found = SECOND_LOOK.look(AbcClass.C, SOUND)

        assert found == (AbcClass.B, (LookReason.GOOD_STANDING,))

    def test_lowers_an_unsteady_a(self) -> None:
        # Domain example 3.
        unsteady = attrs.evolve(SOUND, steadiness=Share(0.3))

        found = SECOND_LOOK.look(AbcClass.A, unsteady)

        assert found == (AbcClass.B, (LookReason.UNSTEADY_DEALINGS,))

    @pytest.mark.parametrize(
        ("dealings", "reason"),
        [
            (Dealings(credit=CreditStanding.POOR), LookReason.POOR_CREDIT),
            (Dealings(years=0.9), LookReason.SHORT_DEALINGS),
            (Dealings(steadiness=Share(0.49)), LookReason.UNSTEADY_DEALINGS),
        ],
    )
    def test_lowers_for_any_one_of_three(self, dealings: Dealings, reason: LookReason) -> None:
        assert SECOND_LOOK.look(AbcClass.B, dealings) == (AbcClass.C, (reason,))

    def test_lowers_by_one_class_for_all_three(self) -> None:
        worst = Dealings(credit=CreditStanding.POOR, years=0, steadiness=Share(0))

        second, reasons = SECOND_LOOK.look(AbcClass.A, worst)

        assert second is AbcClass.B
        assert len(reasons) == 3

    @pytest.mark.parametrize(
        "dealings",
        [
            attrs.evolve(SOUND, credit=CreditStanding.FAIR),
            attrs.evolve(SOUND, years=2.9),
            attrs.evolve(SOUND, steadiness=Share(0.74)),
            attrs.evolve(SOUND, credit=None),
            attrs.evolve(SOUND, years=None),
            attrs.evolve(SOUND, steadiness=None),
            Dealings(),
        ],
    )
    def test_leaves_who_lacks_one_of_the_three_where_he_is(self, dealings: Dealings) -> None:
        for letter in AbcClass:
            assert SECOND_LOOK.look(letter, dealings) == (letter, ())

    def test_knows_no_class_above_a_and_none_below_c(self) -> None:
        assert SECOND_LOOK.look(AbcClass.A, SOUND) == (AbcClass.A, ())
        assert SECOND_LOOK.look(AbcClass.C, Dealings(years=0)) == (AbcClass.C, ())

    @pytest.mark.parametrize(("years", "share"), [(3, 0.75), (3.0, 1)])
    def test_counts_the_bars_themselves_as_reached(self, years: float, share: float) -> None:
        known = attrs.evolve(SOUND, years=years, steadiness=Share(share))

        assert SECOND_LOOK.look(AbcClass.B, known)[0] is AbcClass.A
        assert SECOND_LOOK.look(AbcClass.B, Dealings(years=1, steadiness=Share(0.5)))[1] == ()


class TestExplain:
    def test_gives_the_reason_in_both_languages(self) -> None:
        poor = Dealings(credit=CreditStanding.POOR, years=0.5, steadiness=Share(0.9))

        why = SECOND_LOOK.explain("C-7", AbcClass.A, poor)

        assert why.sentence() == (
            "customer C-7 goes from A to B on the second look for poor credit and short dealings: "
            "poor credit, 0.5 years of dealings, bought in 90 % of the periods"
        )
        assert why.sentence("zh") == (
            "客户C-7复核后由A类调为B类，原因：资信差、交往时间短"
            "（资信较差，交往0.5年，90%的时段有购买）"
        )

    def test_says_what_is_not_known(self) -> None:
        why = SECOND_LOOK.explain(7, AbcClass.A, Dealings(years=4))

        assert why.verdict is AbcClass.A
        assert why.missing == ("credit is not known", "steadiness is not known")
        assert why.sentence() == (
            "customer 7 stays A on the second look: credit not known, 4 years of dealings, "
            "steadiness not known"
        )

    @pytest.mark.parametrize("letter", AbcClass)
    def test_gives_evidence_that_gives_the_class(self, letter: AbcClass) -> None:
        credits_, years, shares = (*CreditStanding, None), (0.5, 2, 5, None), (0.1, 0.6, 0.9, None)
        for credit, length, share in product(credits_, years, shares):
            steady = None if share is None else Share(share)
            dealings = Dealings(credit=credit, years=length, steadiness=steady)

            why = SECOND_LOOK.explain("C-7", letter, dealings)

            met = [fact.met for fact in why.evidence[2:8]]
            up, down = met[::2], met[1::2]
            place = "ABC".index(str(why.find("first").value).removeprefix("AbcClass."))
            move = 1 if any(down) else -1 if all(up) else 0
            assert "ABC"[min(max(place + move, 0), 2)] == why.verdict.value


class TestBirth:
    @pytest.mark.parametrize("years", [-1, float("nan"), float("inf"), True, "3"])
    def test_refuses_what_are_no_years(self, years: float) -> None:
        with pytest.raises(InvalidValueError, match="must be a number of years, 0 or more"):
            Dealings(years=years)
        with pytest.raises(InvalidValueError, match="must be a number of years, 0 or more"):
            attrs.evolve(SECOND_LOOK, long_from=years)

    def test_refuses_words_for_credit(self) -> None:
        with pytest.raises(InvalidValueError, match="must be a CreditStanding"):
            Dealings(credit="good")  # type: ignore[arg-type]  # what is refused

    def test_refuses_dealings_both_long_and_short(self) -> None:
        with pytest.raises(InvalidValueError, match="must not be below short_below, 4 years"):
            attrs.evolve(SECOND_LOOK, short_below=4)
        with pytest.raises(InvalidValueError, match="must not be below unsteady_below, 90 %"):
            attrs.evolve(SECOND_LOOK, unsteady_below=Share(0.9))
