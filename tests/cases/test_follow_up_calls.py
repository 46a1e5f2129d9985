"""One follow-up call."""

from typing import Any

import attrs
import pytest

from crmkit.cases import FollowUpCall, FollowUpOutcome
from crmkit.errors import InvalidValueError
from crmkit.kernel import Codec, Score
from crmkit.testing import NINE


@attrs.frozen
class Job:
    """A record that holds calls, as complaints and service orders do."""

    id: str
    calls: tuple[FollowUpCall, ...]


class TestCall:
    @pytest.mark.parametrize(
        ("outcome", "is_reached"),
        [
            (FollowUpOutcome.SATISFIED, True),
            (FollowUpOutcome.NOT_SATISFIED, True),
            (FollowUpOutcome.UNREACHABLE, False),
        ],
    )
    def test_reaches_whoever_answers(self, outcome: FollowUpOutcome, is_reached: bool) -> None:
        assert FollowUpCall(NINE, "eva", outcome).is_reached is is_reached

    @pytest.mark.parametrize(
        ("changed", "name"),
        [
            ({"at": NINE.replace(tzinfo=None)}, "at"),
            ({"by": " "}, "by"),
            ({"outcome": "satisfied"}, "outcome"),
            ({"note": None}, "note"),
            ({"rating": 5}, "rating"),
            ({"outcome": FollowUpOutcome.UNREACHABLE, "rating": Score(5)}, "rating"),
        ],
    )
    def test_an_unfit_value_is_refused_by_name(self, changed: dict[str, Any], name: str) -> None:
        told = {"at": NINE, "by": "eva", "outcome": FollowUpOutcome.SATISFIED, **changed}

        with pytest.raises(InvalidValueError) as refused:
            FollowUpCall(**told)

        assert refused.value.name == name

    def test_can_be_stored_in_a_record(self) -> None:
        codec = Codec("job", Job)
        call = FollowUpCall(NINE, "eva", FollowUpOutcome.SATISFIED, note="好", rating=Score(80))
        job = Job("J-1", (call, FollowUpCall(NINE, "eva", FollowUpOutcome.UNREACHABLE)))

        assert codec.decode(codec.encode(job), codec.schema) == job
