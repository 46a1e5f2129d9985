from crmkit.lifecycle import CUSTOMER_STATE, FOUR_STAGE, Journey, derived_classes
from crmkit.testing import NINE


def test_other_lifecycles_tell_nothing() -> None:
    one = Journey.begin("x", "ann", NINE, customer="C-7", lifecycle=FOUR_STAGE, why="on record")

    assert derived_classes({"handling": "key"}, [one]) == {"handling": "key"}
    assert derived_classes({}, [one], lifecycle=CUSTOMER_STATE) == {}


def test_what_a_journey_tells_stands_over_what_was_put_down() -> None:
    """By the table of states: who was won back is a current customer, and a recovered one."""
    one = Journey.begin(
        "x", "ann", NINE, customer="C-7", lifecycle=CUSTOMER_STATE, stage="won_back", why="orders"
    )

    told = derived_classes({"handling": "key", "closeness": "lost"}, [one])

    assert told == {"handling": "key", "closeness": "current", "relation": "recovered"}


def test_a_state_without_a_word_leaves_what_was_put_down() -> None:
    """By the table of states: one at risk is a current customer, of no relation in particular."""
    one = Journey.begin(
        "x", "ann", NINE, customer="C-7", lifecycle=CUSTOMER_STATE, stage="at_risk", why="silent"
    )

    told = derived_classes({"relation": "recovered"}, [one])

    assert told["relation"] == "recovered"
