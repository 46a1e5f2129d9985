from decimal import Decimal

import attrs
import pytest
from hypothesis import given, strategies as st

from crmkit.errors import InvalidValueError
from crmkit.kernel import Share
from crmkit.value import HAIER, AbcClass, AbcPolicy


def parting(a_to: float, b_to: float) -> AbcPolicy:
    return AbcPolicy(name="ours", a_to=Share(a_to), b_to=Share(b_to), source="a test")


class TestAbcClass:
    def test_is_called_by_its_letter(self) -> None:
        assert [member.label("en") for member in AbcClass] == ["A", "B", "C"]
        assert [member.label("zh") for member in AbcClass] == ["A类", "B类", "C类"]


class TestBirth:
    def test_of_80_15_5_is_haier(self) -> None:
        # Domain example 2: 80/15/5 passes.
        policy = attrs.evolve(HAIER, a_to=Share(0.80), b_to=Share(0.95))

        assert policy == HAIER

    def test_of_65_20_15_is_refused_under_that_name(self) -> None:
        # Domain example 2: 65/20/15 does not: C would make 15 %, the band is 5 to 10 %.
        with pytest.raises(InvalidValueError, match="share of C is '15 %'"):
            attrs.evolve(HAIER, a_to=Share(0.65), b_to=Share(0.85))

    @pytest.mark.parametrize(
        ("a_to", "b_to", "outside"),
        [
            (0.649, 0.9, "A"),
            (0.801, 0.95, "A"),
            (0.8, 0.899, "B"),
            (0.65, 0.901, "B"),
            (0.8, 0.951, "C"),
        ],
    )
    def test_outside_a_band_is_refused(self, a_to: float, b_to: float, outside: str) -> None:
        with pytest.raises(InvalidValueError, match=f"share of {outside} is"):
            attrs.evolve(HAIER, a_to=Share(a_to), b_to=Share(b_to))

    @pytest.mark.parametrize(("a_to", "b_to"), [(0.65, 0.90), (0.75, 0.90), (0.80, 0.95)])
    def test_on_the_ends_of_the_bands_is_inside(self, a_to: float, b_to: float) -> None:
        assert attrs.evolve(HAIER, a_to=Share(a_to), b_to=Share(b_to)).name == "Haier"

    def test_without_bands_takes_65_20_15(self) -> None:
        assert parting(0.65, 0.85).b_permille == 850

    @given(st.lists(st.integers(1, 1000), min_size=2, max_size=2, unique=True).map(sorted))
    def test_without_bands_takes_any_shares_that_rise(self, permilles: list[int]) -> None:
        policy = parting(permilles[0] / 1000, permilles[1] / 1000)

        assert [policy.a_permille, policy.b_permille] == permilles

    def test_of_everybody_in_a_or_b_leaves_c_to_those_who_bought_for_nothing(self) -> None:
        policy = parting(0.5, 1)

        assert policy.class_at(Decimal("0.01"), Decimal("99.99"), Decimal(100)) is AbcClass.B
        assert policy.class_at(Decimal(0), Decimal(100), Decimal(100)) is AbcClass.C

    @pytest.mark.parametrize("bands", [(), ((Share(0), Share(1)),) * 3])
    def test_under_a_documents_name_with_other_bands_is_refused(
        self, bands: tuple[tuple[Share, Share], ...]
    ) -> None:
        with pytest.raises(
            InvalidValueError, match="in the policy 'Haier'; give the policy another"
        ):
            attrs.evolve(HAIER, a_to=Share(0.65), b_to=Share(0.85), bands=bands)

    @pytest.mark.parametrize("name", ["haier", "Haier ", "HAIER", "Ｈａｉｅｒ"])
    def test_under_a_documents_name_in_other_letters_is_refused_too(self, name: str) -> None:
        with pytest.raises(InvalidValueError, match="must be those of the document"):
            AbcPolicy(name=name, a_to=Share(0.65), b_to=Share(0.85), source="ours")

        assert attrs.evolve(HAIER, name=name).bands == HAIER.bands

    @pytest.mark.parametrize(("a_to", "b_to"), [(0, 0.5), (0.5, 0.5), (0.6, 0.5)])
    def test_with_shares_that_do_not_rise_is_refused(self, a_to: float, b_to: float) -> None:
        with pytest.raises(InvalidValueError, match="above 0 and below b_to"):
            parting(a_to, b_to)

    def test_with_shares_finer_than_a_tenth_of_a_percent_is_refused(self) -> None:
        with pytest.raises(InvalidValueError, match="tenths of a percent"):
            parting(0.8001, 0.95)

    def test_with_bare_numbers_is_refused(self) -> None:
        with pytest.raises(InvalidValueError, match=r"write Share\(0\.8\)"):
            AbcPolicy(name="ours", a_to=0.8, b_to=Share(0.95), source="a test")  # type: ignore[arg-type]  # what is refused

    def test_with_bands_for_some_is_refused(self) -> None:
        with pytest.raises(InvalidValueError, match="one band for each"):
            attrs.evolve(HAIER, bands=HAIER.bands[:2])

    def test_without_a_name_is_refused(self) -> None:
        with pytest.raises(InvalidValueError, match="name is ' '"):
            attrs.evolve(HAIER, name=" ")


class TestPermille:
    @given(st.integers(1, 999))
    def test_is_what_was_written(self, permille: int) -> None:
        assert parting(permille / 1000, 1).a_permille == permille


class TestClassAt:
    @pytest.mark.parametrize(
        ("amount", "before", "expected"),
        [
            ("0.01", "79.99", AbcClass.A),
            ("0.01", "80.00", AbcClass.B),
            ("0.01", "94.99", AbcClass.B),
            ("0.01", "95.00", AbcClass.C),
            ("0.00", "0.00", AbcClass.C),
            ("-5.00", "0.00", AbcClass.C),
        ],
    )
    def test_looks_at_the_share_before(self, amount: str, before: str, expected: AbcClass) -> None:
        assert HAIER.class_at(Decimal(amount), Decimal(before), Decimal(100)) is expected


class TestMinVolume:
    @pytest.mark.parametrize("volume", [-1, Decimal(-1), Decimal("nan"), 10_000, 0.5])
    def test_is_a_decimal_of_0_or_more(self, volume: object) -> None:
        with pytest.raises(InvalidValueError, match="write Decimal"):
            attrs.evolve(HAIER, min_volume=volume)  # type: ignore[arg-type]  # what is refused

    def test_of_a_category_is_what_it_must_sell(self) -> None:
        policy = attrs.evolve(HAIER, min_volume=Decimal(100))

        assert policy.class_at(Decimal(9), Decimal(0), Decimal("99.99")) is None
        assert policy.class_at(Decimal(9), Decimal(0), Decimal(100)) is AbcClass.A
