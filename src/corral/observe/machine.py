"""Real hosts, each in one round trip, all at once."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Final

from corral.errors import Unreachable
from corral.language import tr
from corral.model.cluster import Cluster, Host
from corral.model.machine import Machine
from corral.model.resources import FoundReplicaSet, FoundUnit, Observed
from corral.observe.machine_parse import machine_in
from corral.observe.machine_script import script_of
from corral.observe.question import Question, question_of
from corral.problems import Problem
from corral.secrets import Secrets, redact
from corral.transport.base import Runner, Transport

Answers = tuple[dict[str, Machine], dict[str, Problem]]
"""The machines by name, and the problem of each that can't be reached."""

DEADLINE: Final = 60.0
"""Seconds; usually it takes a tenth of one. A host whose systemd or docker hangs is reported, not waited for."""


async def ask(
    runner: Runner, question: Question, secrets: Secrets, units: Sequence[FoundUnit] | None = None
) -> Machine:
    """One machine by its own answers. `units` are given where what keeps the processes has been asked already.

    Raises errors.Unreachable when it can't be reached, or its answer is not complete.
    """
    completed = await runner.run(question.host, script_of(question), DEADLINE)
    if completed.code != 0:
        raise _silent(question.host, completed.error_without(secrets))
    try:
        return machine_in(question, completed.stdout, secrets, units)
    except ValueError as error:
        raise _silent(question.host, redact(str(error), secrets)) from error


def _silent(host: str, why: str) -> Unreachable:
    message = tr("{host} could not be observed: {why}", host=host, why=why)
    hint = tr("log in to {host} and see whether `systemctl` and `docker ps` answer there", host=host)
    return Unreachable(Problem("unreadable", "error", message, hint, host))


async def observe_machines(
    transport: Transport, cluster: Cluster, secrets: Secrets, hosts: Sequence[Host] = ()
) -> Answers:
    """The machines of `hosts`, by default all. Never raises Unreachable: a host that doesn't answer is a problem."""
    asked = hosts or cluster.hosts
    answers = await asyncio.gather(*(_seen(transport, cluster, host, secrets) for host in asked))
    machines = {answer.host: answer for answer in answers if isinstance(answer, Machine)}
    problems = {host.name: answer for host, answer in zip(asked, answers, strict=True) if isinstance(answer, Problem)}
    return machines, problems


async def _seen(transport: Transport, cluster: Cluster, host: Host, secrets: Secrets) -> Machine | Problem:
    try:
        return await ask(transport, question_of(cluster, host), secrets)
    except Unreachable as error:
        return error.problems[0]


def observed_of(machines: Mapping[str, Machine], replica_set: FoundReplicaSet) -> Observed:
    """What was found, in the form that the planner compares."""
    owned = [machine.owned for machine in machines.values()]
    return Observed(
        files=tuple(file for each in owned for file in each.files),
        directories=tuple(directory for each in owned for directory in each.directories),
        units=tuple(unit for each in owned for unit in each.units),
        replica_set=replica_set,
        software=tuple(software for each in owned for software in each.software),
        written=tuple(record for each in owned for record in each.records),
        obstacles=tuple(obstacle for each in owned for obstacle in each.obstacles),
    )
