import math

import attrs
import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from scipy import optimize, stats
from statsmodels.stats.multitest import multipletests  # type: ignore[import-untyped]  # no stubs

from crmkit.errors import InvalidValueError
from crmkit.satisfaction import LIKERT5, Scale, lead_over, leads_over


OWN = st.lists(st.integers(1, 5), min_size=0, max_size=30).map(lambda more: [3, 5, *more])
RIVAL = st.lists(st.integers(3, 5), min_size=0, max_size=30).map(lambda more: [3, 4, 4, 5, *more])


def rescaled(answers: list[int]) -> "np.ndarray[tuple[int], np.dtype[np.float64]]":
    return 25.0 * (np.array(answers, dtype=np.float64) - 1)


class TestLeadOver:
    @given(OWN, RIVAL, st.sampled_from([0.0, 5.0, 10.0, 25.0]))
    def test_tests_the_claim_as_scipy_does(
        self, own: list[int], rival: list[int], more_than: float
    ) -> None:
        # A lead of more than c % over y is a mean above that of y times 1 + c/100.
        expected = stats.ttest_ind(
            rescaled(own),
            (1 + more_than / 100) * rescaled(rival),
            equal_var=False,
            alternative="greater",
        )

        lead = lead_over(own, rival, scale=LIKERT5, more_than=more_than)

        assert lead.p_value == pytest.approx(expected.pvalue, abs=1e-9)
        assert lead.holds == (expected.pvalue < 1 - 0.95)

    @given(OWN, RIVAL)
    def test_has_welchs_interval_in_points(self, own: list[int], rival: list[int]) -> None:
        expected = stats.ttest_ind(rescaled(own), rescaled(rival), equal_var=False)
        interval = expected.confidence_interval(0.9)

        points = lead_over(own, rival, scale=LIKERT5, confidence=0.9).points

        assert points.low == pytest.approx(interval.low, abs=1e-9)
        assert points.high == pytest.approx(interval.high, abs=1e-9)
        assert (points.n, points.method) == (len(own) + len(rival), "welch-t")

    @settings(max_examples=25)
    @given(st.integers(0, 2**32))
    def test_has_as_interval_in_percent_what_its_test_would_not_refuse(self, seed: int) -> None:
        # Fieller's interval, found by search: where |x − r y| is just as wide as its error allows.
        rng = np.random.default_rng(seed)
        own, rival = rng.integers(2, 6, 60).tolist(), rng.integers(2, 6, 50).tolist()
        x, y = rescaled(own), rescaled(rival)
        v, w = x.var(ddof=1) / len(x), y.var(ddof=1) / len(y)
        ratio = x.mean() / y.mean()
        parts = v, ratio**2 * w
        freedom = sum(parts) ** 2 / (parts[0] ** 2 / 59 + parts[1] ** 2 / 49)
        t = stats.t.ppf(0.975, freedom)

        def excess(r: float) -> float:
            return float(abs(x.mean() - r * y.mean()) - t * math.sqrt(v + r * r * w))

        percent = lead_over(own, rival, scale=LIKERT5).percent

        low, high = optimize.brentq(excess, 0, ratio), optimize.brentq(excess, ratio, 10)
        assert percent.value == pytest.approx(100 * (ratio - 1))
        assert percent.low == pytest.approx(100 * (low - 1), abs=1e-6)
        assert percent.high == pytest.approx(100 * (high - 1), abs=1e-6)

    def test_tells_both_means_and_who_is_silent(self) -> None:
        lead = lead_over([5, 4, None, 5], [3, 4, 4, None, None], scale=LIKERT5, name="Blue")

        # (100 + 75 + 100) / 3 and (50 + 75 + 75) / 3.
        assert lead.own.value == pytest.approx(275 / 3)
        assert lead.theirs.value == pytest.approx(200 / 3)
        assert (lead.own.n_missing, lead.theirs.n_missing, lead.points.n_missing) == (1, 2, 3)
        assert lead.own.high == 100

    def test_holds_where_chance_has_just_what_the_confidence_leaves(self) -> None:
        lead = lead_over([5, 4, 5, 5] * 9, [3, 3, 4, 2] * 9, scale=LIKERT5)

        assert attrs.evolve(lead, p_value=0.05).holds
        assert attrs.evolve(lead, p_value=0.05).explain().find("p_value").against == 0.05
        assert not attrs.evolve(lead, p_value=0.0501).holds

    def test_says_in_both_languages_whether_the_claim_holds(self) -> None:
        own, rival = [5, 5, 4, 5] * 10, [3, 3, 4, 2] * 10

        shown = lead_over(own, rival, scale=LIKERT5, name="Blue").explain()
        unshown = lead_over(rival, own, scale=LIKERT5, name="Blue").explain()

        assert str(shown).startswith("the claim of a lead of more than 10 % over Blue holds: 93.75")
        assert "未得证实" in unshown.sentence("zh")
        assert (shown.verdict, unshown.verdict) == (True, False)

    def test_counts_in_any_scale(self) -> None:
        # The ratio hangs on where 0 is: on 1 to 5 the means 4 and 3 would be 33 % apart, here 50 %.
        lead = lead_over([4, 4, 5, 3], [3, 3, 2, 4], scale=Scale(1, 5), confidence=0.5)

        assert lead.percent.value == pytest.approx(50)

    def test_refuses_a_rival_at_the_foot_of_the_scale(self) -> None:
        with pytest.raises(InvalidValueError, match="cannot be told from 0; tell the lead in poin"):
            lead_over([5, 4], [1, 2], scale=LIKERT5)
        with pytest.raises(InvalidValueError, match="cannot be told from 0"):
            lead_over([5, 4], [1, 1], scale=LIKERT5)

    def test_refuses_groups_in_which_nobody_differs(self) -> None:
        with pytest.raises(InvalidValueError, match="must differ in one group at least"):
            lead_over([5, 5], [4, 4], scale=LIKERT5)

    def test_names_the_group_that_is_too_small(self) -> None:
        with pytest.raises(InvalidValueError, match="rival is"):
            lead_over([5, 4], [4], scale=LIKERT5)

    def test_refuses_what_is_off_the_scale(self) -> None:
        with pytest.raises(InvalidValueError, match="is 6: it must be a whole number from 1 to 5"):
            lead_over([5, 6], [4, 3], scale=LIKERT5)

    @pytest.mark.parametrize("claim", [-100, math.nan, True])
    def test_refuses_a_claim_that_is_none(self, claim: float) -> None:
        with pytest.raises(InvalidValueError, match="more_than is"):
            lead_over([5, 4], [4, 3], scale=LIKERT5, more_than=claim)


class TestLeadsOver:
    def test_adjusts_for_all_rivals_as_statsmodels_does(self) -> None:
        rng = np.random.default_rng(3)
        own = rng.integers(3, 6, 80).tolist()
        rivals = {name: rng.integers(2, 6, 70).tolist() for name in ("a", "b", "c")}
        alone = [lead_over(own, rival, scale=LIKERT5).p_value for rival in rivals.values()]

        leads = leads_over(own, rivals, scale=LIKERT5)

        expected = multipletests(alone, method="holm")[1]
        assert [lead.p_value for lead in leads] == pytest.approx(list(expected))
        assert [lead.rival for lead in leads] == ["a", "b", "c"]

    def test_says_that_the_p_value_is_adjusted_and_how(self) -> None:
        rivals = {"Blue": [3, 3, 4, 2] * 8, "Green": [4, 4, 4, 5] * 8}

        blue, green = leads_over([5, 5, 4, 5] * 8, rivals, scale=LIKERT5)
        (alone,) = leads_over([5, 5, 4, 5] * 8, {"Green": rivals["Green"]}, scale=LIKERT5)

        assert (green.tested, green.adjustment) == (2, "holm")
        assert "(p = 0.06762, adjusted for 2 rivals by Holm's method)" in str(green.explain())
        assert "（p=0.06762，按2个竞争对手以霍尔姆法校正）" in green.explain().sentence("zh")
        assert "(p < 0.0001, adjusted" in str(blue.explain())
        assert (alone.tested, alone.adjustment) == (1, None)
        assert "adjusted" not in str(alone.explain())

    def test_refuses_no_rival(self) -> None:
        with pytest.raises(InvalidValueError, match="one rival at least"):
            leads_over([5, 4], {}, scale=LIKERT5)
