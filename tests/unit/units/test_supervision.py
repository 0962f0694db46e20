"""A real supervisord: units as Corral sees them, orphans, and the end of everything."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path, PurePosixPath

import pytest

from corral.desired.supervisor import program, program_path
from corral.files import write_file
from corral.model.cluster import Host, Layout
from corral.model.ends import ended
from corral.model.identity import read_back
from corral.model.resources import FoundUnit, Unit
from corral.transport.local import LocalTransport
from corral.units import orphans
from corral.units.supervisor_units import SupervisordUnits, ends_in
from corral.units.supervisord import Supervisord
from tests.patience import PATIENCE
from tests.signals import send


@asynccontextmanager
async def running(root: Path) -> AsyncIterator[tuple[Supervisord, SupervisordUnits]]:
    daemon = Supervisord(root, "test")
    try:
        assert await daemon.start()
        yield daemon, SupervisordUnits(daemon)
    finally:
        await daemon.shutdown()
        await orphans.end(orphans.processes_of(root), 5)
        assert not orphans.processes_of(root)


def define(root: Path, *command: str, name: str = "app-1") -> Unit:
    base = PurePosixPath(root / "hosts" / "h")
    layout = Layout(*(base / part for part in ("config", "data", "logs", "run", "state")))
    host = Host("h", "127.0.0.1", "127.0.0.1", layout)
    unit = Unit("h", name, "web", "r1", command, str(root), "127.0.0.1", 1, stop_timeout=2)
    Path(host.layout.logs).mkdir(parents=True, exist_ok=True)
    write_file(Path(program_path(host, name)), program(unit, host).encode(), 0o644)
    return unit


async def until(units: SupervisordUnits, holds: Callable[[FoundUnit], bool]) -> FoundUnit:
    async with asyncio.timeout(PATIENCE):
        while True:
            for found in await units.list():
                if holds(found):
                    return found
            await asyncio.sleep(0.05)


async def says(units: SupervisordUnits, text: str) -> None:
    """A process counts as running before it has done anything."""
    script = units.log_script(read_back("h", "app-1"), 20)
    async with asyncio.timeout(PATIENCE):
        while text not in (await LocalTransport().run("h", script)).text:
            await asyncio.sleep(0.05)


def test_start_change_stop(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with running(tmp_path) as (daemon, units):
            assert not await daemon.start(), "a second start finds it running"
            define(tmp_path, "/bin/sh", "-c", "echo one; exec sleep 3600")
            await units.start(read_back("h", "app-1"))
            first = await until(units, lambda unit: unit.state == "running")
            assert first.host == "h"
            await says(units, "one")

            define(tmp_path, "/bin/sh", "-c", "echo '100% two'; exec sleep 3600")
            await units.start(read_back("h", "app-1"))
            second = await until(units, lambda unit: unit.state == "running" and unit.pid != first.pid)
            assert not orphans.is_alive(first.pid)
            await says(units, "100% two")

            await units.stop(read_back("h", "app-1"))
            await units.stop(read_back("h", "app-1"))
            assert not orphans.is_alive(second.pid)
            assert await units.list() == ()

    asyncio.run(scenario())


def test_a_killed_process_comes_back(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with running(tmp_path) as (_daemon, units):
            define(tmp_path, "/bin/sleep", "3600")
            await units.start(read_back("h", "app-1"))
            first = await until(units, lambda unit: unit.state == "running")
            send(first.pid)
            await until(units, lambda unit: unit.state == "running" and unit.pid != first.pid)

    asyncio.run(scenario())


def test_one_that_dies_at_once_has_failed(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with running(tmp_path) as (_daemon, units):
            define(tmp_path, "/bin/false")
            await units.start(read_back("h", "app-1"))
            found = await until(units, lambda unit: unit.state == "failed")
            assert found.detail == "it ended with exit status 1"

    asyncio.run(scenario())


def test_what_outlives_its_supervisor_is_found_and_ended(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with running(tmp_path) as (daemon, units):
            define(tmp_path, "/bin/sleep", "3600")
            await units.start(read_back("h", "app-1"))
            left = await until(units, lambda unit: unit.state == "running")
            send(await daemon.pid())
            async with asyncio.timeout(PATIENCE):
                while await daemon.pid():
                    await asyncio.sleep(0.02)
            assert await units.list() == ()
            assert left.pid in orphans.processes_of(tmp_path)
            await orphans.end(orphans.processes_of(tmp_path), 5)
            assert not orphans.is_alive(left.pid)
            assert await daemon.start(), "the stale socket is no hindrance"

    asyncio.run(scenario())


def test_a_long_path_has_its_socket_elsewhere(tmp_path: Path) -> None:
    daemon = Supervisord(tmp_path / ("x" * 90), "test")
    assert len(os.fsencode(daemon.socket)) < 108
    assert daemon.socket != replace(daemon, root=tmp_path / ("y" * 90)).socket


def test_a_stubborn_process_is_killed() -> None:
    async def scenario() -> None:
        script = "trap '' TERM; echo ready; while :; do sleep 0.1; done"
        process = await asyncio.create_subprocess_exec(
            "/bin/sh", "-c", script, stdout=asyncio.subprocess.PIPE, start_new_session=True
        )
        assert process.stdout is not None
        await process.stdout.readline()
        await orphans.end([process.pid], 0.3)
        assert await process.wait() == -signal.SIGKILL
        await process.stdout.read()  # its last `sleep` has the pipe, too: the loop must not be closed before that ends

    asyncio.run(scenario())


@pytest.mark.parametrize("before", ["", "sleep 1.2; "], ids=["at once", "later"])
@pytest.mark.parametrize(
    ("end", "words"),
    [
        ("kill -ILL $$", "it was ended by SIGILL: this processor lacks an instruction that it needs"),
        ("exit 3", "it ended with exit status 3"),
        ("exec ./none", f"it {ended(127)}"),
    ],
)
def test_the_end_of_a_process_is_told(tmp_path: Path, before: str, end: str, words: str) -> None:
    """Also where supervisord's own list says -1, or nothing."""

    async def body() -> None:
        async with running(tmp_path) as (_, units):
            unit = define(tmp_path, "/bin/sh", "-c", f"{before}{end}")
            await units.start(unit.id)
            found = await until(units, lambda each: bool(each.detail))
            assert (found.detail, found.state in ("failed", "starting")) == (words, True)
            single = await units.find(unit.id)
            assert single
            assert single.detail in ("", words), "it may run again"

    asyncio.run(body())


def test_the_last_end_of_each_counts_that_nobody_asked_for() -> None:
    log = """\
2026-11-30 04:52:07,123 INFO spawned: 'a-1' with pid 5
2026-11-30 04:52:07,123 WARN exited: a-1 (exit status 3; not expected)
2026-11-30 04:52:08,123 WARN exited: a-1 (terminated by SIGSEGV (core dumped); not expected)
2026-11-30 04:52:08,123 INFO exited: b-1 (exit status 0; expected)
2026-11-30 04:52:09,123 WARN stopped: b-1 (terminated by SIGKILL)
2026-11-30 04:52:09,123 WARN exited: mongod.c (terminated by signal 36; not expected)
"""
    assert ends_in(log) == {"a-1": -signal.SIGSEGV, "mongod.c": -36}
    again = (
        "2026-11-30 04:52:10,123 INFO success: a-1 entered RUNNING state, process has stayed up for > than 1 seconds\n"
    )
    assert ends_in(log + again) == {"mongod.c": -36}, "it has not ended since"
