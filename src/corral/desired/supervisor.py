"""Units as supervisord's program files: what keeps the playground's processes running."""

from __future__ import annotations

import shlex
from pathlib import PurePosixPath
from typing import Final

from corral.model.cluster import Host
from corral.model.resources import Unit

START_RETRIES: Final = 1000
"""A process that keeps dying is started again and again, one second later each time, as systemd would."""


def log_path(host: Host, unit: str) -> PurePosixPath:
    """Where a unit's output is kept; supervisord rotates it."""
    return host.layout.logs / f"{unit}.log"


def program_path(host: Host, unit: str) -> PurePosixPath:
    return host.layout.config / "units" / f"{unit}.conf"


def program(unit: Unit, host: Host) -> str:
    """The `[program:x]` section that runs `unit`.

    `%` is supervisord's own escape and is doubled; the command is split by a shell's rules.
    """
    lines = {
        "command": shlex.join(unit.program),
        "directory": unit.directory,
        "autostart": "false",
        "autorestart": "true",
        "startsecs": "1",
        "startretries": str(START_RETRIES),
        "stopsignal": unit.stop_signal,
        "stopwaitsecs": str(max(1, round(unit.stop_timeout))),
        "stopasgroup": "true",
        "killasgroup": "true",
        "redirect_stderr": "true",
        "stdout_logfile": str(log_path(host, unit.name)),
        "stdout_logfile_maxbytes": "10MB",
        "stdout_logfile_backups": "3",
    }
    body = "".join(f"{key} = {value.replace('%', '%%')}\n" for key, value in lines.items())
    return f"[program:{unit.name}]\n{body}"
