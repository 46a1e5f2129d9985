"""Which customer: the one word about customers that every other package needs."""

from typing import NewType


CustomerId = NewType("CustomerId", str)
"""Which customer (客户编码)."""
