"""A rolling restart as a plan: as if the configuration of these units had changed, and nothing else."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from pathlib import PurePosixPath

from corral.model.resources import UP, Desired, FoundUnit, Gate, Observed
from corral.plan.actions import ASKED_FOR, STAGE_OF, Action, Plan, ReloadUnit, StageName, StartUnit, Steer, WriteFile
from corral.plan.order import make_plan, with_election
from corral.plan.steering import without_idle_steps


def restart_plan(cluster: str, desired: Desired, observed: Observed, names: Collection[str]) -> Plan:
    """Restart the units `names`: in batches, drained, the primary last. What else differs from the file stays as it is.
    One that is stopped is started, but for a cluster of which nothing runs: somebody has stopped all of it.

    Where the configuration of a proxy that runs differs too, the proxies go on sending to all: a group is left out only
    by one that is as the file says, and to bring that about isn't asked for. A unit whose own files differ starts from
    what is there, and is written down as that.
    """
    if not any(unit.state in UP for unit in observed.units):
        return Plan(cluster, ())
    there = {unit.name for unit in observed.units if unit.name in names}
    present = make_plan(cluster, desired, observed, steers=False)
    changed = _as_if_changed(observed, there)
    plan = make_plan(cluster, desired, changed, steers=not any(map(_takes_in, present.actions())), starts=False)
    known = {action.id for action in present.actions() if not isinstance(action, Steer)}

    def kept(_stage: StageName, action: Action) -> bool:
        return action.unit.name in there if isinstance(action, StartUnit) else action.id not in known

    asked = _Asked(present, observed, there)
    left = tuple(
        replace(stage, waves=tuple(tuple(map(asked, wave)) for wave in stage.waves))
        for stage in without_idle_steps(plan.only(kept)).stages
    )
    return replace(plan, stages=left, by_hand=tuple(_by_hand(present, observed.units, there)) if left else ())


def _by_hand(present: Plan, units: Sequence[FoundUnit], names: Collection[str]) -> Iterator[tuple[str, str]]:
    """Those of the parts that are restarted, each once; not those that are named for a unit that goes on running."""
    parts = {(STAGE_OF[unit.role], unit.host) for unit in units if unit.name in names}
    others = {unit.name for unit in units} - set(names)
    drifted = (write.file for write in present.drift() if (write.file.stage, write.host) in parts)
    yield from dict.fromkeys((file.host, file.path) for file in drifted if PurePosixPath(file.path).stem not in others)


def _as_if_changed(observed: Observed, names: Collection[str]) -> Observed:
    def other(unit: FoundUnit) -> FoundUnit:
        return replace(unit, revision="another") if unit.name in names else unit

    return replace(observed, units=tuple(map(other, observed.units)))


class _Asked:
    """Actions as they are when a restart is all that is asked for."""

    def __init__(self, present: Plan, observed: Observed, names: Collection[str]) -> None:
        self._found = {unit.name: unit for unit in observed.units if unit.name in names}
        others = {unit.name for unit in observed.units} - {*names}
        writes = (action.file for action in present.actions() if isinstance(action, WriteFile))
        self._unwritten = {(file.stage, file.host) for file in writes if PurePosixPath(file.path).stem not in others}

    def __call__(self, action: Action) -> Action:
        found = self._found.get(action.unit.name) if isinstance(action, StartUnit) else None
        if found is None or not isinstance(action, StartUnit):
            return action
        unit = action.unit
        if (STAGE_OF[unit.role], unit.host) in self._unwritten:
            action = replace(action, gate=_answering(action.gate, unit.reload_revision, found.reload_revision))
            unit = replace(
                unit,
                revision=found.revision,
                reload_revision=found.reload_revision,
                seeds=found.seeds,
                version=found.version or "",
            )
        return replace(action, unit=unit, why=with_election(ASKED_FOR) if action.elects else ASKED_FOR)


def _answering(gate: Gate, wanted: str, found: str) -> Gate:
    """A proxy's ping tells which configuration it has read."""
    return replace(gate, contains=gate.contains.replace(wanted, found)) if wanted else gate


def _takes_in(action: Action) -> bool:
    """Whether a proxy that runs reads something else by it."""
    if not isinstance(action, StartUnit | ReloadUnit) or action.unit.role != "proxy":
        return False
    return isinstance(action, ReloadUnit) or action.restart
