"""Where the takeover meets the code: what a recording comes to, planned by the code as it is today.

Whoever changes how a cluster is observed, assembled or planned changes the calls here. What is expected of them, and
what was recorded, stays.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from functools import partial
from pathlib import Path, PurePosixPath
from typing import Any, cast
from unittest.mock import patch

from corral.desired.assemble import assemble
from corral.desired.database import replica_set
from corral.model.cluster import Cluster
from corral.model.resources import FoundReplicaSet, HostFacts
from corral.observe.cluster import observe
from corral.observe.machine import observe_machines, observed_of
from corral.operate.look import Look, plan_from
from corral.operate.planning import plan_of
from corral.operate.site import Site
from corral.plan.actions import Plan
from corral.plan.only import Only
from corral.playground.site import Playground
from corral.playground.state import State
from corral.playground.supervisord import Supervisord
from corral.playground.units import SupervisordUnits
from corral.secrets import Secret
from corral.spec.build import build, direct_placement
from corral.spec.parse import load_text
from corral.transport.base import Completed, Transport
from corral.transport.units import UnitManager
from tests.unit.plan.replica_sets import complete
from tests.unit.takeover.state_directory import Keeper, Moved


def playground_plan(text: str, facts: Mapping[str, Any], files: Path, rows: list[dict[str, Any]]) -> Plan:
    """What `corral up` would do with the cluster file `text` where `files` are and supervisord tells of `rows`.

    `facts` are what was recorded of the machine: where the state directory was, nginx, mongod.
    """
    state, kept = State(Path(facts["root"])), State(files)
    known = kept.read_facts()
    playground = Playground(load_text(text, "", Path(facts["directory"])), state, known["network"])
    secrets = kept.known_secrets()
    site = Site(
        cluster=playground.cluster(tuple(known["proxy_ports"].values())),
        transport=Moved(str(state.root), str(files)),
        units=SupervisordUnits(cast(Supervisord, Keeper(rows))),
        secrets=secrets,
    )
    hosts = {host.name: _host_facts(host.name, facts) for host in site.cluster.hosts}
    desired = assemble(site.cluster, hosts)
    with patch("corral.observe.cluster.observe_replica_set", partial(_all_well, site.cluster)):
        observed = asyncio.run(observe(site.cluster.hosts, desired, site.transport, site.units, secrets))
    return plan_of(site, desired, observed, partial(assemble, site.cluster, hosts))


def _host_facts(host: str, facts: Mapping[str, Any]) -> HostFacts:
    return HostFacts(
        host,
        nginx_version=tuple(facts["nginx"]["version"]),
        nginx_path=facts["nginx"]["path"],
        mongod_version=tuple(facts["mongod"]["version"]),
        mongod_path=facts["mongod"]["path"],
        user=facts["user"],
        access_log="/dev/stdout",
        machine="this machine",
        cores=2,
    )


async def _all_well(cluster: Cluster, *_asked: object) -> FoundReplicaSet:
    return _complete(cluster)


def _complete(cluster: Cluster) -> FoundReplicaSet:
    """As it is found when all is well."""
    return complete(replica_set(cluster.database), cluster.database.members[0].name)


def hosts_plan(text: str, secrets: Mapping[str, str], answers: Mapping[str, bytes]) -> Plan:
    """What `corral apply` would do with the cluster file `text` whose hosts answer so."""
    spec = load_text(text, "cluster.yaml").spec
    cluster = build(spec, direct_placement(spec), PurePosixPath("/srv/board"))
    transport = cast(Transport, _Answering(answers))
    site = Site(cluster, transport, cast(UnitManager, None), {name: Secret(value) for name, value in secrets.items()})
    machines, silent = asyncio.run(observe_machines(transport, cluster, site.secrets))
    assert not silent, silent
    return plan_from(site, Look(machines, observed_of(machines, _complete(cluster))), Only()).plan


def changes_in(plan: Plan) -> list[str]:
    """Each action's kind and subject, in the order in which they are done."""
    return [f"{action.kind}: {action.id}" for action in plan.actions()]


class _Answering:
    """The one method of a Transport that looking at hosts calls."""

    def __init__(self, answers: Mapping[str, bytes]) -> None:
        self._answers = answers

    async def run(self, host: str, _script: str, _deadline: float = 60.0) -> Completed:
        return Completed(0, self._answers[host], b"")
