"""Judging one customer takes none of the numerical libraries."""

from tests.architecture.test_loading import loaded_by


ONE = """
from crmkit.loyalty import MIDDLES, explain_group, explain_quadrant, find_antecedents, find_motives
from crmkit.loyalty import loyalty_phase

facts = {"patronage": 1.0, "no_alternative": True, "satisfaction": 20}
find_motives(facts).explain("C-7").sentence("zh")
find_antecedents(facts).explain("C-7").sentence()
explain_group("C-7", facts).sentence()
explain_quadrant("C-7", 20, 1.0, cuts=MIDDLES).sentence()
loyalty_phase({"cognitive": 80}).explain("C-7").sentence()
"""


def test_judging_one_customer_loads_nothing_heavy() -> None:
    assert loaded_by(ONE) == set()
