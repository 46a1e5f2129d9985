"""Who works together on what is grave: members and their roles.

Source: domain fact K7 (quality, production planning, engineering and workshop); 8D, D1 (team).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, TypeAlias

import attrs

from crmkit.errors import InvalidValueError
from crmkit.kernel import Labelled, checked_actor
from crmkit.kernel.checks import several


class EmergencyRole(Labelled):
    """Who is called to a major complaint; a company may add roles of its own as texts."""

    QUALITY = "quality", "Quality", "质量"
    PLANNING = "planning", "Production planning", "生产计划"
    ENGINEERING = "engineering", "Engineering", "技术"
    WORKSHOP = "workshop", "Workshop", "车间"


Role: TypeAlias = EmergencyRole | str
"""A role in a team: one of the preset ones, or a company's own."""

LEAD: Final = "lead"
"""The role of whoever leads a team, and so sees its work through."""


@attrs.frozen
class TeamMember:
    """Somebody in a team, and as what.

    Attributes:
        who: Who it is.
        role: As what: `lead`, `quality`, `workshop`.

    Raises:
        InvalidValueError: If either is blank.

    Examples:
        >>> TeamMember("bob", "quality")
        TeamMember(who='bob', role='quality')
    """

    who: str
    role: str

    def __attrs_post_init__(self) -> None:
        checked_actor(self.who, "who")
        role_name(self.role)


def role_name(role: Role) -> str:
    """Return a role as it is stored.

    Raises:
        InvalidValueError: If it is blank, or no text.

    Examples:
        >>> role_name(EmergencyRole.QUALITY), role_name("logistics")
        ('quality', 'logistics')
    """
    name = role.value if isinstance(role, EmergencyRole) else role
    if not isinstance(name, str) or not name.strip():
        raise InvalidValueError("role", role, "must be text, and not blank")
    return name


def role_label(role: str) -> tuple[str, str]:
    """Return what a role is called in English and in Chinese; a company's own, as it calls it.

    Examples:
        >>> role_label("workshop"), role_label("logistics")
        (('workshop', '车间'), ('logistics', 'logistics'))
    """
    for known in EmergencyRole:
        if known.value == role:
            return known.label("en").lower(), known.label("zh")
    return role, role


def team_of(members: Iterable[TeamMember | tuple[str, Role]]) -> tuple[TeamMember, ...]:
    """Return a team from members, or from pairs of who and role.

    Raises:
        InvalidValueError: If one stands there twice in one role, or is no such pair.

    Examples:
        >>> team_of([("bob", "lead"), ("eve", EmergencyRole.QUALITY)])[1].role
        'quality'
        >>> team_of(["bob"])
        Traceback (most recent call last):
        crmkit.errors.InvalidValueError: team is 'bob': it must hold members, or pairs of who and\
 role
    """
    team: list[TeamMember] = []
    for member in several(members, "team"):
        if isinstance(member, tuple) and len(member) == 2:
            member = TeamMember(member[0], role_name(member[1]))
        if not isinstance(member, TeamMember):
            raise InvalidValueError("team", member, "must hold members, or pairs of who and role")
        team.append(member)
    return checked_team(tuple(team))


def checked_team(team: tuple[TeamMember, ...]) -> tuple[TeamMember, ...]:
    """Return a team in which nobody stands twice in one role.

    Raises:
        InvalidValueError: If somebody does.

    Examples:
        >>> checked_team((TeamMember("bob", "lead"),) * 2)
        Traceback (most recent call last):
        crmkit.errors.InvalidValueError: team is 'bob': it has him as lead already
    """
    for place, member in enumerate(team):
        if member in team[:place]:
            raise InvalidValueError("team", member.who, f"has him as {member.role} already")
    return team
