"""The way to a host: through others, and what is said when nobody answers."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from corral.errors import Unreachable
from corral.problems import Problem
from corral.transport.ssh_settings import SshSettings
from tests.patience import PATIENCE
from tests.unit.transport.reaching import gets_in, on_a_host, problem_of, reaching
from tests.unit.transport.sshd import Sshd, new_key, sshd

pytestmark = pytest.mark.usefixtures("home")


@asynccontextmanager
async def two_hosts(tmp_path: Path) -> AsyncIterator[tuple[Sshd, Sshd]]:
    """A host on the way, and one behind it; the keys of both are known."""
    async with sshd(tmp_path / "gate", 1) as gate, sshd(tmp_path / "one", 2) as host:
        for directory in ("gate", "one"):
            (tmp_path / directory / "known_hosts").write_text(gate.known_line + host.known_line)
        yield gate, host


def test_hosts_behind_another_one_share_the_way(tmp_path: Path) -> None:
    async def whole() -> None:
        async with two_hosts(tmp_path) as (gate, host):
            jump = f"me@127.0.0.1:{gate.port}"
            settings = {name: replace(host.settings, host=name, jump=jump) for name in ("one", "two")}
            async with reaching(**settings) as transport:
                done = await asyncio.gather(*(transport.run(name, "echo in") for name in settings))
            assert [each.text for each in done] == ["in\n", "in\n"]
            assert gate.users == ["me"]
            assert host.users == ["deploy", "deploy"]
            assert gate.forwarded == [host.port, host.port]

    asyncio.run(whole())


def test_a_way_through_two_hosts_and_one_from_the_configuration(tmp_path: Path) -> None:
    async def whole() -> None:
        async with two_hosts(tmp_path) as (gate, host), sshd(tmp_path / "inner", 3) as inner:
            lines = gate.known_line + host.known_line + inner.known_line
            (tmp_path / "one" / "known_hosts").write_text(lines)
            way = f"a@127.0.0.1:{gate.port},b@127.0.0.1:{inner.port}"
            await gets_in(host.with_settings(jump=way))
            assert (gate.users, inner.users) == (["a"], ["b"])
            assert (gate.forwarded, inner.forwarded) == ([inner.port], [host.port])
            (tmp_path / "one" / "config").write_text(f"Host 127.0.0.1\n  ProxyJump {way}\n")
            await gets_in(host.settings)
            assert inner.forwarded == [host.port, host.port]
            await gets_in(host.with_settings(jump="none"))
            assert inner.forwarded == [host.port, host.port]

    asyncio.run(whole())


def test_a_host_on_the_way_that_is_not_there(tmp_path: Path) -> None:
    async def whole() -> None:
        async with two_hosts(tmp_path) as (gate, host):
            jump = f"me@127.0.0.1:{gate.port}"
            settings = host.with_settings(jump=jump)
            (tmp_path / "one" / "known_hosts").write_text(host.known_line)
            problem = await problem_of(settings)
            assert problem.code == "jump-unreachable"
            assert problem.where == "one"
            assert f"one (127.0.0.1) is reached through {jump}" in problem.message
            assert gate.host_key.get_fingerprint() in problem.message
            assert "corral trust" in problem.hint
            host.trust(new_key(2))
            (tmp_path / "one" / "known_hosts").write_text(gate.known_line + host.known_line)
            gate.forwarding = False
            problem = await problem_of(settings)
            assert problem.code == "jump-unreachable"
            assert "AllowTcpForwarding" in problem.hint
            gate.forwarding = True
            problem = await problem_of(replace(settings, port=1))
            assert problem.code == "unreachable"
            assert f"{jump} can't reach port 1 of 127.0.0.1" in problem.message
        problem = await problem_of(settings)
        assert problem.code == "jump-unreachable"
        assert "nothing listens" in problem.message

    asyncio.run(whole())


RELAY = """\
import os, socket, sys, threading
there = socket.create_connection((sys.argv[1], int(sys.argv[2])))
def back():
    while data := there.recv(65536):
        os.write(1, data)
threading.Thread(target=back, daemon=True).start()
while data := os.read(0, 65536):
    there.sendall(data)
"""


def test_a_proxy_command_of_the_configuration_is_used(tmp_path: Path) -> None:
    async def scenario(host: Sshd) -> None:
        (tmp_path / "relay.py").write_text(RELAY)
        command = f"{sys.executable} {tmp_path}/relay.py %h %p"
        (tmp_path / "config").write_text(f"Host behind\n  HostName 127.0.0.1\n  ProxyCommand {command}\n")
        await gets_in(host.with_settings(address="behind"))
        (tmp_path / "relay.py").unlink()
        assert (await problem_of(host.with_settings(address="behind"))).code == "unreachable"

    on_a_host(tmp_path, scenario)


def test_a_host_that_has_left_the_file_is_not_reached() -> None:
    async def whole() -> None:
        async with reaching() as transport:
            with pytest.raises(Unreachable, match="gone is no longer in the cluster file"):
                await transport.run("gone", "true")

    asyncio.run(whole())


def test_a_way_that_cannot_be_read_is_the_files_mistake(tmp_path: Path) -> None:
    problem = asyncio.run(problem_of(SshSettings("one", "127.0.0.1", jump="gate:port")))
    assert problem.code == "ssh-jump"


def test_who_answers_and_is_no_ssh(tmp_path: Path) -> None:
    async def talk(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n" * 2000)
        writer.close()

    async def hang_up(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    async def silence(_reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(3600)

    async def answer(
        handler: Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]], patience: float = PATIENCE
    ) -> Problem:
        server = await asyncio.start_server(handler, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        problem = await problem_of(SshSettings("one", "127.0.0.1", "deploy", port, timeout=patience))
        server.close()
        return problem

    async def whole() -> None:
        assert "can't be used over SSH" in (await answer(talk)).message
        assert "closes the connection before the login" in (await answer(hang_up)).message
        problem = await answer(silence, 0.3)
        assert problem.code == "unreachable"
        assert "it takes the connection on port" in problem.message
        assert "the login is not done" in problem.message
        assert "within 0.3 s" in problem.message
        assert "ssh.timeout" in problem.hint

    asyncio.run(whole())


def test_who_does_not_answer_is_told_with_what_was_tried() -> None:
    refused = asyncio.run(problem_of(SshSettings("one", "127.0.0.1", "deploy", 1)))
    assert refused.message == "one (127.0.0.1): nothing listens on port 1 there"
    assert "ssh -p 1 -l deploy 127.0.0.1" in refused.hint
    unknown = asyncio.run(problem_of(SshSettings("one", "no-such-name.invalid", "deploy")))
    assert unknown.message.startswith("one (no-such-name.invalid): the name no-such-name.invalid is not known here")
    assert {refused.code, unknown.code} == {"unreachable"}
    assert Unreachable.exit_code == 3


def test_a_name_with_several_addresses_is_refused_in_the_same_words() -> None:
    problem = asyncio.run(problem_of(SshSettings("one", "localhost", "deploy", 1)))
    assert "nothing listens on port 1 there" in problem.message
