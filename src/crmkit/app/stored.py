"""Every kind of record that stands in a store: the desks' own, and what the shell keeps."""

from __future__ import annotations

from typing import Any, Final

from crmkit.kernel import Codec, FrozenMap

from .following import CURSOR_CODEC
from .importing.blocks import IMPORT_CODEC
from .kinds import CODECS
from .upkeep.erasing import ERASURE_CODEC


STORED: Final[FrozenMap[str, Codec[Any]]] = FrozenMap(
    {**CODECS, **{codec.kind: codec for codec in (CURSOR_CODEC, ERASURE_CODEC, IMPORT_CODEC)}}
)
"""How each kind is stored."""
