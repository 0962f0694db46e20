"""What a connection over SSH owes its user: one for many commands, and told when it is cut."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable
from dataclasses import replace
from pathlib import Path

import pytest

from corral.errors import Unreachable
from corral.stop import Signals
from corral.transport import ssh_connect, ssh_pool
from corral.transport.ssh import SshTransport
from tests.patience import PATIENCE, holds_soon
from tests.unit.transport.reaching import play, transport_to
from tests.unit.transport.sshd import Sshd, sshd


async def lost(call: Awaitable[object]) -> str:
    """The message of a call that was cut off."""
    with pytest.raises(Unreachable) as failure:
        await call
    problem = failure.value.problems[0]
    assert problem.code == "connection-lost"
    assert problem.where == "one"
    assert "run the same command again" in problem.hint
    return problem.message


async def begun(host: Sshd) -> None:
    await holds_soon((host.home / "begun").exists)


LONG = f"3600.{os.getpid()}"
"""Seconds that no test has, as `sleep` takes them; nobody else on this machine sleeps for so long."""


class Turnstile:
    """Scripts that say their number when all of them have come so far: each has to be under way with all others."""

    def __init__(self, host: Sshd, count: int) -> None:
        self._count, self._home = count, host.home
        os.mkfifo(host.home / "go")
        self.scripts = [f"touch begun-{n}; read -r line <go; echo {n}" for n in range(count)]

    async def open(self) -> None:
        await holds_soon(lambda: len(list(self._home.glob("begun-*"))) == self._count)
        self._go = os.open(self._home / "go", os.O_RDWR)
        os.write(self._go, b"\n" * self._count)

    def close(self) -> None:
        os.close(self._go)

    async def through(self, transport: SshTransport) -> list[int]:
        """What the scripts have said, in their order."""
        running = asyncio.gather(*(transport.run("one", script, PATIENCE) for script in self.scripts))
        await self.open()
        done = await running
        self.close()
        return [int(each.text) for each in done]


def test_one_connection_carries_all(tmp_path: Path) -> None:
    async def scenario(host: Sshd, transport: SshTransport) -> None:
        await asyncio.gather(*(transport.run("one", "true") for _ in range(5)))
        await transport.write("one", str(tmp_path / "file"), b"x", 0o600)
        await transport.read("one", str(tmp_path / "file"))
        assert len(host.connections) == 1

    play(tmp_path, scenario)


def test_a_connection_that_was_begun_is_the_one_that_is_used(tmp_path: Path) -> None:
    async def scenario(host: Sshd, transport: SshTransport) -> None:
        transport.begin()
        await holds_soon(lambda: host.connections)
        assert (await transport.run("one", "echo there")).text == "there\n"
        assert len(host.connections) == 1

    play(tmp_path, scenario)


def test_what_fails_after_it_was_begun_is_told_to_whoever_asks(
    tmp_path: Path, recwarn: pytest.WarningsRecorder
) -> None:
    async def whole() -> None:
        async with sshd(tmp_path) as host, transport_to(host) as transport:
            (tmp_path / "known_hosts").rename(tmp_path / "aside")
            transport.begin()
            with pytest.raises(Unreachable, match="host key"):
                await transport.run("one", "true")
            assert len(host.connections) == 1, "the answer is that of the connection that was begun"

    asyncio.run(whole())
    assert not [warning for warning in recwarn if "never retrieved" in str(warning.message)]


def test_more_commands_than_a_connection_carries_open_another(tmp_path: Path) -> None:
    async def scenario(host: Sshd, transport: SshTransport) -> None:
        assert await Turnstile(host, 25).through(transport) == list(range(25))
        assert len(host.connections) == 3
        await asyncio.gather(*(transport.run("one", "true") for _ in range(25)))
        assert len(host.connections) == 3, "they are used again"

    play(tmp_path, scenario)


def test_a_host_that_allows_few_sessions_gets_few(tmp_path: Path) -> None:
    async def scenario(host: Sshd, transport: SshTransport) -> None:
        host.sessions = 2
        assert await Turnstile(host, 5).through(transport) == list(range(5))
        assert len(host.connections) == 3

    play(tmp_path, scenario)


def test_one_session_is_enough(tmp_path: Path) -> None:
    """Also while the host still ends what was given up here, and when several ask at once."""
    slow = "trap 'sleep 1; exit' TERM; while :; do sleep 0.05; done"

    async def scenario(host: Sshd, transport: SshTransport) -> None:
        host.sessions = 1
        for number in range(5):
            assert (await transport.run("one", f"echo {number}")).text == f"{number}\n"
        assert (await transport.run("one", slow, deadline=0.3)).code == 124
        assert (await transport.run("one", "echo next")).text == "next\n"
        assert await transport.attach("one", "exit 3", Signals()) == 3
        assert (await transport.run("one", "echo last")).text == "last\n"
        done = await asyncio.gather(*(transport.run("one", f"echo {number}") for number in range(4)))
        assert [each.text for each in done] == [f"{number}\n" for number in range(4)]

    play(tmp_path, scenario)


def test_a_session_that_ends_too_late_is_not_waited_for_for_ever(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ssh_pool, "ENDING", 0.5)

    async def scenario(host: Sshd, transport: SshTransport) -> None:
        await transport.run("one", "true")
        host.sessions = 0
        with pytest.raises(Unreachable, match="refuses to run anything"):
            await transport.run("one", "true")

    play(tmp_path, scenario)


def test_a_host_that_allows_no_session_is_said(tmp_path: Path) -> None:
    async def scenario(host: Sshd, transport: SshTransport) -> None:
        host.sessions = 0
        with pytest.raises(Unreachable, match="refuses to run anything") as failure:
            await transport.run("one", "true")
        assert "MaxSessions" in failure.value.problems[0].hint

    play(tmp_path, scenario)


def test_few_are_opened_at_the_same_time(tmp_path: Path) -> None:
    async def whole() -> None:
        async with sshd(tmp_path) as host:
            names = [f"host{number}" for number in range(9)]
            transport = SshTransport({name: replace(host.settings, host=name) for name in names}, connections=2)
            most = 0

            async def watch() -> None:
                nonlocal most
                while True:
                    half_open = [c for c in host.connections if not c.is_closed() and not c.get_extra_info("username")]
                    most = max(most, len(half_open))
                    await asyncio.sleep(0)

            watching = asyncio.ensure_future(watch())
            await asyncio.gather(*(transport.run(name, "true") for name in names))
            watching.cancel()
            await transport.close()
            assert len(host.connections) == 9
            assert 1 <= most <= 2

    asyncio.run(whole())


def test_a_cut_in_the_middle_of_a_script_is_told_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ssh_connect, "KEEPALIVE", 3600)  # not by what a silent network is noticed by

    async def scenario(host: Sshd, transport: SshTransport) -> None:
        running = asyncio.ensure_future(transport.run("one", f"touch begun; sleep {LONG}", 3600))
        await begun(host)
        host.cut()
        async with asyncio.timeout(PATIENCE):
            message = await lost(running)
        assert message.startswith("one (127.0.0.1): the connection was cut")
        assert "while a script ran" in message
        assert (await transport.run("one", "echo back")).text == "back\n", "the next call connects anew"

    play(tmp_path, scenario)


async def is_empty(transport: SshTransport, command: str) -> bool:
    """Wait until nothing like `command` runs, which the brackets keep from finding itself."""
    pattern = f"[{command[0]}]{command[1:]}"
    looking = f"ps ax | grep '{pattern}' >/dev/null && echo found"
    async with asyncio.timeout(PATIENCE):
        while "found" in (await transport.run("one", looking)).text:
            await asyncio.sleep(0.05)
    return True


def test_a_script_goes_on_when_its_connection_is_cut_and_has_its_deadline(tmp_path: Path) -> None:
    async def scenario(host: Sshd, transport: SshTransport) -> None:
        script = f"touch begun; while [ ! -e go ]; do sleep 0.1; done; touch over; sleep {LONG}; touch never"
        running = asyncio.ensure_future(transport.run("one", script, 8))
        await begun(host)
        host.cut()
        await lost(running)
        (host.home / "go").touch()
        await holds_soon((host.home / "over").exists)
        assert await is_empty(transport, f"sleep {LONG}")
        assert not (host.home / "never").exists()

    play(tmp_path, scenario)


def test_a_cut_while_a_file_is_sent_or_lines_are_followed_is_told(tmp_path: Path) -> None:
    async def scenario(host: Sshd, transport: SshTransport) -> None:
        source = tmp_path / "large.tar"
        source.write_bytes(bytes(8_000_000))
        sending = asyncio.ensure_future(transport.put("one", source, f"touch begun; sleep {LONG}; cat >/dev/null"))
        await begun(host)
        host.cut()
        assert "while large.tar was sent" in await lost(sending)
        lines = transport.follow("one", f"echo first; sleep {LONG}")
        assert await anext(lines) == "first"
        host.cut()
        assert "while its lines were followed" in await lost(anext(lines))

    play(tmp_path, scenario)


def test_a_cut_while_nothing_runs_is_not_even_noticed(tmp_path: Path) -> None:
    async def scenario(host: Sshd, transport: SshTransport) -> None:
        for number in range(3):
            assert (await transport.run("one", "echo in")).text == "in\n"
            host.cut()
            if number:
                await asyncio.sleep(0.05)
        assert len(host.connections) == 3

    play(tmp_path, scenario)


def test_a_network_that_goes_silent_is_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ssh_connect, "KEEPALIVE", 2)

    async def whole() -> None:
        async with sshd(tmp_path) as host, _Cable(host.port) as cable:
            host.port, inner = cable.port, host.port
            host.trust()
            host.port = inner
            async with transport_to(host, port=cable.port) as transport:
                running = asyncio.ensure_future(transport.run("one", f"touch begun; sleep {LONG}", 3600))
                await begun(host)
                cable.pulled = True
                async with asyncio.timeout(PATIENCE):
                    assert "keepalive" in await lost(running)

    asyncio.run(whole())


class _Cable:
    """A port in front of another; once it is pulled, nothing gets through and nobody is told."""

    def __init__(self, target: int) -> None:
        self._target = target
        self._tasks: list[asyncio.Task[None]] = []
        self.pulled = False
        self.port = 0

    async def __aenter__(self) -> _Cable:
        self._server = await asyncio.start_server(self._plugged, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        for task in self._tasks:
            task.cancel()

    async def _plugged(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection("127.0.0.1", self._target)
        pairs = ((reader, back), (there, writer))
        self._tasks += [asyncio.ensure_future(self._carry(source, to)) for source, to in pairs]

    async def _carry(self, source: asyncio.StreamReader, to: asyncio.StreamWriter) -> None:
        while data := await source.read(65536):
            if self.pulled:
                await asyncio.sleep(3600)
            to.write(data)


def test_a_host_that_failed_just_now_is_not_tried_again_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def whole() -> None:
        async with sshd(tmp_path) as host, transport_to(host) as transport:
            monkeypatch.setattr(ssh_pool, "REMEMBERED", 3600)
            (tmp_path / "known_hosts").rename(tmp_path / "aside")
            failures = await asyncio.gather(*(transport.run("one", "true") for _ in range(4)), return_exceptions=True)
            assert all(isinstance(failure, Unreachable) for failure in failures)
            with pytest.raises(Unreachable, match="host key"):
                await transport.run("one", "true")
            assert len(host.connections) == 1
            monkeypatch.setattr(ssh_pool, "REMEMBERED", 0)
            with pytest.raises(Unreachable, match="host key"):
                await transport.run("one", "true")
            assert len(host.connections) == 2

    asyncio.run(whole())


def test_a_caller_that_gives_up_leaves_the_connection_to_the_others(tmp_path: Path) -> None:
    async def scenario(_host: Sshd, transport: SshTransport) -> None:
        first = asyncio.ensure_future(transport.run("one", "true"))
        second = asyncio.ensure_future(transport.run("one", "echo second"))
        await asyncio.sleep(0.005)
        first.cancel()
        assert (await second).text == "second\n"

    play(tmp_path, scenario)


def test_closing_ends_what_runs(tmp_path: Path) -> None:
    async def scenario(host: Sshd, transport: SshTransport) -> None:
        running = asyncio.ensure_future(transport.run("one", f"touch begun; sleep {LONG}"))
        await begun(host)
        await transport.close()
        await lost(running)

    play(tmp_path, scenario)
