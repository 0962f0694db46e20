"""Archives of which the same files make the same bytes, each with its digest beside it."""

from __future__ import annotations

import hashlib
import io
import tarfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_BLOCK: Final = 1 << 20


@dataclass(frozen=True)
class Member:
    """`content`: the bytes themselves, or the file that has them."""

    content: bytes | Path
    executable: bool = False


def members_of(directory: Path) -> dict[str, Member]:
    """All files below it, by their path; what is a link is taken for what it points to."""
    files = (path for path in directory.rglob("*") if path.is_file())
    return {str(path.relative_to(directory)): Member(path, bool(path.stat().st_mode & 0o111)) for path in files}


def pack(archive: Path, members: Mapping[str, Member]) -> str:
    """Writes an uncompressed tar and its `.sha256`, and gives the digest. Sorted; no times, no owners."""
    new = archive.with_name(archive.name + ".new")
    with tarfile.open(new, "w", format=tarfile.PAX_FORMAT) as tar:
        for directory in sorted(_directories(members)):
            entry = tarfile.TarInfo(directory)
            entry.type, entry.mode = tarfile.DIRTYPE, 0o755
            tar.addfile(entry)
        for name, member in sorted(members.items()):
            _add(tar, name, member)
    new.rename(archive)
    return seal(archive)


def seal(archive: Path) -> str:
    """Writes the `.sha256` beside it, as sha256sum does, and gives the digest."""
    digest = hashlib.sha256()
    with archive.open("rb") as file:
        while block := file.read(_BLOCK):
            digest.update(block)
    beside(archive, ".sha256").write_text(f"{digest.hexdigest()}  {archive.name}\n")
    return digest.hexdigest()


def is_made_of(archive: Path, inputs: str) -> bool:
    """Whether it is there and was made of these `inputs` (a digest)."""
    record = beside(archive, ".inputs")
    return all(path.exists() for path in (archive, beside(archive, ".sha256"), record)) and record.read_text() == inputs


def record(archive: Path, inputs: str) -> None:
    """After it is whole, so that one that was interrupted is made again."""
    beside(archive, ".inputs").write_text(inputs)


def beside(archive: Path, ending: str) -> Path:
    return archive.with_name(archive.name + ending)


def _directories(members: Mapping[str, Member]) -> set[str]:
    return {str(parent) for name in members for parent in Path(name).parents} - {"."}


def _add(tar: tarfile.TarFile, name: str, member: Member) -> None:
    entry = tarfile.TarInfo(name)
    entry.mode = 0o755 if member.executable else 0o644
    if isinstance(member.content, bytes):
        entry.size = len(member.content)
        tar.addfile(entry, io.BytesIO(member.content))
    else:
        entry.size = member.content.stat().st_size
        with member.content.open("rb") as file:
            tar.addfile(entry, file)
