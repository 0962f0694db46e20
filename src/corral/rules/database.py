"""Rules on the replica set."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import ip_address
from typing import TYPE_CHECKING, Final

from corral.model.cluster import Cluster
from corral.rules.registry import Seen, rule

if TYPE_CHECKING:
    from corral.cluster_file.schema import Spec

_MEMBERS: Final = ("database", "members")


@rule("D01", "warning")
def few_members(cluster: Cluster, _spec: Spec) -> Iterator[Seen]:
    holding = [member for member in cluster.database.members if not member.arbiter]
    if len(holding) < 3 and len(holding) == len(cluster.database.members):
        yield Seen(_MEMBERS, {"members": len(holding)})


@rule("D01", "warning")
def arbiter(cluster: Cluster, _spec: Spec) -> Iterator[Seen]:
    for member in cluster.database.members:
        if member.arbiter:
            yield Seen((*_MEMBERS, member.host.name), {"member": member.host.name})


@rule("D03", "info")
def addresses_in_the_set(cluster: Cluster, _spec: Spec) -> Iterator[Seen]:
    numeric = [member.host for member in cluster.database.members if _is_ip(member.host.declared)]
    if numeric:
        yield Seen(_MEMBERS, {"host": numeric[0].name, "address": numeric[0].declared})


def _is_ip(address: str) -> bool:
    try:
        ip_address(address)
    except ValueError:
        return False
    return True
