"""Who listens on the cluster's ports, in what machine.sh wrote. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from corral.model.identity import prefix, unit_of
from corral.model.machine import Listener
from corral.model.tcp_table import LISTEN, socket_in
from corral.observe.question import Question
from corral.observe.sections import Sections, Values

_HOLDER: Final = re.compile(r'\("([^"]*)",pid=(\d+)')
_UNIT: Final = re.compile(r"/([^/]+\.(?:service|scope))(?=/|$)")
_IN_DOCKER: Final = re.compile(r"/docker[-/][0-9a-f]{64}(?:\.scope)?")
"""A control group that docker makes for a container, by systemd or by itself."""
_PUBLISHED: Final = re.compile(r'"HostPort":"(\d+)"')


@dataclass(frozen=True)
class Container:
    """A container of the host. `service` is its compose service where it is of this very cluster, empty otherwise."""

    identity: str
    name: str
    service: str
    ports: str
    """Those that it publishes, as docker's JSON has them."""

    def publishes(self, port: int) -> bool:
        return str(port) in _PUBLISHED.findall(self.ports)


def containers_in(question: Question, lines: Sequence[str]) -> list[Container]:
    """Rows on their state, and on images, have five columns too: a state is JSON, an image's id says what it is."""
    rows = [line.split("\t") for line in lines if line.count("\t") == 4 and not line.startswith("sha256:")]
    project = prefix(question.cluster).removesuffix("-")
    return [
        Container(identity, name.removeprefix("/"), service if of == project else "", ports)
        for identity, of, service, name, ports in rows
        if not of.startswith("{")
    ]


@dataclass(frozen=True)
class SocketUnit:
    """A systemd unit for which process 1 listens."""

    name: str
    starts: str
    """The service that it starts when somebody connects."""
    places: tuple[str, ...]
    """As systemd writes them: `[::]:80 (Stream)`."""

    def listens(self, protocol: str, port: int) -> bool:
        kind = {"tcp": "(Stream)", "udp": "(Datagram)"}[protocol]
        return any(place.endswith(f":{port} {kind}") for place in self.places)


def socket_units_in(text: str) -> list[SocketUnit]:
    """Blocks of `systemctl show`, in which `Listen` stands once for each place."""
    units = []
    for block in text.split("\n\n"):
        rows = [line.partition("=") for line in block.splitlines()]
        values = {key: value for key, _, value in rows}
        places = tuple(value for key, _, value in rows if key == "Listen")
        if places:
            units.append(SocketUnit(values.get("Id", ""), values.get("Triggers", "").partition(" ")[0], places))
    return units


def listeners_in(question: Question, sections: Sections, values: Values) -> Iterator[Listener]:
    told = sections.lines("docker")
    containers = containers_in(question, told)
    units = socket_units_in(sections.text("socket_units"))
    blind = "running" not in told or any(line.startswith("docker\t") for line in sections.lines("unasked"))
    for line in sections.lines("sockets"):
        columns = line.split(None, 6)
        if len(columns) >= 6 and columns[0] in ("tcp", "udp"):
            listener = _kept_open(_listener(question, columns, values, containers), columns, units)
            if blind and (listener.command == "docker-proxy" or _is_contained(listener, values)):
                listener = replace(listener, hidden=True)
            if not listener.pid or values.of_file(f"/proc/{listener.pid}/cgroup"):
                yield listener  # the other processes have ended since ss saw them: who listens now isn't known
    for line in sections.lines("tables"):
        row = _from_table(line)
        if row and row.port in question.ports:
            yield row


def _listener(question: Question, columns: Sequence[str], values: Values, containers: Sequence[Container]) -> Listener:
    """A row of ss: protocol, state, two queues, local and other end, and perhaps the processes."""
    address, _, port = columns[4].rpartition(":")
    command, pid = _holder(columns)
    path = _group(values.of_file(f"/proc/{pid}/cgroup"))
    units = _UNIT.findall(path)
    service = units[-1] if units and units[-1] != "init.scope" else ""
    container = _container(path, int(port), command, containers)
    return Listener(
        protocol="tcp" if columns[0] == "tcp" else "udp",
        address=address.partition("%")[0].strip("[]"),
        port=int(port),
        pid=pid,
        command=command,
        service="" if container else service,
        container=container.name if container else "",
        unit=container.service if container else _own(question, service),
    )


def _holders(columns: Sequence[str]) -> list[tuple[str, int]]:
    """Commands and process ids of all that have the socket open."""
    return [(command, int(pid)) for command, pid in _HOLDER.findall(columns[6])] if len(columns) > 6 else []


def _holder(columns: Sequence[str]) -> tuple[str, int]:
    """One stands for all: not systemd, where it shares the socket with the service that it has started."""
    return next(iter(sorted(_holders(columns), key=lambda each: each[1] == 1)), ("", 0))


def _kept_open(listener: Listener, columns: Sequence[str], units: Sequence[SocketUnit]) -> Listener:
    """`listener` with the socket unit for which process 1 has it open, if it has."""
    if all(pid != 1 for _, pid in _holders(columns)):
        return listener
    unit = next((unit for unit in units if unit.listens(listener.protocol, listener.port)), None)
    return replace(listener, socket=unit.name, service=listener.service or unit.starts) if unit else listener


def _is_contained(listener: Listener, values: Values) -> bool:
    path = _group(values.of_file(f"/proc/{listener.pid}/cgroup"))
    if _IN_DOCKER.fullmatch(path[path.rfind("/docker") :]) is None:
        return False
    return not _group(values.of_file("/proc/1/cgroup")).startswith(path)  # else the host itself is that container


def _own(question: Question, service: str) -> str:
    unit = unit_of(question.cluster, question.host, service)
    return unit.name if unit else ""


def _group(lines: Sequence[str]) -> str:
    """The control group that systemd put the process in: of the unified hierarchy, or of systemd's own older one."""
    rows = [line.split(":", 2) for line in lines if line.count(":") >= 2]
    paths = {controllers: path for _, controllers, path in rows}
    return paths.get("name=systemd", paths.get("", ""))


def _container(path: str, port: int, command: str, containers: Sequence[Container]) -> Container | None:
    """By the control group of a process inside it; for docker-proxy by the ports that the container publishes."""
    for container in containers:
        if container.identity in path or (command == "docker-proxy" and container.publishes(port)):
            return container
    return None


def _from_table(line: str) -> Listener | None:
    """A row of /proc/net/tcp or tcp6, behind its file's name; who holds it is unknown."""
    found = socket_in(line.partition(" ")[2])
    return Listener("tcp", str(found.address), found.port) if found and found.state == LISTEN else None
