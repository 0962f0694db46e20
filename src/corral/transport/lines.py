"""Bytes as they come, as lines of text. Pure."""

from __future__ import annotations

import codecs


class Splitter:
    """UTF-8; what is none shows as U+FFFD. A line ends with a newline alone: a carriage return stays in it."""

    def __init__(self) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._begun = ""

    def take(self, data: bytes) -> list[str]:
        """The lines that `data` completes."""
        *lines, self._begun = (self._begun + self._decoder.decode(data)).split("\n")
        return lines

    def rest(self) -> list[str]:
        """The last line, when it has no newline."""
        last = self._begun + self._decoder.decode(b"", final=True)
        self._begun = ""
        return [last] if last else []
