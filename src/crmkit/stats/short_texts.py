"""Short texts as numbers: eight bytes are one number, which is looked up without a search.

Law: every text is compared whole; where one is none of those expected, nothing is told of any. No
byte of a text is zero, so that the eight tell its length, too.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from itertools import count
from typing import Final

import attrs
import numpy as np
from numpy.typing import NDArray

from .row_blocks import blocks


_BYTES: Final = 8
_BITS: Final = 64
_NO_TEXT: Final = 1
_MIXER: Final = 0x9E3779B97F4A7C15  # the golden ratio: its multiples spread well


@attrs.frozen(eq=False)
class _Table:
    """Texts of up to eight bytes by a number that is made of them.

    Attributes:
        mixer: What a text's bytes are multiplied with.
        shift: How many bits of that are dropped.
        words: For each number that comes out, the bytes of its text, at the upper end.
        codes: The text's place.
    """

    mixer: np.uint64
    shift: np.uint64
    words: NDArray[np.uint64]
    codes: NDArray[np.uint8]

    @classmethod
    def of(cls, texts: Sequence[bytes]) -> _Table:
        told = [int.from_bytes(text.rjust(_BYTES, b"\0"), "little") for text in texts]
        words = np.array(told, dtype=np.uint64)
        bits = 2 * len(texts).bit_length() + 1
        shift = np.uint64(_BITS - bits)
        mixers = (np.uint64(_MIXER * odd % (1 << _BITS)) for odd in count(1, 2))
        # Of so many slots, every second mixer at least gives each text its own.
        mixer = next(one for one in mixers if len(np.unique((words * one) >> shift)) == len(texts))
        slots = (words * mixer) >> shift
        # A text's last byte stands at the upper end: what has none there is no text's.
        known = np.full(1 << bits, _NO_TEXT, dtype=np.uint64)
        codes = np.zeros(1 << bits, dtype=np.uint8)
        known[slots], codes[slots] = words, np.arange(len(texts))
        return cls(mixer, shift, known, codes)

    def look_up(
        self, ends: NDArray[np.integer], laid: NDArray[np.uint8], out: NDArray[np.uint8]
    ) -> bool:
        """Set the places of texts, and tell whether each is among them.

        Args:
            ends: Where the texts begin, and the last one ends; eight bytes follow each beginning.
            laid: Their bytes.
            out: Where to.
        """
        read = (len(laid) - _BYTES + 1,)
        # Eight bytes from any byte on, as one number.
        numbers = np.ndarray(read, dtype=np.uint64, buffer=laid, strides=(1,))
        for rows in blocks(len(out)):
            begins = ends[rows]
            free = np.subtract(begins, ends[rows.start + 1 : rows.stop + 1], dtype=np.int64)
            free *= _BYTES
            free += _BITS
            # Of a text without bytes, or with more than eight, nothing is left.
            words = numbers[begins]
            words <<= free.view(np.uint64)
            mixed = words * self.mixer
            mixed >>= self.shift
            slots = mixed.view(np.int64)
            if not np.array_equal(self.words.take(slots), words):
                return False
            self.codes.take(slots, out=out[rows], mode="clip")
        return True


def short_codes(
    ends: NDArray[np.integer], laid: NDArray[np.uint8], texts: Sequence[str]
) -> NDArray[np.uint8] | None:
    """Return texts by their places in a short list of them, as Arrow lays them.

    Args:
        ends: Where the texts begin, and the last one ends.
        laid: Their bytes, one after another.
        texts: The list: 256 at most, each once.

    Returns:
        None where a text is none of the list, or one of the list has no bytes, more than eight, or
        one that is zero.

    Examples:
        >>> laid = np.frombuffer(b"newdonenew", dtype=np.uint8)
        >>> short_codes(np.array([0, 3, 7, 10]), laid, ["done", "new"]).tolist()
        [1, 0, 1]
        >>> short_codes(np.array([0, 3, 7, 10]), laid, ["done"]) is None
        True
    """
    told = [text.encode() for text in texts]
    if sys.byteorder != "little" or any(not 0 < len(text) <= _BYTES or 0 in text for text in told):
        return None
    # A byte of nothing could not be told from none.
    if laid[ends[0] : ends[-1]].min(initial=1) == 0:
        return None
    table, codes = _Table.of(told), np.empty(len(ends) - 1, dtype=np.uint8)
    # The last texts have fewer than eight bytes behind them, and get some of their own.
    early = int(np.searchsorted(ends[:-1], len(laid) - _BYTES, "right"))
    if early and not table.look_up(ends[: early + 1], laid, codes[:early]):
        return None
    since = ends[early]
    rest = np.concatenate([laid[since : ends[-1]], np.zeros(_BYTES, dtype=np.uint8)])
    return codes if table.look_up(ends[early:] - since, rest, codes[early:]) else None
