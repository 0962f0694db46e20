"""Rules on time servers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from corral.model.cluster import Cluster
from corral.rules.registry import Seen, rule

if TYPE_CHECKING:
    from corral.cluster_file.schema import Spec

_SERVERS: Final = ("time", "servers")


@rule("T04", "info")
def no_time_server(cluster: Cluster, _spec: Spec) -> Iterator[Seen]:
    if not cluster.time.servers and len(cluster.hosts) > 1:
        yield Seen(_SERVERS)


@rule("T04", "warning")
def one_time_server(cluster: Cluster, _spec: Spec) -> Iterator[Seen]:
    if len(cluster.time.servers) == 1:
        yield Seen(_SERVERS, {"host": cluster.time.servers[0].name})
