"""What type checkers know of scores: values have weights beside them, frames have them within."""

from typing import assert_type

import numpy as np
import pandas as pd
import polars as pl

from crmkit.kernel import Estimate
from crmkit.kernel.frames import Values
from crmkit.satisfaction import nps


assert_type(nps([10, 9, None]), Estimate)
assert_type(nps(np.array([10, 9]), weights=np.array([1.0, 2.0])), Estimate)
assert_type(nps(pd.Series([10, 9]), weights=[1.0, 2.0]), Estimate)
assert_type(nps(pl.Series([10, 9]), confidence=0.9), Estimate)

frame = pd.DataFrame({"recommend": [10, 9], "q1": [3, 4], "weight": [1, 2]})
lazy = pl.LazyFrame({"recommend": [10, 9], "weight": [1, 2]})

assert_type(nps(frame), Estimate)
assert_type(nps(frame, recommend="q1", weights="weight"), Estimate)
assert_type(nps(pl.DataFrame(frame), weights="weight", confidence=0.9), Estimate)
assert_type(nps(lazy, weights="weight"), Estimate)


def either(scores: Values | pl.LazyFrame) -> Estimate:
    return nps(scores)


# The weights of rows are a column of theirs; values have no columns.
nps(lazy, weights=[1.0, 2.0])  # type: ignore[call-overload]
nps([10, 9], weights="weight")  # type: ignore[arg-type]
nps([10, 9], recommend="q1")  # type: ignore[call-overload]
nps({"recommend": [10, 9]})  # type: ignore[call-overload]
nps("10")  # type: ignore[arg-type]
