"""Every kind of record that stands in a store: the desks' own, and what the shell keeps."""

from __future__ import annotations

from typing import Any, Final

from crmkit.kernel import Codec, FrozenMap
from crmkit.satisfaction import CONTACT_LOG_CODEC

from .following import CURSOR_CODEC
from .importing.blocks import IMPORT_CODEC
from .kinds import CODECS
from .upkeep.erasing import ERASURE_CODEC


_SHELL: Final[tuple[Codec[Any], ...]] = (
    CONTACT_LOG_CODEC,
    CURSOR_CODEC,
    ERASURE_CODEC,
    IMPORT_CODEC,
)

STORED: Final[FrozenMap[str, Codec[Any]]] = FrozenMap(
    {**CODECS, **{codec.kind: codec for codec in _SHELL}}
)
"""How each kind is stored."""
