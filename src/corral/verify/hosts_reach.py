"""What the hosts need of each other, asked from these hosts: from here all of it may be reached all the same."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from corral.language import tr
from corral.model.cluster import Cluster
from corral.model.endpoint import Endpoint
from corral.observe.reach import Attempt, attempts
from corral.transport.base import Runner
from corral.verify.check import Check, failed, passed, skipped

Wishes = Mapping[str, Sequence[Endpoint]]
"""By host: what it is to reach."""


@dataclass(frozen=True)
class _Need:
    name: str
    wishes: Wishes


def needs_of(cluster: Cluster) -> Iterator[_Need]:
    members, web = cluster.database.members, [instance.endpoint for instance in cluster.app.web]
    proxies = {host.name: web for host in cluster.proxy.hosts}
    yield _Need(tr("each proxy reaches each instance"), proxies)
    apps = {instance.host.name: [member.endpoint for member in members] for instance in cluster.app.instances}
    yield _Need(tr("each host of instances reaches each member"), apps)
    others = {one.host.name: [member.endpoint for member in members if member != one] for one in members}
    yield _Need(tr("each member reaches each other member"), others)


async def hosts_reach(cluster: Cluster, runner: Runner) -> list[Check]:
    """For each need a line, or one for each pair of hosts that is apart."""
    needs = list(needs_of(cluster))
    wishes: dict[str, dict[Endpoint, None]] = {}
    for need in needs:
        for host, places in need.wishes.items():
            wishes.setdefault(host, {}).update(dict.fromkeys(places))
    tried = await attempts(runner, {host: list(places) for host, places in wishes.items()})
    known = {(attempt.host, attempt.to.socket): attempt for attempt in tried}
    names = {host.address: host.name for host in cluster.hosts}
    return [check for need in needs for check in _checks(need, known, names)]


def _checks(
    need: _Need, known: Mapping[tuple[str, tuple[str, int]], Attempt], names: Mapping[str, str]
) -> Iterator[Check]:
    tried = [known[host, place.socket] for host, places in need.wishes.items() for place in places]
    apart = [each for each in tried if each.how == "failed"]
    for each in apart:
        to = names.get(each.to.address, each.to.address)
        seen = tr("{host} can't connect to {place}: {why}", host=each.host, place=each.to.netloc, why=each.why)
        hint = tr(
            "if `corral status` finds what listens there healthy, look for a firewall or a route between {host} and "
            "{to}",
            host=each.host,
            to=to,
        )
        yield failed(need.name, seen, each.host, hint)
    for host, why in {each.host: each.why for each in tried if each.how == "unknown"}.items():
        yield skipped(need.name, tr("not tried: {why}", why=why), host)
    connected = sum(each.how == "connected" for each in tried)
    if connected and not apart:
        yield passed(need.name, tr("{count} connections, tried from {hosts}", count=connected, hosts=_hosts(tried)))


def _hosts(tried: Sequence[Attempt]) -> str:
    return ", ".join(dict.fromkeys(each.host for each in tried if each.how == "connected"))
