"""Running npm so that what it does depends on the lock, not on what somebody set for other work."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from .failure import InstallError
from .npm_errors import explain

OPTIONS = (
    "--no-audit",
    "--no-fund",
    "--no-update-notifier",
    "--no-progress",
    "--no-color",
    "--no-dry-run",
    "--no-engine-strict",
    "--no-force",
    "--no-global",
    "--no-package-lock-only",
    "--no-offline",
    "--no-prefer-online",
    "--prefer-offline",
    "--package-lock",
    "--bin-links",
    "--legacy-peer-deps",
    "--include=optional",
    "--install-strategy=hoisted",
    "--loglevel=http",
    "--fetch-timeout=120000",  # ms for one file; the largest has 47 MB
    "--fetch-retries=2",
    "--fetch-retry-mintimeout=1000",
    "--fetch-retry-maxtimeout=5000",
)
LOOK_EVERY = 0.25
"""Seconds between looks at a running npm."""
ENDS_WITHIN = 5.0
"""Seconds for an interrupted npm to leave by itself."""

Look = Callable[[Path], None]


def _unseen(_log: Path) -> None:
    """Nobody looks."""


@dataclass(frozen=True)
class Npm:
    """One way to call npm: by `command`, with `environment` on top of this process's own; output goes to `logs`."""

    command: tuple[str, ...]
    logs: Path
    environment: Mapping[str, str]

    def run(self, arguments: Sequence[str], directory: Path, look: Look = _unseen) -> None:
        """Calls `look` with npm's log while npm works. Raises InstallError; an interruption ends npm too."""
        log = self.logs / f"npm-{arguments[0]}-{directory.name}.log"
        with log.open("wb") as output:
            process = subprocess.Popen(
                [*self.command, arguments[0], *OPTIONS, *arguments[1:]],  # the later of two options counts
                cwd=directory,
                env=self._environment(),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
            code = _wait(process, lambda: look(log))
        if code:
            raise InstallError(explain(code, log, self.registry()))

    def registry(self) -> str:
        """The registry's address as configured, without credentials; empty when npm doesn't tell."""
        command = [*self.command, "config", "get", "registry"]
        try:
            run = subprocess.run(
                command, env=self._environment(), capture_output=True, text=True, timeout=10, check=False
            )
        except (OSError, subprocess.TimeoutExpired):
            return ""
        return re.sub(r"//[^/@]*@", "//", run.stdout.strip()) if run.returncode == 0 else ""

    def _environment(self) -> dict[str, str]:
        """NODE_OPTIONS and NODE_ENV are meant for other programs; npm also takes settings from variables."""
        inherited = {key: value for key, value in os.environ.items() if not _misleads(key)}
        return {**inherited, **self.environment}


def _misleads(variable: str) -> bool:
    name = variable.lower()
    if name in {"node_options", "node_env", "node_path", "init_cwd"}:
        return True
    return name.removeprefix("npm_config_") in {
        "nodedir", "target", "runtime", "arch", "platform", "disturl", "python", "prefix", "omit", "only", "production",
        "ignore_scripts", "script_shell", "workspace", "workspaces", "build_from_source",
    } and name.startswith("npm_config_")  # fmt: skip


def _wait(process: subprocess.Popen[bytes], look: Callable[[], None]) -> int:
    try:
        while True:
            try:
                return process.wait(LOOK_EVERY)
            except subprocess.TimeoutExpired:
                look()
    finally:
        _end(process)


def _end(process: subprocess.Popen[bytes]) -> None:
    """npm and what it started: they are a group of their own."""
    deadline = time.monotonic() + ENDS_WITHIN
    number = signal.SIGTERM
    while process.poll() is None:
        os.killpg(process.pid, number)
        try:
            process.wait(max(deadline - time.monotonic(), LOOK_EVERY))
        except subprocess.TimeoutExpired:
            number = signal.SIGKILL
