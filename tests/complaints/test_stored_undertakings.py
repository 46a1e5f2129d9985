"""How undertakings are stored, and by what they are found."""

from datetime import date
from pathlib import Path

from crmkit.complaints import (
    CORRECTIVE_ACTION_CODEC,
    EMERGENCY_CODEC,
    PRODUCT_REQUEST_CODEC,
    RECALL_CODEC,
    CauseCategory,
    Fishbone,
)
from crmkit.kernel import FrozenMap
from crmkit.testing import NINE

from .test_corrective_action import contained, implemented
from .test_emergency import called
from .test_product_request import raised
from .test_recall import announced


FIXTURES = Path(__file__).parent / "fixtures"


class TestKinds:
    def test_are_named_and_of_the_first_schema(self) -> None:
        codecs = (CORRECTIVE_ACTION_CODEC, EMERGENCY_CODEC, PRODUCT_REQUEST_CODEC, RECALL_CODEC)

        assert [(codec.kind, codec.schema) for codec in codecs] == [
            ("corrective_action", 1),
            ("emergency", 1),
            ("product_request", 1),
            ("recall", 1),
        ]

    def test_mark_what_is_personal(self) -> None:
        assert CORRECTIVE_ACTION_CODEC.personal == {"about", "trail.note"}
        assert EMERGENCY_CODEC.personal == {"about", "trail.note"}
        assert PRODUCT_REQUEST_CODEC.personal == {"about", "tellings.text", "trail.note"}
        assert RECALL_CODEC.personal == {"about", "log.note", "trail.note"}


class TestKeys:
    def test_find_corrective_actions_by_the_day_of_their_check(self) -> None:
        keys = CORRECTIVE_ACTION_CODEC.key_objects(implemented())

        assert keys["due_check_on"] == date(2026, 6, 1)
        assert keys["product"] == "W-200"
        values = CORRECTIVE_ACTION_CODEC.key_values(implemented())
        assert values["due_check_on"] == CORRECTIVE_ACTION_CODEC.asked_value(
            "due_check_on", date(2026, 6, 1)
        )

    def test_find_corrective_actions_by_who_leads_and_which_supplier_was_asked(self) -> None:
        action = implemented()
        keys = CORRECTIVE_ACTION_CODEC.key_values(action)
        sent = action.send_to_supplier("ann", NINE, supplier="S-3", about="age of the lot")

        assert (keys["lead"], keys["supplier"]) == ("bob", None)
        assert CORRECTIVE_ACTION_CODEC.key_values(sent)["supplier"] == "S-3"

    def test_find_recalls_by_what_is_open(self) -> None:
        assert RECALL_CODEC.key_values(announced())["open_units"] == 5

    def test_find_all_by_stage_and_state(self) -> None:
        assert EMERGENCY_CODEC.key_values(called())["stage"] == "called"
        assert EMERGENCY_CODEC.key_values(called())["complaint"] == "K-1"
        assert PRODUCT_REQUEST_CODEC.key_values(raised())["state"] == "open"
        assert PRODUCT_REQUEST_CODEC.key_values(raised())["product"] == "W-200"


class TestFirstSchema:
    """Files of the first stored form, which open for ever."""

    def test_of_corrective_actions_is_read(self) -> None:
        """Failed its check once, asked a supplier, and found another cause by a fishbone."""
        data = (FIXTURES / "corrective_action-1.json").read_bytes()

        action = CORRECTIVE_ACTION_CODEC.decode(data, 1)

        assert (action.id, action.stage.value) == ("CA-1", "analysed")
        assert action.complaints == ("K-4", "K-9")
        assert [check.observed for check in action.failed_checks] == ["9 leaks in 1,100"]
        assert action.cause is not None
        assert (action.cause.root, action.escape_point) == ("old", "final test")
        assert [answer.text for answer in action.answers] == ["not ours"]
        assert action.containments == ("lot 4711 is blocked",)

    def test_of_emergencies_is_read(self) -> None:
        emergency = EMERGENCY_CODEC.decode((FIXTURES / "emergency-1.json").read_bytes(), 1)

        assert (emergency.id, emergency.complaint, emergency.open_roles) == ("E-1", "K-1", ())
        assert emergency.trail[-1].note == "line stopped"

    def test_of_product_requests_is_read(self) -> None:
        data = (FIXTURES / "product_request-1.json").read_bytes()

        request = PRODUCT_REQUEST_CODEC.decode(data, 1)

        assert (request.id, request.about) == ("P-1", "wash sweet potatoes")
        assert [case for _, case in request.untold] == ["K-2"]

    def test_of_recalls_is_read(self) -> None:
        recall = RECALL_CODEC.decode((FIXTURES / "recall-1.json").read_bytes(), 1)

        assert (recall.id, recall.tries, len(recall.open_units)) == ("R-1", 3, 4)
        assert recall.course_of("W-1")[-1].note == "new motor"


class TestRootCause:
    def test_by_fishbone_is_read_back(self) -> None:
        causes = {CauseCategory.MATERIAL: ("hard", "old"), CauseCategory.MAN: ()}
        bone = Fishbone(FrozenMap(causes), CauseCategory.MATERIAL, "old")
        action = contained().analyse("eve", NINE, cause=bone)

        stored = CORRECTIVE_ACTION_CODEC.encode_exactly(action)

        assert CORRECTIVE_ACTION_CODEC.decode(stored, 1).cause == bone
