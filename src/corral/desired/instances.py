"""The application's instances: their units, and as start scripts what a process is given."""

from __future__ import annotations

import re
import shlex
from pathlib import PurePosixPath
from typing import Final

from corral.desired.gates import lane
from corral.desired.templating import render
from corral.model.cluster import Application, Host, Instance
from corral.model.resources import HostFacts, Unit
from corral.secrets import has_reference, shell_word

OPEN_FILES: Final = 16384
"""What an instance may have open on a real host: as many as each nginx worker. A limit above the one that docker itself
has keeps a container from starting."""
_HEAD: Final = "# Written by Corral; the next run writes it anew. The values come from the cluster file."


_SHELLS_OWN: Final = re.compile(
    r"_|BASH.*|COMP_.*|DIRSTACK|EPOCHREALTIME|EPOCHSECONDS|E?[UG]ID|FUNCNAME|GROUPS|HISTCMD|HOSTTYPE|IFS|KSH_VERSION|LINENO"
    r"|MACHTYPE|OLDPWD|OPTARG|OPTERR|OPTIND|OSTYPE|PIPESTATUS|POSIXLY_CORRECT|PPID|PS[1-4]|PWD|RANDOM|SECONDS|SHELLOPTS"
    r"|SHLVL|SRANDOM|TIMEFORMAT|TMOUT|USERNAME|ZSH.*"
)
"""Names that one of the shells behind /bin/sh (bash, dash, ksh, zsh) sets by itself, or obeys."""
_CARRIED: Final = "CORRAL_CARRIED_{}"
"""What carries such a value through the shell: env's option -S puts it in, out of its own environment, so that it never
stands in a command line."""


def places(host: Host) -> PurePosixPath:
    """The directory of what each instance of `host` is started with."""
    return host.layout.config / "instances"


def script_path(instance: Instance) -> PurePosixPath:
    return places(instance.host) / f"{instance.name}.sh"


def start_script(app: Application, instance: Instance, head: str = _HEAD) -> str:
    """A POSIX sh script that becomes the instance. Secrets are references, so this is safe to show."""
    own = [name for name, _ in instance.environment if _SHELLS_OWN.fullmatch(name)]
    return render(
        "start-instance.j2",
        head=head,
        exports=[
            (_CARRIED.format(name) if name in own else name, shell_word(value)) for name, value in instance.environment
        ],
        own=" ".join(
            [f"-u {_CARRIED.format(name)}" for name in own] + [f"{name}=${{{_CARRIED.format(name)}}}" for name in own]
        ),
        directory=shlex.quote(str(app.directory)),
        command=shlex.join(instance.command),
    )


def version_of(instance: Instance) -> str:
    """What people are shown: empty where it is a value from outside, which may be a secret."""
    version = dict(instance.environment).get("VERSION", "")
    return "" if has_reference(version) else version


def instance_unit(
    app: Application, instance: Instance, facts: HostFacts, program: tuple[str, ...], directory: str
) -> Unit:
    """`instance` as a process that is kept running, by whatever keeps it; without a revision."""
    return Unit(
        host=instance.host.name,
        name=instance.name,
        role=instance.role,
        revision="",
        program=program,
        directory=directory,
        address=instance.host.address,
        port=instance.port,
        stop_signal=app.stop_signal,
        stop_timeout=app.stop_timeout,
        drain=app.drain,
        lane=lane(app, facts),
        version=version_of(instance),
    )
