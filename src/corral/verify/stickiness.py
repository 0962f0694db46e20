"""Who serves whom: one client stays on one instance, many clients reach all of them.

nginx names the instance in an answer's X-Corral-Upstream header to whoever sends the cluster's probe secret.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from corral.desired.nginx import PROBE_HEADER, UPSTREAM_HEADER
from corral.language import tr
from corral.late import late
from corral.model.cluster import Cluster
from corral.model.headers import Headers
from corral.model.routes import Routes
from corral.secrets import Secrets
from corral.verify.check import Check, failed, judged, skipped
from corral.verify.headers import CantBeAsked, sent
from corral.verify.http import client
from corral.words import named

if TYPE_CHECKING:
    import httpx
else:
    httpx = late("httpx")

NAME = tr("stickiness")
_ONE = tr("stickiness: one client, one instance")
_MANY = tr("stickiness: many clients, all instances")
REPEATS = 20
"""Requests of one client that must all be served by one instance."""
VISITORS_EACH = 30
"""New clients for each instance before one that was never reached counts as left out: with ten instances the chance
that a fair draw misses one is under 10^-11."""
CLIENTS_AT_ONCE = 10
_STICKY = ("sticky_cookie", "ip_hash")


async def stickiness(cluster: Cluster, secrets: Secrets, routes: Routes) -> list[Check]:
    checks = []
    for host, at in zip(cluster.proxy.hosts, cluster.proxy.endpoints, strict=True):
        try:
            headers = sent(cluster.app.headers, secrets, at.netloc)
            here = await routes.reach(at, "visitor")
        except CantBeAsked as reason:
            checks.append(
                failed(NAME, tr("{netloc} can't be asked: {reason}", netloc=at.netloc, reason=reason), host.name)
            )
            continue
        except OSError as error:
            checks.append(failed(NAME, named(at.netloc, error.strerror or str(error)), host.name))
            continue
        probe = _Probe(f"{here.url}{_path(cluster)}", (*headers, (PROBE_HEADER, secrets["probe"].reveal())))
        checks += [
            await _one_client(cluster, probe, host.name),
            await _many_clients(cluster, probe, host.name),
        ]
    return checks


def _path(cluster: Cluster) -> str:
    return cluster.app.health.path if cluster.app.health else "/"


class _Probe:
    def __init__(self, url: str, headers: Headers) -> None:
        self._url, self._headers = url, headers

    async def visit(self, requests: int) -> list[str]:
        """The instances that served one new client's `requests`, by their address; '' for no answer."""
        seen = []
        async with client(10) as http:
            for _ in range(requests):
                try:
                    answer = await http.get(self._url, headers=self._headers)
                    seen.append(answer.headers.get(UPSTREAM_HEADER, "").split(",")[-1].strip())
                except httpx.HTTPError:
                    seen.append("")
        return seen


async def _one_client(cluster: Cluster, probe: _Probe, where: str) -> Check:
    name = _ONE
    if cluster.proxy.balance not in _STICKY:
        return skipped(
            name,
            tr("balance is {balance}, so clients are not bound to an instance", balance=cluster.proxy.balance),
            where,
        )
    seen = await probe.visit(REPEATS)
    if "" in seen:
        return failed(
            name,
            tr("{count} of {repeats} answers named no instance", count=seen.count(""), repeats=REPEATS),
            where,
            f"corral logs {where}",
        )
    served = sorted(set(seen))
    return judged(
        name,
        len(served) == 1,
        tr("{repeats} requests with one cookie, served by {served}", repeats=REPEATS, served=", ".join(served)),
        where,
    )


async def _many_clients(cluster: Cluster, probe: _Probe, where: str) -> Check:
    name = _MANY
    if cluster.proxy.balance in ("ip_hash", "hash"):
        return skipped(
            name,
            tr("balance is {balance}, which can't tell this machine's clients apart", balance=cluster.proxy.balance),
            where,
        )
    wanted = {instance.endpoint.netloc for instance in cluster.app.web}
    reached: list[str] = []
    while len(set(reached)) < len(wanted) and len(reached) < VISITORS_EACH * len(wanted) and "" not in reached:
        for seen in await asyncio.gather(*(probe.visit(1) for _ in range(CLIENTS_AT_ONCE))):
            reached += seen
    if "" in reached:
        return failed(
            name,
            tr("{refused} of {total} new clients got no answer", refused=reached.count(""), total=len(reached)),
            where,
        )
    served = len(set(reached))
    missed = sorted(
        wanted - set(reached)
    )  # nginx reports addresses, so hosts that the file knows by a name can only be counted
    seen_text = tr(
        "{serving} of {total} instances served {clients} new clients",
        serving=served,
        total=len(wanted),
        clients=len(reached),
    )
    missing = tr("; never reached: {missed}", missed=", ".join(missed)) if served < len(wanted) else ""
    return judged(name, served >= len(wanted), seen_text + missing, where)
