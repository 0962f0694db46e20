"""Which ports the file asks for on which host, and where two ask for the same."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

from corral.cluster_file.positions import Path
from corral.cluster_file.report import Complaint, Report
from corral.cluster_file.schema import Spec
from corral.language import tr
from corral.model.identity import instance_id

HIGHEST: Final = 65535


class Claim(NamedTuple):
    """A port that something listens on; `path` is the key that says so."""

    host: str
    port: int
    what: str
    path: Path


def worker_places(spec: Spec) -> list[tuple[str, int]]:
    """Host and port of each worker: one host after the other, ports counting up on each of them."""
    hosts, first = spec.app.workers.hosts, spec.app.workers.first_port
    return [(hosts[n % len(hosts)], first + n // len(hosts)) for n in range(spec.app.workers.instances if hosts else 0)]


def web_places(spec: Spec) -> list[tuple[str, int]]:
    """Host and port of each web instance, host by host."""
    return [(host, spec.app.first_port + n) for host in spec.app.hosts for n in range(spec.app.instances)]


def claims(spec: Spec) -> Iterator[Claim]:
    for host in spec.proxy.hosts:
        yield Claim(host, spec.proxy.port, tr("the proxy"), ("proxy", "port"))
    for host, port in web_places(spec):
        yield Claim(host, port, tr("a web instance"), ("app", "first_port"))
    for host, port in worker_places(spec):
        yield Claim(host, port, tr("a worker"), ("app", "workers", "first_port"))
    for host in spec.database.members:
        yield Claim(host, spec.database.port, "mongod", ("database", "port"))


def ports(spec: Spec, report: Report) -> Iterator[Complaint]:
    owners: dict[tuple[str, int], Claim] = {}
    reported: set[tuple[str, str]] = set()
    for claim in claims(spec):
        if not report.clean(claim.path):
            continue
        if claim.port > HIGHEST:
            yield _too_high(claim)
            continue
        first = owners.setdefault((claim.host, claim.port), claim)
        if first.what != claim.what and (first.what, claim.what) not in reported:
            reported.add((first.what, claim.what))
            yield _conflict(first, claim, report)


def names(spec: Spec, report: Report) -> Iterator[Complaint]:
    """A web instance and a worker with one name: a host may have `-worker` at its end."""
    web = {instance_id(host, port, "web").name: host for host, port in web_places(spec)}
    path = ("app", "workers", "hosts")
    for host, port in worker_places(spec):
        name = instance_id(host, port, "worker").name
        if name in web and report.clean(path, ("app", "hosts")):
            sentence = tr(
                "leads to two instances named {name}: a worker on {host}, and a web instance on {web}.",
                name=name,
                host=host,
                web=web[name],
            )
            yield Complaint(
                "same-name", path, sentence, tr("Give {web} another name, or the workers another port.", web=web[name])
            )
            return


def _too_high(claim: Claim) -> Complaint:
    sentence = tr(
        "leads to port {port} for {what} on {host}; {highest} is the highest there is.",
        port=claim.port,
        what=claim.what,
        host=claim.host,
        highest=HIGHEST,
    )
    return Complaint("port-range", claim.path, sentence, tr("Start lower, or run fewer."))


def _conflict(first: Claim, second: Claim, report: Report) -> Complaint:
    """Blames a key that is in the file rather than one left out."""
    written = [claim for claim in (second, first) if report.find(claim.path) == claim.path]
    path = (written or [second])[0].path
    sentence = tr(
        "leads to port {port} on {host} for both {one} and {other}.",
        port=second.port,
        host=second.host,
        one=first.what,
        other=second.what,
    )
    return Complaint("port-conflict", path, sentence, tr("Give one of the two other ports, or another host."))
