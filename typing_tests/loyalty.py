"""What type checkers know of loyalty: with groups a frame of the same kind, else a number."""

from typing import assert_type

import pandas as pd
import polars as pl

from crmkit.kernel import Estimate, Explanation
from crmkit.loyalty import (
    LoyaltyAntecedent,
    LoyaltyDriver,
    LoyaltyMotive,
    LoyaltyQuadrant,
    LoyaltySign,
    SatisfactionTie,
    add_motives,
    add_signs,
    find_antecedents,
    find_drivers,
    find_motives,
    find_signs,
    loyalty_index,
    quadrant,
    satisfaction_tie,
    wallet_allocation,
)


answers = pd.DataFrame({"loyalty": [50.0], "satisfaction": [60.0], "region": ["N"]})
lazy = pl.LazyFrame({"loyalty": [50.0], "satisfaction": [60.0], "region": ["N"]})

assert_type(loyalty_index(answers), Estimate)
assert_type(loyalty_index(answers, by="region"), pd.DataFrame)
assert_type(loyalty_index(lazy, by=["region"]), pl.LazyFrame)
assert_type(satisfaction_tie(lazy), SatisfactionTie)
assert_type(satisfaction_tie(lazy, by="region"), pl.LazyFrame)
assert_type(add_motives(lazy, known={"no_alternative": False}), pl.LazyFrame)

assert_type(find_motives({"patronage": 0.8, "trust": None}).primary, LoyaltyMotive)
assert_type(find_motives({}).explain("C-7"), Explanation[LoyaltyMotive])
assert_type(find_antecedents({}).explain(7), Explanation[tuple[LoyaltyAntecedent, ...]])
assert_type(find_drivers({}).explain(7), Explanation[tuple[LoyaltyDriver, ...]])
assert_type(find_signs({}).found, tuple[LoyaltySign, ...])
assert_type(add_signs(lazy), pl.LazyFrame)
assert_type(quadrant(None, 0.5, cuts=(50, 0.5)), LoyaltyQuadrant)
assert_type(wallet_allocation(1.5, 2), float)

# The cuts are the caller's to choose; what is not known is None, and no text.
quadrant(50, 0.5)  # type: ignore[call-arg]
find_motives({"patronage": [0.8]})  # type: ignore[dict-item]
wallet_allocation("first", 2)  # type: ignore[arg-type]
