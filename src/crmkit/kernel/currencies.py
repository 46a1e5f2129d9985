"""The currencies of ISO 4217, and how many decimals each has.

Law: old orders keep their currency. What was withdrawn is known as long as anybody's data name it;
what never was a currency, or has no coin (gold, drawing rights, the codes for tests), is not.

Source: ISO 4217, list one (current) and list three (withdrawn). ISO tells no decimals of those that
were withdrawn early: there the currency data of Unicode's CLDR, else 2.
"""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches
from typing import Final


_CURRENT: Final = {
    0: "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF",
    2: """
        AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BOV BRL BSD BTN BWP BYN BZD
        CAD CDF CHE CHF CHW CNY COP COU CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP
        GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK
        LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MXV MYR MZN NAD NGN NIO
        NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS
        SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD USN UYU UZS VED VES WST
        XAD XCD XCG YER ZAR ZMW ZWG
    """,
    3: "BHD IQD JOD KWD LYD OMR TND",
    4: "CLF UYW",
}

_WITHDRAWN: Final = {
    0: "ADP BYR ESP ITL LUF MGF TMM TRL ZWD",
    2: """
        AFA ANG AOK AON AOR ARA ARP ATS AZM BAD BEC BEF BEL BGL BGN BOP BRB BRC BRE BRN BRR BUK
        BYB CHC CSD CSK CUC CYP DDM DEM ECS ECV EEK EQE ESA ESB FIM FRF GEK GHC GHP GNS GQE GRD
        GWE GWP HRD HRK IEP ILP LSM LTL LTT LUC LUL LVL LVR MLF MRO MTL MTP MXP MZE MZM NIC NLG
        PEI PES PLZ PTE RHD ROL RUR SDD SDP SIT SKK SLL SRG STD SUR TJR TPE UAK UGS USS UYP VEB
        VEF XEU YDD YUD YUM YUN ZAL ZMK ZRN ZRZ ZWL ZWN ZWR
    """,
}

# What people write who mean a currency that has another code.
_MEANT: Final[Mapping[str, str]] = {
    "CNH": "CNY",
    "NIS": "ILS",
    "NTD": "TWD",
    "RMB": "CNY",
    "SFR": "CHF",
    "STG": "GBP",
    "UKP": "GBP",
    "YEN": "JPY",
}
_MOST_TRADED: Final = """
    AED AUD BRL CAD CHF CLP CNY CZK DKK EUR GBP HKD HUF IDR ILS INR JPY KRW MXN MYR NOK NZD PHP PLN
    RON RUB SAR SEK SGD THB TRY TWD USD ZAR
"""
_UNITS_OF_ACCOUNT: Final = "BOV CHE CHW CLF COU MXV USN UYI UYW XAD"

DECIMALS: Final[Mapping[str, int]] = {
    code: decimals
    for table in (_CURRENT, _WITHDRAWN)
    for decimals, codes in table.items()
    for code in codes.split()
}
"""Decimals of every currency that is, or was, one."""

_COINLESS: Final = "XAG XAU XBA XBB XBC XBD XDR XFO XFU XPD XPT XRE XSU XTS XUA XXX"
COINLESS: Final = frozenset(_COINLESS.split())
"""Codes of ISO 4217 without a minor unit: metals, units of account, for tests, for no currency."""


def nearest_currency(code: str) -> str | None:
    """Return the current currency that is most likely meant by a code that is none.

    Examples:
        >>> nearest_currency("ERU"), nearest_currency("RMB"), nearest_currency("QQQ")
        ('EUR', 'CNY', None)
    """
    if code in _MEANT:
        return _MEANT[code]
    current = {name for codes in _CURRENT.values() for name in codes.split()}
    current -= set(_UNITS_OF_ACCOUNT.split())
    # Letters change places more often than they change, and the first two are the country's.
    moved = sorted(name for name in current if sorted(name) == sorted(code))
    of_country = sorted(name for name in current if name[:2] == code[:2])
    for names in (moved, of_country, _MOST_TRADED.split(), sorted(current)):
        if near := get_close_matches(code, names, n=1):
            return near[0]
    return None
