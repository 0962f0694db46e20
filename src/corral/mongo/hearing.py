"""Whether the members of a set hear each other, by what each of them says of the others."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterable
from datetime import datetime
from ipaddress import ip_address
from typing import Final

from corral.language import tr
from corral.model.endpoint import Endpoint
from corral.model.resources import SERVING, Unheard
from corral.mongo.clients import Connections, Document, Refused
from corral.mongo.greeting import Greeting

SILENCE: Final = 15.0
"""Seconds without a heartbeat from a member: mongod itself gives one up after 10 (heartbeatTimeoutSecs)."""
BEHIND: Final = 60.0
"""Seconds by which a member may be behind its primary: one that is idle writes every 10 s."""


async def statuses_of(connections: Connections, greetings: Iterable[Greeting], user: str) -> list[Document]:
    """What each member that does its part says of the set, to `user`; an arbiter has no users, and tells anybody.

    Without those that don't say it. Members that are all on one machine have no network between them: the first, best
    the primary, speaks for all.
    """
    serving = [greeting for greeting in greetings if greeting.role]
    serving.sort(key=lambda greeting: greeting.role != "PRIMARY")
    if share_a_machine(greeting.member for greeting in serving):
        del serving[1:]
    asked = await asyncio.gather(*(_status_of(connections, greeting, user) for greeting in serving))
    return [status for status in asked if status]


async def _status_of(connections: Connections, greeting: Greeting, user: str) -> Document:
    """Empty when it doesn't say it."""
    as_whom = "" if greeting.role == "ARBITER" else user
    try:
        return await connections.ask(greeting.member, {"replSetGetStatus": 1}, user=as_whom)
    except Refused:
        return {}


def unheard_in(statuses: Iterable[Document], states: Iterable[tuple[str, str]]) -> tuple[Unheard, ...]:
    """Who doesn't hear whom. By `states`, what each member says of itself, one that doesn't do its part is left out:
    nobody hears it then."""
    serving = {name for name, state in states if state in SERVING}
    found = [each for status in statuses for each in _unheard_by(status)]
    return tuple(dict.fromkeys(each for each in found if {each.member, each.by} <= serving))


def teller_of(status: Document) -> str:
    """The member that gave it."""
    return next((str(member["name"]) for member in status["members"] if member.get("self")), "")


def _unheard_by(status: Document) -> Iterable[Unheard]:
    me = teller_of(status)
    for member in status["members"]:
        if member.get("self"):
            continue
        if not member.get("health"):
            yield Unheard(member["name"], me, member.get("lastHeartbeatMessage", ""))
        elif (seconds := _seconds(status, member.get("lastHeartbeatRecv"))) > SILENCE:
            yield Unheard(me, member["name"], tr("its last heartbeat came {seconds:.0f} s ago", seconds=seconds))


def freshly_heard(status: Document) -> dict[str, str]:
    """The states of the members that the one which gave `status` has heard just now: a heartbeat is missing of none."""
    rhythm = float(status.get("heartbeatIntervalMillis", 2000)) / 1000
    return {
        member["name"]: member["stateStr"]
        for member in status["members"]
        if not member.get("self")
        and member.get("health")
        and _seconds(status, member.get("lastHeartbeat")) <= rhythm + 1
    }


def _seconds(status: Document, when: object) -> float:
    """From then to the time of `status`; 0 where it never was."""
    now = status.get("date")
    if not isinstance(when, datetime) or not isinstance(now, datetime) or when.year < now.year - 1:
        return 0.0
    return (now - when).total_seconds()


def share_a_machine(members: Iterable[str]) -> bool:
    """Whether all have an address of the loopback network."""
    return all(_is_loopback(Endpoint.read("mongodb", member).address) for member in members)


def _is_loopback(address: str) -> bool:
    try:
        return ip_address(address).is_loopback
    except ValueError:
        return address == "localhost"


def told(unheard: Collection[Unheard]) -> dict[str, tuple[tuple[str, ...], str]]:
    """By member: by whom it isn't heard, and why."""
    whom: dict[str, list[Unheard]] = {}
    for each in unheard:
        whom.setdefault(each.member, []).append(each)
    return {
        member: (tuple(each.by for each in those), next((each.why for each in those if each.why), ""))
        for member, those in whom.items()
    }
