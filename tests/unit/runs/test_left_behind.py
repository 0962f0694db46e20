"""What a run that was killed leaves on a host: scripts that go on, half of an archive, a process that nobody reaps."""

from __future__ import annotations

import asyncio
import fcntl
import hashlib
import io
import os
import subprocess
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from corral.execute.scripts import script_of
from corral.execute.software_scripts import unpack_command
from corral.model.resources import File
from corral.plan.actions import WriteFile
from corral.runs import lock_file
from corral.runs.lock_file import Claim, process_of
from corral.transport.alone import alone
from corral.transport.local import LocalTransport
from tests.patience import PATIENCE
from tests.unit.runs.lock_hosts import ANNA


@contextmanager
def somebody_at_work(state: Path) -> Iterator[None]:
    state.mkdir(parents=True, exist_ok=True)
    with (state / "working").open("a") as guard:
        fcntl.flock(guard, fcntl.LOCK_EX)
        yield


def texts(tmp_path: Path, state: Path) -> dict[str, str]:
    write = WriteFile(File("h", str(tmp_path / "new"), "content"), "", "")
    return {"change": script_of([write], str(state), {}), "take": lock_file.take(str(state), Claim(ANNA, "now", "t1"))}


@pytest.mark.parametrize("what", ["change", "take"])
def test_what_changes_a_host_waits_for_the_script_that_is_still_at_work(tmp_path: Path, what: str) -> None:
    """A change does nothing until then; a lock is taken already, so that nobody comes in between."""
    state = tmp_path / "state"
    text = texts(tmp_path, state)[what]
    with somebody_at_work(state):
        waiting = subprocess.Popen(["sh", "-c", text], stdout=subprocess.PIPE)
        with pytest.raises(subprocess.TimeoutExpired):
            waiting.wait(0.3)
        assert not (tmp_path / "new").exists()
    waiting.communicate(timeout=PATIENCE)
    assert waiting.returncode == 0
    assert (tmp_path / "new").exists() == (what == "change")


def test_the_wait_has_an_end_that_is_told(tmp_path: Path) -> None:
    with somebody_at_work(tmp_path):
        done = asyncio.run(LocalTransport().run("h", f"{alone(str(tmp_path), 0)}echo on\n"))
    assert (done.code, done.stdout, done.error) == (75, b"", "a script of an earlier run is still at work there")


def test_where_no_run_has_begun_nobody_waits(tmp_path: Path) -> None:
    done = asyncio.run(LocalTransport().run("h", f"{alone(str(tmp_path / 'none'))}echo on\n"))
    assert (done.code, done.text) == (0, "on\n")
    assert not (tmp_path / "none").exists()


def archive() -> bytes:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w") as tar:
        member = tarfile.TarInfo("bin/program")
        member.size = 1 << 20
        tar.addfile(member, io.BytesIO(os.urandom(member.size)))
    return file.getvalue()


def unpack(place: Path, content: bytes, sent: int) -> subprocess.CompletedProcess[bytes]:
    """Of `content` the first `sent` bytes, over a connection that is cut then: nobody reads what is said."""
    command = unpack_command(str(place), hashlib.sha256(content).hexdigest())
    reader, writer = os.pipe()
    os.close(reader)
    try:
        return subprocess.run(["sh", "-c", command], input=content[:sent], stderr=writer, check=False, timeout=PATIENCE)
    finally:
        os.close(writer)


def test_half_of_an_archive_leaves_nothing(tmp_path: Path) -> None:
    content = archive()
    assert unpack(tmp_path / "opt" / "program", content, len(content) // 2).returncode != 0
    assert list((tmp_path / "opt").iterdir()) == []


def test_what_a_power_cut_has_left_goes_and_what_is_being_unpacked_stays(tmp_path: Path) -> None:
    left, busy = tmp_path / ".corral-unpack.left00", tmp_path / ".corral-unpack.busy00"
    for directory in (left, busy):
        directory.mkdir()
        (directory / "archive").write_bytes(b"half")
    content = archive()
    descriptor = os.open(busy, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        assert unpack(tmp_path / "program", content, len(content)).returncode == 0
    finally:
        os.close(descriptor)
    assert sorted(path.name for path in tmp_path.iterdir()) == [busy.name, "program"]
    assert (tmp_path / "program" / "bin" / "program").stat().st_size == 1 << 20


def test_a_process_that_has_ended_and_was_not_waited_for_is_none() -> None:
    ended = subprocess.Popen(["sh", "-c", "read line"], stdin=subprocess.PIPE)
    assert process_of(ended.pid)
    ended.kill()
    os.waitid(os.P_PID, ended.pid, os.WEXITED | os.WNOWAIT)  # it stays what is called a zombie
    assert process_of(ended.pid) == ""
    ended.wait()


def holder(pid: int) -> Claim:
    """A claim of another process of this machine with the number `pid`."""
    place = process_of(os.getpid()).partition(" ")[0]
    return Claim(replace(ANNA, pid=pid), "now", "t1", f"{place} {pid}/1")


def test_a_process_that_the_system_hides_is_not_taken_for_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    """As hidepid does with what other accounts run."""
    ended = subprocess.Popen(["true"])
    ended.wait()
    assert holder(os.getppid()).is_left_behind()  # another one has this number now

    def hidden(pid: int) -> tuple[str, str]:
        if pid != os.getpid():
            raise PermissionError
        return "R", "1"

    monkeypatch.setattr(lock_file, "_state_and_begin", hidden)
    assert not holder(os.getppid()).is_left_behind()
    assert holder(ended.pid).is_left_behind()
