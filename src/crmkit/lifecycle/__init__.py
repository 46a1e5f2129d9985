"""How far we are: lifecycles as data, a customer's way through them, and rules that infer a stage.

Law: no stage without who or what put the customer there, when, and why.
"""

from typing import TYPE_CHECKING


if TYPE_CHECKING:
    from .alarms import FalseAlarms as FalseAlarms, false_alarms as false_alarms
    from .behaviour import Behaviour as Behaviour, Signal as Signal
    from .bundled import (
        CUSTOMER_STATE as CUSTOMER_STATE,
        DWYER as DWYER,
        FOUR_STAGE as FOUR_STAGE,
        LADDER as LADDER,
        RELATIONSHIP_LEVEL as RELATIONSHIP_LEVEL,
    )
    from .bundled_rules import (
        FOUR_STAGE_RULES as FOUR_STAGE_RULES,
        STATE_RULES as STATE_RULES,
    )
    from .definition import Lifecycle as Lifecycle
    from .deriving import derived_classes as derived_classes
    from .dwell_stages import (
        stage_dwell as stage_dwell,
        stage_exits as stage_exits,
        stage_survival as stage_survival,
    )
    from .inferences import infer_stages as infer_stages, stage_history as stage_history
    from .inferring import Evaluation as Evaluation, evaluations as evaluations
    from .journey import Journey as Journey
    from .journey_parts import (
        JourneyAct as JourneyAct,
        JourneyId as JourneyId,
        JourneyMove as JourneyMove,
        JourneyPlace as JourneyPlace,
        StageOrigin as StageOrigin,
        journey_id as journey_id,
    )
    from .leaving import loss_warnings as loss_warnings, win_back_list as win_back_list
    from .markov_rewards import MarkovValue as MarkovValue
    from .population import Population as Population
    from .population_counts import stage_counts as stage_counts, stages_at as stages_at
    from .retention import retention_curves as retention_curves
    from .stage_explained import (
        explain_difference as explain_difference,
        explain_stage as explain_stage,
    )
    from .stage_rules import StageRule as StageRule, StageRules as StageRules
    from .stages import (
        LifecycleMove as LifecycleMove,
        LifecycleStage as LifecycleStage,
        MoveWay as MoveWay,
        StageStanding as StageStanding,
    )
    from .stays import Stay as Stay, UsualStay as UsualStay
    from .stored import JOURNEY_CODEC as JOURNEY_CODEC
    from .strategies import RelationshipStrategy as RelationshipStrategy
    from .taking_up import each_once as each_once, taken_up as taken_up
    from .transition import (
        stage_chain as stage_chain,
        stage_forecast as stage_forecast,
        stage_homogeneity_test as stage_homogeneity_test,
        stage_order_test as stage_order_test,
    )
    from .usual import usual_stays as usual_stays
else:
    from crmkit import _lazy

    __getattr__, __dir__, __all__ = _lazy.names(__name__)
