"""Columns of why customers stay: what is known of them, and what follows from it."""

from __future__ import annotations

from typing import Final

from .column_kinds import Column, ColumnKind
from .labels import Text


_POINTS: Final = Text("0 to 100", "0至100")
_SHARE: Final = Text("0 to 1", "0至1")
_COIN: Final = Text("units of the currency", "货币单位")
_FACTS: Final = (
    Column(
        "no_alternative",
        ColumnKind.FLAG,
        Text("Whether nobody else can supply him", "是否别无选择"),
    ),
    Column(
        "related_party",
        ColumnKind.FLAG,
        Text("Whether he is staff, family or a friend", "是否员工或亲友"),
    ),
    Column(
        "points_share",
        ColumnKind.NUMBER,
        Text("Share of his purchases made for points or rewards", "积分激励购买占比"),
        _SHARE,
    ),
    Column("price_first", ColumnKind.FLAG, Text("Whether he chooses by the price", "是否首选价格")),
    Column(
        "convenience_first",
        ColumnKind.FLAG,
        Text("Whether he chooses what is nearest or easiest", "是否首选便利"),
    ),
    Column(
        "switching_cost",
        ColumnKind.NUMBER,
        Text("How much it would cost him to leave", "转换成本"),
        _POINTS,
    ),
    Column("satisfaction", ColumnKind.NUMBER, Text("Score of satisfaction", "满意度得分"), _POINTS),
    Column(
        "delight",
        ColumnKind.NUMBER,
        Text("Score of delight: better than desired", "愉悦得分"),
        _POINTS,
    ),
    Column("trust", ColumnKind.NUMBER, Text("Score of trust", "信赖得分"), _POINTS),
    Column(
        "attitude",
        ColumnKind.NUMBER,
        Text("Attitude to us, beside that to others", "相对态度"),
        _POINTS,
    ),
    Column(
        "patronage",
        ColumnKind.NUMBER,
        Text("Share of his purchases of the kind that he makes from us", "重复购买占比"),
        _SHARE,
    ),
    Column("cognitive", ColumnKind.NUMBER, Text("He thinks us better", "认知得分"), _POINTS),
    Column("affective", ColumnKind.NUMBER, Text("He likes us", "情感得分"), _POINTS),
    Column("conative", ColumnKind.NUMBER, Text("He means to stay", "意愿得分"), _POINTS),
    Column("action", ColumnKind.NUMBER, Text("He acts on it", "行为得分"), _POINTS),
    Column(
        "value_rating",
        ColumnKind.NUMBER,
        Text("How he rates what he gets for what he pays", "价值评分"),
        _POINTS,
    ),
    Column(
        "system_rating",
        ColumnKind.NUMBER,
        Text("How he rates the way he is served and supplied", "系统评分"),
        _POINTS,
    ),
    Column(
        "people_rating",
        ColumnKind.NUMBER,
        Text("How he rates those who serve him", "人员评分"),
        _POINTS,
    ),
    Column(
        "attachment",
        ColumnKind.NUMBER,
        Text("How attached he is to the brand", "品牌依恋得分"),
        _POINTS,
    ),
    Column(
        "tolerance",
        ColumnKind.NUMBER,
        Text("How he bears with our mistakes", "对失误的宽容度"),
        _POINTS,
    ),
    Column(
        "price_tolerance",
        ColumnKind.NUMBER,
        Text("How he bears with higher prices", "对涨价的容忍度"),
        _POINTS,
    ),
)
_FOUND: Final = (
    Column("motive", ColumnKind.TEXT, Text("Why he stays: the first motive", "首要忠诚动机")),
    Column("motives", ColumnKind.TEXT, Text("All motives that are found", "全部忠诚动机")),
    Column(
        "motives_open",
        ColumnKind.TEXT,
        Text("Motives that hang on what is not known", "待定的忠诚动机"),
    ),
    Column(
        "motives_missing",
        ColumnKind.TEXT,
        Text("What is not known and would tell", "缺失的依据"),
    ),
    Column("phase", ColumnKind.TEXT, Text("Highest phase reached without a gap", "忠诚阶段")),
    Column(
        "phase_at_least",
        ColumnKind.TEXT,
        Text("Highest phase that is sure, whatever is not known", "至少达到的忠诚阶段"),
    ),
    Column(
        "phase_gap",
        ColumnKind.FLAG,
        Text("Whether a later phase is reached over a gap", "是否跳过了前面的阶段"),
    ),
    Column(
        "phase_missing",
        ColumnKind.TEXT,
        Text("Which scores are not known and would tell", "缺失的阶段依据"),
    ),
    Column("quadrant", ColumnKind.TEXT, Text("Attitude by patronage", "态度与行为象限")),
    Column(
        "quadrant_missing",
        ColumnKind.TEXT,
        Text("Which of attitude and patronage is not known", "缺失的象限依据"),
    ),
    Column("antecedents", ColumnKind.TEXT, Text("What leads to loyalty here", "忠诚的成因")),
    Column(
        "antecedents_missing",
        ColumnKind.TEXT,
        Text("What is not known of it", "缺失的成因依据"),
    ),
    Column("drivers", ColumnKind.TEXT, Text("By what he chooses us", "选择我们的理由")),
    Column(
        "drivers_missing",
        ColumnKind.TEXT,
        Text("What is not known of it", "缺失的理由依据"),
    ),
    Column("signs", ColumnKind.TEXT, Text("Signs of loyalty that he shows", "忠诚的表现")),
    Column(
        "signs_missing",
        ColumnKind.TEXT,
        Text("What is not known of them", "缺失的表现依据"),
    ),
    Column(
        "loyalty_group",
        ColumnKind.TEXT,
        Text("Captive, vulnerable, truly loyal, or not loyal", "忠诚群体"),
    ),
    Column(
        "loyalty_group_missing",
        ColumnKind.TEXT,
        Text("What is not known of it and would tell", "缺失的群体依据"),
    ),
    Column("loyalty", ColumnKind.NUMBER, Text("Score of loyalty", "忠诚度得分"), _POINTS),
    Column(
        "spend",
        ColumnKind.NUMBER,
        Text("What he spends on the kind with us", "在我方的支出"),
        _COIN,
    ),
    Column(
        "category_spend",
        ColumnKind.NUMBER,
        Text("What he spends on the kind in all, with us too", "该品类总支出"),
        _COIN,
    ),
    Column(
        "share_of_wallet",
        ColumnKind.NUMBER,
        Text("Share of what he spends that he spends with us", "钱包份额"),
        _SHARE,
    ),
    Column("brand", ColumnKind.TEXT, Text("Which of the brands that he uses", "品牌")),
    Column("rating", ColumnKind.NUMBER, Text("How he rates it", "评分")),
    Column(
        "brand_rank",
        ColumnKind.NUMBER,
        Text("Its rank with him, 1 the best; of equals the middle one", "品牌名次"),
        Text("from 1", "从1起"),
    ),
    Column(
        "brands",
        ColumnKind.NUMBER,
        Text("How many brands he uses", "所用品牌数"),
        Text("brands", "个"),
    ),
    Column(
        "wallet_share",
        ColumnKind.NUMBER,
        Text("Its share of his wallet by the allocation rule", "钱包分配法则下的份额"),
        _SHARE,
    ),
    Column(
        "bought_again",
        ColumnKind.FLAG,
        Text("Whether he came back in time", "是否按期再次购买"),
    ),
    Column(
        "customer_value",
        ColumnKind.NUMBER,
        Text("What the customer is worth", "客户价值"),
        _COIN,
    ),
)

LOYALTY: Final = (*_FACTS, *_FOUND)
