"""Measures of loyalty: by word and by deed, shares of wallet, the tie to satisfaction, groups."""

from typing import TYPE_CHECKING


if TYPE_CHECKING:
    from .coming_back import behaviour_index as behaviour_index, bought_again as bought_again
    from .curve_bends import CurveShape as CurveShape, curve_shapes as curve_shapes
    from .curves import loyalty_curve as loyalty_curve
    from .group_table import loyalty_groups as loyalty_groups
    from .loyalty_indices import loyalty_index as loyalty_index
    from .tie_findings import SatisfactionTie as SatisfactionTie, TieModerator as TieModerator
    from .ties import compare_ties as compare_ties, satisfaction_tie as satisfaction_tie
    from .wallets import (
        WalletShare as WalletShare,
        allocate_wallets as allocate_wallets,
        share_of_wallet as share_of_wallet,
        wallet_allocation as wallet_allocation,
        wallet_share as wallet_share,
    )
else:
    from crmkit import _lazy

    __getattr__, __dir__, __all__ = _lazy.names(__name__)
