"""Columns of what customers are worth: measured, foretold, weighed."""

from __future__ import annotations

from typing import Final

from .column_kinds import Column, ColumnKind
from .labels import Text


_COIN: Final = Text("units of the currency", "货币单位")
_AGE: Final = Text("days or weeks, as the table was asked for", "天或周，依所选单位")
_SCORE: Final = Text("points, 1 to 5 or as there are bars", "分，1至5或依门槛数而定")
_SHARE: Final = Text("0 to 1", "0至1")
_POINTS: Final = Text("0 to 100", "0至100")
MEASURED: Final = (
    Column(
        "frequency",
        ColumnKind.NUMBER,
        Text("Days with a purchase, less the first", "重复购买天数"),
        Text("days with a purchase", "购买天数"),
    ),
    Column(
        "recency",
        ColumnKind.NUMBER,
        Text("Age at the last purchase", "末次购买时的客龄"),
        _AGE,
    ),
    Column("T", ColumnKind.NUMBER, Text("Age at the end of the record", "记录截止时的客龄"), _AGE),
    Column(
        "monetary",
        ColumnKind.NUMBER,
        Text("Mean spend of the repeat days, 0 when none", "重复购买日的平均金额，无则为0"),
        _COIN,
    ),
    Column(
        "maybe_older",
        ColumnKind.FLAG,
        Text("Whether the first purchase may lie before the record", "首次购买是否可能早于记录"),
    ),
    Column(
        "unit",
        ColumnKind.TEXT,
        Text(
            "What recency and T are counted in: D, W", "末次购买时的客龄和客龄的单位：D为天，W为周"
        ),
    ),
    Column(
        "r_score", ColumnKind.NUMBER, Text("Score of recency, 1 the worst", "最近购买得分"), _SCORE
    ),
    Column("f_score", ColumnKind.NUMBER, Text("Score of frequency", "购买频率得分"), _SCORE),
    Column("m_score", ColumnKind.NUMBER, Text("Score of the amount", "金额得分"), _SCORE),
    Column("segment", ColumnKind.TEXT, Text("Code of the segment", "细分编码")),
    Column(
        "scheme",
        ColumnKind.TEXT,
        Text("By which version of which scheme", "所依细分方案及其版本"),
    ),
    Column("abc_class", ColumnKind.TEXT, Text("Class by amount: A, B or C", "ABC分类")),
)
_PURCHASES: Final = Text("purchases", "次")
FORETOLD: Final = (
    Column(
        "p_alive", ColumnKind.NUMBER, Text("Chance that he is still a customer", "存活概率"), _SHARE
    ),
    Column(
        "p_active",
        ColumnKind.NUMBER,
        Text("Chance that he buys within a time", "一段时间内购买的概率"),
        _SHARE,
    ),
    Column(
        "expected",
        ColumnKind.NUMBER,
        Text("Purchases expected of him", "期望购买次数"),
        _PURCHASES,
    ),
    Column(
        "count_low",
        ColumnKind.NUMBER,
        Text("Least number of purchases of the interval", "购买次数区间下限"),
        _PURCHASES,
    ),
    Column(
        "count_high",
        ColumnKind.NUMBER,
        Text("Largest number of purchases of the interval", "购买次数区间上限"),
        _PURCHASES,
    ),
    Column(
        "pmf",
        ColumnKind.NUMBER,
        Text("Chance of just so many purchases", "恰好若干次购买的概率"),
        _SHARE,
    ),
    Column(
        "next_purchase",
        ColumnKind.NUMBER,
        Text("Time within which he buys again", "再次购买前的时间"),
        _AGE,
    ),
    Column(
        "dert",
        ColumnKind.NUMBER,
        Text("Discounted purchases of all time to come", "折现期望剩余交易次数"),
        _PURCHASES,
    ),
    Column(
        "spend", ColumnKind.NUMBER, Text("Mean spend on a purchase", "每次购买的平均金额"), _COIN
    ),
    Column("clv", ColumnKind.NUMBER, Text("Lifetime value", "客户生命周期价值"), _COIN),
)
WORTH: Final = (
    Column("second_class", ColumnKind.TEXT, Text("Class after the second look", "复核后的分类")),
    Column(
        "class_reason",
        ColumnKind.TEXT,
        Text(
            "Why the class moved on the second look; empty where it stays",
            "复核调整原因，未调整则为空",
        ),
    ),
    Column(
        "credit",
        ColumnKind.TEXT,
        Text(
            "Credit: good, fair or poor; empty where not known",
            "资信：good、fair或poor，不明则为空",
        ),
    ),
    Column(
        "dealing_years",
        ColumnKind.NUMBER,
        Text("How long the customer has dealt with us", "交往年数"),
        Text("years", "年"),
    ),
    Column(
        "steadiness",
        ColumnKind.NUMBER,
        Text("In which share of the periods he bought", "有购买的时段占比"),
        _SHARE,
    ),
    Column("tier", ColumnKind.TEXT, Text("Tier of the customer pyramid", "客户金字塔层级")),
    Column(
        "customers",
        ColumnKind.NUMBER,
        Text("How many customers bought for this amount", "该金额的客户数"),
        Text("customers", "位"),
    ),
    Column(
        "customers_so_far",
        ColumnKind.NUMBER,
        Text("How many from the largest amount on", "自最大金额起累计客户数"),
        Text("customers", "位"),
    ),
    Column(
        "customer_share",
        ColumnKind.NUMBER,
        Text("The same, as a share of all customers", "累计客户占比"),
        _SHARE,
    ),
    Column(
        "amount_so_far", ColumnKind.NUMBER, Text("What they bought for together", "累计金额"), _COIN
    ),
    Column(
        "amount_share",
        ColumnKind.NUMBER,
        Text("The same, as a share of all sales", "累计销售额占比"),
        _SHARE,
    ),
    Column("revenue", ColumnKind.NUMBER, Text("What the customer paid", "收入"), _COIN),
    Column("goods_cost", ColumnKind.NUMBER, Text("What the goods cost us", "商品成本"), _COIN),
    Column("service_cost", ColumnKind.NUMBER, Text("What service cost us", "服务成本"), _COIN),
    Column("complaint_cost", ColumnKind.NUMBER, Text("What complaints cost us", "投诉成本"), _COIN),
    Column("marketing_cost", ColumnKind.NUMBER, Text("What marketing cost us", "营销成本"), _COIN),
    Column(
        "profit",
        ColumnKind.NUMBER,
        Text("Revenue less all costs that are counted", "客户利润"),
        _COIN,
    ),
    Column(
        "profit_margin",
        ColumnKind.NUMBER,
        Text("Profit as a share of revenue; empty where there is none", "利润率，无收入则为空"),
        Text("at most 1", "不超过1"),
    ),
    Column(
        "stock_days",
        ColumnKind.NUMBER,
        Text("For how many days the customer's stock lasts", "库存周转天数"),
        Text("days", "天"),
    ),
    Column(
        "margin",
        ColumnKind.NUMBER,
        Text("The customer's margin on what he sells", "客户毛利率"),
        Text("at most 1", "不超过1"),
    ),
    Column(
        "problems_solved",
        ColumnKind.NUMBER,
        Text("Share of the customer's problems that were solved", "问题解决率"),
        _SHARE,
    ),
    Column(
        "share_of_sales",
        ColumnKind.NUMBER,
        Text("Our share of what the customer sells", "我方占其销售份额"),
        _SHARE,
    ),
    Column(
        "stock_days_score",
        ColumnKind.NUMBER,
        Text("Score of the stock turnover days", "库存周转天数得分"),
        _POINTS,
    ),
    Column("margin_score", ColumnKind.NUMBER, Text("Score of the margin", "毛利率得分"), _POINTS),
    Column(
        "problems_solved_score",
        ColumnKind.NUMBER,
        Text("Score of the problems solved", "问题解决率得分"),
        _POINTS,
    ),
    Column(
        "share_of_sales_score",
        ColumnKind.NUMBER,
        Text("Score of our share of sales", "销售份额得分"),
        _POINTS,
    ),
    Column(
        "health",
        ColumnKind.NUMBER,
        Text("Account health; empty where too little is known", "客户健康度，所知过少则为空"),
        _POINTS,
    ),
    Column(
        "health_missing",
        ColumnKind.NUMBER,
        Text("How many of its figures are not known", "缺失的指标数"),
        Text("figures, 0 to 4", "项，0至4"),
    ),
    Column("loss_reason", ColumnKind.TEXT, Text("Why the customer was lost", "流失原因")),
    Column(
        "value_at_stake",
        ColumnKind.NUMBER,
        Text("What he would be worth once he is back", "挽回价值"),
        _COIN,
    ),
    Column(
        "win_back_chance",
        ColumnKind.NUMBER,
        Text("Chance that trying succeeds", "挽回机会"),
        _SHARE,
    ),
    Column(
        "win_back_worth",
        ColumnKind.NUMBER,
        Text("Chance times value at stake, less the cost of trying", "挽回净值"),
        _COIN,
    ),
    Column(
        "worth_winning_back",
        ColumnKind.FLAG,
        Text("Whether that is more than nothing", "是否值得挽回"),
    ),
    Column("historic_value", ColumnKind.NUMBER, Text("Sum of all orders", "历史价值"), _COIN),
    Column(
        "current_value",
        ColumnKind.NUMBER,
        Text("Sum of the orders of the present", "当前价值"),
        _COIN,
    ),
    Column(
        "potential_value",
        ColumnKind.NUMBER,
        Text("What the customer may be worth; empty where nobody told", "潜在价值，不明则为空"),
        _COIN,
    ),
)
