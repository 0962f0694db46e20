"""Routes over SSH: what listens behind a host is reached, and what doesn't looks as if it were asked directly."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import ExitStack, asynccontextmanager
from pathlib import Path

import pytest

from corral.model.endpoint import Endpoint
from corral.model.routes import Way
from corral.transport import tunnels as tunnels_module
from corral.transport.ssh import SshTransport
from corral.transport.tunnels import Tunnels
from tests.unit.transport.sshd import Sshd, sshd

HERE = "127.0.0.1"
Scenario = Callable[[Sshd, Tunnels, int], Awaitable[None]]


@asynccontextmanager
async def upper_case() -> AsyncIterator[int]:
    """The port of a service that says everything again, louder."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(65536):
            writer.write(data.upper())
            await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, HERE, 0)
    yield server.sockets[0].getsockname()[1]
    server.close()


async def ask(place: tuple[str, int], question: bytes = b"hello") -> bytes:
    reader, writer = await asyncio.open_connection(*place)
    writer.write(question)
    writer.write_eof()
    answer = await reader.read()
    writer.close()
    return answer


def play(tmp_path: Path, scenario: Scenario) -> None:
    async def whole() -> None:
        async with sshd(tmp_path) as host, upper_case() as port:
            transport = SshTransport({"one": host.settings})
            tunnels = Tunnels(transport, {HERE: "one"})
            await scenario(host, tunnels, port)
            await tunnels.close()
            await transport.close()

    asyncio.run(whole())


async def reach(tunnels: Tunnels, address: str, port: int, way: Way = "inside") -> tuple[str, int]:
    return (await tunnels.reach(Endpoint("tcp", address, port), way)).socket


def test_a_port_of_a_host_is_reached_many_times_by_one_local_port(tmp_path: Path) -> None:
    async def scenario(host: Sshd, tunnels: Tunnels, port: int) -> None:
        places = await asyncio.gather(*(reach(tunnels, HERE, port) for _ in range(5)))
        assert len(set(places)) == 1
        place = places[0]
        assert place != (HERE, port)
        answers = await asyncio.gather(*(ask(place, b"question %d " % n * 10_000) for n in range(30)))
        assert answers == [b"QUESTION %d " % n * 10_000 for n in range(30)]
        assert await reach(tunnels, HERE, port) == place
        assert len(host.connections) == 1

    play(tmp_path, scenario)


def test_those_who_ask_at_the_same_time_share_one_proof(tmp_path: Path) -> None:
    proofs: list[str] = []

    async def scenario(host: Sshd, tunnels: Tunnels, port: int) -> None:
        asked = tunnels._transport.connection

        async def counted(name: str) -> object:
            proofs.append(name)
            return await asked(name)

        tunnels._transport.connection = counted  # type: ignore[method-assign,assignment]
        await asyncio.gather(*(reach(tunnels, HERE, port) for _ in range(5)))
        assert proofs == ["one"]
        await reach(tunnels, HERE, port)
        assert proofs == ["one", "one"], "later it is asked anew: whoever listened may have ended"

    play(tmp_path, scenario)


def test_the_local_port_is_this_machines_own(tmp_path: Path) -> None:
    async def scenario(_host: Sshd, tunnels: Tunnels, port: int) -> None:
        address, local = await reach(tunnels, HERE, port)
        assert address == HERE
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.2", local), timeout=5)

    play(tmp_path, scenario)


def test_a_port_where_nothing_listens_is_refused_each_time(tmp_path: Path) -> None:
    async def scenario(host: Sshd, tunnels: Tunnels, port: int) -> None:
        with pytest.raises(ConnectionRefusedError, match="Connection refused"):
            await reach(tunnels, HERE, 1)
        late = await asyncio.start_server(lambda _reader, writer: writer.close(), HERE, 0)
        late_port = late.sockets[0].getsockname()[1]
        await reach(tunnels, HERE, late_port)
        late.close()
        await late.wait_closed()
        with pytest.raises(ConnectionRefusedError):
            await reach(tunnels, HERE, late_port)
        assert await ask(await reach(tunnels, HERE, port)) == b"HELLO", "the others go on"
        assert host.forwarded.count(1) == 1

    play(tmp_path, scenario)


def test_a_host_that_forbids_forwarding_says_so(tmp_path: Path) -> None:
    async def scenario(host: Sshd, tunnels: Tunnels, port: int) -> None:
        host.forwarding = False
        with pytest.raises(OSError, match="AllowTcpForwarding yes") as failure:
            await reach(tunnels, HERE, port)
        assert not isinstance(failure.value, ConnectionRefusedError)

    play(tmp_path, scenario)


def test_an_account_that_may_do_nothing_is_the_cause_of_that(tmp_path: Path) -> None:
    """sshd forbids forwarding, too, while a password has expired."""

    async def scenario(host: Sshd, tunnels: Tunnels, port: int) -> None:
        host.forwarding = False
        host.forced = "echo 'Password change required but no TTY available.' >&2; exit 1"
        with pytest.raises(OSError, match="the account deploy has expired, or its password"):
            await reach(tunnels, HERE, port)
        assert not await tunnels.forbids("one", HERE, port), "that is told of the host itself"

    play(tmp_path, scenario)


def test_whether_a_host_forbids_a_port_is_known_before_something_listens(tmp_path: Path) -> None:
    async def scenario(host: Sshd, tunnels: Tunnels, port: int) -> None:
        assert not await tunnels.forbids("one", HERE, 1)
        host.forwarding = False
        assert await tunnels.forbids("one", HERE, 1)
        assert await tunnels.forbids("one", HERE, port)
        host.forwarding = True
        assert not await tunnels.forbids("one", HERE, port)
        forwarded = len(host.forwarded)
        assert not await tunnels.forbids("one", HERE, port)
        assert len(host.forwarded) == forwarded, "once it is known, nobody is bothered again"
        host.cut()
        (tmp_path / "known_hosts").unlink()
        assert not await tunnels.forbids("one", HERE, 2), "one that can't be reached forbids nothing"

    play(tmp_path, scenario)


def test_a_host_that_cannot_be_reached_is_an_os_error(tmp_path: Path) -> None:
    async def scenario(host: Sshd, tunnels: Tunnels, port: int) -> None:
        (tmp_path / "known_hosts").unlink()
        with pytest.raises(OSError, match="its ssh-ed25519 host key is"):
            await reach(tunnels, HERE, port)
        with pytest.raises(OSError, match=r"no host of the cluster has the address 10\.0\.0\.9"):
            await reach(tunnels, "10.0.0.9", port)
        assert host.users == []

    play(tmp_path, scenario)


def test_after_a_cut_there_is_another_way(tmp_path: Path) -> None:
    async def scenario(host: Sshd, tunnels: Tunnels, port: int) -> None:
        first = await reach(tunnels, HERE, port)
        assert await ask(first) == b"HELLO"
        host.cut()
        assert await ask(await reach(tunnels, HERE, port)) == b"HELLO"
        assert len(host.connections) == 2

    play(tmp_path, scenario)


def test_inside_is_the_hosts_own_loopback_address(tmp_path: Path) -> None:
    async def whole() -> None:
        async with sshd(tmp_path, address="127.0.0.7") as host, upper_case() as port:
            transport = SshTransport({"one": host.settings})
            tunnels = Tunnels(transport, {"127.0.0.7": "one"})
            assert await ask(await reach(tunnels, "127.0.0.7", port, "local")) == b"HELLO"
            with pytest.raises(ConnectionRefusedError):
                await reach(tunnels, "127.0.0.7", port)
            await tunnels.close()
            await transport.close()

    asyncio.run(whole())


def test_closing_closes_the_local_ports(tmp_path: Path) -> None:
    async def scenario(_host: Sshd, tunnels: Tunnels, port: int) -> None:
        place = await reach(tunnels, HERE, port)
        await tunnels.close()
        with pytest.raises(ConnectionRefusedError):
            await asyncio.open_connection(*place)
        await tunnels.close()

    play(tmp_path, scenario)


def test_what_takes_no_connection_is_told_in_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As a program that hangs, once the system queues no more for it."""
    monkeypatch.setattr(tunnels_module, "PROOF", 0.3)

    async def scenario(_host: Sshd, tunnels: Tunnels, _port: int) -> None:
        with ExitStack() as stack:
            deaf = stack.enter_context(socket.socket())
            deaf.bind((HERE, 0))
            deaf.listen(0)
            for _ in range(4):
                waiting = stack.enter_context(socket.socket())
                waiting.setblocking(False)
                waiting.connect_ex(deaf.getsockname())
            with pytest.raises(OSError, match=r"no connection within 0\.3 s"):
                await reach(tunnels, *deaf.getsockname())

    play(tmp_path, scenario)
