"""What tests, and adjustments for many of them, are called in sentences.

Law: data hold one name of a test, sentences its name in the reader's language. Nothing here loads
numbers: records that were stored tell their tests too.
"""

from __future__ import annotations

from typing import Final

from crmkit.kernel import Text


_METHODS: Final = {
    "welch-t": Text("Welch's t test", "韦尔奇t检验"),
    "paired-t": Text("paired t test", "配对t检验"),
    "adjusted-wald-z": Text("adjusted Wald test", "调整Wald检验"),
    "score": Text("score test", "得分检验"),
    "newcombe": Text("score test, Newcombe's interval", "得分检验，Newcombe区间"),
    "holm": Text("Holm's method", "霍尔姆法"),
    "benjamini-hochberg": Text("Benjamini and Hochberg's method", "Benjamini-Hochberg法"),
    "mcnemar, tango": Text("McNemar's test, Tango's interval", "麦克尼马尔检验，Tango区间"),
}


def told_method(method: str) -> Text | str:
    """Return what a test is called in sentences; its name where none is known.

    Examples:
        >>> told_method("welch-t")("zh"), told_method("mine")
        ('韦尔奇t检验', 'mine')
    """
    return _METHODS.get(method, method)
