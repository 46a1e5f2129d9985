"""What they are worth: purchase behaviour in four numbers, classes by amount.

Law: no order is dropped in silence, and classes are compared in whole coins.
"""

from typing import TYPE_CHECKING


if TYPE_CHECKING:
    from .abc_policy import HAIER as HAIER, AbcClass as AbcClass, AbcPolicy as AbcPolicy
    from .class_explained import explain_abc_class as explain_abc_class
    from .classing import abc_classes as abc_classes
    from .look_policy import (
        SECOND_LOOK as SECOND_LOOK,
        Dealings as Dealings,
        LookReason as LookReason,
        SecondLookPolicy as SecondLookPolicy,
    )
    from .purchase_days import rfm_table as rfm_table
    from .second_looks import (
        explain_second_look as explain_second_look,
        second_look as second_look,
    )
else:
    from crmkit import _lazy

    __getattr__, __dir__, __all__ = _lazy.names(__name__)
