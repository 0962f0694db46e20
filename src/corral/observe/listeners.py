"""Who listens on the cluster's ports, in what machine.sh wrote. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from corral.model.identity import prefix, unit_of
from corral.model.machine import Listener
from corral.model.tcp_table import LISTEN, socket_in
from corral.observe.question import Question
from corral.observe.sections import Sections, Values

_HOLDER: Final = re.compile(r'\(\("([^"]*)",pid=(\d+)')
_UNIT: Final = re.compile(r"/([^/]+\.(?:service|scope))(?=/|$)")
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


def listeners_in(question: Question, sections: Sections, values: Values) -> Iterator[Listener]:
    containers = containers_in(question, sections.lines("docker"))
    for line in sections.lines("sockets"):
        columns = line.split(None, 6)
        if len(columns) >= 6 and columns[0] in ("tcp", "udp"):
            listener = _listener(question, columns, values, containers)
            if not listener.pid or values.of_file(f"/proc/{listener.pid}/cgroup"):
                yield listener  # the other processes have ended since ss saw them: who listens now isn't known
    for line in sections.lines("tables"):
        row = _from_table(line)
        if row and row.port in question.ports:
            yield row


def _listener(question: Question, columns: Sequence[str], values: Values, containers: Sequence[Container]) -> Listener:
    """A row of ss: protocol, state, two queues, local and other end, and perhaps the processes."""
    address, _, port = columns[4].rpartition(":")
    holder = _HOLDER.search(columns[6]) if len(columns) > 6 else None
    pid = int(holder[2]) if holder else 0
    path = _group(values.of_file(f"/proc/{pid}/cgroup"))
    units = _UNIT.findall(path)
    service = units[-1] if units and units[-1] != "init.scope" else ""
    container = _container(path, int(port), holder[1] if holder else "", containers)
    return Listener(
        protocol="tcp" if columns[0] == "tcp" else "udp",
        address=address.partition("%")[0].strip("[]"),
        port=int(port),
        pid=pid,
        command=holder[1] if holder else "",
        service="" if container else service,
        container=container.name if container else "",
        unit=container.service if container else _own(question, service),
    )


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
