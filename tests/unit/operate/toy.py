"""A place that is no machine: dicts of units and files, a server of this process for its gates, a directory of records.

It proves that verbs need no more of a place than places/base.py asks for. Tests set what is public.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Collection, Sequence
from dataclasses import replace
from pathlib import Path, PurePosixPath

from corral.cluster_file.build import Placement, build
from corral.cluster_file.parse import Loaded
from corral.desired.database import KEY, replica_set
from corral.desired.parts import HostBuilder, Parts
from corral.errors import ChangeFailed
from corral.events import ActionFinished, ActionStarted, Sink, ignore
from corral.execute.handlers import Handlers, Step
from corral.model.cluster import Host, Instance, Layout
from corral.model.command import CommandResult
from corral.model.endpoint import Endpoint
from corral.model.identity import UnitId
from corral.model.pools import groups
from corral.model.resources import UP, Desired, File, FileRecord, FoundUnit, Gate, Observed, Obstacle, Unit, digest
from corral.model.routes import Way
from corral.model.software import Software
from corral.operate.targets import select
from corral.places.base import LogLine, Observation, Place, Traits
from corral.plan.actions import Action, HostChange, ReloadUnit, RemoveFile, StartUnit, Steer, StopUnit, WriteFile
from corral.problems import Problem
from corral.secrets import redact, resolve
from corral.stop import Signals
from corral.vault.file import Vault
from corral.vault.store import SecretStore
from tests.unit.operate.toy_records import ToyRecords
from tests.unit.plan.replica_sets import complete


class Toy(Place):
    traits = Traits("toy", "corral up", frozenset())
    described = "in a box"

    def __init__(self, loaded: Loaded, root: Path) -> None:
        layout, addresses = Layout(*[PurePosixPath("/toy")] * 5), {n: h.address for n, h in loaded.spec.hosts.items()}
        ports = (80,) * len(loaded.spec.proxy.hosts)
        self.cluster = build(loaded.spec, Placement(addresses, dict.fromkeys(addresses, layout), ports), root)
        self.records = ToyRecords(root)
        self.secret_store = SecretStore(Vault(root / "secrets", in_repository=False), loaded)
        self.replica_set = complete(replica_set(self.cluster.database), self.cluster.database.members[0].name)
        self.units, self.software, self.wanted = dict[str, FoundUnit](), set[Software](), list[Software]()
        self.files, self.written = dict[tuple[str, str], str](), dict[tuple[str, str], str]()
        self.file_findings, self.machine_findings = list[Problem](), list[Problem]()
        self.silent, self.broken = dict[str, Problem](), set[str]()
        self.departed = list[Host]()
        self.before_looks, self.done = list[Callable[[], None]](), list[str]()
        self.before_action: Callable[[str], None] = lambda _action: None
        self.nothing = ""
        self.obstacles = list[Obstacle]()
        self.more_text = ""
        """What stands in the files of all instances besides."""
        self._server: asyncio.Server | None = None
        self.secret_store.read()

    def judge_file(self) -> Sequence[Problem]:
        return self.file_findings

    def findings(self, seen: Observation) -> Sequence[Problem]:
        return self.machine_findings

    def nothing_kept(self) -> str:
        return self.nothing

    def kept_in(self) -> str:
        return "a box"

    async def observe(self, sink: Sink = ignore, *, live: bool = False) -> Observation:
        if self.before_looks:
            self.before_looks.pop(0)()
        files = (File(*at, redact(text, self.secrets), raw=digest(text)) for at, text in self.files.items())
        records = (FileRecord(*at, raw) for at, raw in self.written.items())
        units = tuple(unit for unit in self.units.values() if unit.host not in self.silent)
        seen = Observed(tuple(files), (), units, self.replica_set, tuple(self.software), tuple(records))
        seen = replace(seen, obstacles=tuple(self.obstacles))
        found = Observation(seen, silent=self.silent, set_asked=True, departed=tuple(self.departed))
        return replace(found, marks=self.records.marks)

    def desired(self, seen: Observation, held_back: frozenset[str] = frozenset(), seeds: str = "") -> Desired:
        """A file for each unit, which it reads: of a proxy, to whom it sends."""
        parts, serving = Parts(), [unit.name for unit in self.cluster.app.web if unit.name not in held_back]
        for unit in select(self.cluster, ""):
            role, host = unit.role, self.cluster.host_by_name[unit.host]
            here = HostBuilder(parts, host, role if role in ("proxy", "database") else "application")
            here.software(*(each for each in self.wanted if each.host == unit.host))
            text = " ".join(serving) if role == "proxy" else f"{role} {self.cluster.app.version}"
            text += self.more_text if unit.is_instance else ""
            file = here.file(f"/toy/{unit.name}", f"{text}\n")
            if role == "database":
                here.file("/toy/keyfile", KEY)
            read, taken_in = ("", file.content) if role == "proxy" else (file.content, "")
            made = Unit(unit.host, unit.name, role, f"1{read}", (), "", host.address, unit.port, taken_in, drain=1.0)
            made = replace(made, pools=groups(self.cluster.app.web)) if role == "proxy" else made
            here.unit(made, Gate("process"))
        return parts.desired(replica_set(self.cluster.database))

    def handlers(self) -> Handlers:
        async def change(actions: Sequence[HostChange], step: Step) -> None:
            for action in actions:
                step.sink(ActionStarted(action.id, action.host, action.summary))
                await carry_out(action, step)
                step.sink(ActionFinished(action.id, action.host, action.summary, 0.0))

        async def carry_out(action: Action, step: Step) -> None:
            self.before_action(action.id)
            self.done.append(action.id)
            self._carry_out(action)

        return Handlers(change, carry_out, carry_out, carry_out, carry_out, carry_out)

    def _carry_out(self, action: Action) -> None:
        match action:
            case StartUnit(unit) if unit.name in self.broken:
                raise ChangeFailed(Problem("broken", "error", f"{unit.name} fell over", where=unit.name))
            case Steer(unit, out):
                self.units[unit.name] = replace(self.units[unit.name], out=out)
            case StartUnit(unit) | ReloadUnit(unit):
                self.units[unit.name] = FoundUnit(unit.id, "running", unit.revision, unit.reload_revision, proven=True)
            case StopUnit(name=name):
                del self.units[name]
            case WriteFile(file):
                self.files[file.host, file.path] = text = resolve(file.content, self.secrets)
                self.written[file.host, file.path] = digest(text)
            case RemoveFile(host, path):
                del self.files[host, path], self.written[host, path]

    async def remember(self, seen: Observation, whole: bool, left: Collection[str]) -> None:
        await self.records.mark("applied", {"whole": whole, "left": sorted(left)})

    async def reach(self, to: Endpoint, way: Way = "inside") -> Endpoint:
        """One server answers for whatever runs."""
        hosts = {host.name: host.address for host in self.cluster.hosts}
        if not any((hosts[u.host], u.id.port) == to.socket and u.state in UP for u in self.units.values()):
            raise ConnectionRefusedError(111, "Connection refused")
        self._server = self._server or await asyncio.start_server(_answer, "127.0.0.1")
        return Endpoint("http", *self._server.sockets[0].getsockname()[:2])

    async def logs(self, units: Sequence[UnitId], lines: int, follow: bool) -> AsyncGenerator[LogLine, None]:
        for unit in units:
            yield LogLine(unit, "rattle")

    async def run(self, host: str, script: str, deadline: float = 60.0) -> CommandResult:
        return CommandResult(127, b"", b"a toy has no shell")

    async def attach(self, host: str, script: str, signals: Signals) -> int:
        return 127

    async def run_once(self, instance: Instance, command: Sequence[str], signals: Signals) -> int:
        """It ends with as many as its words are."""
        self.done.append(f"run:{instance.name} {' '.join(command)}")
        return len(command)

    async def close(self) -> None:
        if self._server:
            self._server.close()
            self._server = None


async def _answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readuntil(b"\r\n\r\n")
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
    writer.close()
