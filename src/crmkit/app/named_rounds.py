"""Rounds that evidence names: kept here, and fit to show whether an improvement has helped.

Law: evidence of a round that is kept elsewhere names none.
"""

from __future__ import annotations

from crmkit.satisfaction import SURVEY_ROUND_CODEC, GapEvidence, Improvement

from .unit import UnitOfWork


def check_kept(unit: UnitOfWork, improvement: Improvement, evidence: GapEvidence) -> None:
    """Refuse evidence of a round that is not kept here, or does not fit.

    Raises:
        NotFoundError: If there is no such round.
        InvalidValueError: As `Improvement.check_round` does.
    """
    if evidence.round is not None:
        improvement.check_round(unit.get(SURVEY_ROUND_CODEC, evidence.round))
