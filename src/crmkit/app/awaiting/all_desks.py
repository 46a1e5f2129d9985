"""The desks of one CRM, awaited, each made when first asked for."""

from __future__ import annotations

from datetime import datetime
from functools import cached_property
from typing import TypeVar

from crmkit.app.desks import Desks

from .case_desks import (
    AsyncComplaintsDesk,
    AsyncCorrectiveActionsDesk,
    AsyncEmergenciesDesk,
    AsyncInquiriesDesk,
    AsyncProductRequestsDesk,
    AsyncRecallsDesk,
)
from .class_desks import AsyncClassesDesk, AsyncClassTargetsDesk
from .desks import AsyncCustomersDesk, AsyncOrdersDesk, AsyncSatisfactionDesk
from .improvement_desks import AsyncImprovementsDesk
from .journey_desks import AsyncJourneysDesk
from .points_desks import AsyncPointsDesk
from .survey_desks import AsyncInvitationsDesk, AsyncSurveysDesk
from .value_desks import AsyncLifetimeValuesDesk
from .views import View


D_co = TypeVar("D_co", bound=Desks, covariant=True)


class AsyncDesks(View[D_co]):
    """The desks of one CRM, on behalf of one actor, awaited."""

    @property
    def actor(self) -> str:
        """Who acts."""
        return self._behind.actor

    def now(self) -> datetime:
        """Return the present instant of this CRM's clock, in UTC."""
        return self._behind.now()

    def new_id(self) -> str:
        """Return an id never used before."""
        return self._behind.new_id()

    @cached_property
    def customers(self) -> AsyncCustomersDesk:
        """Who they are."""
        return AsyncCustomersDesk(self._behind.customers, self._runner)

    @cached_property
    def complaints(self) -> AsyncComplaintsDesk:
        """Putting right."""
        return AsyncComplaintsDesk(self._behind.complaints, self._runner)

    @cached_property
    def inquiries(self) -> AsyncInquiriesDesk:
        """What else is asked of us."""
        return AsyncInquiriesDesk(self._behind.inquiries, self._runner)

    @cached_property
    def corrective_actions(self) -> AsyncCorrectiveActionsDesk:
        """Removing causes."""
        return AsyncCorrectiveActionsDesk(self._behind.corrective_actions, self._runner)

    @cached_property
    def emergencies(self) -> AsyncEmergenciesDesk:
        """Keeping people from harm."""
        return AsyncEmergenciesDesk(self._behind.emergencies, self._runner)

    @cached_property
    def product_requests(self) -> AsyncProductRequestsDesk:
        """The voice of the customer."""
        return AsyncProductRequestsDesk(self._behind.product_requests, self._runner)

    @cached_property
    def recalls(self) -> AsyncRecallsDesk:
        """Calling units back."""
        return AsyncRecallsDesk(self._behind.recalls, self._runner)

    @cached_property
    def orders(self) -> AsyncOrdersDesk:
        """What they bought."""
        return AsyncOrdersDesk(self._behind.orders, self._runner)

    @cached_property
    def satisfaction(self) -> AsyncSatisfactionDesk:
        """What they say."""
        return AsyncSatisfactionDesk(self._behind.satisfaction, self._runner)

    @cached_property
    def surveys(self) -> AsyncSurveysDesk:
        """What they say when they are asked."""
        return AsyncSurveysDesk(self._behind.surveys, self._runner)

    @cached_property
    def invitations(self) -> AsyncInvitationsDesk:
        """Who was asked."""
        return AsyncInvitationsDesk(self._behind.invitations, self._runner)

    @cached_property
    def improvements(self) -> AsyncImprovementsDesk:
        """What is to score better."""
        return AsyncImprovementsDesk(self._behind.improvements, self._runner)

    @cached_property
    def classes(self) -> AsyncClassesDesk:
        """What they are worth."""
        return AsyncClassesDesk(self._behind.classes, self._runner)

    @cached_property
    def journeys(self) -> AsyncJourneysDesk:
        """How far we are."""
        return AsyncJourneysDesk(self._behind.journeys, self._runner)

    @cached_property
    def lifetime_values(self) -> AsyncLifetimeValuesDesk:
        """What they will be worth."""
        return AsyncLifetimeValuesDesk(self._behind.lifetime_values, self._runner)

    @cached_property
    def points(self) -> AsyncPointsDesk:
        """Why they stay: what they earn."""
        return AsyncPointsDesk(self._behind.points, self._runner)

    @cached_property
    def class_targets(self) -> AsyncClassTargetsDesk:
        """What is wanted of each class."""
        return AsyncClassTargetsDesk(self._behind.class_targets, self._runner)
