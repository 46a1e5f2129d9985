"""How far we are: lifecycles as data, a customer's way through them, and rules that infer a stage.

Law: no stage without who or what put the customer there, when, and why.
"""

from typing import TYPE_CHECKING


if TYPE_CHECKING:
    from .strategies import RelationshipStrategy as RelationshipStrategy
else:
    from crmkit import _lazy

    __getattr__, __dir__, __all__ = _lazy.names(__name__)
