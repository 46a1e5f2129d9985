"""From orders to purchase behaviour: days, returns, states that merge, the RFM table."""

from typing import TYPE_CHECKING


if TYPE_CHECKING:
    from .purchase_days import rfm_table as rfm_table
    from .purchase_state import RfmState as RfmState, merge as merge, rfm_state as rfm_state
    from .record_totals import StateTotals as StateTotals, state_totals as state_totals
    from .returned_orders import OrderEntry as OrderEntry, trace_returns as trace_returns
else:
    from crmkit import _lazy

    __getattr__, __dir__, __all__ = _lazy.names(__name__)
