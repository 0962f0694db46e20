"""Fixtures of the tests of transports."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.unit.transport.places import KINDS, Play, player
from tests.unit.transport.sshd import new_key


@pytest.fixture(params=KINDS)
def play(request: pytest.FixtureRequest, tmp_path: Path) -> Play:
    return player(request.param, tmp_path)


@pytest.fixture(params=[kind for kind in KINDS if kind != "fake"])
def play_real(request: pytest.FixtureRequest, tmp_path: Path) -> Play:
    """Without the fake: what a real shell and a real file system make of it."""
    return player(request.param, tmp_path)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty home directory, and no agent."""
    home = tmp_path / "user"
    (home / ".ssh").mkdir(parents=True)
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.delenv("SSH_AUTH_SOCK", raising=False)
    return home


@pytest.fixture
def agent(tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[int], None]]:
    """A real ssh-agent; calling it adds the key of a number."""
    socket = tmp_path / "agent"
    process = subprocess.Popen(["ssh-agent", "-D", "-a", socket], stdout=subprocess.DEVNULL)
    while not socket.exists():
        assert process.poll() is None
    monkeypatch.setenv("SSH_AUTH_SOCK", str(socket))

    def add(number: int) -> None:
        file = tmp_path / f"agent-key-{number}"
        new_key(number).write_private_key(file)
        file.chmod(0o600)
        subprocess.run(["ssh-add", "-q", file], check=True)
        file.unlink()

    yield add
    process.terminate()
    process.wait()
