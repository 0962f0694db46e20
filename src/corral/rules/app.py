"""Rules on the application."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from corral.cluster_file.addresses import is_served, url_host
from corral.cluster_file.ports import claims
from corral.model.cluster import Cluster
from corral.rules.registry import Seen, rule

if TYPE_CHECKING:
    from corral.cluster_file.positions import Path
    from corral.cluster_file.schema import Spec

_EPHEMERAL: Final = range(32768, 61000)
"""Linux's own net.ipv4.ip_local_port_range: what outgoing connections are given."""
_ROOT_URL: Final = ("app", "env", "ROOT_URL")


@rule("A01", "warning")
def local_storage(_cluster: Cluster, spec: Spec) -> Iterator[Seen]:
    if spec.app.storage.path and len(spec.app.hosts) > 1:
        yield Seen(("app", "storage", "path"), {"path": spec.app.storage.path, "hosts": len(spec.app.hosts)})


@rule("A03", "error")
def many_workers(cluster: Cluster, spec: Spec) -> Iterator[Seen]:
    if spec.app.needs.one_worker and len(cluster.app.workers) > 1:
        yield Seen(("app", "workers", "instances"), {"workers": len(cluster.app.workers)})


@rule("A03", "warning")
def no_worker(cluster: Cluster, spec: Spec) -> Iterator[Seen]:
    if spec.app.needs.one_worker and not cluster.app.workers:
        yield Seen(("app", "workers", "instances"))


@rule("A04", "warning")
def few_instances(cluster: Cluster, _spec: Spec) -> Iterator[Seen]:
    if len(cluster.app.web) < 3:
        yield Seen(("app", "instances"), {"instances": len(cluster.app.web)})


@rule("A05", "warning")
def root_url_form(_cluster: Cluster, spec: Spec) -> Iterator[Seen]:
    url = spec.app.env.get("ROOT_URL")
    if url is not None and not url_host(url):
        yield Seen(_ROOT_URL, {"url": url})


@rule("A05", "warning")
def root_url_elsewhere(_cluster: Cluster, spec: Spec) -> Iterator[Seen]:
    host = url_host(spec.app.env.get("ROOT_URL", ""))
    if host and not is_served(spec.proxy.server_name, host):
        yield Seen(_ROOT_URL, {"host": host, "server_name": spec.proxy.server_name})


@rule("A06", "warning")
def ephemeral_port(_cluster: Cluster, spec: Spec) -> Iterator[Seen]:
    lowest: dict[Path, int] = {}
    for claim in claims(spec):
        if claim.port in _EPHEMERAL:
            lowest.setdefault(claim.path, claim.port)
    for path, port in lowest.items():
        yield Seen(path, {"port": port})


@rule("A08", "warning")
def unpinned_image(_cluster: Cluster, spec: Spec) -> Iterator[Seen]:
    name, _, digest = spec.app.image.partition("@")
    tag = name.rsplit("/", 1)[-1].partition(":")[2]
    if name and not digest and tag in ("", "latest"):
        yield Seen(("app", "image"), {"image": spec.app.image})


@rule("A09", "warning")
def health_proves_nothing(_cluster: Cluster, spec: Spec) -> Iterator[Seen]:
    if spec.app.health.path == "/" and not spec.app.health.contains:
        yield Seen(("app", "health", "path"))
