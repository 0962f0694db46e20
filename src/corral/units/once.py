"""One command as an instance would run it, once: the shell texts for a process and for a container. Pure.

What is run takes its environment from what the last run has written for the instance, so no secret travels, and none
stands in a command line.
"""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Final

from corral.model.cluster import Cluster, Instance
from corral.model.identity import account, prefix
from corral.shell import beside, call, function
from corral.units import compose

ROLE: Final = "run"
"""In ROLE: neither `web` nor `worker`, so that nothing serves or works through queues because of it."""

SHELL: Final = beside(__file__, "once.sh")
_BECOME: Final = "corral_become"


@dataclass(frozen=True)
class Once:
    """`files` have to be there; `script` runs the command, `ending` ends what a cut session has left of it."""

    files: tuple[PurePosixPath, ...]
    script: str
    ending: str

    @property
    def asking(self) -> str:
        """A script that fails where one of the files is missing."""
        return SHELL.before(call("applied", *self.files))


def name_of(instance: Instance) -> str:
    """What INSTANCE holds: no instance's name ends so."""
    return f"{instance.host.name}-{ROLE}"


def as_process(start_script: PurePosixPath, instance: Instance, command: Sequence[str]) -> str:
    """A shell text that becomes `command` where `start_script` would become the instance.

    That script ends in an `exec`, which is made to mean something else: nothing of it is parsed here. Where it gives
    `env` the names that a shell keeps for itself, they reach the command in the same way.
    """
    words = shlex.join(command)
    own = call("export", f"INSTANCE={name_of(instance)}", f"ROLE={ROLE}")
    carried = f'case $1$3 in /usr/bin/env*CORRAL_CARRIED_*) exec /usr/bin/env -S "$3" {words} ;; esac\n'
    become = function(_BECOME, f"{own}{carried}exec {words}\n")
    return f"{become}alias exec={_BECOME}\n{call('.', start_script)}"


def as_service(
    cluster: Cluster,
    start_script: PurePosixPath,
    open_files: int,
    instance: Instance,
    command: Sequence[str],
    mark: str,
) -> Once:
    """On a host whose instances systemd runs: as their account. `mark` is no other run's."""
    name = f"{_project(cluster)}-{mark}"
    script = call(
        "as_account", account(cluster.name, "app"), name, open_files, as_process(start_script, instance, command)
    )
    return Once((start_script,), SHELL.before(script), SHELL.before(call("end_account", name)))


def in_container(
    cluster: Cluster, environment: PurePosixPath, instance: Instance, command: Sequence[str], mark: str, terminal: bool
) -> Once:
    """On a host whose instances are containers; `environment` is the file that holds the instance's."""
    file, name = instance.host.layout.config / "compose.yaml", f"{_project(cluster)}-{mark}"
    words = (_project(cluster), file, instance.name, name, "" if terminal else "-T", name_of(instance), *command)
    script = compose.SHELL.before(SHELL.before(call("in_container", *words)))
    return Once((file, environment), script, SHELL.before(call("end_container", name)))


def _project(cluster: Cluster) -> str:
    """A compose project beside the cluster's own, whose containers are its instances. No cluster's name has a `_`."""
    return f"{prefix(cluster.name).removesuffix('-')}_{ROLE}"
