"""The emergency: the team that a major complaint calls together, until the danger is contained.

Law: it is convened only when every role that it needs has somebody in it.

Source: domain fact K7 (quality, production planning, engineering and workshop; their own, shorter
limits are a promise like any other: a policy's).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Final, NewType

import attrs

from crmkit.errors import InvalidValueError
from crmkit.kernel import (
    Compare,
    Labelled,
    Name,
    Requirement,
    StateGroup,
    Step,
    Text,
    Trail,
    Workflow,
    all_are,
    checked_act,
    checked_id,
    instant,
    is_id,
    personal_in,
    unbroken,
)
from crmkit.kernel.checks import several, told

from .grievance import ComplaintId
from .team import EmergencyRole, Role, TeamMember, checked_team, role_label, role_name
from .undertaking import NOTHING_TOLD, Undertaking


EmergencyId = NewType("EmergencyId", str)
"""Which emergency."""

EMERGENCY_ROLES: Final = tuple(role.value for role in EmergencyRole)
"""Who is called to a major complaint, unless a company says otherwise."""


class EmergencyStage(Labelled):
    """How far an emergency is."""

    CALLED = "called", "Called", "已召集"
    CONVENED = "convened", "Convened", "已会商"
    CONTAINED = "contained", "Contained", "已控制"
    STOOD_DOWN = "stood_down", "Stood down", "已解除"
    CALLED_OFF = "called_off", "Called off", "已撤销"


_A_ROLE_IS_OPEN: Final = Text("a role has nobody in it", "有角色尚无人员")
_EVERY_ROLE: Final = Requirement(_A_ROLE_IS_OPEN, Compare("open_roles", "=", 0))

EMERGENCY_WORKFLOW: Final = Workflow(
    {
        EmergencyStage.CALLED: {
            EmergencyStage.CONVENED: (_EVERY_ROLE,),
            EmergencyStage.CALLED_OFF: (),
        },
        EmergencyStage.CONVENED: {
            EmergencyStage.CONTAINED: (_EVERY_ROLE,),
            EmergencyStage.CALLED_OFF: (),
        },
        # What flares up again brings the team together again.
        EmergencyStage.CONTAINED: {
            EmergencyStage.STOOD_DOWN: (),
            EmergencyStage.CONVENED: (_EVERY_ROLE,),
        },
    },
    groups={
        **dict.fromkeys(EmergencyStage, StateGroup.OPEN),
        EmergencyStage.STOOD_DOWN: StateGroup.CLOSED,
        EmergencyStage.CALLED_OFF: StateGroup.CANCELLED,
    },
)
"""The stages of an emergency and the moves between them."""

_CHANGE: Final = Text("given another team", "更换成员")
_IS_OVER: Final = Text("it is over", "已经结束")


@attrs.frozen(kw_only=True, slots=False)
class Emergency(Undertaking[EmergencyStage]):
    """A team called together for a major complaint, until it is contained.

    Emergencies are immutable: every verb returns a new one.

    Attributes:
        id: Unique among emergencies.
        complaint: The complaint that called for it.
        about: What the danger is; never blank.
        roles: The roles that must have somebody in them; at least one.
        team: Who takes part, and as what.
        trail: Every stage so far, oldest first; times never decrease.

    Raises:
        InvalidValueError: If a value is unfit, or the trail breaks the workflow.

    Examples:
        >>> from crmkit.testing import NINE
        >>> fire = Emergency.call("E-1", "ann", NINE, complaint="K-1", about="motor on fire")
        >>> for who, role in (("bob", "quality"), ("eve", "planning"), ("lu", "engineering")):
        ...     fire = fire.join("ann", NINE, who=who, role=role)
        >>> print(fire.explain(EmergencyStage.CONVENED))
        emergency E-1 is called and cannot become convened yet: nobody is there for workshop
        >>> fire = fire.join("ann", NINE, who="wu", role="workshop").convene("ann", NINE)
        >>> fire.stage.label("zh"), fire.open_roles
        ('已会商', ())
    """

    id: EmergencyId = attrs.field(validator=is_id)
    complaint: ComplaintId = attrs.field(validator=is_id)
    roles: tuple[str, ...] = attrs.field(default=EMERGENCY_ROLES, validator=all_are(str))
    team: tuple[TeamMember, ...] = attrs.field(default=(), validator=all_are(TeamMember))
    trail: Trail[EmergencyStage] = attrs.field(
        validator=[unbroken, EMERGENCY_WORKFLOW.follows], metadata=personal_in("note")
    )

    def __attrs_post_init__(self) -> None:
        checked_team(self.team)
        if not self.roles or len({role_name(role) for role in self.roles}) < len(self.roles):
            raise InvalidValueError("roles", self.roles, "must name at least one, and none twice")

    @classmethod
    def call(
        cls,
        id: str,
        by: str,
        at: datetime,
        *,
        complaint: str,
        about: str,
        roles: Iterable[Role] = EMERGENCY_ROLES,
    ) -> Emergency:
        """Call the team together; every limit of the emergency counts from here.

        Args:
            id: Unique among emergencies.
            by: Who calls.
            at: When.
            complaint: The complaint that calls for it.
            about: What the danger is.
            roles: Who must be there; a company may name roles of its own.

        Raises:
            InvalidValueError: If a value is unfit.
        """
        return cls(
            id=EmergencyId(id),
            complaint=ComplaintId(checked_id(complaint, "complaint")),
            about=about,
            roles=tuple(role_name(role) for role in several(roles, "roles")),
            trail=(Step(EMERGENCY_WORKFLOW.start, by, instant(at)),),
        )

    def join(self, by: str, at: datetime, *, who: str, role: Role) -> Emergency:
        """Have somebody take part, in a role that is needed or in another.

        Raises:
            TransitionError: If it is over.
            InvalidValueError: If he is there in that role already, or a value is unfit.
        """
        self._check_team_open(by, at)
        return attrs.evolve(self, team=(*self.team, TeamMember(who, role_name(role))))

    def leave(self, by: str, at: datetime, *, who: str, role: Role) -> Emergency:
        """Let somebody go.

        Raises:
            TransitionError: If it is over.
            InvalidValueError: If he is not there in that role, or a value is unfit.
        """
        self._check_team_open(by, at)
        member = TeamMember(who, role_name(role))
        if member not in self.team:
            raise InvalidValueError("who", who, f"is not there as {member.role}")
        return attrs.evolve(self, team=tuple(one for one in self.team if one != member))

    def convene(self, by: str, at: datetime, *, note: str = "") -> Emergency:
        """Begin to work together; also when what was contained flares up again.

        Raises:
            TransitionError: If a role has nobody in it, or it is at work or over.
            InvalidValueError: If a value is unfit.
        """
        return self._advance(EmergencyStage.CONVENED, by, at, note)

    def contain(self, by: str, at: datetime, *, containment: str) -> Emergency:
        """Put down what keeps everybody from harm now.

        Raises:
            TransitionError: If the team is not convened, or a role has nobody in it any more.
            InvalidValueError: If nothing is told, or a value is unfit.
        """
        return self._advance(EmergencyStage.CONTAINED, by, at, told(containment, "containment"))

    def stand_down(self, by: str, at: datetime, *, note: str = "") -> Emergency:
        """Let the team go: the danger is contained, and what is left is everyday work.

        Raises:
            TransitionError: If it is not contained.
            InvalidValueError: If a value is unfit.
        """
        return self._advance(EmergencyStage.STOOD_DOWN, by, at, note)

    def call_off(self, by: str, at: datetime, *, reason: str) -> Emergency:
        """Call it off: it was none.

        Raises:
            TransitionError: If it is contained, or over.
            InvalidValueError: If no reason is given, or a value is unfit.
        """
        return self._advance(EmergencyStage.CALLED_OFF, by, at, told(reason, "reason"))

    def restore(self, by: str, at: datetime, *, earlier: Emergency) -> Emergency:
        """Put back what an earlier version said it was about, and for whom; the rest stays.

        Raises:
            InvalidValueError: If `earlier` is another emergency, nobody acts, or `at` is naive.
        """
        self._check_restored(by, at, earlier)
        return attrs.evolve(self, about=earlier.about, complaint=earlier.complaint)

    @property
    def workflow(self) -> Workflow[EmergencyStage]:
        """Its stages, and the moves between them."""
        return EMERGENCY_WORKFLOW

    @property
    def open_roles(self) -> tuple[str, ...]:
        """The roles that nobody has taken, in the order in which they were named."""
        taken = {member.role for member in self.team}
        return tuple(role for role in self.roles if role not in taken)

    @property
    def facts(self) -> Mapping[str, object]:
        """What conditions can ask about it, by name."""
        return {**super().facts, "complaint": self.complaint, "open_roles": len(self.open_roles)}

    @property
    def _called(self) -> Text:
        return Text("emergency", "应急响应")

    @property
    def _known(self) -> Mapping[str, object]:
        return {"open_roles": len(self.open_roles)}

    @property
    def _details(self) -> Mapping[Text, Name]:
        labels = [role_label(role) for role in self.open_roles]
        english = "nobody is there for " + ", ".join(en for en, _ in labels)
        return {_A_ROLE_IS_OPEN: Name(english, "、".join(zh for _, zh in labels) + "尚无人员")}

    def _check_team_open(self, by: str, at: datetime) -> None:
        checked_act(by, at)
        if self.is_over:
            self._refuse(_CHANGE, _IS_OVER)

    def _advance(
        self,
        stage: EmergencyStage,
        by: str,
        at: datetime,
        note: str,
    ) -> Emergency:
        step = self._step(stage, by, at, note, NOTHING_TOLD)
        return attrs.evolve(self, trail=(*self.trail, step))
