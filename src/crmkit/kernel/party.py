"""Who takes part in what passes between a customer and us.

Source: clocks that pause while somebody else is waited for; the words of the case vocabulary.
"""

from .labels import Labelled


class Party(Labelled):
    """On whose side somebody stands."""

    CUSTOMER = "customer", "The customer", "客户"
    STAFF = "staff", "Our staff", "我方员工"
    THIRD_PARTY = "third_party", "A third party", "第三方"
