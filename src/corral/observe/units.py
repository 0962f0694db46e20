"""Units as they run, with the revision that each was started from."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from posixpath import basename, dirname, join
from types import MappingProxyType
from typing import Final

from corral.model.cluster import Host
from corral.model.identity import INSTANCES
from corral.model.pools import DIRECTORY, LINK, NOBODY, UNKNOWN, key
from corral.model.resources import File, FoundUnit, Unit
from corral.observe.files import STAMPS
from corral.observe.tar_stream import Entry

NO_POOLS: Final[Mapping[str, str]] = MappingProxyType({})


def stamp_path(host: Host, unit: str) -> str:
    return str(host.layout.state / STAMPS / f"{unit}.json")


def stamp(unit: Unit, pid: int) -> str:
    """The text of a unit's stamp, which is written once the process `pid` has passed its gate; 0 before its start."""
    values = {"revision": unit.revision, "reload_revision": unit.reload_revision, "pid": pid}
    values |= {"leaves_out": unit.leaves_out} if unit.leaves_out else {}
    values |= {"pools": unit.pools} if unit.pools else {}
    values |= {"seeds": unit.seeds} if unit.seeds else {}
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


def pools_in_use(packed: Iterable[Entry]) -> dict[str, str]:
    """Where the link to a proxy's pool leads, by the directory in which the stamps of its host are."""
    found = {}
    for entry in packed:
        directory, name = dirname(entry.path), basename(entry.path)
        if entry.kind == "link" and name == LINK and basename(directory) == DIRECTORY:
            found[join(dirname(directory), STAMPS)] = entry.target
    return found


def with_revisions(
    units: Sequence[FoundUnit], stamps: dict[str, File], pools: Mapping[str, str] = NO_POOLS
) -> tuple[FoundUnit, ...]:
    """`pools` is what pools_in_use has found."""
    return tuple(_with_revision(unit, stamps.get(unit.name), pools) for unit in units)


def _with_revision(unit: FoundUnit, file: File | None, pools: Mapping[str, str]) -> FoundUnit:
    """A stamp that can't be read counts as missing: the unit is then restarted, which is safe."""
    try:
        values = json.loads(file.content) if file else {}
    except json.JSONDecodeError:
        values = {}
    if not isinstance(values, dict):
        return unit
    known = {key(group): group for group in (NOBODY, *(tuple(map(str, group)) for group in values.get("pools", ())))}
    in_use = pools.get(dirname(file.path), key(NOBODY)) if file and unit.role == "proxy" else key(NOBODY)
    out = known.get(in_use, UNKNOWN)
    return replace(
        unit,
        revision=str(values.get("revision", "")),
        reload_revision=str(values.get("reload_revision", "")),
        proven=values.get("pid") == unit.pid,
        version=str(values["version"]) if "version" in values else None,
        leaves_out=(*map(str, values.get("leaves_out", ())), *filter(None, out)),
        out=out,
        seeds=str(values.get("seeds", "")),
    )
