"""The handlers of machines, whichever way they are reached and whatever keeps their processes."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from corral.execute.handlers import Handlers, Step, replica_set, steering, units
from corral.execute.handlers.host_changes import change_host
from corral.execute.handlers.member_ports import refuse_apart
from corral.execute.ways import Ways
from corral.mongo.clients import Connections
from corral.plan.actions import ConvergeReplicaSet, HostChange, ReloadUnit, StartUnit, Steer, StopUnit


def machine_handlers(ways: Ways) -> Handlers:
    async def change(actions: Sequence[HostChange], step: Step) -> None:
        await change_host(actions, ways, step)

    async def start(action: StartUnit, step: Step) -> None:
        await units.start_unit(action, ways, step)

    async def reload(action: ReloadUnit, step: Step) -> None:
        await units.reload_unit(action, ways, step)

    async def steer(action: Steer, step: Step) -> None:
        await steering.steer(action, ways)

    async def stop(action: StopUnit, step: Step) -> None:
        await units.stop_unit(action, ways, step)

    async def converge(action: ConvergeReplicaSet, step: Step) -> None:
        connections = Connections(ways.secrets, ways.routes)
        apart = partial(refuse_apart, ways)
        await replica_set.converge(action.wanted, connections, step.report, action.deadline, step.may_go_on, apart)

    return Handlers(change, start, reload, steer, stop, converge)
