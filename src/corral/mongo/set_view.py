"""The set as its members see each other: what `replSetGetStatus` says."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from corral.language import tr
from corral.model.database_users import MONITOR
from corral.model.resources import SERVING, SetMember
from corral.mongo.clients import Connections, Document, Refused
from corral.mongo.configuration import Configuration, read_configuration
from corral.mongo.greeting import Greeting
from corral.mongo.hearing import freshly_heard, statuses_of


def states_in(status: Document) -> dict[str, str]:
    """Each member's state as the member that gave `status` sees it."""
    return {
        member["name"]: member["stateStr"] if member.get("health") else "UNREACHABLE" for member in status["members"]
    }


def lags_in(status: Document) -> dict[str, float]:
    """Seconds by which each member's last write is behind the primary's; arbiters have none."""
    written = {m["name"]: m["optimeDate"] for m in status["members"] if m.get("optimeDate") and m.get("health")}
    primary = next((m["name"] for m in status["members"] if m["stateStr"] == "PRIMARY"), None)
    if primary not in written:
        return {}
    return {name: max(0.0, (written[primary] - at).total_seconds()) for name, at in written.items()}


@dataclass(frozen=True)
class View:
    """The set as one member, best the primary, sees it; `statuses` are its own and those of the others."""

    members: Mapping[str, SetMember] = field(default_factory=dict)
    states: Mapping[str, str] = field(default_factory=dict)
    lags: Mapping[str, float] = field(default_factory=dict)
    detail: str = ""
    statuses: tuple[Document, ...] = ()
    primaries: frozenset[str] = frozenset()
    """Whom members call their primary."""

    def heard(self, name: str) -> str:
        """The state of a member that can't be asked from here, as those that hear it say; else `unknown`."""
        fresh = [freshly_heard(status).get(name, "") for status in self.statuses]
        state = next((state for state in fresh if state in SERVING), "")
        if state or self.statuses:
            return state or "unknown"
        return "PRIMARY" if name in self.primaries else "unknown"


async def view_of(connections: Connections, greetings: Collection[Greeting]) -> View:
    """As the user monitor is told it. Never raises."""
    primaries = frozenset(greeting.primary for greeting in greetings if greeting.primary)
    best = [g for role in ("PRIMARY", "SECONDARY") for g in greetings if g.role == role]
    if not best:
        return View(primaries=primaries)
    member = best[0].member
    told, statuses = await asyncio.gather(
        _configuration(connections, member), statuses_of(connections, greetings, MONITOR)
    )
    if isinstance(told, Refused):
        text = tr("{member} gives the user {monitor} no answer: {text}", member=member, monitor=MONITOR, text=told.text)
        return View(detail=text, statuses=tuple(statuses), primaries=primaries)
    members = {member.name: member for member in told.members}
    status = statuses[0] if statuses else {"members": ()}
    return View(members, states_in(status), lags_in(status), "", tuple(statuses), primaries)


async def _configuration(connections: Connections, member: str) -> Configuration | Refused:
    try:
        return await read_configuration(connections, member, MONITOR)
    except Refused as refused:
        return refused
