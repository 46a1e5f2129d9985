"""Teams and roles."""

import pytest

from crmkit.complaints import EMERGENCY_ROLES, EmergencyRole, TeamMember
from crmkit.complaints.team import team_of
from crmkit.errors import InvalidValueError


class TestTeam:
    def test_takes_members_and_pairs(self) -> None:
        team = team_of([TeamMember("bob", "lead"), ("eve", EmergencyRole.QUALITY)])

        assert team == (TeamMember("bob", "lead"), TeamMember("eve", "quality"))

    @pytest.mark.parametrize(
        "member", [("bob", " "), ("", "lead"), ("bob", "lead", "x"), "bob", ("bob", 1)]
    )
    def test_refuses_what_is_no_member(self, member: object) -> None:
        with pytest.raises(InvalidValueError):
            team_of([member])  # type: ignore[list-item]  # refused


class TestEmergencyRole:
    def test_is_of_the_four_departments(self) -> None:
        """K7: quality, production planning, engineering and workshop."""
        assert EMERGENCY_ROLES == ("quality", "planning", "engineering", "workshop")
