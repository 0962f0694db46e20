"""The application's instances as start scripts: what a process is given, in one place that people can read."""

from __future__ import annotations

import shlex
from pathlib import PurePosixPath

from corral.model.cluster import Application, Instance

_HEADER = "#!/bin/sh\n# Written by Corral; the next run writes it anew. The values come from the cluster file.\n"


def script_path(instance: Instance) -> PurePosixPath:
    return instance.host.layout.config / "instances" / f"{instance.name}.sh"


def start_script(app: Application, instance: Instance) -> str:
    """A POSIX sh script that becomes the instance. Secrets are references, so this is safe to show."""
    exports = "".join(f"export {name}={shlex.quote(value)}\n" for name, value in instance.environment)
    directory = shlex.quote(str(app.directory))
    return f"{_HEADER}{exports}cd {directory} || exit 1\nexec {shlex.join(instance.command)}\n"
