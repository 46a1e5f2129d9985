"""How long customers usually stay in each stage, those who are still there included.

Law: a stay that goes on counts for as long as it has lasted; one that was not seen to begin tells
nothing of its length: it is left out, and how many are is told.

Source: Kaplan and Meier (1958).
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

import attrs
import numpy as np

from crmkit.kernel import FrozenMap, Share, WorkCalendar, instant
from crmkit.stats.survival import curve_of

from .definition import Lifecycle
from .journey import Journey
from .stays import ENOUGH, USUAL_SHARE, UsualStay


def usual_stays(
    journeys: Iterable[Journey],
    *,
    lifecycle: Lifecycle,
    as_of: datetime,
    share: Share = USUAL_SHARE,
    calendar: WorkCalendar | None = None,
) -> FrozenMap[str, UsualStay]:
    """Return for each stage within what time the share of its stays has ended.

    Args:
        journeys: Under one lifecycle.
        lifecycle: Which.
        as_of: What comes later is not known.
        share: Of all stays, how many end within the usual time.
        calendar: Whose open hours are counted; None for all hours.

    Returns:
        One for each stage, in their order; its `within` is None where fewer than thirty stays have
        ended, or so large a share never has.

    Raises:
        InvalidValueError: If `as_of` is naive.

    Source:
        Kaplan and Meier (1958); science's rule of thirty ended stays.

    Examples:
        >>> from crmkit.lifecycle import FOUR_STAGE
        >>> from crmkit.testing import NINE
        >>> usual = usual_stays([], lifecycle=FOUR_STAGE, as_of=NINE)
        >>> usual["growth"].within is None, usual["growth"].spells
        (True, 0)
    """
    moment = instant(as_of, "as_of")
    lengths: dict[str, list[float]] = {code: [] for code in lifecycle.codes}
    ended: dict[str, list[bool]] = {code: [] for code in lifecycle.codes}
    unseen = dict.fromkeys(lifecycle.codes, 0)
    known = (stay for one in journeys for stay in one.stays if stay.stage in lengths)
    for stay in (stay for stay in known if stay.since <= moment):
        if not stay.was_seen_to_begin:
            unseen[stay.stage] += 1
        else:
            length = stay.length(moment, calendar=calendar)
            lengths[stay.stage].append(length.total_seconds())
            ended[stay.stage].append(stay.until is not None and stay.until <= moment)
    return FrozenMap(
        {
            code: _usual(code, lengths[code], ended[code], share, unseen[code])
            for code in lifecycle.codes
        }
    )


def _usual(
    code: str, lengths: list[float], ended: list[bool], share: Share, unseen: int
) -> UsualStay:
    spells = sum(ended)
    told = UsualStay(stage=code, within=None, spells=spells, share=share, left_out=unseen)
    if spells < ENOUGH:
        return told
    curve = curve_of(np.array(lengths), np.array(ended), 0.95)
    # Sums of shares are rounded: a curve that reaches the share but for that has reached it.
    reached = np.flatnonzero(curve.survival <= 1 - float(share) + 1e-9)
    within = timedelta(seconds=float(curve.time[reached[0]])) if len(reached) else None
    return attrs.evolve(told, within=within)
