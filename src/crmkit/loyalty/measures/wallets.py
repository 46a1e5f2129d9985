"""Shares of wallet: how much of what a customer spends he spends with us, and what to expect.

Law: a base has two shares, and they are two numbers: that of its money, in which large wallets
count more, and that of its customers, in which all count alike. The allocation rule is one of
ranks: it says what to expect of a customer who uses several brands, not what he spends.

Source: Keiningham, T. L., Aksoy, L., Buoye, A. and Cooil, B. (2011), "Customer loyalty isn't
enough: grow your share of wallet", Harvard Business Review 89(10), 29–31; domain fact L4. Ratio of
two sums: Cochran, W. G. (1977), "Sampling techniques", 3rd edition, section 6.4.
"""

from __future__ import annotations

import math
from typing import Final, cast

import attrs
import narwhals.stable.v2 as nw
import numpy as np
from narwhals.stable.v2.typing import IntoFrame, IntoFrameT

from crmkit.errors import InvalidValueError
from crmkit.kernel import Estimate
from crmkit.kernel.customer_rows import check_new
from crmkit.kernel.estimate import check_confidence
from crmkit.kernel.frames import (
    ColumnKind,
    Eager,
    Flaw,
    Lazy,
    empty,
    find_flaws,
    frame_of,
    not_finite,
)
from crmkit.stats.intervals import cut_to, student_quantile
from crmkit.stats.no_width import warn_of_no_width
from crmkit.stats.weighted import warn_if_few_weigh

from .group_sums import Sums, group_sums
from .respondents import ALIKE, TWO, Respondents, column_name, effective, number_columns


_SHARE: Final = "share_of_wallet"
_ROUNDING: Final = 1e-12


def wallet_allocation(rank: float, brands: int) -> float:
    r"""Return what share of a customer's wallet a brand of some rank is to expect.

    $$\left(1 - \frac{\text{rank}}{\text{brands} + 1}\right) \times \frac{2}{\text{brands}}$$

    Args:
        rank: Its rank with the customer, 1 the best; brands rated alike share the middle of their
            ranks, such as 1.5.
        brands: How many brands of the kind he uses.

    Raises:
        InvalidValueError: If he uses none, or the rank is none that such a brand can have.

    Units:
        0 to 1; the shares of all his brands sum to 1.

    Source:
        Keiningham and others (2011).

    Examples:
        >>> [round(wallet_allocation(rank, 3), 3) for rank in (1, 2, 3)]
        [0.5, 0.333, 0.167]
        >>> wallet_allocation(1.5, 2), wallet_allocation(1, 1)
        (0.5, 1.0)
    """
    # A cell of a frame is a number of numpy's.
    if not isinstance(brands, int | np.integer) or isinstance(brands, bool) or brands < 1:
        raise InvalidValueError("brands", brands, "must be a whole number of 1 or more")
    number = isinstance(rank, int | float | np.integer) and not isinstance(rank, bool)
    if not number or not 1 <= rank <= brands or not float(2 * rank).is_integer():
        way_out = "brands rated alike share the middle of their ranks, such as 1.5"
        raise InvalidValueError("rank", rank, f"must be a rank from 1 to {brands}", way_out)
    return float((1 - rank / (brands + 1)) * 2 / brands)


def allocate_wallets(
    ratings: IntoFrameT,
    *,
    customer_id: str = "customer_id",
    brand: str = "brand",
    rating: str = "rating",
) -> IntoFrameT:
    """Add to customers' ratings of the brands they use what share each is to expect.

    Args:
        ratings: One row per customer and brand that he uses, ours and our competitors': pandas,
            polars (eager or lazy), DuckDB, PySpark. A lazy frame is checked by one aggregate query
            and stays lazy.
        customer_id: Name of the column of customers.
        brand: Name of the column of brands.
        rating: Name of the column of ratings, the higher the better.

    Returns:
        The same kind of frame, its rows and columns as they are, with three columns last:
        `brand_rank`, 1 the best and the middle one of equals; `brands`, how many he uses; and
        `wallet_share`. The shares of a customer sum to 1.

    Raises:
        InvalidValueError: If a column is missing or of another kind, a value is empty or not
            finite, a customer rates a brand twice, or a column would be lost.

    Units:
        Shares 0 to 1.

    Source:
        Keiningham and others (2011).

    Examples:
        >>> import pandas
        >>> ratings = pandas.DataFrame(
        ...     {"customer_id": [*"XXYY"], "brand": [*"ABAB"], "rating": [9, 7, 8, 8]}
        ... )
        >>> told = allocate_wallets(ratings)
        >>> told["brand_rank"].to_list(), told["wallet_share"].round(3).to_list()
        ([1.0, 2.0, 1.5, 1.5], [0.667, 0.333, 0.5, 0.5])
    """
    wanted = {
        column_name(customer_id): ColumnKind.ID,
        column_name(brand): ColumnKind.ID,
        column_name(rating): ColumnKind.NUMBER,
    }
    asked = frame_of(ratings, "ratings", wanted)
    check_new(asked, "brand_rank", "brands", "wallet_share")
    copies = nw.generate_temporary_column_name(8, asked.collect_schema().names())
    counted = asked.with_columns(nw.len().over(customer_id, brand).alias(copies))
    rule = "must be rated once by each customer"
    twice = Flaw(brand, nw.col(copies) > 1, rule, "keep the last rating")
    find_flaws(counted, [*(empty(name) for name in wanted), not_finite(rating), twice])
    best = nw.col(rating).rank(method="min", descending=True).over(customer_id)
    ranked = asked.with_columns(
        best.cast(nw.Float64).alias("brand_rank"),
        nw.len().over(customer_id).cast(nw.Int64).alias("brands"),
        nw.len().over(customer_id, rating).cast(nw.Float64).alias("wallet_share"),
    )
    middle = nw.col("brand_rank") + (nw.col("wallet_share") - 1) / 2
    shares = (1 - nw.col("brand_rank") / (nw.col("brands") + 1)) * 2 / nw.col("brands")
    told = ranked.with_columns(middle.alias("brand_rank")).with_columns(
        shares.alias("wallet_share")
    )
    return cast("IntoFrameT", told.to_native())


def share_of_wallet(
    frame: IntoFrameT, *, spend: str = "spend", category_spend: str = "category_spend"
) -> IntoFrameT:
    """Add every customer's share of wallet: what he spends with us, of all that he spends.

    Args:
        frame: One row per customer, empty where the whole is not known: pandas, polars (eager or
            lazy), DuckDB, PySpark. A lazy frame is checked by one aggregate query and stays lazy.
        spend: Name of the column of what he spends on the kind with us.
        category_spend: Name of the column of what he spends on it in all, with us too.

    Returns:
        The same kind of frame, its rows and columns as they are, with `share_of_wallet` last, empty
        where he spends nothing or the whole is not known.

    Raises:
        InvalidValueError: If a column is missing or of another kind, an amount is negative or not
            finite, he spends more with us than in all, or a column would be lost.

    Units:
        0 to 1.

    Source:
        Domain fact L4.

    Examples:
        >>> import polars
        >>> base = polars.DataFrame({"spend": [30, 0, 5], "category_spend": [40, 0, None]})
        >>> share_of_wallet(base)["share_of_wallet"].to_list()
        [0.75, None, None]
    """
    asked = _checked(frame, spend, category_spend)
    check_new(asked, _SHARE)
    own, whole = (nw.col(name).cast(nw.Float64) for name in (spend, category_spend))
    # What is the whole but for the rounding is the whole.
    share = nw.when(own < whole).then(own / whole).otherwise(1.0)
    told = asked.with_columns(nw.when(whole > 0).then(share).alias(_SHARE))
    return cast("IntoFrameT", told.to_native())


@attrs.frozen(kw_only=True)
class WalletShare:
    """The share of wallet of a base, in its two meanings.

    Attributes:
        of_money: What all spend with us, of all that they spend: large wallets count more.
        of_customers: The mean of the customers' own shares: all count alike.

    Examples:
        >>> import pandas
        >>> base = pandas.DataFrame({"spend": [90, 1, 2], "category_spend": [100, 10, 10]})
        >>> both = wallet_share(base)
        >>> round(both.of_money, 3), round(both.of_customers, 3)
        (0.775, 0.4)
    """

    of_money: Estimate
    of_customers: Estimate


def wallet_share(
    frame: IntoFrame,
    *,
    spend: str = "spend",
    category_spend: str = "category_spend",
    weights: str | None = None,
    confidence: float = 0.95,
) -> WalletShare:
    r"""Estimate the share of wallet of a base: of its money, and of its customers.

    Of its money it is a ratio of two sums, $R = \sum w y / \sum w x$, with
    $\hat V = \frac{n}{n - 1} \sum w^2 (y - R x)^2 / (\sum w x)^2$ and
    $R \pm t_{n-1} \sqrt{\hat V}$; of its customers the mean of $y/x$ with Student's interval,
    linearised where there are weights. Both are cut at 0 and 1.

    Args:
        frame: As for `share_of_wallet`. A lazy frame is asked two aggregate queries.
        spend: Name of the column of what a customer spends on the kind with us.
        category_spend: Name of the column of what he spends on it in all, with us too.
        weights: Name of the column of respondents' weights, none negative; None weighs all alike.
        confidence: Share of such intervals that hold the true value.

    Returns:
        Both, of those who spend anything and have a weight; the others are counted as missing.

    Raises:
        InvalidValueError: As `share_of_wallet`, or if a weight is none, or fewer than two spend
            anything, or weigh anything.

    Warns:
        AssumptionWarning: If all shares are alike, so that the intervals have no width; or if few
            of many weigh anything, as of `crmkit.stats.weighted_mean`.

    Units:
        0 to 1.

    Source:
        Cochran (1977), section 6.4; Student (1908); under weights Binder (1983), as in R's
        `svyratio` and `svymean`.

    Examples:
        >>> import pandas
        >>> base = pandas.DataFrame({"spend": [30, 10, 50], "category_spend": [40, 40, 80]})
        >>> print(wallet_share(base).of_money)
        0.5625 (95 % interval 0.05493 to 1, n = 3, ratio, linearised)
    """
    check_confidence(confidence)
    sums = _sums(_checked(frame, spend, category_spend, weights), spend, category_spend, weights)
    n, size = sums["n"], effective(sums)
    if not n >= 2 or size < TWO:
        rule = "must be above 0 for two customers at least that weigh"
        raise InvalidValueError(category_spend, int(n or 0), rule, "one tells no spread")
    ratio, mean = sums["y"] / sums["x"], sums["s"] / sums["w"]
    residual = sums["yy"] - 2 * ratio * sums["xy"] + ratio * ratio * sums["xx"]
    spread = sums["ss"] - 2 * mean * sums["ws"] + mean * mean * sums["ww"]
    if spread <= _ROUNDING * (sums["ww"] + sums["ss"]):
        spread = residual = 0.0
        warn_of_no_width(f"all {int(n)} shares of wallet are {mean:g}")
    warn_if_few_weigh(int(n), size, what="customers")
    of_money = math.sqrt(max(residual, 0.0) * n / (n - 1)) / sums["x"]
    of_customers = math.sqrt(spread * n / (n - 1)) / sums["w"]
    method = "student-t" if size == n else "linearised"
    return WalletShare(
        of_money=_estimate(ratio, of_money, sums, confidence, "ratio, linearised"),
        of_customers=_estimate(mean, of_customers, sums, confidence, method),
    )


def _sums(asked: Eager | Lazy, spend: str, category_spend: str, weights: str | None) -> Sums:
    """Add up what those spend who spend anything; what is squared, weights and all."""
    own, whole = (nw.col(name).cast(nw.Float64) for name in (spend, category_spend))
    there, share = (whole > 0).fill_null(False), own / whole
    respondents = Respondents.weighing(weights)
    once, twice = respondents.weight, respondents.weight * respondents.weight
    parts = {
        "x": once * whole,
        "y": once * own,
        "s": once * share,
        "xx": twice * whole * whole,
        "xy": twice * whole * own,
        "yy": twice * own * own,
        "ws": twice * share,
        "ss": twice * share * share,
    }
    return group_sums(asked, (), respondents.flaws, respondents.sums(there, parts)).rows[0]


def _estimate(value: float, error: float, sums: Sums, confidence: float, method: str) -> Estimate:
    n = sums["n"]
    reach = student_quantile(confidence, n - 1) * error
    found = Estimate(
        value,
        value - reach,
        value + reach,
        confidence=confidence,
        n=int(n),
        n_missing=int(sums["gone"]),
        method=method,
    )
    return cut_to(found, 0, 1)


def _checked(
    native: IntoFrame, spend: str, category_spend: str, weights: str | None = None
) -> Eager | Lazy:
    asked = frame_of(native, "frame", number_columns(spend, category_spend, weights))
    whole, own = nw.col(category_spend).cast(nw.Float64), nw.col(spend).cast(nw.Float64)
    given = ~nw.col(category_spend).is_null()
    find_flaws(
        asked,
        [
            empty(spend),
            not_finite(spend),
            Flaw(category_spend, given & ~whole.is_finite(), "must be a finite number, or empty"),
            Flaw(spend, own < 0, "must not be negative", "count returns on the purchases' day"),
            Flaw(
                spend,
                given & (own > whole * (1 + ALIKE)),
                f"must not exceed {category_spend}",
                "the whole is with us too",
            ),
        ],
    )
    return asked
