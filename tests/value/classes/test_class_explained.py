from decimal import Decimal
from fractions import Fraction

import attrs
import pandas as pd
import polars as pl
import pytest
from hypothesis import given, strategies as st

from crmkit.errors import InvalidValueError, NotFoundError
from crmkit.kernel import Share
from crmkit.value import HAIER, AbcClass, AbcPolicy, abc_classes, explain_abc_class
from tests.value.engines import ENGINES, FEW, Columns, in_engine

from .test_classing import CENTS, COUNTED, POLICIES, SCHEMA, by_definition


def recomputed(why: object) -> str:
    """The class from the evidence alone."""
    evidence = {fact["name"]: fact["value"] for fact in why.to_dict()["evidence"]}  # type: ignore[attr-defined]  # an Explanation
    amount, before, total = (Decimal(evidence[name]) for name in ("amount", "before", "total"))
    for letter in "AB":
        share = Fraction(evidence[f"{letter.lower()}_to"].removesuffix(" %")) / 100
        if amount > 0 and Fraction(before) < share * Fraction(total):
            return letter
    return "C"


class TestExplainAbcClass:
    @FEW
    @given(st.lists(CENTS, min_size=1, max_size=12), POLICIES, st.data())
    def test_tells_the_same_class_with_evidence_that_gives_it(
        self, cents: list[int], policy: AbcPolicy, data: st.DataObject
    ) -> None:
        customer = data.draw(st.integers(0, len(cents) - 1))
        sales = pl.DataFrame(
            {"customer_id": range(len(cents)), "amount": [cent / 100 for cent in cents]}
        )

        why = explain_abc_class(sales, customer, policy=policy)

        assert why.to_dict()["verdict"] == abc_classes(sales, policy=policy)["abc_class"][customer]
        assert recomputed(why) == why.to_dict()["verdict"]
        assert why.find("rank").value == 1 + sum(cent > cents[customer] for cent in cents)

    @pytest.mark.parametrize("engine", ENGINES)
    def test_says_it_in_both_languages(self, engine: str) -> None:
        columns: Columns = {"customer_id": [1, 2, 3], "amount": [60.0, 30.0, 10.0]}

        why = explain_abc_class(in_engine(engine, columns, COUNTED), 3)

        assert why.verdict is AbcClass.B
        assert why.sentence() == (
            "customer 3 is class B: larger customers make 90 % of sales (90.00 of 100.00), with "
            "his 10.00 it is 100 %; A goes to 80 %, B to 95 %, and who bought for nothing is C; "
            "he would rise with 22.51, and he would fall below 4.74"
        )
        assert why.sentence("zh") == (
            "客户3为B类：金额更大的客户占销售额的90%（100.00中的90.00），加上其10.00为100%；"
            "A类至80%，B类至95%，无购买额者为C类；达到22.51可升级，低于4.74则降级"
        )

    @pytest.mark.parametrize("engine", ENGINES)
    def test_looks_within_one_category(self, engine: str) -> None:
        columns: Columns = {
            "customer_id": ["V", "V", "W"],
            "category": ["x", "y", "x"],
            "amount": [5.0, 7.0, 95.0],
        }
        sales = in_engine(engine, columns, SCHEMA)

        in_x = explain_abc_class(sales, "V", category="category", within="x")
        alone = explain_abc_class(sales, "W", category="category")

        assert (in_x.verdict, in_x.find("total").value) == (AbcClass.C, Decimal("100.00"))
        assert alone.verdict is AbcClass.A

    def test_asks_for_the_category_where_there_are_several(self) -> None:
        sales = pl.DataFrame({"customer_id": ["V", "V"], "category": ["x", "y"], "amount": [5, 7]})

        with pytest.raises(InvalidValueError, match="his are 'x', 'y'"):
            explain_abc_class(sales, "V", category="category")

    def test_knows_where_nobody_bought(self) -> None:
        why = explain_abc_class(pl.DataFrame({"customer_id": ["V"], "amount": [-5]}), "V")

        assert why.verdict is AbcClass.C
        assert why.find("share_before").value is None

    def test_refuses_a_customer_who_is_not_there(self) -> None:
        sales = pl.DataFrame({"customer_id": ["V"], "category": ["x"], "amount": [5]})

        with pytest.raises(NotFoundError, match="there is no customer 'W'"):
            explain_abc_class(sales, "W")
        with pytest.raises(NotFoundError, match="'V'; not in the category 'y'"):
            explain_abc_class(sales, "V", category="category", within="y")

    @pytest.mark.parametrize(("ids", "customer"), [([1], "1"), (["1"], 1)])
    def test_refuses_an_id_of_another_kind(self, ids: list[object], customer: str | int) -> None:
        sales = pl.DataFrame({"customer_id": ids, "amount": [5]})

        with pytest.raises(InvalidValueError, match="like the column customer_id"):
            explain_abc_class(sales, customer)

    def test_uses_the_policy_it_is_given(self) -> None:
        sales = pl.DataFrame({"customer_id": ["V", "W"], "amount": [80, 20]})
        ours = AbcPolicy(name="ours", a_to=Share(0.85), b_to=Share(0.95), source="a test")

        assert explain_abc_class(sales, "W", policy=HAIER).verdict is AbcClass.B
        assert explain_abc_class(sales, "W", policy=ours).verdict is AbcClass.A

    def test_refuses_what_is_no_policy(self) -> None:
        sales = pl.DataFrame({"customer_id": ["C-7"], "amount": [1]})

        with pytest.raises(InvalidValueError, match="must be an AbcPolicy; such as HAIER"):
            explain_abc_class(sales, "C-7", policy="Haier")  # type: ignore[arg-type]  # refused

    @pytest.mark.parametrize("engine", ENGINES)
    def test_tells_why_there_is_no_class(self, engine: str) -> None:
        sales = in_engine(engine, {"customer_id": [1, 2], "amount": [90.0, 9.0]}, COUNTED)
        policy = attrs.evolve(HAIER, min_volume=Decimal(100))

        why = explain_abc_class(sales, 1, policy=policy)

        assert why.verdict is None
        assert why.find("rises_at").value is None
        assert why.sentence() == (
            "customer 1 is not classed: sales of 99.00 are below the minimum of 100"
        )
        assert why.sentence("zh") == "客户1不予分类：销售额99.00低于最低要求100"

    def test_refuses_who_is_in_no_category(self) -> None:
        sales = pl.DataFrame({"customer_id": ["V"], "category": ["x"], "amount": [5]})

        with pytest.raises(NotFoundError, match="there is no customer 'W'"):
            explain_abc_class(sales, "W", category="category")

    def test_takes_an_id_out_of_a_frame(self) -> None:
        sales = pd.DataFrame({"customer_id": [7, 8], "amount": [5, 9]})

        why = explain_abc_class(sales, sales["customer_id"].iloc[0])

        assert why.to_dict()["evidence"] == explain_abc_class(sales, 7).to_dict()["evidence"]

    def test_refuses_true_for_a_number(self) -> None:
        sales = pl.DataFrame({"customer_id": [1], "amount": [5]})

        with pytest.raises(InvalidValueError, match="must be a whole number"):
            explain_abc_class(sales, True)


class TestNextClass:
    """What parts a customer from the next class, counted by trying every amount."""

    @FEW
    @given(
        st.lists(st.integers(-3, 60) | st.sampled_from([5, 5, 20]), min_size=1, max_size=7),
        POLICIES,
        st.data(),
    )
    def test_is_where_the_class_changes(
        self, cents: list[int], policy: AbcPolicy, data: st.DataObject
    ) -> None:
        place = data.draw(st.integers(0, len(cents) - 1))

        def with_amount(cent: int) -> str:
            return by_definition([*cents[:place], cent, *cents[place + 1 :]], policy)[place]

        for engine in ENGINES:
            columns: Columns = {
                "customer_id": range(len(cents)),
                "amount": [cent / 100 for cent in cents],
            }
            why = explain_abc_class(in_engine(engine, columns, COUNTED), place, policy=policy)

            own = with_amount(cents[place])
            rises, stays = why.find("rises_at").value, why.find("stays_from").value
            assert (rises is None) is (own == "A")
            assert (stays is None) is (own == "C")
            if isinstance(rises, Decimal):
                at = int(rises * 100)
                assert with_amount(at) < own
                assert with_amount(at - 1) == own
            if isinstance(stays, Decimal):
                at = int(stays * 100)
                assert with_amount(at) == own
                assert with_amount(at - 1) > own

    @pytest.mark.parametrize("engine", ENGINES)
    @pytest.mark.parametrize("amount", [0.0, -5.0])
    def test_is_the_first_coin_where_nobody_bought(self, engine: str, amount: float) -> None:
        why = explain_abc_class(
            in_engine(engine, {"customer_id": [1], "amount": [amount]}, COUNTED), 1
        )

        assert why.find("rises_at").value == Decimal("0.01")

    @pytest.mark.parametrize("engine", ENGINES)
    def test_is_told_in_coins_of_the_currency(self, engine: str) -> None:
        # By hand, in yen: 800 before him and p of the others' 800 + t must be below 80 %: t > 200.
        sales = in_engine(engine, {"customer_id": [1, 2], "amount": [800.0, 100.0]}, COUNTED)

        why = explain_abc_class(sales, 2, decimals=0)

        assert (why.verdict, why.find("rises_at").value) == (AbcClass.B, Decimal(201))
