"""Words for sorting customers."""

import pytest

from crmkit.customers import CLOSENESS, CUSTOMER_TERMS, CUSTOMER_TYPES, CustomerTerms, Vocabulary
from crmkit.errors import InvalidValueError
from crmkit.kernel import FrozenMap, Text


class TestVocabulary:
    def test_holds_the_channel_types_of_the_source(self) -> None:
        """Domain fact C2 names five kinds of shop, and four other customers."""
        shops = ["国际连锁", "国内连锁", "百货商场", "专卖店", "专业经销商"]

        labels = [CUSTOMER_TYPES.label(code, "zh") for code in CUSTOMER_TYPES.terms]

        assert labels[:5] == shops
        assert len(labels) == 9

    def test_a_company_adds_its_own_terms(self) -> None:
        more = CUSTOMER_TYPES.extended({"school": Text("School", "学校")})

        assert more.label("school", "zh") == "学校"
        assert more.label("partner") == "Partner"
        assert "school" not in CUSTOMER_TYPES.terms

    def test_refuses_a_code_that_is_no_term_and_names_the_nearest(self) -> None:
        with pytest.raises(InvalidValueError, match="did you mean 'potential'"):
            CLOSENESS.checked("potentials")

    def test_refuses_a_code_that_no_store_can_use(self) -> None:
        with pytest.raises(InvalidValueError, match="lower-case"):
            Vocabulary("kind", Text("Kind", "种类"), FrozenMap({"Big one": Text("Big", "大")}))

    def test_refuses_to_hold_nothing(self) -> None:
        with pytest.raises(InvalidValueError, match="at least one term"):
            Vocabulary("kind", Text("Kind", "种类"), FrozenMap())


class TestCustomerTerms:
    def test_refuses_an_unknown_way_to_class(self) -> None:
        with pytest.raises(InvalidValueError, match="did you mean 'closeness'"):
            CUSTOMER_TERMS.scheme("closness")

    def test_refuses_two_ways_of_one_name(self) -> None:
        with pytest.raises(InvalidValueError, match="used once"):
            CustomerTerms(CUSTOMER_TYPES, (CLOSENESS, CLOSENESS))
