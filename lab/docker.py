"""The docker client, always against the lab's own daemon."""

from __future__ import annotations

import json
import subprocess
from typing import Any

from lab.places import SOCKET
from lab.processes import attempt, run


def command(*words: str) -> list[str]:
    return ["docker", "--host", f"unix://{SOCKET}", *words]


def docker(*words: str, stdin: bytes | None = None, timeout: float = 600) -> str:
    """Raises LabError when it fails."""
    return run(command(*words), stdin=stdin, timeout=timeout)


def try_docker(*words: str, timeout: float = 60) -> subprocess.CompletedProcess[bytes]:
    """The status is the caller's to judge."""
    return attempt(command(*words), timeout=timeout)


def rows(*words: str) -> list[dict[str, Any]]:
    """A listing of docker's (`ps -a`, `images`), each row as docker's own JSON object. Raises LabError."""
    return [json.loads(line) for line in docker(*words, "--format", "{{json .}}").splitlines()]


def inspect(*words: str) -> dict[str, Any] | None:
    """The first object of `docker WORDS…`, such as `network inspect NAME`; None when there is no such thing."""
    done = try_docker(*words)
    if done.returncode != 0:
        return None
    found: list[dict[str, Any]] = json.loads(done.stdout)
    return found[0] if found else None
