"""A UnitManager for tests that start nothing; units that are asked for are a failure."""

from __future__ import annotations

from corral.model.resources import FoundUnit


class NoUnits:
    async def list(self) -> tuple[FoundUnit, ...]:
        return ()

    async def find(self, host: str, name: str) -> FoundUnit | None:
        return None

    async def start(self, host: str, name: str) -> None:
        raise AssertionError(name)

    async def stop(self, host: str, name: str) -> None:
        raise AssertionError(name)

    async def reload(self, host: str, name: str) -> None:
        raise AssertionError(name)

    async def log_tail(self, host: str, name: str, lines: int = 20) -> str:
        return ""
