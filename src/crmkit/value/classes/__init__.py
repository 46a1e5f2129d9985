"""Who makes the sales: ABC, second look, pyramid, and classes on record."""

from typing import TYPE_CHECKING


if TYPE_CHECKING:
    from .abc_policy import HAIER as HAIER, AbcClass as AbcClass, AbcPolicy as AbcPolicy
    from .class_explained import explain_abc_class as explain_abc_class
    from .class_membership import (
        ClassAct as ClassAct,
        ClassChanged as ClassChanged,
        ClassMembership as ClassMembership,
        ClassPlace as ClassPlace,
        MembershipId as MembershipId,
        membership_id as membership_id,
        reclassed as reclassed,
    )
    from .class_scheme import (
        ABC_SCHEME as ABC_SCHEME,
        PYRAMID_SCHEME as PYRAMID_SCHEME,
        ClassScheme as ClassScheme,
    )
    from .class_target import (
        ClassTarget as ClassTarget,
        TargetAct as TargetAct,
        TargetId as TargetId,
        TargetSense as TargetSense,
    )
    from .classing import abc_classes as abc_classes
    from .concentrations import (
        Concentration as Concentration,
        concentration as concentration,
        pareto_curve as pareto_curve,
    )
    from .look_policy import (
        SECOND_LOOK as SECOND_LOOK,
        Dealings as Dealings,
        LookReason as LookReason,
        SecondLookPolicy as SecondLookPolicy,
    )
    from .pyramid_policy import (
        CURRY as CURRY,
        CustomerTier as CustomerTier,
        PyramidPolicy as PyramidPolicy,
    )
    from .pyramids import customer_pyramid as customer_pyramid, explain_tier as explain_tier
    from .second_looks import explain_second_look as explain_second_look, second_look as second_look
    from .stored_classes import (
        CLASS_MEMBERSHIP_CODEC as CLASS_MEMBERSHIP_CODEC,
        CLASS_TARGET_CODEC as CLASS_TARGET_CODEC,
    )
else:
    from crmkit import _lazy

    __getattr__, __dir__, __all__ = _lazy.names(__name__)
