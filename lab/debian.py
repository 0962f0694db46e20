"""A Debian system of a few packages, made by debootstrap, as a docker image."""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from lab import mounts
from lab.apt import SUITE, settings
from lab.docker import command
from lab.errors import LabError
from lab.places import KEPT, LOGS
from lab.processes import run_to_log

LOG: Final = LOGS / "image.log"
_WORK: Final = KEPT / "build"


@dataclass(frozen=True)
class System:
    """`files`: path without the first slash to mode and text; `finish`: a shell's text for the new root, and
    its words; `changes`: instructions of a Dockerfile."""

    packages: Sequence[str]
    finish: Sequence[str]
    files: Mapping[str, tuple[int, str]] = field(default_factory=dict)
    changes: Sequence[str] = ()


def build(system: System, name: str) -> None:
    """Raises LabError with the log's place. What a killed build left is removed first."""
    mounts.remove_tree(_WORK)
    _WORK.mkdir(parents=True)
    root = Path(tempfile.mkdtemp(dir=_WORK)) / "root"  # a killed build's debootstrap may still write to another
    root.mkdir(mode=0o755)
    try:
        LOG.unlink(missing_ok=True)
        run_to_log(debootstrap(system, root), LOG)
        _write_files(root, system.files)
        run_to_log(["chroot", str(root), "sh", "-c", *system.finish], LOG)
        _import(root, name, system.changes)
    finally:
        mounts.remove_tree(_WORK)


def debootstrap(system: System, root: Path) -> list[str]:
    mirror = settings().mirror
    words = ["debootstrap", "--variant=minbase", f"--include={','.join(system.packages)}", SUITE, str(root)]
    return [*words, mirror] if mirror else words


def _write_files(root: Path, files: Mapping[str, tuple[int, str]]) -> None:
    for name, (mode, text) in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.unlink(missing_ok=True)
        path.write_text(text)
        path.chmod(mode)


def _import(root: Path, name: str, instructions: Sequence[str]) -> None:
    tar = ["tar", "--directory", str(root), "--one-file-system", "--create", "."]
    changes = [f"--change={instruction}" for instruction in instructions]
    with subprocess.Popen(tar, stdout=subprocess.PIPE) as packed:
        load = command("import", *changes, "-", name)
        done = subprocess.run(load, stdin=packed.stdout, capture_output=True, check=False)
    if done.returncode != 0 or packed.returncode != 0:
        raise LabError(f"docker import: {done.stderr.decode(errors='replace').strip() or 'tar failed'}")
