"""A rolling restart as a plan: as if the configuration of these units had changed, and nothing else."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from pathlib import PurePosixPath

from corral.model.resources import UP, Desired, FoundUnit, Observed
from corral.plan.actions import ASKED_FOR, STAGE_OF, Action, Plan, StageName, StartUnit, Steer
from corral.plan.order import make_plan, with_election
from corral.plan.steering import without_idle_steps


def restart_plan(cluster: str, desired: Desired, observed: Observed, names: Collection[str]) -> Plan:
    """Restart the units `names`: in batches, drained, the primary last. What else differs from the file stays as it is.
    One that is stopped is started, but for a cluster of which nothing runs: somebody has stopped all of it.

    Where a proxy's configuration differs too, the proxies go on sending to all: a pool is steered to only when it is as
    the file says, and to bring that about isn't asked for.
    """
    if not any(unit.state in UP for unit in observed.units):
        return Plan(cluster, ())
    there = {unit.name for unit in observed.units if unit.name in names}
    present = make_plan(cluster, desired, observed, steers=False)
    proxies = (action for stage in present.stages if stage.name == "proxy" for action in stage.actions())
    differ = any(not isinstance(action, Steer) for action in proxies)
    plan = make_plan(cluster, desired, _as_if_changed(observed, there), steers=not differ)
    known = {action.id for action in present.actions() if not isinstance(action, Steer)}

    def kept(_stage: StageName, action: Action) -> bool:
        return action.unit.name in there if isinstance(action, StartUnit) else action.id not in known

    left = tuple(
        replace(stage, waves=tuple(tuple(_asked(action, there) for action in wave) for wave in stage.waves))
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


def _asked(action: Action, names: Collection[str]) -> Action:

    if not isinstance(action, StartUnit) or action.unit.name not in names:
        return action
    return replace(action, why=with_election(ASKED_FOR) if action.elects else ASKED_FOR)
