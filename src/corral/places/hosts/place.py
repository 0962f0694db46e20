"""Real hosts over SSH: machines of their own, processes kept by systemd and docker compose."""

from __future__ import annotations

import asyncio
import os.path
import secrets
import time
from collections.abc import AsyncGenerator, Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from corral.cluster_file.build import ALL_ABILITIES, build, direct_placement
from corral.cluster_file.parse import Loaded
from corral.cluster_file.real_hosts import problems_for_hosts
from corral.desired import instances
from corral.desired.compose import environment_path
from corral.desired.database import replica_set
from corral.desired.systemd_keeper import SystemdKeeper
from corral.errors import Unreachable
from corral.events import Sink, StageFinished, StageStarted, ignore
from corral.execute.ways import Ways
from corral.language import tr
from corral.late import late, load
from corral.model.cluster import Cluster, Host, Instance
from corral.model.command import CommandResult
from corral.model.endpoint import Endpoint
from corral.model.identity import UnitId
from corral.model.resources import Desired, FoundReplicaSet, HostFacts
from corral.model.routes import Way
from corral.mongo.clients import Connections
from corral.observe.host_facts import host_facts
from corral.observe.machine import Answers, observe_machines, observed_of
from corral.observe.members import with_members
from corral.observe.replica_set import observe_replica_set
from corral.places import machines
from corral.places.archives import why_no_image, with_digests
from corral.places.base import LEFT_SILENT, LogLine, Observation, Place, Traits
from corral.places.hosts.front import Front
from corral.places.hosts.needed import forbidden_ports
from corral.places.hosts.settings import departed_settings, remembered_of, settings_of, vault_of
from corral.places.hosts.store import store_of
from corral.problems import Problem
from corral.runs import marks
from corral.runs.records import MachineRecords
from corral.stop import Signals
from corral.transport import terminal
from corral.transport.ssh import SshTransport
from corral.transport.tunnels import Tunnels
from corral.units.host_units import HostUnits
from corral.units.once import Once, as_service, in_container
from corral.vault.store import SecretStore

if TYPE_CHECKING:
    from corral import rules
    from corral.desired import assemble as assembler
    from corral.execute.handlers import Handlers, machine
else:
    assembler = late("corral.desired.assemble")
    machine = late("corral.execute.handlers.machine")
    rules = late("corral.rules")

TRAITS: Final = Traits("hosts", "corral apply", ALL_ABILITIES, silence=tr("no host reports a process of this cluster"))
_NEEDED: Final = (
    "pymongo",
    "h11",
    "jinja2",
    "corral.rules",
    "corral.desired.assemble",
    "corral.execute.handlers.machine",
)
"""Of these nothing is needed before a host has answered; to load them takes a quarter of a second."""


def cluster_of(loaded: Loaded) -> Cluster:
    """The cluster on its own machines."""
    return build(loaded.spec, direct_placement(loaded.spec), Path(loaded.directory), loaded.source)


class HostsPlace(Place):
    """The cluster's hosts, reached when first asked."""

    traits = TRAITS

    def __init__(self, loaded: Loaded) -> None:
        """Raises CorralError."""
        self.cluster = cluster_of(loaded)
        self._loaded = loaded
        self.secret_store = SecretStore(vault_of(loaded), loaded)
        self._settings = settings_of(loaded)
        self._loading: asyncio.Future[None] | None = None
        self._transport = SshTransport(self._settings, loaded.spec.ssh.connections)
        self._tunnels = Tunnels(self._transport, _addresses(self.cluster))
        self._front = Front(self._tunnels)
        store = store_of(loaded)
        self.records = MachineRecords(
            self.cluster.name,
            loaded.source,
            store.journal,
            self._transport,
            self.cluster.hosts,
            f"corral unlock --on {TRAITS.name}",
        )

    @property
    def _ways(self) -> Ways:
        units = HostUnits(self._transport, self.cluster, self.secrets)
        return Ways(self._transport, units, self.secrets, self.cluster.host_by_name, self._front)

    @property
    def described(self) -> str:
        return tr("on its {count} hosts", count=len(self.cluster.hosts))

    def judge_file(self) -> Sequence[Problem]:
        for_hosts = problems_for_hosts(self._loaded, os.path.isfile, why_no_image)
        return [*rules.findings(self.cluster, self._loaded, self.secret_store.outside()), *for_hosts]

    async def prepare(self) -> None:
        """Reads the archives that are shipped: what the hosts have is compared with their digests."""
        self.cluster = await asyncio.to_thread(with_digests, self.cluster)

    def kept_in(self) -> str:
        return tr("its hosts")

    def begin(self) -> None:
        """Open the connections to all hosts at once; meanwhile what their answers need is loaded."""
        self._transport.begin()
        self._loading = asyncio.ensure_future(load(*_NEEDED))

    async def observe(self, sink: Sink = ignore, *, live: bool = False) -> Observation:
        """One round trip to each host, and the replica set, all at once; hosts that have left the file after that."""
        started = time.monotonic()
        if live:
            seen = _observation(await self._machines(self.cluster.hosts, live=True), FoundReplicaSet(), asked=False)
            return replace(seen, slow=await self._transport.slow())
        sink(StageStarted("observe", 0))
        asking = asyncio.ensure_future(self._replica_set())
        trying = asyncio.ensure_future(forbidden_ports(self._tunnels, self.cluster))
        try:
            found, silent = await self._machines(self.cluster.hosts)
            replica, lacks = await asking, await trying
        finally:
            asking.cancel()
            trying.cancel()
        known = await with_members(self.cluster, found, replica, Connections(self.secrets, self))
        seen = _observation((known, silent), replica, asked=True)
        seen = await self._with_departed(seen)
        seen = replace(seen, lacks=_answering(lacks, silent), slow=await self._transport.slow())
        sink(StageFinished("observe", time.monotonic() - started))
        return seen

    async def _machines(self, hosts: Sequence[Host], *, live: bool = False) -> Answers:
        return await observe_machines(self._transport, self.cluster, self.secrets, hosts, live=live)

    async def _replica_set(self) -> FoundReplicaSet:
        names = [member.name for member in self.cluster.database.members]
        if self._loading:
            await self._loading
        return await observe_replica_set(replica_set(self.cluster.database), Connections(self.secrets, self), names)

    async def _with_departed(self, seen: Observation) -> Observation:
        """`seen`, and what is still on hosts that the file had when it was last carried out, and no longer has.

        A machine that the file has by another name hasn't left it.
        """
        remembered = seen.marks[marks.HOSTS].values.get("hosts") if marks.HOSTS in seen.marks else None
        known = remembered if isinstance(remembered, dict) else {}
        others = {name: values for name, values in known.items() if name not in self.cluster.host_by_name}
        gone = {name: values for name, values in others.items() if isinstance(values, dict)}
        if not gone:
            return seen
        asked = tuple(_departed(name, values, self.cluster.hosts[0]) for name, values in gone.items())
        for name, values in gone.items():
            self._settings[name] = departed_settings(self._loaded, name, values)
        found, silent = await self._machines(asked)
        renamed = {name for name, machine in found.items() if any(map(machine.is_also, seen.machines.values()))}
        departed = tuple(host for host in asked if host.name not in renamed)
        found = {name: machine for name, machine in found.items() if name not in renamed}
        self.records.hosts = (*self.cluster.hosts, *departed)
        more = observed_of(found, FoundReplicaSet())
        observed = replace(
            seen.observed,
            files=(*seen.observed.files, *more.files),
            units=(*seen.observed.units, *more.units),
            written=(*seen.observed.written, *more.written),
        )
        hidden = {name: machine.docker.unseen for name, machine in found.items() if machine.docker.unseen}
        silent = silent | {name: _hidden(name, why) for name, why in hidden.items()}
        left = {name: _left_silent(problem) for name, problem in silent.items()}
        return replace(seen, observed=observed, departed=departed, left_silent=left)

    def findings(self, seen: Observation) -> Sequence[Problem]:
        found = rules.findings_on(self.cluster, seen.machines)
        return [*seen.lacks, *found, *seen.slow, *seen.left_silent.values()]

    def desired(self, seen: Observation, held_back: frozenset[str] = frozenset(), seeds: str = "") -> Desired:
        """A host that is not needed and could not be reached counts as a bare one: its part of the plan is left out."""
        bare = {host.name: HostFacts(host.name) for host in self.cluster.hosts}
        facts = {**bare, **host_facts(self.cluster, seen.machines)}
        return assembler.assemble(self.cluster, facts, SystemdKeeper(self.cluster), held_back, seeds)

    def handlers(self) -> Handlers:
        return machine.machine_handlers(self._ways)

    async def remember(self, seen: Observation, whole: bool, left: Collection[str]) -> None:
        """The list of hosts is recorded on each of them, so that a host that leaves the file later is still found."""
        values = self._roster(left)
        if whole and not _is_marked(seen, values):
            await self.records.mark(marks.HOSTS, values, self.cluster.host_by_name)

    def is_remembered(self, seen: Observation) -> bool:
        return _is_marked(seen, self._roster(()))

    def _roster(self, left: Collection[str]) -> dict[str, Any]:
        """The file's hosts, those that have left it and are to be asked again, and how each is reached."""
        names = [*self.cluster.host_by_name, *sorted(left)]
        return {"hosts": {name: remembered_of(self._settings[name]) for name in names}, "file": self._loaded.digest}

    def pending(self, seen: Observation) -> Sequence[Problem]:
        carried_out = seen.marks[marks.HOSTS].values.get("file") if marks.HOSTS in seen.marks else None
        return machines.file_changed(self._loaded, carried_out, TRAITS.name)

    async def reach(self, to: Endpoint, way: Way = "inside") -> Endpoint:
        return await self._front.reach(to, way)

    def logs(self, units: Sequence[UnitId], lines: int, follow: bool) -> AsyncGenerator[LogLine, None]:
        return machines.logs(self._ways, units, lines, follow)

    async def run(self, host: str, script: str, deadline: float = 60.0) -> CommandResult:
        return await self._transport.run(host, script, deadline)

    async def attach(self, host: str, script: str, signals: Signals) -> int:
        return await self._transport.attach(host, script, signals)

    async def run_once(self, instance: Instance, command: Sequence[str], signals: Signals) -> int:
        """With a connection that is cut, or a signal here, it is ended there too, as far as the host can be reached."""
        host, once = instance.host.name, self._once(instance, command)
        if (await self._transport.run(host, once.asking)).code:
            raise machines.not_applied(instance, TRAITS.mend)
        try:
            return await self._transport.attach(host, once.script, signals)
        except BaseException:
            with suppress(Unreachable):
                await self._transport.run(host, once.ending)
            raise

    def _once(self, instance: Instance, command: Sequence[str]) -> Once:
        mark = secrets.token_hex(6)
        if self.cluster.app.runtime == "compose":
            return in_container(self.cluster, environment_path(instance), instance, command, mark, terminal.is_there())
        return as_service(self.cluster, instances.script_path(instance), instances.OPEN_FILES, instance, command, mark)

    async def close(self) -> None:
        await self._tunnels.close()
        await self._transport.close()


def _is_marked(seen: Observation, roster: Mapping[str, Any]) -> bool:
    return marks.HOSTS in seen.marks and seen.marks[marks.HOSTS].values == roster


def _answering(lacks: Sequence[Problem], silent: Collection[str]) -> tuple[Problem, ...]:
    """A host on which nothing can be done has a greater cause: that of an account that expired forbids ports, too."""
    return tuple(problem for problem in lacks if problem.where not in silent)


def _addresses(cluster: Cluster) -> dict[str, str]:
    """The host through which each address is reached. For the virtual address that is the first proxy."""
    places = {host.address: host.name for host in cluster.hosts}
    return places | ({cluster.moving.address: cluster.proxy.hosts[0].name} if cluster.moving else {})


def _observation(answers: Answers, replica: FoundReplicaSet, *, asked: bool) -> Observation:
    found, silent = answers
    known = marks.newest(text for machine in found.values() for text in machine.owned.marks)
    return Observation(observed_of(found, replica), found, silent, asked, marks=known)


def _departed(name: str, remembered: Mapping[str, Any], like: Host) -> Host:
    """Corral's directories are the same on all hosts."""
    address = str(remembered.get("address", ""))
    return Host(name, address, address, like.layout)


def _hidden(host: str, why: str) -> Problem:
    """Containers that can't be seen there would be left behind."""
    message = tr("docker on {host} doesn't answer: {why}", host=host, why=why)
    return Problem("unreadable", "error", message, where=host)


def _left_silent(problem: Problem) -> Problem:
    name = problem.where
    message = tr(
        "{name} has left the cluster file and can't be asked what still runs there: {message}",
        name=name,
        message=problem.message,
    )
    hint = tr(
        "start it and run `corral apply` once more, which stops what runs there; or, if the host no "
        "longer exists, `corral apply --forget {name}`",
        name=name,
    )
    return Problem(LEFT_SILENT, "warning", message, hint, name)
