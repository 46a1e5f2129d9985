"""Surveys as practice documents name them.

Law: a preset says no more than its source. The documents name dimensions and no weights: here all
count the same. Whoever knows better makes a version of his own.

Source: domain fact Q2.
"""

from __future__ import annotations

from typing import Final

from crmkit.kernel import Text

from .item import Item
from .survey import Survey


def _rated(id: str, en: str, zh: str) -> Item:
    return Item(id, text=Text(en, zh))


SEA_LION: Final = Survey.of(
    "sea_lion",
    1,
    (
        _rated("product_quality", "How satisfied are you with product quality?", "产品质量满意度"),
        _rated("delivery", "How satisfied are you with delivery?", "交货满意度"),
        _rated(
            "after_sales_service",
            "How satisfied are you with after-sales service?",
            "售后服务满意度",
        ),
        _rated("price", "How satisfied are you with the price?", "价格满意度"),
    ),
    title=Text("Sea-Lion satisfaction survey", "海狮顾客满意度调查"),
    labels={
        "product_quality": Text("product quality", "产品质量"),
        "delivery": Text("delivery", "交货"),
        "after_sales_service": Text("after-sales service", "售后服务"),
        "price": Text("price", "价格"),
    },
)
"""Jiangsu Sea-Lion Machinery: product quality, delivery, after-sales service, price.

Four dimensions of one question each, 1 (wholly dissatisfied) to 5 (wholly satisfied), with equal
weights: the source names the dimensions, says that weights differ by segment (hotels, laundries,
hospitals), and gives none.

Four alike ratings make no straight line by the default `CareRule`, which asks for five: of so few
they are ordinary. `CareRule(min_items=4)` flags them."""

DEALERS: Final = Survey.of(
    "dealers",
    1,
    (
        _rated("quality", "How satisfied are you with the quality?", "质量满意度"),
        _rated("brand_image", "How satisfied are you with the brand's image?", "品牌形象满意度"),
        _rated(
            "dealer_support",
            "How satisfied are you with the support that you get?",
            "经销商支持满意度",
        ),
        _rated("delivery_time", "How satisfied are you with delivery times?", "交货期满意度"),
    ),
    title=Text("Dealer satisfaction survey", "经销商满意度调查"),
    labels={
        "quality": Text("quality", "质量"),
        "brand_image": Text("brand image", "品牌形象"),
        "dealer_support": Text("dealer support", "经销商支持"),
        "delivery_time": Text("delivery time", "交货期"),
    },
)
"""The survey of dealers: quality, brand image, dealer support, delivery time.

Four dimensions of one question each, 1 to 5, with equal weights: the source names the dimensions
and gives no weights. Straight lines: as of `SEA_LION`."""
