"""Names of columns of what customers are worth: a part of the dictionary of `frame_columns`."""

from __future__ import annotations

from typing import Final

from .frame_column import Column, ColumnKind
from .labels import Text


_COIN: Final = Text("units of the currency", "货币单位")
_SHARE: Final = Text("0 to 1", "0至1")
_MONTHS: Final = Text("months", "月")
_POINTS: Final = Text("0 to 100", "0至100")

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
    Column("cohort", ColumnKind.TEXT, Text("Which acquisition cohort", "获客批次")),
    Column(
        "month",
        ColumnKind.NUMBER,
        Text("Months since the first of the cohort, which is 0", "距批次首月的月数，首月为0"),
        _MONTHS,
    ),
    Column(
        "months_seen",
        ColumnKind.NUMBER,
        Text("How many months of the cohort are on record", "已有记录的月数"),
        _MONTHS,
    ),
    Column("value", ColumnKind.NUMBER, Text("What was left, of these orders", "贡献"), _COIN),
    Column("value_so_far", ColumnKind.NUMBER, Text("The same until then", "累计贡献"), _COIN),
    Column(
        "value_low", ColumnKind.NUMBER, Text("Lower end of its interval", "累计贡献区间下限"), _COIN
    ),
    Column(
        "value_high",
        ColumnKind.NUMBER,
        Text("Upper end of its interval", "累计贡献区间上限"),
        _COIN,
    ),
    Column(
        "acquisition_cost",
        ColumnKind.NUMBER,
        Text("What winning the cohort cost; empty where nobody told", "获客成本，不明则为空"),
        _COIN,
    ),
    Column(
        "cost_per_customer", ColumnKind.NUMBER, Text("The same per customer", "人均获客成本"), _COIN
    ),
    Column("value_per_customer", ColumnKind.NUMBER, Text("Value per customer", "人均贡献"), _COIN),
    Column(
        "cost_covered",
        ColumnKind.NUMBER,
        Text("Which part of the cost the value covers", "成本回收率"),
        Text("1 and more where it is paid back", "已回本为1及以上"),
    ),
    Column(
        "payback",
        ColumnKind.TEXT,
        Text("Whether the cohort has paid back its cost", "是否已回本"),
    ),
    Column(
        "payback_month",
        ColumnKind.NUMBER,
        Text("Since which month it has; empty where it is open", "回本月，尚未回本则为空"),
        _MONTHS,
    ),
    Column(
        "payback_low",
        ColumnKind.NUMBER,
        Text("Earliest such month of other such customers", "回本月区间下限"),
        _MONTHS,
    ),
    Column(
        "payback_high",
        ColumnKind.NUMBER,
        Text("Latest such month of other such customers", "回本月区间上限"),
        _MONTHS,
    ),
)
