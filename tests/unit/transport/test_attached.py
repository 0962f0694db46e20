"""A command on a host that has this process's own input and output: without a terminal here, with one in a process of
its own."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

import pytest

from corral.errors import Interrupted, Unreachable
from corral.stop import Signals
from corral.transport.script import headed
from corral.transport.ssh import SshTransport
from tests.patience import PATIENCE, holds_soon
from tests.unit.transport.at_terminal import AtTerminal
from tests.unit.transport.sshd import Sshd, sshd

T = TypeVar("T")
Scenario = Callable[[Sshd, SshTransport], Awaitable[T]]
AT_TERMINAL = Path(__file__).with_name("at_terminal.py")
ROOT = Path(__file__).parents[3]


def play(directory: Path, scenario: Scenario[T], **changes: object) -> T:
    async def whole() -> T:
        async with sshd(directory) as host:
            transport = SshTransport({"one": host.with_settings(**changes)})
            try:
                return await asyncio.wait_for(scenario(host, transport), PATIENCE)
            finally:
                await transport.close()

    return asyncio.run(whole())


@contextmanager
def typed(data: bytes) -> Iterator[None]:
    """`data` on stdin, from a pipe that takes it all."""
    reading, writing = os.pipe()
    os.write(writing, data)
    os.close(writing)
    before = os.dup(0)
    os.dup2(reading, 0)
    try:
        yield
    finally:
        os.dup2(before, 0)
        os.close(before)
        os.close(reading)


@pytest.mark.parametrize("code", [0, 7, 255])
def test_input_output_and_exit_code_are_the_command_s(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], code: int
) -> None:
    """255 is no sign that the connection has failed."""

    async def scenario(_host: Sshd, transport: SshTransport) -> int:
        return await transport.attach("one", f"cat; echo it\\'s >&2; exit {code}", Signals())

    with typed(b"one\0two\n" * 5_000):
        assert play(tmp_path, scenario) == code
    said = capfd.readouterr()
    assert said.out == "one\0two\n" * 5_000
    assert said.err == "it's\n"


def test_a_command_that_a_signal_ends_has_its_number(tmp_path: Path) -> None:
    async def scenario(_host: Sshd, transport: SshTransport) -> int:
        return await transport.attach("one", "kill -KILL $$", Signals())

    assert play(tmp_path, scenario) == 128 + signal.SIGKILL


def test_a_file_as_input_is_read_to_its_end(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """Which no loop of events can wait for."""

    async def scenario(_host: Sshd, transport: SshTransport) -> int:
        return await transport.attach("one", "wc -c", Signals())

    (tmp_path / "input").write_bytes(b"x" * 300_000)
    before = os.dup(0)
    with (tmp_path / "input").open("rb") as file:
        os.dup2(file.fileno(), 0)
        try:
            assert play(tmp_path, scenario) == 0
        finally:
            os.dup2(before, 0)
            os.close(before)
    assert capfd.readouterr().out.strip() == "300000"


def test_a_cut_connection_is_no_exit_code(tmp_path: Path) -> None:
    async def scenario(host: Sshd, transport: SshTransport) -> None:
        running = asyncio.ensure_future(transport.attach("one", f"touch {host.home}/begun; sleep 3600", Signals()))
        await holds_soon((host.home / "begun").exists)
        host.cut()
        with pytest.raises(Unreachable, match=r"the connection was cut.*so its exit code is not known") as failure:
            await running
        assert failure.value.problems[0].hint == "look at what it has done before you run it again"

    play(tmp_path, scenario)


def test_a_signal_here_closes_the_session(tmp_path: Path) -> None:
    async def scenario(host: Sshd, transport: SshTransport) -> None:
        signals, otherwise = Signals(), list[str]()
        running = asyncio.ensure_future(transport.attach("one", f"touch {host.home}/begun; sleep 3600", signals))
        await holds_soon((host.home / "begun").exists)
        signals.arrived(signal.SIGTERM, lambda: otherwise.append("cancelled"))
        with pytest.raises(Interrupted):
            await running
        assert otherwise == []
        signals.arrived(signal.SIGTERM, lambda: otherwise.append("cancelled"))
        assert otherwise == ["cancelled"], "afterwards signals are Corral's again"

    play(tmp_path, scenario)


def test_it_is_root_by_sudo_with_the_locale_of_the_login(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    script = 'echo "[$LC_ALL]"'

    async def scenario(host: Sshd, transport: SshTransport) -> str:
        assert await transport.attach("one", script, Signals()) == 0
        return (host.home / "sudo.log").read_text()

    assert play(tmp_path, scenario, sudo=True).endswith(f"{headed(script)}\n")
    assert capfd.readouterr().out == "[]\n"


def test_at_a_terminal_keys_size_and_ctrl_c_reach_it(tmp_path: Path) -> None:
    """And the terminal is as before behind it."""
    with AtTerminal(
        [sys.executable, str(AT_TERMINAL), str(tmp_path)], {**os.environ, "PYTHONPATH": str(ROOT)}
    ) as terminal:
        terminal.until("xterm-test 90x30")
        terminal.resize(101, 33)
        terminal.until("101x33")
        terminal.type("a")
        terminal.until("got b'a'")
        terminal.type("\x03")
        terminal.until("got b'\\x03'")
        terminal.until("its code is 7, echo is on again")
        assert terminal.wait() == 0


def test_the_modules_of_a_terminal_load_no_ssh() -> None:
    script = "import sys, corral.transport.terminal; print('asyncssh' in sys.modules)"
    assert (
        subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout == "False\n"
    )
