"""What keeps processes running: supervisord in the playground, systemd on real hosts, behind one Protocol."""

from __future__ import annotations

from typing import Protocol

from corral.model.identity import UnitId
from corral.model.resources import FoundUnit


class UnitManager(Protocol):
    """A unit is known by the name of its definition file; every call is safe to repeat."""

    async def list(self) -> tuple[FoundUnit, ...]:
        """Every unit of the cluster that is defined, without revisions. Never raises.

        Units of a host that doesn't answer are not on the list.
        """

    async def find(self, unit: UnitId) -> FoundUnit | None:
        """One of them, as it is now; None when it isn't defined or its host doesn't answer. For polling."""

    async def start(self, unit: UnitId) -> None:
        """Run the unit from its definition as it is on disk now, ending a process of an older definition first."""

    async def stop(self, unit: UnitId) -> None:
        """End the process gracefully (the unit's signal, then KILL after its timeout) and remove the unit."""

    async def reload(self, unit: UnitId) -> None:
        """Have the running process read its configuration again."""

    def log_script(self, unit: UnitId, lines: int, follow: bool = False) -> str:
        """A POSIX sh text that writes the unit's last lines and, with `follow`, those that come, without end.

        For Transport.run, or Transport.follow with `follow`; whoever asks several units puts their lines together.
        """
