"""For our tests and for yours: builders of records, and the rules that every store must pass.

The rules need pytest and hypothesis: `pip install "crmkit[testing]"`. The builders need nothing.
"""

from typing import TYPE_CHECKING


if TYPE_CHECKING:
    from .builders import (
        NINE as NINE,
        a_complaint as a_complaint,
        a_customer as a_customer,
        a_forecast as a_forecast,
    )
    from .store_claims import Capabilities as Capabilities
    from .store_machine import StoreMachine as StoreMachine
    from .store_rules import StoreRules as StoreRules
else:
    from crmkit import _lazy

    __getattr__, __dir__, __all__ = _lazy.names(__name__)
