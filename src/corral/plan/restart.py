"""A rolling restart as a plan: as if the configuration of these units had changed, and nothing else."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from pathlib import PurePosixPath

from corral.model.resources import UP, Desired, FoundUnit, Observed
from corral.plan.actions import ASKED_FOR, STAGE_OF, Action, Plan, Stage, StartUnit
from corral.plan.drain import HeldBack
from corral.plan.order import make_plan, with_election


def restart_plan(
    cluster: str, desired: Desired, observed: Observed, held_back: HeldBack, names: Collection[str]
) -> Plan:
    """Restart the units `names`: in batches, drained, the primary last. What else differs from the file stays as it is.
    One that is stopped is started, but for a cluster of which nothing runs: somebody has stopped all of it.

    Where a proxy's configuration differs too, instances are not drained: that would bring the difference into force.
    """
    if not any(unit.state in UP for unit in observed.units):
        return Plan(cluster, ())
    there = {unit.name for unit in observed.units if unit.name in names}
    present = make_plan(cluster, desired, observed, held_back)
    proxies_differ = any(stage.name == "proxy" for stage in present.stages)
    plan = make_plan(cluster, desired, _as_if_changed(observed, there), None if proxies_differ else held_back)
    known = {action.id for action in present.actions()}

    def kept(action: Action) -> bool:
        return action.unit.name in there if isinstance(action, StartUnit) else action.id not in known

    stages = (
        Stage(stage.name, tuple(tuple(_asked(a, there) for a in wave if kept(a)) for wave in stage.waves))
        for stage in plan.stages
    )
    whole = (replace(stage, waves=tuple(wave for wave in stage.waves if wave)) for stage in stages)
    left = tuple(stage for stage in whole if stage.waves)
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


def _asked(action: Action, names: Collection[str]) -> Action:

    if not isinstance(action, StartUnit) or action.unit.name not in names:
        return action
    return replace(action, why=with_election(ASKED_FOR) if action.elects else ASKED_FOR)
