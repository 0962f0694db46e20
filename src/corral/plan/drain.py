"""Keeping requests away from instances that are about to stop: the proxies' configuration, batch by batch."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from corral.model.resources import Desired, FoundUnit, Observed, Unit
from corral.plan import diff
from corral.plan.actions import Action, ReloadUnit, StartUnit, WriteFile

HeldBack = Callable[[frozenset[str]], Desired]
"""What is wanted while the web instances of these names get no requests."""


class Proxies:
    """Follows the proxies through a plan: what one reload has brought is what the next one finds.

    `observed` is what the rest of the plan finds. A run that is killed in between leaves a configuration that differs
    from the wanted one, so the next run brings everybody back.
    """

    def __init__(self, desired: Desired, observed: Observed, held_back: HeldBack | None) -> None:
        self.observed = observed
        self._web = {unit.name for unit in desired.units if unit.role == "web"}
        self._held_back = held_back

    def without(self, batch: Sequence[StartUnit]) -> list[Sequence[Action]]:
        """The waves that restart `batch` while every proxy that runs leaves it alone.

        Plain restarts when nothing is won by that: the application drains itself, or no other instance is left, or no
        proxy runs. A proxy that has to be restarted anyway is restarted first, one at a time.
        """
        names = frozenset(action.unit.name for action in batch)
        if self._held_back is None or not any(action.unit.drain for action in batch) or names >= self._web:
            return [batch]
        wanted = self._held_back(names)
        changes, running = self._changes(wanted, names)
        if not running:
            return [batch]
        hosts = {action.host for action in changes}
        files = [action for action in diff.files(wanted, self.observed, "proxy") if action.host in hosts]
        self.observed = _after(self.observed, files, changes)
        reloads = [action for action in changes if isinstance(action, ReloadUnit)]
        restarts = [[action] for action in changes if isinstance(action, StartUnit)]
        drained = [replace(action, drain=action.unit.drain) for action in batch]
        return [files, reloads, *restarts, drained]

    def _changes(self, wanted: Desired, names: frozenset[str]) -> tuple[list[ReloadUnit | StartUnit], bool]:
        """What the proxies that run need for `wanted`, and whether there is one."""
        found, gates = {unit.name: unit for unit in self.observed.units}, dict(wanted.gates)
        changes: list[ReloadUnit | StartUnit] = []
        running = False
        for unit in wanted.units:
            action = diff.unit_action(unit, found.get(unit.name), gates[unit.name]) if unit.role == "proxy" else None
            if unit.role == "proxy" and not (isinstance(action, StartUnit) and not action.restart):
                running = True
                if action is not None:
                    changes.append(replace(action, why=f"without {', '.join(sorted(names))}"))
        return changes, running


def _after(observed: Observed, files: Sequence[WriteFile], changes: Sequence[ReloadUnit | StartUnit]) -> Observed:
    present = {(file.host, file.path): file for file in observed.files}
    written = {(action.file.host, action.file.path): action.file for action in files}
    taken_in = {action.unit.name: action.unit for action in changes}
    return replace(
        observed,
        files=tuple((present | written).values()),
        units=tuple(_running(unit, taken_in.get(unit.name)) for unit in observed.units),
    )


def _running(found: FoundUnit, taken_in: Unit | None) -> FoundUnit:
    if taken_in is None:
        return found
    return replace(found, revision=taken_in.revision, reload_revision=taken_in.reload_revision)
