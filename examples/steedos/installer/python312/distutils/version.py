"""Versions that compare as numbers do."""

from __future__ import annotations

from functools import total_ordering


@total_ordering
class StrictVersion:
    """`1.2.10` comes after `1.2.9`; a missing third part counts as 0."""

    def __init__(self, text: str) -> None:
        parts = [int(part) for part in text.split(".")]
        self.parts = tuple(parts + [0] * (3 - len(parts)))

    def __eq__(self, other: object) -> bool:
        return self.parts == _of(other).parts

    def __lt__(self, other: object) -> bool:
        return self.parts < _of(other).parts

    def __hash__(self) -> int:
        return hash(self.parts)


def _of(other: object) -> StrictVersion:
    return other if isinstance(other, StrictVersion) else StrictVersion(str(other))
