"""The refusal of an act that is no move of a workflow, in both languages.

Law: it says where the record is, what was asked, and what is missing.
"""

from __future__ import annotations

from typing import Final

from crmkit.errors import TransitionError

from .explanation import Evidence, Explanation, Name, Rule
from .labels import Labelled, Text
from .workflow import Labels


_NOT_NOW: Final = Rule(
    code="workflow.not_now",
    says=Text(
        "{record} is {stage} and cannot be {asked}: {missing}",
        "{record}目前为“{stage}”，不能{asked}：{missing}",
    ),
    source="the law of the record",
)


def not_now(record: Labels, stage: Labelled, asked: Text, why: Text | Name) -> TransitionError:
    """Return the error that refuses an act.

    Args:
        record: The record.
        stage: The stage, or the state, that it is in.
        asked: What was asked, as the end of "cannot be …": `followed up`.
        why: What is missing.

    Examples:
        >>> from crmkit.testing import a_complaint
        >>> complaint = a_complaint()
        >>> error = not_now(
        ...     complaint,
        ...     complaint.stage,
        ...     Text("followed up", "回访"),
        ...     Text("nothing is put right yet", "问题尚未处理"),
        ... )
        >>> print(error)
        complaint K-1 is received and cannot be followed up: nothing is put right yet
        >>> print(error.explain().sentence("zh"))
        投诉K-1目前为“已受理”，不能回访：问题尚未处理
    """
    name = Name(record.label("en"), record.label("zh"))
    told = (
        Evidence("record", name),
        Evidence("stage", stage),
        Evidence("asked", asked),
        Evidence("missing", why, None, False),
    )
    verdict = Explanation(verdict=False, rule=_NOT_NOW, evidence=told, missing=(why.en,))
    return TransitionError(str(name), str(stage.value), asked.en, (), verdict.missing, verdict)
