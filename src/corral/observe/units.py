"""Units as they run, with the revision that each was started from."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import replace
from posixpath import basename, dirname

from corral.model.cluster import Host
from corral.model.identity import INSTANCES
from corral.model.resources import File, FoundUnit, Unit
from corral.observe.files import STAMPS


def stamp_path(host: Host, unit: str) -> str:
    return str(host.layout.state / STAMPS / f"{unit}.json")


def stamp(unit: Unit, pid: int) -> str:
    """The text of a unit's stamp, which is written once the process `pid` has passed its gate; 0 before its start."""
    values = {"revision": unit.revision, "reload_revision": unit.reload_revision, "pid": pid}
    values |= {"leaves_out": unit.leaves_out} if unit.leaves_out else {}
    return json.dumps(values | ({"version": unit.version} if pid and unit.role in INSTANCES else {})) + "\n"


def split_stamps(files: Iterable[File]) -> tuple[list[File], dict[str, File]]:
    """Corral's files without the stamps, and the stamps by unit name."""
    rest: list[File] = []
    stamps: dict[str, File] = {}
    for file in files:
        if file.path.endswith(".json") and basename(dirname(file.path)) == STAMPS:
            stamps[basename(file.path).removesuffix(".json")] = file
        else:
            rest.append(file)
    return rest, stamps


def with_revisions(units: Sequence[FoundUnit], stamps: dict[str, File]) -> tuple[FoundUnit, ...]:
    return tuple(_with_revision(unit, stamps.get(unit.name)) for unit in units)


def _with_revision(unit: FoundUnit, file: File | None) -> FoundUnit:
    """A stamp that can't be read counts as missing: the unit is then restarted, which is safe."""
    try:
        values = json.loads(file.content) if file else {}
    except json.JSONDecodeError:
        values = {}
    if not isinstance(values, dict):
        return unit
    return replace(
        unit,
        revision=str(values.get("revision", "")),
        reload_revision=str(values.get("reload_revision", "")),
        proven=values.get("pid") == unit.pid,
        version=str(values["version"]) if "version" in values else None,
        leaves_out=tuple(map(str, values.get("leaves_out", ()))),
    )
