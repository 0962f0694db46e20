"""Units that are stopped on purpose, or started again, as a plan: nothing else is brought to the file."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from corral.model.resources import Desired, Observed
from corral.plan.actions import Action, Plan, Stage, StartUnit, StopUnit
from corral.plan.order import make_plan


def idle_plan(cluster: str, present: Desired, desired: Desired, observed: Observed, names: Collection[str]) -> Plan:
    """From `present` to `desired`, which differ in the units that are to be idle, all of them among `names`.

    The proxies are told before a unit stops, and after it has started. What else differs from the file stays as it is;
    where a proxy's configuration differs too, it isn't told, for that would bring the difference into force.
    """
    known = {action.id for action in make_plan(cluster, present, observed).actions()}

    def kept(action: Action) -> bool:
        if isinstance(action, StartUnit | StopUnit) and action.unit.name in names:
            return True
        return action.id not in known

    plan = make_plan(cluster, desired, observed)
    stages = (
        Stage(stage.name, tuple(tuple(action for action in wave if kept(action)) for wave in stage.waves))
        for stage in plan.stages
    )
    whole = (replace(stage, waves=tuple(wave for wave in stage.waves if wave)) for stage in stages)
    return replace(plan, stages=tuple(stage for stage in whole if stage.waves))
