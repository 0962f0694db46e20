"""What proves that a unit works, and what starts in turn: the same in the playground and on real hosts."""

from __future__ import annotations

from typing import Final

from corral.desired import nginx
from corral.model.cluster import Application, HealthCheck, Host, Instance, Member
from corral.model.endpoint import Endpoint
from corral.model.resources import Gate, HostFacts, Lane

PROCESS: Final = 30.0
"""Seconds from its start until a process without a health check listens."""
MEMBER: Final = 60.0
"""Seconds from its start until a mongod is a member that serves: it may have its journal to go through."""


def lane(app: Application, facts: HostFacts) -> Lane | None:
    """`cores` is one more than there are, since a start also waits; measured by bench/steedos.py."""
    width = facts.cores + 1 if app.start_at_once == "cores" else app.start_at_once
    return Lane(facts.machine or facts.host, width) if width else None


def member_gate(member: Member) -> Gate:
    return Gate("member", member.host.address, member.port, deadline=MEMBER, streak=1)


def health_gate(instance: Instance, streak: int = 3) -> Gate:
    """The instance's own health check as a gate; at most a quarter of a second between two questions."""
    check: HealthCheck | None = instance.health
    if check is None:
        return Gate("process", instance.host.address, instance.port, deadline=PROCESS, streak=streak)
    return Gate(
        "http",
        instance.host.address,
        instance.port,
        path=check.path,
        status=check.status,
        contains=check.contains,
        interval=min(check.interval, 0.25),
        timeout=check.timeout,
        deadline=check.start_timeout,
        streak=streak,
        headers=check.headers,
    )


def ping_gate(host: Host, port: int, revision: str) -> Gate:
    answer = nginx.ping_answer(host, revision)
    return Gate("http", host.address, port, path=nginx.PING_PATH, contains=answer, streak=1)


def proxy_gate(at: Endpoint) -> Gate:
    """What tells that a proxy answers, from whichever configuration."""
    return Gate("http", *at.socket, path=nginx.PING_PATH)


def failover_gate(host: Host) -> Gate:
    return Gate("process", host.address, deadline=PROCESS)
