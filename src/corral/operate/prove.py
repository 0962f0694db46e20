"""Before a plan is carried out: how long it will take; and after it: whether the cluster works."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Collection, Sequence
from math import ceil
from typing import Final

from corral.errors import ChangeFailed
from corral.events import Note, Sink, StageFinished, StageStarted
from corral.language import tr
from corral.model.cluster import Cluster
from corral.model.resources import SERVING
from corral.operate.log_tails import with_log_tails
from corral.operate.report import Status
from corral.operate.status import status_in
from corral.places.base import Place
from corral.plan.actions import Action, Plan, StartUnit
from corral.problems import Problem, errors_in
from corral.words import worded

_INTERVAL: Final = 0.2
"""Seconds between two looks."""


def announce(plan: Plan, cluster: Cluster, sink: Sink) -> None:
    """How long the starts will take, where that is known and long."""
    waves = [[action for action in wave if _is_instance(action)] for stage in plan.stages for wave in stage.waves]
    seconds = sum(_seconds(wave, cluster.app.start_time) for wave in waves if wave)
    if seconds > 10:
        count = sum(map(len, waves))
        what = tr("1 instance starts") if count == 1 else tr("{count} instances start", count=count)
        sink(
            Note(
                tr(
                    "{what}: this can take {seconds:.0f} s ({start_time:g} s for one)",
                    what=what,
                    seconds=seconds,
                    start_time=cluster.app.start_time,
                )
            )
        )


def _is_instance(action: Action) -> bool:
    return isinstance(action, StartUnit) and action.unit.id.is_instance


def _seconds(wave: Sequence[Action], start_time: float) -> float:
    """Lanes are as many as there are machines, and go on at the same time."""
    starts = [action for action in wave if isinstance(action, StartUnit)]
    lanes: dict[str, list[StartUnit]] = {}
    for start in starts:
        lanes.setdefault(start.unit.lane.name if start.unit.lane else start.host, []).append(start)
    rounds = max((_rounds(lane) for lane in lanes.values()), default=0)
    return rounds * (start_time + max((start.drain for start in starts), default=0))


def _rounds(starts: Sequence[StartUnit]) -> int:
    lane = starts[0].unit.lane
    return ceil(len(starts) / lane.width) if lane else 1


async def prove(
    place: Place, plan: Plan, sink: Sink, check: Callable[[], None], *, without: Collection[str] = ()
) -> Status:
    """Ask from the outside until all is healthy, apart from the hosts `without`. Raises ChangeFailed with what is not,
    when the time is over; and what `check` raises, which is asked before each wait."""
    started = time.monotonic()
    sink(StageStarted("verify", 0))
    patience = _patience(place.cluster)
    while True:
        report = await status_in(place)
        if report.state == "healthy" or (without and _rest_is_healthy(report, without)):
            sink(StageFinished("verify", time.monotonic() - started))
            return report
        starting = any(instance.state == "starting" for instance in report.instances)
        if time.monotonic() - started > (patience if starting or plan.changes else 10.0):
            raise ChangeFailed(await _unhealthy(place, report))
        check()
        await asyncio.sleep(_INTERVAL)


def _rest_is_healthy(report: Status, without: Collection[str]) -> bool:
    """People are served, and all is well on the other hosts."""
    rest = [row.state for row in report.proxies if row.host not in without]
    rest += [row.state for row in report.instances if row.host not in without]
    members = [row.state for row in report.database.members if row.host not in without]
    serving = report.state != "down" and bool(report.database.writable)
    return serving and set(rest) <= {"healthy"} and SERVING.issuperset(members)


def _patience(cluster: Cluster) -> float:
    """Seconds that a process which is starting by itself is given."""
    return max((i.health.start_timeout for i in cluster.app.instances if i.health), default=30.0)


async def _unhealthy(place: Place, report: Status) -> list[Problem]:
    """The problems, with the last lines of the log of each instance that has one."""
    problems = await with_log_tails(report.problems, place, report, lines=20)
    if not errors_in(problems):
        problems.append(
            Problem("not-healthy", "error", tr("the cluster is {state}", state=worded(report.state)), "corral status")
        )
    return problems
