"""For tests that start nothing: a UnitManager whose units are a failure, and the step of a run."""

from __future__ import annotations

from corral.events import Sink, ignore
from corral.execute.handlers import Step
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

    def log_script(self, unit: UnitId, lines: int, follow: bool = False) -> str:
        return ""


def step(sink: Sink = ignore) -> Step:
    """What an action is given beside itself, by a run that nobody stops."""
    return Step(sink, "", lambda: None, lambda: True, lambda: None)
