"""The lab's own dockerd and containerd: they share nothing with a docker of the machine, and end with the last lab."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Final

from lab import mounts
from lab.docker import try_docker
from lab.errors import LabError
from lab.places import KEPT, LOGS, RUNNING, SOCKET
from lab.processes import step, wait_for

CONTAINERD: Final = RUNNING / "containerd"
CONTAINERD_SOCKET: Final = CONTAINERD / "containerd.sock"
START: Final = 60.0
"""Seconds; a start takes 1 s, and some more when dead containers are to be cleared away."""

_CONTAINERD_SETTINGS: Final = f"""\
version = 2
root = "{KEPT / "containerd"}"
state = "{CONTAINERD / "state"}"
disabled_plugins = ["io.containerd.grpc.v1.cri"]
[grpc]
  address = "{CONTAINERD_SOCKET}"
[debug]
  level = "warn"
"""
_DOCKERD: Final = (
    "dockerd",
    f"--data-root={KEPT / 'docker'}",
    f"--exec-root={RUNNING / 'exec'}",
    f"--pidfile={RUNNING / 'docker.pid'}",
    f"--host=unix://{SOCKET}",
    f"--containerd={CONTAINERD_SOCKET}",  # without it, it would take that of the machine's docker
    "--bridge=none",
    "--iptables=false",  # network.py adds the three rules that are needed, and takes them away again
    "--ip6tables=false",
    "--ip-forward=false",
    "--ip-masq=false",
    "--log-level=warn",
    "--log-opt=max-size=10m",
)


def answers() -> bool:
    """Both: dockerd answers for a while when its containerd is gone."""
    return _listens(CONTAINERD_SOCKET) and _listens(SOCKET) and try_docker("version", timeout=20).returncode == 0


def start() -> None:
    """Starts them if dockerd doesn't answer. Raises LabError with the log's place when one doesn't come up."""
    if answers():
        return
    with step("started the lab's own dockerd"):
        stop()
        CONTAINERD.mkdir(parents=True, exist_ok=True)
        settings = CONTAINERD / "config.toml"
        settings.write_text(_CONTAINERD_SETTINGS)
        containerd = _spawn("containerd", "--config", str(settings))
        _wait(containerd, lambda: _listens(CONTAINERD_SOCKET), "containerd")
        _wait(_spawn(*_DOCKERD), answers, "dockerd")


def stop() -> None:
    """Ends both, also what a crash left of them. Raises LabError if one stays."""
    for name in ("dockerd", "containerd"):
        _end(name)
    for stale in (RUNNING / "docker.pid", SOCKET, CONTAINERD_SOCKET):
        stale.unlink(missing_ok=True)


def leave() -> None:
    """`stop`, and nothing of theirs stays mounted or in /run. Only when no container is left."""
    stop()
    mounts.unmount_below(KEPT)
    for directory in (CONTAINERD, RUNNING / "exec"):
        mounts.remove_tree(directory)


def _listens(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as connection, contextlib.suppress(OSError):
        connection.connect(str(path))
        return True
    return False


def _spawn(*command: str) -> subprocess.Popen[bytes]:
    """In a session of its own, so that it outlives this command and the terminal."""
    LOGS.mkdir(parents=True, exist_ok=True)
    with _log(command[0]).open("ab") as log:
        return subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd="/", start_new_session=True
        )


def _wait(child: subprocess.Popen[bytes], ready: Callable[[], bool], name: str) -> None:
    wait_for(lambda: ready() or child.poll() is not None, f"{name} answers; its log is {_log(name)}", within=START)
    if child.poll() is not None:
        lines = _log(name).read_text(errors="replace").splitlines() or ["it said nothing"]
        raise LabError(f"{name} ended with status {child.returncode}: {lines[-1]}", f"its log is {_log(name)}")


def _log(name: str) -> Path:
    return LOGS / f"{name}.log"


def _end(name: str) -> None:
    """Asked first, and killed after 30 s: dockerd stops the containers that still run."""
    for number, patience in ((signal.SIGTERM, 30.0), (signal.SIGKILL, 10.0)):
        for pid in _pids(name):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)
        try:
            return wait_for(lambda: not _pids(name), f"the lab's {name} ends", within=patience)
        except LabError:
            if number == signal.SIGKILL:
                raise
    return None


def _pids(name: str) -> list[int]:
    """Found by their arguments: a pid file may name a number that is another's by now."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            words = (entry / "cmdline").read_bytes().decode(errors="replace").split("\0")
            if Path(words[0]).name == name and any(str(RUNNING) in word for word in words[1:]):
                found.append(int(entry.name))
    return found
