"""Times and sizes, written with their units."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import Any, Final

from corral.cluster_file.values import Kind
from corral.language import tr
from corral.words import either

_SECONDS: Final = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}
_BYTES: Final = {"": 1, "k": 1024, "m": 1024**2, "g": 1024**3, "t": 1024**4}
_TIME: Final = re.compile(r"([0-9]{1,12}(?:\.[0-9]{1,9})?) ?(ms|s|m|h)")
_SIZE: Final = re.compile(r"([0-9]{1,15}(?:\.[0-9]{1,9})?) ?([kKmMgGtT]?)(?:i?[bB])?")


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def seconds(value: Any) -> float:
    """`value` (a number, or a text such as 10s) in seconds; not-a-number when it is not a time."""
    if isinstance(value, str):
        match = _TIME.fullmatch(value)
        return float(match[1]) * _SECONDS[match[2]] if match else math.nan
    return value if _is_number(value) else math.nan


def size_in_bytes(value: Any) -> float:
    """`value` (a whole number, or a text such as 16k) in bytes; not-a-number when it is not a size."""
    if isinstance(value, str):
        match = _SIZE.fullmatch(value)
        return round(float(match[1]) * _BYTES[match[2].lower()]) if match else math.nan
    return value if _is_number(value) and not isinstance(value, float) else math.nan


def write_duration(value: float) -> str:
    """`value` seconds in the largest unit that needs no fraction."""
    milliseconds = round(value * 1000)
    for unit, length in (("h", 3_600_000), ("m", 60_000), ("s", 1000)):
        if milliseconds % length == 0:
            return f"{milliseconds // length}{unit}"
    return f"{milliseconds}ms"


def write_size(value: int) -> str | int:
    for unit, length in (("T", 1024**4), ("G", 1024**3), ("M", 1024**2), ("k", 1024)):
        if value % length == 0:
            return f"{value // length}{unit}"
    return value


@dataclass(frozen=True)
class Duration(Kind):
    """A time in seconds, to the millisecond. `minimum` and `maximum` are written as in the file."""

    minimum: str
    maximum: str

    @property
    def expected(self) -> str:
        fitting = [text for text in ("500ms", "10s", "5m", "1h") if self._holds(seconds(text))]
        return tr(
            "a time from {minimum} to {maximum} (such as {fitting})",
            minimum=self.minimum,
            maximum=self.maximum,
            fitting=either(fitting[-2:]),
        )

    def read(self, value: object) -> float:
        time = seconds(value)
        if not self._holds(time):
            raise self.refuse(value, wrong_type=not isinstance(value, str) and not _is_number(value))
        return round(float(time), 3)

    def _holds(self, time: float) -> bool:
        return seconds(self.minimum) <= time <= seconds(self.maximum)

    def write(self, value: float) -> str:
        return write_duration(value)

    def json_schema(self) -> dict[str, Any]:
        return {"anyOf": [{"type": "string", "pattern": f"^{_TIME.pattern}$"}, {"type": "number", "minimum": 0}]}


@dataclass(frozen=True)
class Size(Kind):
    """A size in bytes. k, M, G and T count in 1024, as nginx and mongod do, with or without a B."""

    minimum: str
    maximum: str

    @property
    def expected(self) -> str:
        return tr(
            "a size from {minimum} to {maximum} (such as 16k, 100M or 1G)", minimum=self.minimum, maximum=self.maximum
        )

    def read(self, value: object) -> int:
        size = size_in_bytes(value)
        if not size_in_bytes(self.minimum) <= size <= size_in_bytes(self.maximum):
            raise self.refuse(value, wrong_type=not isinstance(value, str) and not _is_number(value))
        return int(size)

    def write(self, value: int) -> str | int:
        return write_size(value)

    def json_schema(self) -> dict[str, Any]:
        return {"anyOf": [{"type": "string", "pattern": f"^{_SIZE.pattern}$"}, {"type": "integer", "minimum": 0}]}
