"""Rules on nginx."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from corral.model.cluster import Cluster
from corral.rules.registry import Seen, rule

if TYPE_CHECKING:
    from corral.cluster_file.schema import Spec

_BINDING: Final = ("sticky_cookie", "ip_hash", "hash")
_HEARTBEATS: Final = 60.0
"""Seconds: SockJS and Socket.IO send a heartbeat every 25 s, DDP every 17.5 s, and one may be lost."""


@rule("P01", "warning")
def ip_hash(cluster: Cluster, _spec: Spec) -> Iterator[Seen]:
    if cluster.proxy.balance == "ip_hash":
        yield Seen(("proxy", "balance"), {"instances": len(cluster.app.web)})


@rule("P05", "warning")
def outer_proxy_unknown(_cluster: Cluster, spec: Spec) -> Iterator[Seen]:
    """An https ROOT_URL says that something in front ends TLS: Corral's proxy speaks plain HTTP."""
    root_url = spec.app.env.get("ROOT_URL", "")
    if root_url.lower().startswith("https://") and not spec.proxy.real_ip_from:
        yield Seen(("proxy", "real_ip_from"), {"root_url": root_url})


@rule("P08", "warning")
def short_websocket_timeout(cluster: Cluster, _spec: Spec) -> Iterator[Seen]:
    if cluster.proxy.websocket_timeout < _HEARTBEATS:
        yield Seen(("proxy", "websocket_timeout"), {"timeout": cluster.proxy.websocket_timeout})


@rule("P09", "warning")
def short_shutdown_timeout(cluster: Cluster, _spec: Spec) -> Iterator[Seen]:
    drain, stop = cluster.proxy.shutdown_timeout, cluster.app.stop_timeout
    if drain < stop:
        yield Seen(("proxy", "shutdown_timeout"), {"drain": drain, "stop": stop})


@rule("P15", "info")
def one_proxy(cluster: Cluster, _spec: Spec) -> Iterator[Seen]:
    if len(cluster.proxy.hosts) == 1:
        yield Seen(("proxy", "hosts"), {"host": cluster.proxy.hosts[0].name})


@rule("P15", "warning")
def proxies_without_virtual_ip(cluster: Cluster, _spec: Spec) -> Iterator[Seen]:
    if len(cluster.proxy.hosts) > 1 and not cluster.proxy.virtual_ip:
        yield Seen(("proxy", "hosts"), {"proxies": len(cluster.proxy.hosts)})


@rule("P18", "error")
def unbound_visitors(cluster: Cluster, spec: Spec) -> Iterator[Seen]:
    if spec.app.needs.sticky and cluster.proxy.balance not in _BINDING:
        yield Seen(("proxy", "balance"), {"balance": cluster.proxy.balance})
