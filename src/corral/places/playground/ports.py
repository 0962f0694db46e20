"""Who holds a port: the kernel is asked before anything starts."""

from __future__ import annotations

import errno
import socket
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from ipaddress import IPv4Address
from pathlib import Path
from typing import Final

from corral.errors import ChangeFailed
from corral.events import Note, Sink
from corral.language import tr
from corral.model.tcp_table import LISTEN, Socket, socket_in
from corral.problems import Problem

LOCALHOST: Final = "127.0.0.1"


@dataclass(frozen=True)
class Holder:
    """The process behind a listening socket. `pid` is 0 when it isn't known: another user's can't be seen."""

    pid: int
    command: str

    def __str__(self) -> str:
        return (
            tr("{command} (pid {pid})", command=self.command, pid=self.pid)
            if self.pid
            else tr("a process that can't be seen, perhaps another user's")
        )


def bind_error(address: str, port: int) -> OSError | None:
    """Why a listener on address:port would fail; None when it would not."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((address, port))
            probe.listen(1)
        except OSError as error:
            return error
    return None


def is_taken(address: str, port: int) -> bool:
    error = bind_error(address, port)
    return error is not None and error.errno == errno.EADDRINUSE


def first_free(addresses: Iterable[str], port: int) -> int:
    """The first port from `port` on that is free on all of `addresses`. Raises OSError when there is none."""
    wanted = list(addresses)
    for candidate in range(port, min(port + 1000, 65536)):
        if all(bind_error(address, candidate) is None for address in wanted):
            return candidate
    raise OSError(errno.EADDRINUSE, tr("no free port from {port} on", port=port))


def choose(
    wanted: Mapping[str, int], kept: Mapping[str, int], addresses: Mapping[str, str], sink: Sink
) -> tuple[int, ...]:
    """A port for each proxy of `wanted`, free on its own address and on 127.0.0.1; those that serve keep theirs.

    Raises ChangeFailed when a thousand ports from the wanted one on are all taken.
    """
    chosen = dict(kept)
    first = min(wanted.values())
    for host, port in kept.items():
        if first not in range(port - 1000, port + 1):
            sink(
                Note(
                    tr(
                        "{host} stays on port {port} while it runs; `corral down` and then `corral up` moves it",
                        host=host,
                        port=port,
                    ),
                    "warning",
                )
            )
    for host, asked in wanted.items():
        if host in chosen:
            continue
        others = {port for other, port in (*wanted.items(), *chosen.items()) if other != host}
        chosen[host] = _next_free((addresses[host], LOCALHOST), asked, others)
        if chosen[host] != asked:
            owner = next((other for other, port in chosen.items() if port == asked), "")
            sink(Note(_moved(host, asked, chosen[host], addresses[host], owner), "warning"))
    return tuple(chosen[host] for host in wanted)


def _next_free(addresses: tuple[str, ...], wanted: int, others: Collection[int]) -> int:
    """`others` are the ports that the other proxies have or ask for."""
    port = wanted
    while True:
        try:
            port = first_free(addresses, port)
        except OSError as error:
            raise ChangeFailed(
                Problem("no-free-port", "error", tr("the proxy needs a port: {strerror}", strerror=error.strerror))
            ) from error
        if port not in others:
            return port
        port += 1


def _moved(host: str, wanted: int, port: int, address: str, owner: str) -> str:
    """`owner` is the proxy of this cluster that has the port, if one has."""
    if owner:
        return tr(
            "{wanted} is the port of the proxy {owner}, which runs, so {host} listens on {port}",
            wanted=wanted,
            owner=owner,
            host=host,
            port=port,
        )
    taken = next((a for a in (address, LOCALHOST) if is_taken(a, wanted)), LOCALHOST)
    return tr(
        "{taken}:{wanted} is taken by {holder}, so {host} listens on {port}",
        taken=taken,
        wanted=wanted,
        holder=holder(taken, wanted),
        host=host,
        port=port,
    )


def holder(address: str, port: int) -> Holder:
    """The process that listens on address:port, or on that port of every address."""
    inodes = set(_listening(address, port))
    for directory in Path("/proc").iterdir():
        if directory.name.isdigit() and inodes & set(_sockets(directory)):
            return Holder(int(directory.name), command_of(int(directory.name)))
    return Holder(0, "")


def loopback_networks() -> set[str]:
    """The /16s of 127.0.0.0/8 on an address of which something listens."""
    addresses = (each.address.packed for each in _listeners() if isinstance(each.address, IPv4Address))
    return {f"127.{address[1]}.0.0/16" for address in addresses if address[0] == 127}


def command_of(pid: int) -> str:
    """The process's command line, or its short name; at most 120 characters."""
    try:
        words = Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
        return (words or Path(f"/proc/{pid}/comm").read_text().strip())[:120]
    except OSError:
        return tr("a process that has just ended")


def _listening(address: str, port: int) -> Iterator[int]:
    """Inodes of the sockets that would refuse a listener on address:port."""
    wanted = IPv4Address(address)
    refusing = (each for each in _listeners() if each.address.is_unspecified or each.is_at(wanted))
    return (each.inode for each in refusing if each.port == port)


def _listeners() -> Iterator[Socket]:
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        try:
            lines = Path(table).read_text().splitlines()
        except OSError:
            continue
        yield from (found for found in map(socket_in, lines) if found and found.state == LISTEN)


def _sockets(process: Path) -> Iterator[int]:
    try:
        descriptors = list((process / "fd").iterdir())
    except OSError:
        return
    for descriptor in descriptors:
        try:
            target = str(descriptor.readlink())
        except OSError:
            continue
        if target.startswith("socket:["):
            yield int(target[8:-1])
