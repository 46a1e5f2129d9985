"""What is asked of a frame: the answers in one column, on one scale, with weights in another."""

from __future__ import annotations

from typing import Final

import attrs

from crmkit.satisfaction.surveys import Scale


NOT_ALL_0: Final = "must not all be 0 where somebody answered"
"""What weights must not be."""


@attrs.frozen
class Question:
    """What is counted: the answers in one column, on one scale, with weights in another.

    Attributes:
        column: The caller's name of the answers.
        scale: On what they are given; None for any finite numbers.
        weights: The caller's name of the weights; None weighs all alike.
        argument: As what the caller passed the frame.
        is_made: Whether the column was made of others, by a name that the caller does not know.
    """

    column: str
    scale: Scale | None
    weights: str | None = None
    argument: str = "scores"
    is_made: bool = False

    @property
    def called(self) -> str:
        """What the caller knows it by: its column, or the frame of whose columns it was made."""
        return self.argument if self.is_made else self.column

    @property
    def rule(self) -> str:
        """What an answer must be."""
        return "must be finite" if self.scale is None else self.scale.rule

    @property
    def columns(self) -> list[str]:
        """The columns that it needs, each once."""
        return list(dict.fromkeys(filter(None, (self.column, self.weights))))
