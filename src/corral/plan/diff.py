"""Wanted against found: the actions on files and units, without their order."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from corral.model.cluster import port_in
from corral.model.resources import Desired, Directory, FoundUnit, Gate, Observed, Stage, Unit, digest
from corral.plan.actions import MakeDirectory, ReloadUnit, RemoveFile, StartUnit, StopUnit, WriteFile
from corral.plan.masking import unified_diff

_UP = ("running", "starting")


def directories(desired: Desired, stage: Stage, known: Iterable[Directory]) -> list[MakeDirectory]:
    found = {(directory.host, directory.path) for directory in known}
    return [
        MakeDirectory(directory)
        for directory in desired.directories
        if directory.stage == stage and (directory.host, directory.path) not in found
    ]


def files(desired: Desired, observed: Observed, stage: Stage) -> list[WriteFile]:
    """The files of `stage` whose bytes or mode differ from what is on the host."""
    found = {(file.host, file.path): file for file in observed.files}
    checks = dict(desired.checks)
    actions = []
    for file in desired.files:
        old = found.get((file.host, file.path))
        if file.stage != stage or old == file:
            continue
        before = digest(old.content) if old else ""
        diff = unified_diff(file.path, old.content if old else "", file.content)
        actions.append(WriteFile(file, before, diff, checks.get(file.path, ())))
    return actions


def leftover_files(desired: Desired, observed: Observed) -> list[RemoveFile]:
    """Files in Corral's own directories that the cluster file asks for no longer."""
    wanted = {(file.host, file.path) for file in desired.files}
    return [
        RemoveFile(file.host, file.path, digest(file.content))
        for file in observed.files
        if (file.host, file.path) not in wanted
    ]


def leftover_units(desired: Desired, observed: Observed) -> list[StopUnit]:
    wanted = {unit.name for unit in desired.units}
    drain = max((unit.drain for unit in desired.units), default=0.0)
    return [
        StopUnit(unit.host, unit.name, "no longer in the cluster file", port_in(unit.name), drain)
        for unit in observed.units
        if unit.name not in wanted
    ]


def leftover_workers(desired: Desired, observed: Observed) -> list[StopUnit]:
    """Workers that have left the file, told by their names: they stop before new ones start, or jobs run twice."""
    return [action for action in leftover_units(desired, observed) if "-worker-" in action.name]


def unit_action(unit: Unit, found: FoundUnit | None, gate: Gate) -> StartUnit | ReloadUnit | None:
    """What brings one unit to its wanted revision; None when it runs it already."""
    if found is None or found.state not in _UP:
        return StartUnit(unit, gate, _why_start(found))
    if found.revision != unit.revision:
        why = "its configuration changed" if found.revision else "an earlier start was not finished"
        return StartUnit(unit, gate, why, restart=True)
    if found.reload_revision != unit.reload_revision:
        return ReloadUnit(unit, gate, "its configuration changed")
    return None


def reload_of_changed(unit: Unit, found: FoundUnit | None, gate: Gate, files: Sequence[WriteFile]) -> ReloadUnit | None:
    """For a unit that its supervisor has started anew since its stamp was written.

    What it has read then isn't known, so it is reloaded when its configuration is about to be written.
    """
    changed = any(action.host == unit.host and action.file.stage == "proxy" for action in files)
    if found is None or found.state not in _UP or found.proven or not changed:
        return None
    return ReloadUnit(unit, gate, "it was started anew by its supervisor")


def _why_start(found: FoundUnit | None) -> str:
    if found is None:
        return "new"
    return f"it has failed: {found.detail}" if found.state == "failed" and found.detail else "not running"
