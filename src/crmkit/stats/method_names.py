"""What tests, and adjustments for many of them, are called in sentences.

Law: data hold one name of a test, sentences its name in the reader's language. Nothing here loads
numbers: records that were stored tell their tests too.
"""

from __future__ import annotations

from typing import Final

from crmkit.errors import InvalidValueError
from crmkit.kernel import Text, did_you_mean


_TESTS: Final = {
    "welch-t": Text("Welch's t test", "韦尔奇t检验"),
    "paired-t": Text("paired t test", "配对t检验"),
    "adjusted-wald-z": Text("adjusted Wald test", "调整Wald检验"),
    "score": Text("score test", "得分检验"),
    "newcombe": Text("score test, Newcombe's interval", "得分检验，Newcombe区间"),
    "mcnemar, tango": Text("McNemar's test, Tango's interval", "麦克尼马尔检验，Tango区间"),
}
_ADJUSTMENTS: Final = {
    "holm": Text("Holm's method", "霍尔姆法"),
    "benjamini-hochberg": Text("Benjamini and Hochberg's method", "Benjamini-Hochberg法"),
}


def check_test(name: str, method: str) -> None:
    """Refuse what is the name of no test of `crmkit.stats`.

    Raises:
        InvalidValueError: If it is none.

    Examples:
        >>> check_test("method", "welch-t")
        >>> check_test("method", "welsh-t")
        Traceback (most recent call last):
        crmkit.errors.InvalidValueError: method is 'welsh-t': it must be a test of crmkit.stats:\
 welch-t, paired-t, adjusted-wald-z, score, newcombe, mcnemar, tango; did you mean 'welch-t'?
    """
    if method not in _TESTS:
        rule = f"must be a test of crmkit.stats: {', '.join(_TESTS)}"
        raise InvalidValueError(name, method, rule, did_you_mean(method, _TESTS))


def told_method(method: str) -> Text | str:
    """Return what a test is called in sentences; its name where none is known.

    Examples:
        >>> told_method("welch-t")("zh"), told_method("mine")
        ('韦尔奇t检验', 'mine')
    """
    return (_TESTS | _ADJUSTMENTS).get(method, method)
