"""Words everyone shares: ids, money, clocks, workflows, explanations, rules as data, the codec.

Law: imports nothing of the packages above it; everything else may be said in these words.
"""

from typing import TYPE_CHECKING


if TYPE_CHECKING:
    from .channel import Channel as Channel
    from .checks import (
        all_are as all_are,
        is_a as is_a,
        is_id as is_id,
        is_utc as is_utc,
        member_of as member_of,
        not_blank as not_blank,
        not_blank_if_given as not_blank_if_given,
    )
    from .clock import (
        Clock as Clock,
        SteppingClock as SteppingClock,
        StillClock as StillClock,
        checked_utc as checked_utc,
        from_micros as from_micros,
        instant as instant,
        system_clock as system_clock,
        to_micros as to_micros,
    )
    from .codec import (
        PERSONAL as PERSONAL,
        REDACTED as REDACTED,
        Codec as Codec,
        personal_in as personal_in,
    )
    from .conditions import (
        AllOf as AllOf,
        AnyOf as AnyOf,
        Compare as Compare,
        Condition as Condition,
        Not as Not,
    )
    from .decisions import DecisionRule as DecisionRule, DecisionTable as DecisionTable
    from .estimate import Estimate as Estimate
    from .explanation import (
        Evidence as Evidence,
        Explanation as Explanation,
        Name as Name,
        Rule as Rule,
        WorkingTime as WorkingTime,
        plain as plain,
        spoken as spoken,
    )
    from .facts import (
        FactColumn as FactColumn,
        FactLimit as FactLimit,
        FactTable as FactTable,
        FactType as FactType,
        amount_of as amount_of,
    )
    from .frozen_map import FrozenMap as FrozenMap
    from .holiday_sources import (
        PublicDays as PublicDays,
        country_days as country_days,
        ical_days as ical_days,
    )
    from .ids import (
        IdSource as IdSource,
        asked_id as asked_id,
        checked_actor as checked_actor,
        checked_id as checked_id,
        uuid7 as uuid7,
    )
    from .labels import (
        Labelled as Labelled,
        Language as Language,
        Text as Text,
        checked_language as checked_language,
    )
    from .money import Money as Money, decimals_of as decimals_of
    from .nearest import did_you_mean as did_you_mean
    from .operators import (
        OPERATORS as OPERATORS,
        Operator as Operator,
        check_operator as check_operator,
    )
    from .party import Party as Party
    from .period import Period as Period, named_zone as named_zone
    from .refusing import not_now as not_now
    from .scalars import (
        Scalar as Scalar,
        checked_name as checked_name,
        key_value as key_value,
        known_name as known_name,
    )
    from .shares import (
        Confidence as Confidence,
        PValue as PValue,
        Score as Score,
        Share as Share,
    )
    from .tagged import Tagged as Tagged, tag as tag
    from .trail import (
        Step as Step,
        Trail as Trail,
        checked_act as checked_act,
        entered as entered,
        lengthened as lengthened,
        time_in as time_in,
        unbroken as unbroken,
    )
    from .work_calendar import WorkCalendar as WorkCalendar
    from .workflow import Requirement as Requirement, StateGroup as StateGroup, Workflow as Workflow
else:
    from crmkit import _lazy

    __getattr__, __dir__, __all__ = _lazy.names(__name__)
