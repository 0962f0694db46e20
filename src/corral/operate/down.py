"""`corral down`: stop everything on this machine, each unit before those that it needs. Data stay unless --purge."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from corral import places
from corral.execute.engine import execute
from corral.language import tr
from corral.model.identity import STOP_ORDER
from corral.model.resources import FoundUnit
from corral.operate.change import end
from corral.operate.session import Session
from corral.operate.where import Where, load
from corral.places.base import Place
from corral.plan.actions import STAGE_OF, Plan, Stage, StopUnit
from corral.runs import marks
from corral.runs.run import RunRequest


@dataclass(frozen=True)
class Stopped:
    """`kept` is where its data are; empty when nothing was found, `ran` when something ran."""

    name: str
    kept: str = ""
    ran: bool = False
    purged: bool = False
    declined: bool = False
    nothing: str = ""


async def down(where: Where, name: str, purge: bool, yes: bool, session: Session) -> Stopped:
    """With `name` no cluster file is needed. Raises CorralError."""
    async with _opened(where, name) as place:
        called = place.cluster.name
        if nothing := place.nothing_kept():
            return Stopped(called, nothing=nothing)
        kept = place.kept_in()
        question = tr("delete the data, logs and secrets of {called} in {kept}?", called=called, kept=kept)
        if purge and not yes and not await session.consent.agreed(question):
            return Stopped(called, kept, declined=True)
        return await stop_all(place, purge, session)


@asynccontextmanager
async def _opened(where: Where, name: str) -> AsyncIterator[Place]:
    """Without the secrets: they are not needed to stop a cluster, and a broken file of them must not prevent it."""
    loaded = places.loaded_by_name(name) if name else load(where)
    async with places.opened(loaded, "playground", with_secrets=False) as place:
        yield place


async def stop_all(place: Place, purge: bool, session: Session) -> Stopped:
    """Stop what runs of the cluster; with `purge` delete all that is kept of it. Raises CorralError."""
    await place.settle()
    ran = await place.has_processes()
    seen = await place.observe(live=True)
    plan = stop_plan(place.cluster.name, seen.observed.units)
    request = RunRequest("down", plan, session.stop)
    async with place.records.hold(request, (), place.secrets, session.sink) as run:
        await execute(plan, place.handlers(), run.sink, run.check)
        await place.records.mark(marks.STOPPED, {})
        await end(place, "purged" if purge else "left", run)
    return Stopped(place.cluster.name, place.kept_in(), ran, purge)


def stop_plan(cluster: str, units: tuple[FoundUnit, ...]) -> Plan:
    """A unit stops before those that it needs; one that doesn't run is left as it is."""
    running = [unit for unit in units if unit.state not in ("stopped", "stopping")]
    stages = []
    for roles in STOP_ORDER:
        wave = tuple(
            StopUnit(unit.host, unit.name, tr("the cluster is stopped"), role=unit.role)
            for unit in running
            if unit.role in roles
        )
        stages.append(Stage(STAGE_OF[roles[0]], (wave,) if wave else ()))
    return Plan(cluster, tuple(stage for stage in stages if stage.waves))
