"""The units of a cluster as they were found, and what was meant with those that don't run."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass

from corral.desired.instances import version_of
from corral.language import tr
from corral.model.cluster import Instance
from corral.model.resources import UP, FoundUnit
from corral.operate.report import State
from corral.operate.targets import select
from corral.places.base import Observation, Place
from corral.problems import Problem
from corral.runs import marks
from corral.verify.causes import who
from corral.verify.http import Answer


@dataclass(frozen=True)
class Units:
    """The units by name, with their stamps; `silent` are hosts that can't be reached."""

    units: Mapping[str, FoundUnit]
    silent: frozenset[str]
    unchanged: bool
    """Whether what runs is the file's, as far as is known."""
    idle: frozenset[str] = frozenset()
    """Units that were stopped on purpose."""
    hidden: frozenset[str] = frozenset()
    """Hosts whose docker could not be asked: which containers run there is unknown."""

    @classmethod
    def of(cls, seen: Observation, *, unchanged: bool) -> Units:
        units = {unit.name: unit for unit in seen.observed.units}
        hidden = frozenset(name for name, machine in seen.machines.items() if machine.docker.unseen)
        return cls(units, frozenset(seen.silent), unchanged, marks.idle_units(seen.marks), hidden)

    def is_unseen(self, host: str, name: str, *, instance: bool) -> bool:
        """Whether it isn't known whether the unit `name` runs."""
        return name not in self.units and (host in self.silent or (instance and host in self.hidden))

    def rests(self, name: str) -> bool:
        """Whether the unit `name` is stopped, and on purpose."""
        unit = self.units.get(name)
        return name in self.idle and (unit is None or unit.state not in UP)

    def version(self, instance: Instance) -> str:
        """The one that its process was started with; empty where none runs, or it isn't known."""
        unit = self.units.get(instance.name)
        if unit is None or unit.state not in UP:
            return ""
        if unit.version is None:
            return version_of(instance) if self.unchanged else ""
        return unit.version

    def state(self, host: str, name: str, answer: Answer, patience: float, *, instance: bool = False) -> State:
        """`starting` is a process that has not been healthy yet and is younger than `patience`."""
        unit = self.units.get(name)
        if self.is_unseen(host, name, instance=instance):
            return "healthy" if answer.healthy else "unknown"
        if unit is None or unit.state in {"stopping", "stopped", "unknown"}:
            return "stopped"
        if answer.healthy:
            return "healthy"
        if not answer.known:
            return "unknown"
        young = unit.started.isdigit() and time.time() - int(unit.started) < patience
        return "starting" if unit.state in UP and young and not unit.proven else "unhealthy"


def of_former_members(place: Place, seen: Observation) -> tuple[Problem, ...]:
    """Instances that were started with another list of the database's members, as one note for each such list.

    It is for a file that has been carried out: before that the others aren't there yet.
    """
    present, lists = place.cluster.database.seeds, dict[str, list[str]]()
    for unit in seen.observed.units:
        if unit.state in UP and unit.seeds not in ("", present):
            lists.setdefault(unit.seeds, []).append(unit.name)
    return tuple(
        Problem(
            "former-members",
            "info",
            tr(
                "{names} know the database's members of before: {seeds}",
                names=who(names, len(place.cluster.app.instances)),
                seeds=seeds,
            ),
            tr("they find the others through those that are left; `corral restart app` gives them the present list"),
        )
        for seeds, names in lists.items()
    )


def resting_in(place: Place, seen: Observation) -> tuple[Problem, ...]:
    """What was stopped on purpose, and is of the file, as one note."""
    known = sorted(marks.idle_units(seen.marks) & {unit.name for unit in select(place.cluster, "")})
    if not known:
        return ()
    mark = seen.marks[marks.IDLE]
    message = tr(
        "stopped on purpose and left so: {known} (last by {by}, at {since})",
        known=", ".join(known),
        by=mark.by,
        since=mark.since,
    )
    return (
        Problem("left-stopped", "info", message, tr("`corral start {known}` starts it again", known=" ".join(known))),
    )
