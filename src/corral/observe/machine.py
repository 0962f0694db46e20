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
from corral.observe.question import GLANCE, Question, at_a_glance, question_of
from corral.problems import Problem
from corral.secrets import Secrets, redact
from corral.transport.base import Runner, Transport

Answers = tuple[dict[str, Machine], dict[str, Problem]]
"""The machines by name, and the problem of each that can't be reached."""

DEADLINE: Final = 60.0
"""Seconds; usually it takes a tenth of one. Programs that may hang have a deadline each, which is shorter."""
LATE: Final = GLANCE + 0.4
"""Seconds that a look at what runs waits for the other hosts once one has answered: those of a program that hangs
there, and a little. Where all are slow, as behind a slow jump host, all are waited for."""


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
    transport: Transport, cluster: Cluster, secrets: Secrets, hosts: Sequence[Host] = (), *, live: bool = False
) -> Answers:
    """The machines of `hosts`, by default all. Never raises Unreachable: a host that doesn't answer is a problem.

    With `live` only what runs is asked, and a host that takes much longer than the first one is not waited for.
    """
    asked = hosts or cluster.hosts
    tasks = [asyncio.ensure_future(_seen(transport, cluster, host, secrets, live)) for host in asked]
    late = await _late(tasks) if live else frozenset()
    seen = iter(await asyncio.gather(*(task for task in tasks if task not in late)))
    answers = [_given_up(host) if task in late else next(seen) for host, task in zip(asked, tasks, strict=True)]
    machines = {answer.host: answer for answer in answers if isinstance(answer, Machine)}
    problems = {host.name: answer for host, answer in zip(asked, answers, strict=True) if isinstance(answer, Problem)}
    return machines, problems


async def _seen(transport: Transport, cluster: Cluster, host: Host, secrets: Secrets, live: bool) -> Machine | Problem:
    question = question_of(cluster, host)
    try:
        return await ask(transport, at_a_glance(question) if live else question, secrets)
    except Unreachable as error:
        return error.problems[0]


async def _late(tasks: Sequence[asyncio.Future[Machine | Problem]]) -> frozenset[asyncio.Future[Machine | Problem]]:
    """Those that have not ended LATE seconds after the first machine was seen. They are given up."""
    try:
        done, left = set[asyncio.Future[Machine | Problem]](), set(tasks)
        while left and not any(isinstance(task.result(), Machine) for task in done if not task.exception()):
            more, left = await asyncio.wait(left, return_when=asyncio.FIRST_COMPLETED)
            done |= more
        if left:
            _, left = await asyncio.wait(left, timeout=LATE)
    except asyncio.CancelledError:
        left = set(tasks)
        raise
    finally:
        for task in left:
            task.cancel()  # whoever closes the transport waits for what that leaves behind
    return frozenset(left)


def _given_up(host: Host) -> Problem:
    message = tr(
        "{host} gave no answer within {seconds:g} s after the first host did, and was not waited for",
        host=host.name,
        seconds=LATE,
    )
    hint = tr(
        "a login, sudo or a file system is slow there, or sshd is frozen: `corral exec {host} -- true` waits longer",
        host=host.name,
    )
    return Problem("unreadable", "error", message, hint, host.name)


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
