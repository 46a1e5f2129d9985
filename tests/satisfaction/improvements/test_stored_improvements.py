"""How improvements are stored, and by what they are found."""

from datetime import date
from pathlib import Path

from crmkit.kernel import Share
from crmkit.satisfaction import IMPROVEMENT_CODEC, GapResult, ImprovementStage
from crmkit.testing import NINE

from .test_improvement import carried_out, proposed, required, seen


FIXTURES = Path(__file__).parents[1] / "fixtures"


class TestKeys:
    def test_find_by_round_part_owner_and_day(self) -> None:
        values = IMPROVEMENT_CODEC.key_values(required())

        assert (values["survey"], values["round"], values["part"]) == (
            "sea_lion",
            "R-1",
            "delivery",
        )
        assert (values["owner"], values["stage"], values["segment"]) == ("bob", "required", None)
        assert IMPROVEMENT_CODEC.key_objects(required())["due"] == date(2026, 6, 30)

    def test_are_empty_while_nothing_is_required(self) -> None:
        values = IMPROVEMENT_CODEC.key_values(proposed())

        assert (values["owner"], values["due"]) == (None, None)


class TestFirstSchema:
    """A file of the first stored form, which opens for ever."""

    def test_is_read(self) -> None:
        data = (FIXTURES / "improvement-1.json").read_bytes()

        found = IMPROVEMENT_CODEC.decode(data, 1)

        assert (found.segment, found.about) == ("hotel", "come when we said")
        assert (found.proposal.part, found.proposal.importance) == ("delivery", Share(0.25))
        assert [check.result for check in found.checks] == [GapResult.NOT_SHOWN]
        assert found.stage is ImprovementStage.PLANNED
        done = found.carry_out("bob", NINE, done="a third van")
        verified = done.verify("ann", NINE, evidence=seen(GapResult.CLOSED))
        assert verified.checks == (*found.checks, *verified.checks[1:])
        assert carried_out().agreed == found.agreed
