"""The checksum of mongodump's archives: CRC-64 with the polynomial of ECMA-182, which is that of xz.

Python has it nowhere but in lzma, which checks it: the data are put into an xz stream, unpacked as they are, with the
checksum that is expected at its end (The .xz File Format 1.0.4, and LZMA2's chunks). That is a hundred times as fast as
Python's own arithmetic.
"""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, Final

from corral.late import late

if TYPE_CHECKING:
    import lzma
else:
    lzma = late("lzma")

_CHUNK: Final = 1 << 16
"""Bytes of one chunk that isn't packed: the most that it takes."""
_FIRST: Final = b"\x01"
_NEXT: Final = b"\x02"
_END: Final = b"\x00"


def _with_crc32(head: bytes) -> bytes:
    return head + zlib.crc32(head).to_bytes(4, "little")


_BEGIN: Final = b"\xfd7zXZ\x00" + _with_crc32(b"\x00\x04") + _with_crc32(b"\x02\x00\x21\x01\x00\x00\x00\x00")
"""A stream whose checks are CRC-64, and the head of a block of LZMA2, whose dictionary is the smallest."""


class Crc64:
    """Of all that was given to `add`."""

    def __init__(self) -> None:
        self._stream = lzma.LZMADecompressor(lzma.FORMAT_XZ)
        self._stream.decompress(_BEGIN)
        self._waiting = bytearray()
        self._kind = _FIRST
        self._size = 0
        """Bytes of the block so far."""

    def add(self, data: bytes) -> None:
        self._waiting += data
        while len(self._waiting) >= _CHUNK:
            self._put(bytes(self._waiting[:_CHUNK]))
            del self._waiting[:_CHUNK]

    def is_right(self, checksum: int) -> bool:
        """Whether it is `checksum`, signed or not. It ends what can be added."""
        if self._waiting:
            self._put(bytes(self._waiting))
        padding = bytes(-(self._size + len(_END)) % 4)
        try:
            self._stream.decompress(_END + padding + (checksum & 0xFFFFFFFFFFFFFFFF).to_bytes(8, "little"))
        except lzma.LZMAError:
            return False
        return True

    def _put(self, data: bytes) -> None:
        chunk = self._kind + (len(data) - 1).to_bytes(2, "big") + data
        self._stream.decompress(chunk)
        self._size += len(chunk)
        self._kind = _NEXT
