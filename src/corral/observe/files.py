"""Corral's own files on a host, read in one round trip."""

from __future__ import annotations

import io
import shlex
import tarfile
from collections.abc import Sequence

from corral.errors import Unreachable
from corral.model.cluster import Host
from corral.model.resources import Directory, File
from corral.problems import Problem
from corral.secrets import Secrets, redact
from corral.transport.base import Transport

STAMPS = "revisions"
"""The directory below `layout.run` where each unit's running revision is written down."""


def _archive(directories: Sequence[str]) -> str:
    """A POSIX sh script that writes the files of those of `directories` that exist to stdout, as one tar stream."""
    names = " ".join(shlex.quote(directory) for directory in directories)
    return (
        f'set --\nfor directory in {names}; do [ -d "$directory" ] && set -- "$@" "$directory"; done\n'
        '[ $# -eq 0 ] || tar -P -cf - -- "$@"\n'
    )


def owned_directories(host: Host) -> list[str]:
    """The directories in which every file is Corral's own."""
    return [str(host.layout.config), str(host.layout.run / STAMPS)]


async def observe_files(
    transport: Transport, host: Host, secrets: Secrets, roots: Sequence[str], directories: Sequence[str] = ()
) -> tuple[list[File], list[Directory]]:
    """The files below `roots`, and which of `directories` exist. Raises errors.Unreachable.

    Known secrets are replaced by their references, so that contents compare with the wanted ones and can be shown.
    """
    probes = "".join(
        f"[ -d {shlex.quote(directory)} ] && printf '%s\\n' {shlex.quote(directory)} >&2\n" for directory in directories
    )
    completed = await transport.run(host.name, f"{probes}{_archive(roots)}")
    if completed.code != 0:
        message = f"{host.name}: Corral's files can't be read: {completed.error}"
        raise Unreachable(Problem("unreadable", "error", message, where=host.name))
    known = completed.stderr.decode(errors="replace").splitlines()
    return _untar(host.name, completed.stdout, secrets), [Directory(host.name, path) for path in known]


def _untar(host: str, stream: bytes, secrets: Secrets) -> list[File]:
    if not stream:
        return []
    files = []
    with tarfile.open(fileobj=io.BytesIO(stream)) as archive:
        for entry in archive:
            content = archive.extractfile(entry) if entry.isfile() else None
            if content is None:
                continue
            text = content.read().decode(errors="replace")
            path = entry.name if entry.name.startswith("/") else f"/{entry.name}"
            files.append(File(host, path, redact(text, secrets), entry.mode & 0o7777))
    return files
