"""Before a set is made, or a member joins: whether each member gets a connection to each other one's port."""

from __future__ import annotations

from collections.abc import Collection

from corral.errors import ChangeFailed
from corral.execute.ways import Ways
from corral.language import tr
from corral.model.endpoint import Endpoint
from corral.mongo.hearing import share_a_machine
from corral.observe.reach import Attempt, attempts
from corral.problems import Problem


async def refuse_apart(ways: Ways, joining: Collection[str], others: Collection[str]) -> None:
    """Raises ChangeFailed with each pair that is apart, one of `joining` in it: MongoDB would wait for it in vain.

    Members (host:port) on hosts that are not in the file are not asked whom they reach. Of a host that can't be
    asked itself nothing is said: that it is silent is the cause, and that others don't reach it a consequence.
    """
    members = dict.fromkeys((*joining, *others))
    if share_a_machine(members):
        return
    hosts = {host.address: name for name, host in ways.hosts.items()}
    wishes = {
        hosts[_endpoint(one).address]: [_endpoint(to) for to in members if to != one and {one, to} & {*joining}]
        for one in members
        if _endpoint(one).address in hosts
    }
    tried = await attempts(ways.transport, wishes)
    silent = {ways.hosts[each.host].address for each in tried if each.how == "unknown"}
    if apart := [_apart(each, hosts) for each in tried if each.how == "failed" and each.to.address not in silent]:
        raise ChangeFailed(apart)


def _endpoint(member: str) -> Endpoint:
    return Endpoint.read("mongodb", member)


def _apart(attempt: Attempt, hosts: dict[str, str]) -> Problem:
    to = hosts.get(attempt.to.address, attempt.to.address)
    message = tr("{host} can't connect to {place}: {why}", host=attempt.host, place=attempt.to.netloc, why=attempt.why)
    hint = tr(
        "the member on {to} listens there, so look for a firewall or a route between {host} and {to}; every member has "
        "to reach every other one. The same command goes on from here",
        to=to,
        host=attempt.host,
    )
    return Problem("members-apart", "error", message, hint, attempt.host)
