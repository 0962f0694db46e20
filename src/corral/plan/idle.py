"""Units that are stopped on purpose, or started again, as a plan: nothing else is brought to the file."""

from __future__ import annotations

from collections.abc import Collection

from corral.model.resources import Desired, Observed
from corral.plan.actions import Action, Plan, StageName, StartUnit, StopUnit
from corral.plan.order import make_plan


def idle_plan(cluster: str, present: Desired, desired: Desired, observed: Observed, names: Collection[str]) -> Plan:
    """From `present` to `desired`, which differ in the units that are to be idle, all of them among `names`.

    The proxies are told before a unit stops, and after it has started. What else differs from the file stays as it is;
    where a proxy's configuration differs too, it isn't told, for that would bring the difference into force.
    """
    known = {action.id for action in make_plan(cluster, present, observed, steers=False).actions()}

    def kept(_stage: StageName, action: Action) -> bool:
        if isinstance(action, StartUnit | StopUnit) and action.unit.name in names:
            return True
        return action.id not in known

    return make_plan(cluster, desired, observed, steers=False).only(kept)
