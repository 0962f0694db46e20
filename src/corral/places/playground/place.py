"""The playground: hosts are loopback addresses of this machine, processes are kept by supervisord."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Final

from corral.cluster_file.build import Placement, build
from corral.cluster_file.parse import Loaded
from corral.desired.database import replica_set
from corral.desired.supervisor import SupervisorKeeper
from corral.errors import ChangeFailed
from corral.events import Event, Note, Sink, StageFinished, StageStarted, ignore
from corral.execute.ways import Ways
from corral.language import tr
from corral.late import late
from corral.model.cluster import Cluster, Host, Instance
from corral.model.command import CommandResult
from corral.model.endpoint import Endpoint
from corral.model.identity import UnitId, read_back
from corral.model.resources import UP, Desired, FoundReplicaSet, FoundUnit, HostFacts, Observed, digest
from corral.model.routes import Direct, Way
from corral.mongo.clients import Connections
from corral.observe.host_facts import host_facts
from corral.observe.machine import observed_of
from corral.observe.replica_set import observe_replica_set
from corral.observe.shared import observe_shared, question_of_all
from corral.places import machines
from corral.places.base import LogLine, Observation, Place, Traits
from corral.places.playground import binaries, once, ports, this_machine
from corral.places.playground.addresses import loopback_addresses, network_of, other_network
from corral.places.playground.ports import LOCALHOST
from corral.places.playground.state import State, state_of
from corral.problems import Problem
from corral.runs import marks
from corral.runs.records import MachineRecords
from corral.stop import Signals
from corral.transport.local import LocalTransport
from corral.transport.terminal import attach_here
from corral.units import orphans
from corral.units.machine import is_root
from corral.units.supervisor_units import SupervisordUnits
from corral.units.supervisord import Supervisord
from corral.vault.file import GENERATORS, Vault
from corral.vault.store import SecretStore

if TYPE_CHECKING:
    from corral import rules
    from corral.desired import assemble as assembler
    from corral.execute.handlers import Handlers, machine
    from corral.plan.actions import Plan
else:
    assembler = late("corral.desired.assemble")
    machine = late("corral.execute.handlers.machine")
    rules = late("corral.rules")

TRAITS: Final = Traits(
    "playground",
    "corral up",
    frozenset(),
    silence=tr("it is not running"),
    settles=frozenset(("A01",)),  # all its hosts share one directory of uploaded files
    kick=tr("`kill {pid}` ends it, and it is started anew"),
)
CACHE_SIZE: Final = 256 << 20
"""Bytes of WiredTiger's cache for each mongod: the smallest that it takes, since all share one machine."""
OPLOG_SIZE: Final = 990 << 20
"""Bytes of oplog for each mongod: the smallest that MongoDB chooses by itself; by default it takes 5 % of the disk."""
MONGOD_PARAMETERS: Final = {"shutdownTimeoutMillisForSignaledShutdown": "1000"}
"""When everything stops, a primary has no other member to hand over to, and would wait 15 s for one."""
PATIENCE: Final = 90.0
"""Seconds for processes that are just ending, for example after an interrupted run: mongod has 60."""
ORPHANS: Final = 60.0
"""Seconds for processes to end whose supervisor is gone."""
SECRETS: Final = {name: make for name, make in GENERATORS.items() if name != "vrrp"}
"""No address moves here."""


class PlaygroundPlace(Place):
    """A cluster's place on this machine."""

    traits = TRAITS

    def __init__(self, loaded: Loaded) -> None:
        """Raises ChangeFailed for a directory that another version of Corral has made."""
        self._loaded, self.state = loaded, state_of(loaded.spec.name)
        self.network = network_of(loaded, self.state)
        self.daemon = Supervisord(self.state.root, loaded.spec.name)
        self.units = SupervisordUnits(self.daemon)
        self.cluster = self._placed(self._known_ports())
        vault = Vault(self.state.secrets_file, generators=SECRETS, in_repository=False)
        self.secret_store = SecretStore(vault, loaded)
        self._transport = LocalTransport()
        self._routes = Direct()
        self._orphans: frozenset[int] = frozenset()
        """Processes whose supervisor is gone. `enter` ends them, so what they hold counts as free."""
        self.records = MachineRecords(
            self.cluster.name,
            loaded.source,
            self.state.journal,
            self._transport,
            [self.state.as_host()],
            f"corral unlock --on {TRAITS.name}",
        )

    async def prepare(self) -> None:
        """Raises ChangeFailed also when the file's network is not the one that the cluster's data were made with."""
        asked = self._loaded.spec.playground.network or self.network
        if asked != self.network:
            raise ChangeFailed(other_network(self._loaded, asked, self.network))
        await asyncio.to_thread(self.state.prepare)

    @property
    def described(self) -> str:
        return tr("on {network}", network=self.network)

    def judge_file(self) -> Sequence[Problem]:
        return rules.findings(self.cluster, self._loaded, self.secret_store.outside())

    def nothing_kept(self) -> str:
        if self.state.root.exists():
            return ""
        return tr("nothing runs on this machine and nothing is kept in {root}", root=self.state.root)

    def kept_in(self) -> str:
        return str(self.state.root)

    async def is_kept(self) -> bool:
        return bool(await self.daemon.pid())

    async def has_processes(self) -> bool:
        return bool(await self._left_behind())

    async def outlived(self) -> Mapping[UnitId, int]:
        if await self.daemon.pid():
            return {}
        left = await self._left_behind()
        return await asyncio.to_thread(lambda: dict(this_machine.held_by(left, self.cluster))) if left else {}

    async def settle(self) -> None:
        await self.daemon.wait_for_shutdown(PATIENCE)
        deadline = time.monotonic() + PATIENCE
        while any(unit.state == "stopping" for unit in await self.units.list()) and time.monotonic() < deadline:
            await asyncio.sleep(0.1)

    async def choose(self, sink: Sink) -> None:
        """The proxies' ports: each must be free on the proxy's own address and on 127.0.0.1.

        Raises ChangeFailed when a thousand ports from the wanted one on are all taken.
        """
        serving = {unit.host for unit in await self.units.list() if unit.role == "proxy" and unit.state in UP}
        wanted = {host: self._loaded.spec.playground.port + n for n, host in enumerate(self._loaded.spec.proxy.hosts)}
        known = dict(zip(wanted, self._known_ports(), strict=True))
        addresses = addresses_of(self._loaded, self.network)
        self._orphans = frozenset() if await self.daemon.pid() else await self._left_behind()
        kept = {
            host: port for host, port in known.items() if host in serving or self._is_orphans(addresses[host], port)
        }
        said: list[Event] = []
        self.cluster = self._placed(await asyncio.to_thread(ports.choose, wanted, kept, addresses, said.append))
        for event in said:
            sink(event)

    async def observe(self, sink: Sink = ignore, *, live: bool = False) -> Observation:
        """Unless it is `live`, also what is known of this machine itself: programs, ports, memory."""
        if live:
            return await self._observed()
        programs, path, seen = await asyncio.gather(
            asyncio.to_thread(binaries.found), self.daemon.path(), self._observed(whole=True)
        )
        known = this_machine.Known(programs, path, self._orphans, self._file)
        return await asyncio.to_thread(this_machine.completed, seen, self.cluster, self.state, known)

    def findings(self, seen: Observation) -> Sequence[Problem]:
        return rules.findings_on(self.cluster, seen.machines, seen.shared)

    def desired(self, seen: Observation, held_back: frozenset[str] = frozenset(), seeds: str = "") -> Desired:
        return assembler.assemble(self.cluster, self._facts(seen), SupervisorKeeper(self.cluster), held_back, seeds)

    async def enter(self, plan: Plan, sink: Sink) -> None:
        """First ends what an earlier supervisor has left behind: it would hold the ports and the data.

        A plan that starts nothing needs no supervisor.
        """
        if not await self.daemon.pid():
            await self._end_orphans(sink)
        if not any(action.kind == "start_unit" for action in plan.actions()):
            return
        proxies = {unit.host: unit.port for unit in self.cluster.proxy.units}
        facts = {"cluster": self.cluster.name, "network": self.network, "proxy_ports": proxies}
        await asyncio.to_thread(self.state.add_facts, **facts)
        started = time.monotonic()
        if await self.daemon.start():
            sink(StageStarted("supervisor", 1))
            sink(StageFinished("supervisor", time.monotonic() - started))

    def handlers(self) -> Handlers:
        return machine.machine_handlers(self._ways)

    async def remember(self, seen: Observation, whole: bool, left: Collection[str]) -> None:
        """The names of the set and its members: a file that changes all of them at once would leave the data behind.

        Also the cluster file itself, when all of it was carried out: `down --name` works when the user's own is gone.
        Hosts that have left the file are known by their directories.
        """
        members = [member.name for member in self.cluster.database.members]
        facts = {"replica_set": self.cluster.database.replica_set, "members": members}
        await asyncio.to_thread(self.state.add_facts, **facts)
        if whole:
            await asyncio.to_thread(self.state.keep_file, self._loaded)
        await self.records.unmark(marks.STOPPED)

    def is_remembered(self, seen: Observation) -> bool:
        return self.state.carried_out() == self._loaded.digest

    def pending(self, seen: Observation) -> Sequence[Problem]:
        return machines.file_changed(self._loaded, self.state.carried_out(), TRAITS.name)

    def next_words(self) -> str:
        """app.next, once for each text: whoever has registered the first user need not read it again."""
        text = self.cluster.app.next
        said = self.state.read_facts().get("said_next", "")
        self.state.add_facts(said_next=digest(text))
        return text if said != digest(text) else ""

    async def leave(self, sink: Sink) -> None:
        await self.daemon.shutdown(PATIENCE)
        await self._end_orphans(sink)

    async def purge(self, check: Callable[[], None]) -> None:
        """Once it has begun it is brought to its end, also when the run is cancelled: the lock is held until then."""
        check()
        deleting = asyncio.ensure_future(asyncio.to_thread(self.state.purge))
        try:
            await asyncio.shield(deleting)
        except asyncio.CancelledError:
            await deleting
            raise

    async def reach(self, to: Endpoint, way: Way = "inside") -> Endpoint:
        return await self._routes.reach(to, way)

    def logs(self, units: Sequence[UnitId], lines: int, follow: bool) -> AsyncGenerator[LogLine, None]:
        return machines.logs(self._ways, units, lines, follow)

    async def run(self, host: str, script: str, deadline: float = 60.0) -> CommandResult:
        return await self._transport.run(host, script, deadline)

    async def attach(self, host: str, script: str, signals: Signals) -> int:
        return await attach_here(("/bin/sh", "-c", script), signals)

    async def run_once(self, instance: Instance, command: Sequence[str], signals: Signals) -> int:
        return await once.run_once(self.daemon, instance, command, signals)

    @property
    def _ways(self) -> Ways:
        return Ways(self._transport, self.units, self.secrets, self.cluster.host_by_name, self._routes)

    @property
    def _file(self) -> Path:
        """Empty for the built-in example, as it is remembered."""
        source = self._loaded.source
        return Path(self._loaded.directory) / Path(source).name if source else Path()

    def _is_orphans(self, address: str, port: int) -> bool:
        return bool(self._orphans) and ports.holder(address, port).pid in self._orphans

    async def _end_orphans(self, sink: Sink) -> None:
        if left := await self._left_behind():
            named = ", ".join(sorted(unit.name for unit in await self.outlived())) or tr("none that listens")
            sink(
                Note(
                    tr("ending {count} processes whose supervisor is gone: {named}", count=len(left), named=named),
                    "warning",
                )
            )
            await orphans.end(left, ORPHANS)

    async def _left_behind(self) -> frozenset[int]:
        return await asyncio.to_thread(orphans.processes_of, self.state.root)

    async def _observed(self, *, whole: bool = False) -> Observation:
        """One script for all hosts, and supervisord's list of processes; with `whole` the replica set too."""
        hosts = (*self.cluster.hosts, *self._departed())
        units = await self.units.list()
        asking = asyncio.ensure_future(self._replica_set(units)) if whole else None
        try:
            question = question_of_all(self.cluster, hosts, self.state.as_host(), self._directories() if whole else ())
            found = await observe_shared(self._transport, question, hosts, units, self.secrets)
            replica = await asking if asking else FoundReplicaSet()
        finally:
            if asking:
                asking.cancel()
        observed = observed_of(found, replica)
        observed = replace(observed, units=(*observed.units, *_defined(observed, units)))
        known = marks.newest(text for machine in found.values() for text in machine.owned.marks)
        return Observation(observed, found, {}, whole, self._departed(), marks=known)

    async def _replica_set(self, units: Sequence[FoundUnit]) -> FoundReplicaSet:
        running = {unit.name for unit in units if unit.state == "running"}
        members = {member.name for member in self.cluster.database.members if member.unit.name in running}
        return await observe_replica_set(replica_set(self.cluster.database), Connections(self.secrets, self), members)

    def _directories(self) -> list[str]:
        """The directories that the file asks for; the script says which of them exist."""
        bare = {host.name: HostFacts(host.name) for host in self.cluster.hosts}
        wanted = assembler.assemble(self.cluster, bare, SupervisorKeeper(self.cluster))
        return [each.path for each in wanted.directories]

    def _facts(self, seen: Observation) -> dict[str, HostFacts]:
        """All hosts are one machine, and nginx writes its log to the supervisor."""
        known = host_facts(self.cluster, seen.machines)
        user = "root" if is_root() else ""
        return {
            name: replace(facts, machine="this machine", user=user, access_log="/dev/stdout")
            for name, facts in known.items()
        }

    def _departed(self) -> tuple[Host, ...]:
        """Hosts that an earlier file had: Corral's files on them are removed, their data stay."""
        present = {path.name for path in self.state.root.glob("hosts/*")} - set(self._loaded.spec.hosts)
        return tuple(Host(name, "", "", self.state.layout(name)) for name in sorted(present))

    def _placed(self, proxy_ports: tuple[int, ...]) -> Cluster:
        return placed(self._loaded, self.state, self.network, proxy_ports)

    def _known_ports(self) -> tuple[int, ...]:
        """The proxies' ports as the last run chose them, or as the file asks."""
        spec = self._loaded.spec
        recorded = self.state.read_facts().get("proxy_ports") or {}
        return tuple(
            int(recorded.get(host, spec.playground.port + number)) for number, host in enumerate(spec.proxy.hosts)
        )


def _defined(observed: Observed, listed: Sequence[FoundUnit]) -> Iterator[FoundUnit]:
    """Units that have a definition and are not on supervisord's list, which is empty while supervisord doesn't run."""
    known = {unit.name for unit in listed}
    for file in observed.files:
        path = PurePosixPath(file.path)
        if path.parent.name == "units" and path.suffix == ".conf" and path.stem not in known:
            yield FoundUnit(read_back(file.host, path.stem), "stopped")


def addresses_of(loaded: Loaded, network: str) -> dict[str, str]:
    return loopback_addresses({name: host.address for name, host in loaded.spec.hosts.items()}, network)


def placed(loaded: Loaded, state: State, network: str, proxy_ports: tuple[int, ...]) -> Cluster:
    """The cluster with its addresses, directories and ports on this machine."""
    placement = Placement(
        addresses=addresses_of(loaded, network),
        layouts={host: state.layout(host) for host in loaded.spec.hosts},
        proxy_ports=proxy_ports,
        extra_addresses=(LOCALHOST,),
        storage=PurePosixPath(state.root / "storage"),
        url=Endpoint("http", LOCALHOST, proxy_ports[0]).url,
        cache_size=CACHE_SIZE,
        oplog_size=OPLOG_SIZE,
        parameters=MONGOD_PARAMETERS,
    )
    return build(loaded.spec, placement, loaded.directory)
