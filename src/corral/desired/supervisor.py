"""supervisord as a keeper: a program file for each unit. What it starts belongs to whoever runs Corral."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from pathlib import PurePosixPath
from typing import Final, Literal

from corral.desired import instances, nginx
from corral.desired.gates import health_gate
from corral.desired.keeper import Draft, Part, Program
from corral.desired.parts import HostBuilder, revision
from corral.model.cluster import Cluster, Host, Instance
from corral.model.resources import HostFacts, Unit

START_RETRIES: Final = 1000
"""A process that keeps dying is started again and again, one second later each time, as systemd would."""


class SupervisorKeeper:
    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster

    def owner(self, part: Part) -> str:
        return ""

    def program(self, here: HostBuilder, name: Literal["nginx", "mongod"], facts: HostFacts) -> Program:
        """The machine's own."""
        if name == "nginx":
            return Program(facts.nginx_path, facts.nginx_version)
        return Program(facts.mongod_path, facts.mongod_version)

    def nginx_facts(self, host: Host, program: Program, facts: HostFacts) -> HostFacts:
        return facts

    def checker(self, program: Program) -> str:
        return program.path

    def keep(self, here: HostBuilder, draft: Draft) -> None:
        """A new version of a program counts: its path alone doesn't tell."""
        if draft.unit.role == "proxy":
            self._keep_nginx(here, draft)
        else:
            counts = (*draft.reads, draft.program.path, draft.program.version)
            self._add(here, draft.made(revision(*counts)), draft)

    def _keep_nginx(self, here: HostBuilder, draft: Draft) -> None:
        """By a script: supervisord knows of no process but the one it started."""
        script = here.file(here.host.layout.config / "nginx.sh", nginx.start_script(here.host, draft.unit.program))
        unit = draft.made(revision(script.content, draft.program.version), program=("/bin/sh", script.path))
        self._add(here, unit, draft)

    def instances(self, here: HostBuilder, mine: Sequence[Instance], facts: HostFacts) -> None:
        """Each by a script of its environment; how it is stopped is supervisord's business, so that counts too."""
        app = self._cluster.app
        here.directory(here.host.layout.run)
        if app.storage:
            here.directory(app.storage, 0o700)
        for instance in mine:
            path = instances.script_path(instance)
            script = here.file(path, instances.start_script(app, instance), 0o600)
            program = ("/bin/sh", str(path))
            unit = instances.instance_unit(app, instance, facts, program, str(here.host.layout.run))
            draft = Draft(unit, health_gate(instance), Program("/bin/sh", None))
            self._add(here, draft.made(revision(script.content, app.stop_signal, app.stop_timeout)), draft)

    def _add(self, here: HostBuilder, unit: Unit, draft: Draft) -> None:
        here.unit(unit, draft.gate)
        here.directory(here.host.layout.logs)
        here.file(program_path(here.host, unit.name), program(unit, here.host))


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
