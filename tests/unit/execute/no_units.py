"""A UnitManager for tests that start nothing; units that are asked for are a failure."""

from __future__ import annotations

from corral.model.identity import UnitId
from corral.model.resources import FoundUnit


class NoUnits:
    async def list(self) -> tuple[FoundUnit, ...]:
        return ()

    async def find(self, unit: UnitId) -> FoundUnit | None:
        return None

    async def start(self, unit: UnitId) -> None:
        raise AssertionError(unit)

    async def stop(self, unit: UnitId) -> None:
        raise AssertionError(unit)

    async def reload(self, unit: UnitId) -> None:
        raise AssertionError(unit)

    async def log_tail(self, unit: UnitId, lines: int = 20) -> str:
        return ""
