"""What they are worth: purchase behaviour in four numbers, classes by amount.

Law: no order is dropped in silence, and classes are compared in whole coins.
"""

from typing import TYPE_CHECKING


if TYPE_CHECKING:
    from .abc_policy import HAIER as HAIER, AbcClass as AbcClass, AbcPolicy as AbcPolicy
    from .classing import abc_classes as abc_classes, explain_abc_class as explain_abc_class
    from .purchase_days import rfm_table as rfm_table
else:
    from crmkit import _lazy

    __getattr__, __dir__, __all__ = _lazy.names(__name__)
