"""Where the takeover meets the code: what a recording comes to, planned by the code as it is today.

Whoever changes how a cluster is observed, assembled or planned changes the calls here. What is expected of them, and
what was recorded, stays.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath
from typing import Any, cast

from corral.cluster_file.build import build, direct_placement
from corral.cluster_file.parse import load_text
from corral.desired.assemble import assemble
from corral.desired.database import replica_set
from corral.desired.keeper import Keeper as Keeping
from corral.desired.supervisor import SupervisorKeeper
from corral.desired.systemd_keeper import SystemdKeeper
from corral.model.cluster import Cluster, Host
from corral.model.command import CommandResult
from corral.model.machine import Machine
from corral.model.only import Only
from corral.model.resources import Desired, FoundReplicaSet, HostFacts
from corral.observe.host_facts import host_facts
from corral.observe.machine import observe_machines, observed_of
from corral.observe.question import Question
from corral.observe.shared import observe_shared, question_of_all
from corral.operate.planning import differences
from corral.places.base import Observation, Place, Traits
from corral.places.playground.place import placed
from corral.places.playground.state import State
from corral.plan.actions import Plan
from corral.secrets import Secret, Secrets
from corral.transport.base import Transport
from corral.units.supervisor_units import SupervisordUnits
from corral.units.supervisord import Supervisord
from corral.vault.file import Vault
from tests.unit.plan.replica_sets import complete
from tests.unit.takeover.state_directory import Keeper, Moved


def playground_plan(text: str, facts: Mapping[str, Any], files: Path, rows: list[dict[str, Any]]) -> Plan:
    """What `corral up` would do with the cluster file `text` where `files` are and supervisord tells of `rows`.

    `facts` are what was recorded of the machine: where the state directory was, nginx, mongod.
    """
    state, kept = State(Path(facts["root"])), State(files)
    known = kept.read_facts()
    loaded = load_text(text, "", Path(facts["directory"]))
    cluster = placed(loaded, state, known["network"], tuple(known["proxy_ports"].values()))
    secrets = Vault(kept.secrets_file).read()
    place = _Found(cluster, secrets, SupervisorKeeper(cluster))
    place.facts = {host.name: _host_facts(host.name, facts) for host in cluster.hosts}
    here = Host("here", "127.0.0.1", "", state.as_host().layout)
    transport = Moved(str(state.root), str(files))
    wanted = [each.path for each in place.desired().directories]
    question = question_of_all(cluster, cluster.hosts, here, wanted)
    machines = asyncio.run(_told(transport, question, place, SupervisordUnits(cast(Supervisord, Keeper(rows)))))
    return differences(Only())(cast(Place, place), Observation(observed_of(machines, _complete(cluster)), machines))


async def _told(transport: Moved, question: Question, place: _Found, units: SupervisordUnits) -> dict[str, Machine]:
    return await observe_shared(transport, question, place.cluster.hosts, await units.list(), place.secrets)


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


def _complete(cluster: Cluster) -> FoundReplicaSet:
    """As it is found when all is well."""
    return complete(replica_set(cluster.database), cluster.database.members[0].name)


def hosts_plan(text: str, secrets: Mapping[str, str], answers: Mapping[str, bytes], image: str = "") -> Plan:
    """What `corral apply` would do with the cluster file `text` whose hosts answer so; `image` is its archive's."""
    spec = load_text(text, "cluster.yaml").spec
    cluster = build(spec, direct_placement(spec), PurePosixPath("/srv/board"))
    cluster = replace(cluster, app=replace(cluster.app, image_sha256=image))
    place = _Found(cluster, {name: Secret(value) for name, value in secrets.items()}, SystemdKeeper(cluster))
    machines, silent = asyncio.run(observe_machines(cast(Transport, _Answering(answers)), cluster, place.secrets))
    assert not silent, silent
    place.facts = host_facts(cluster, machines)
    seen = Observation(observed_of(machines, _complete(cluster)), machines)
    return differences(Only())(cast(Place, place), seen)


@dataclass
class _Found:
    """As much of a Place as planning asks for."""

    cluster: Cluster
    secrets: Secrets
    keeper: Keeping
    facts: Mapping[str, HostFacts] = field(default_factory=dict)
    traits: Traits = field(default_factory=lambda: Traits("found", "", frozenset()))

    def desired(
        self, _seen: Observation | None = None, held_back: frozenset[str] = frozenset(), seeds: str = ""
    ) -> Desired:
        return assemble(self.cluster, self.facts, self.keeper, held_back, seeds)


def changes_in(plan: Plan) -> list[str]:
    """Each action's kind and subject, in the order in which they are done."""
    return [f"{action.kind}: {action.id}" for action in plan.actions()]


def beyond_nginx(plan: Plan, proxies: int) -> list[str]:
    """What is done apart from nginx's configuration, which today's Corral writes otherwise: each proxy takes it in by
    one reload. Which pools it uses meanwhile isn't told either."""
    done = changes_in(plan)
    written = [each for each in done if each.startswith("write_file: ") and "/nginx.conf on " in each]
    reloads = [each for each in done if each.startswith("reload_unit: unit nginx.")]
    assert len(written) == len(reloads) == proxies, done
    return [each for each in done if each not in (*written, *reloads) and not each.startswith("steer: ")]


class _Answering:
    """The one method of a Transport that looking at hosts calls."""

    def __init__(self, answers: Mapping[str, bytes]) -> None:
        self._answers = answers

    async def run(self, host: str, _script: str, _deadline: float = 60.0) -> CommandResult:
        return CommandResult(0, self._answers[host], b"")
