"""MongoDB's release series, which a set goes up one at a time (manual: release-notes, upgrade a replica set)."""

from __future__ import annotations

import re
from typing import Final

Series = tuple[int, int]

SERIES: Final[tuple[Series, ...]] = ((4, 0), (4, 2), (4, 4), (5, 0), (6, 0), (7, 0), (8, 0))
"""Those that none may be left out of."""
_CONFIRMED_FROM: Final = (7, 0)
"""From here on setFeatureCompatibilityVersion wants `confirm: true`."""
_BY_WIRE: Final[dict[int, Series]] = {
    7: (4, 0), 8: (4, 2), 9: (4, 4), 13: (5, 0), 17: (6, 0), 21: (7, 0), 25: (8, 0),
}  # fmt: skip
"""By `maxWireVersion`, which a mongod tells anybody (its db/wire_version.h). Those between are of rapid releases."""


def series_by_wire(version: int) -> Series | None:
    """The series of a mongod that greets with this maxWireVersion."""
    return _BY_WIRE.get(version)


def series_in(text: str) -> Series | None:
    """A featureCompatibilityVersion as MongoDB writes it."""
    match = re.fullmatch(r"(\d+)\.(\d+)", text)
    return (int(match[1]), int(match[2])) if match else None


def is_next(old: Series, new: Series) -> bool:
    """Whether `new` is `old` or follows it with none left out. One that isn't known here follows all that are older."""
    return old <= new and not any(old < series < new for series in SERIES)


def raising(wanted: Series) -> str:
    """The command of mongosh that raises a set's featureCompatibilityVersion to what comes before `wanted`."""
    before = max((series for series in SERIES if series < wanted), default=wanted)
    confirm = ", confirm: true" if before >= _CONFIRMED_FROM else ""
    return f'db.adminCommand({{setFeatureCompatibilityVersion: "{text_of(before)}"{confirm}}})'


def text_of(version: tuple[int, ...]) -> str:
    return ".".join(map(str, version))
