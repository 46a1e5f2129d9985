"""The list against Unicode's, kept by other people: CLDR, as Babel carries it."""

from collections.abc import Iterable

import pytest
from hypothesis import given, strategies as st

from crmkit.kernel.currencies import COINLESS, DECIMALS, nearest_currency


core = pytest.importorskip("babel.core", reason="Babel carries the list to compare with")

# CLDR has them beyond ISO 4217: the offshore yuan; units that had a code before ISO gave any, or
# that ISO's list three marks as no code of its own.
NOT_ISO = """
    ALK ARL ARM BAN BGM BGO BOL BRZ CLE CNH CNX ILR ISJ KRH KRO MAF MCF MDC MKN MVP VNN YUR
"""
# ISO 4217 has them beyond CLDR: the Arab accounting dinar (list one, 2025), and of list three the
# electronic WIR franc, the ekwele of 1986, the loti of 1985, a cedi and a Zimbabwe dollar.
NOT_CLDR = "XAD CHC EQE LSM GHP ZWN"
# Minor unit 2 in ISO's list as long as they were current; CLDR tells how they were written.
TWO_IN_ISO = "MRO SLL STD ZMK"


def in_use() -> set[str]:
    """Currencies that CLDR has in a territory without an end."""
    told: dict[str, Iterable[tuple[str, object, object, bool]]]
    told = core.get_global("territory_currencies")
    return {code for spans in told.values() for code, _, end, _ in spans if end is None}


class TestDecimals:
    def test_are_known_of_every_currency_that_cldr_has(self) -> None:
        cldr = set(core.get_global("all_currencies"))

        assert cldr - set(DECIMALS) == COINLESS | {*NOT_ISO.split()}
        assert set(DECIMALS) - cldr == {*NOT_CLDR.split()}

    def test_are_known_of_every_currency_in_use(self) -> None:
        assert in_use() - COINLESS - {"CNH"} <= set(DECIMALS)

    def test_of_withdrawn_currencies_are_those_of_cldr(self) -> None:
        fractions = core.get_global("currency_fractions")
        apart = {*NOT_CLDR.split(), *TWO_IN_ISO.split()}
        withdrawn = set(DECIMALS) - in_use() - apart

        assert len(withdrawn) > 80
        for code in withdrawn:
            assert DECIMALS[code] == fractions.get(code, fractions["DEFAULT"])[0], code


class TestNearestCurrency:
    @given(st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ", min_size=3, max_size=3))
    def test_is_none_or_one_that_is_known(self, code: str) -> None:
        near = nearest_currency(code)

        assert near is None or near in DECIMALS
