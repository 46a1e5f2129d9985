"""Questions to a store: what is refused, what a condition means, how places compare."""

from typing import Any

import pytest
from hypothesis import given, strategies as st

from crmkit.errors import InvalidValueError
from crmkit.kernel import Labelled, Scalar
from crmkit.storage import Query, holds
from crmkit.storage.query import check_known, check_scalar, checked_scan


class Colour(Labelled):
    RED = "red", "Red", "红"


SCALARS = (
    st.none()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=3)
)
UNFIT: list[Any] = [True, Colour.RED, b"x", float("nan"), float("inf"), 2**63, "a\0", "\ud800", [1]]


class TestQuery:
    @pytest.mark.parametrize("name", ["", "Kind", "kind-1", "1kind", "x" * 61, 7, None, "kind'"])
    def test_refuses_unfit_names(self, name: Any) -> None:
        with pytest.raises(InvalidValueError):
            Query(name)
        with pytest.raises(InvalidValueError):
            Query("note", order_by=name)
        with pytest.raises(InvalidValueError):
            Query("note", where=((name, "=", 1),))

    @pytest.mark.parametrize("operator", ["==", "like", "IN", "", "= 1 OR 1 ="])
    def test_refuses_unknown_operators(self, operator: str) -> None:
        with pytest.raises(InvalidValueError, match="must be one of =, !=, <, <=, >, >=, in"):
            Query("note", where=(("n", operator, 1),))

    @pytest.mark.parametrize("value", UNFIT)
    def test_refuses_values_that_no_store_keeps(self, value: Any) -> None:
        with pytest.raises(InvalidValueError):
            Query("note", where=(("n", "=", value),))
        with pytest.raises(InvalidValueError):
            Query("note", where=(("n", "in", (1, value)),))
        with pytest.raises(InvalidValueError):
            Query("note", order_by="n", after=(value, "N-1"))

    @pytest.mark.parametrize(("operator", "value"), [("in", 1), ("in", None), ("=", (1,))])
    def test_refuses_a_tuple_but_with_in(self, operator: str, value: Any) -> None:
        with pytest.raises(InvalidValueError, match="tuple exactly where the operator is 'in'"):
            Query("note", where=(("n", operator, value),))

    @pytest.mark.parametrize("limit", [0, -1, True, 1.0, "5"])
    def test_refuses_a_limit_below_one(self, limit: Any) -> None:
        with pytest.raises(InvalidValueError, match="limit"):
            Query("note", limit=limit)

    def test_refuses_a_place_that_is_none(self) -> None:
        with pytest.raises(InvalidValueError, match="after"):
            Query("note", after=(None, ""))

    def test_holds_its_conditions_by_itself(self) -> None:
        where = [("n", "=", 1)]
        query = Query("note", where=where)
        where.clear()

        assert query.where == (("n", "=", 1),)

    def test_tells_its_keys(self) -> None:
        query = Query("note", where=(("n", "=", 1), ("id", "=", "N-1")), order_by="due")

        assert query.keys == {"n", "due"}
        assert Query("note").keys == set()

    def test_admits_what_meets_every_condition(self) -> None:
        query = Query("note", where=(("n", ">", 1), ("id", "!=", "N-9")))

        assert query.admits("N-1", {"n": 2})
        assert not query.admits("N-1", {"n": 1})
        assert not query.admits("N-1", {})
        assert not query.admits("N-9", {"n": 2})

    def test_admits_what_comes_later_only(self) -> None:
        query = Query("note", order_by="n").next(5, "N-5")

        assert query.admits("N-6", {"n": 5})
        assert query.admits("N-1", {"n": "text"})
        assert not query.admits("N-5", {"n": 5})
        assert not query.admits("N-9", {"n": None})
        assert not query.admits("N-9", {"n": 4.5})

    def test_sorted_by_id_the_id_alone_counts(self) -> None:
        query = Query("note").next(None, "N-5")

        assert query.admits("N-6", {})
        assert not query.admits("N-5", {})

    @given(values=st.lists(SCALARS, min_size=2, max_size=8))
    def test_places_sort_empty_then_numbers_then_text(self, values: list[Scalar]) -> None:
        query = Query("note", order_by="n")
        places = sorted(query.place(str(n), {"n": value}) for n, value in enumerate(values))

        kinds = [place[0] for place in places]
        numbers = [place[1] for place in places if place[0] == 1]
        assert kinds == sorted(kinds)
        assert kinds.count(0) == values.count(None)
        assert numbers == sorted(v for v in values if isinstance(v, int | float))


class TestHolds:
    @given(found=SCALARS, value=SCALARS)
    def test_the_operators_agree_with_each_other(self, found: Scalar, value: Scalar) -> None:
        def says(operator: str, against: Scalar | tuple[Scalar, ...] = value) -> bool:
            return holds(("n", operator, against), {"n": found})

        comparable = found is not None and value is not None
        assert says("=") is not says("!=")
        assert says("in", (value,)) is says("=")
        assert says("<=") is (comparable and (says("<") or says("=")))
        assert says(">=") is (comparable and not says("<"))
        assert says(">") is (comparable and not says("<="))

    def test_a_value_that_is_not_there_is_empty(self) -> None:
        assert holds(("n", "=", None), {})
        assert holds(("n", "in", (1, None)), {})
        assert not holds(("n", "<", 1), {})


class TestCheckScalar:
    @given(value=SCALARS)
    def test_takes_what_stores_keep(self, value: Scalar) -> None:
        check_scalar(value, "n")

    @pytest.mark.parametrize("value", UNFIT)
    def test_refuses_everything_else(self, value: object) -> None:
        with pytest.raises(InvalidValueError):
            check_scalar(value, "n")


class TestCheckKnown:
    def test_names_the_nearest(self) -> None:
        check_known(["stage"], {"stage", "due"}, "key", "note")
        with pytest.raises(InvalidValueError, match="no key of note; did you mean 'stage'"):
            check_known(["due", "stag"], {"stage", "due"}, "key", "note")


class TestCheckedScan:
    def test_returns_each_column_once(self) -> None:
        wanted, conditions = checked_scan("orders", ["a", "b", "a"], [("c", "=", 1)], 1)

        assert (wanted, conditions) == (("a", "b"), (("c", "=", 1),))

    @pytest.mark.parametrize("columns", [[], (), "a", ["a b"], ["A"]])
    def test_refuses_unfit_columns(self, columns: Any) -> None:
        with pytest.raises(InvalidValueError):
            checked_scan("orders", columns, (), 1)
