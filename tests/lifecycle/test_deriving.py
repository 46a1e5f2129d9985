from crmkit.lifecycle import CUSTOMER_STATE, FOUR_STAGE, Journey, derived_classes
from crmkit.testing import NINE


def test_other_lifecycles_tell_nothing() -> None:
    one = Journey.begin("x", "ann", NINE, customer="C-7", lifecycle=FOUR_STAGE, why="on record")

    assert derived_classes({"handling": "key"}, [one]) == {"handling": "key"}
    assert derived_classes({}, [one], lifecycle=CUSTOMER_STATE) == {}
