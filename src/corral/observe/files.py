"""Corral's own files on a host, read in one round trip."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from typing import Final

from corral.errors import Unreachable
from corral.language import tr
from corral.model.cluster import Host
from corral.model.resources import Directory, File, FileRecord, digest
from corral.observe.tar_stream import entries
from corral.problems import Problem
from corral.secrets import Secrets, redactor
from corral.shell import beside, call
from corral.transport.base import Transport

STAMPS = "revisions"
"""The directory below `layout.state` with the revision that each unit runs."""
RECORDS = "files"
"""The directory below `layout.state` with a note on each file that Corral has written."""


_FILES: Final = beside(__file__, "files.sh")


def record_path(state: str, path: str) -> str:
    """The path of the note on the file `path`."""
    return f"{state}/{RECORDS}/{hashlib.sha256(path.encode()).hexdigest()[:16]}"


def split_records(files: Iterable[File]) -> tuple[list[File], list[FileRecord]]:
    """Corral's files without its notes on files, and the notes. A note that can't be read is left out."""
    rest: list[File] = []
    records: list[FileRecord] = []
    for file in files:
        state, mark, name = file.path.rpartition(f"/{RECORDS}/")
        if not mark or "/" in name:
            rest.append(file)
            continue
        word, _, described = file.content.rstrip("\n").partition(" ")
        written, _, path = described.partition(" ")
        if word in ("pending", "done") and path and record_path(state, path) == file.path:
            records.append(FileRecord(file.host, path, written, word == "pending"))
    return rest, records


def owned_directories(host: Host) -> list[str]:
    """The directories in which every file is Corral's own."""
    return [str(host.layout.config), str(host.layout.state / STAMPS), str(host.layout.state / RECORDS)]


async def observe_files(
    transport: Transport, host: Host, secrets: Secrets, roots: Sequence[str], directories: Sequence[str] = ()
) -> tuple[list[File], list[Directory]]:
    """The files below `roots`, and which of `directories` exist. Raises errors.Unreachable.

    Known secrets are replaced by their references, so that contents compare with the wanted ones and can be shown.
    """
    script = _FILES.before(f"{call('known', *directories)}{call('archive', *roots)}")
    completed = await transport.run(host.name, script)
    if completed.code != 0:
        message = tr("{host}: Corral's files can't be read: {error}", host=host.name, error=completed.error)
        raise Unreachable(Problem("unreadable", "error", message, where=host.name))
    known = completed.stderr.decode(errors="replace").splitlines()
    return _untar(host.name, completed.stdout, secrets), [Directory(host.name, path) for path in known]


def _untar(host: str, stream: bytes, secrets: Secrets) -> list[File]:
    redact = redactor(secrets)
    return [
        File(host, entry.path, redact(entry.content.decode(errors="replace")), entry.mode, raw=digest(entry.content))
        for entry in (entries(stream) if stream else ())
    ]
