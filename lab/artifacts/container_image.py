"""The same release as a docker image, for `docker load` on hosts that reach no registry."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from lab import apt, debian, image, machine
from lab.artifacts import archive
from lab.debian import System
from lab.docker import docker, inspect, try_docker
from lab.processes import step
from lab.turn import turn

NAME: Final = "noticeboard-image.tar"
TAG: Final = "noticeboard:1.0"

FINISH: Final = Path(__file__).with_name("finish.sh").read_text()
_PYTHON: Final = System(
    packages=("python3",),
    finish=(FINISH,),
)
"""A small Debian with the whole of Python's library, of which asyncio is a part."""
_SETTINGS: Final = (
    "USER noticeboard",
    "ENV HOST=0.0.0.0",  # its own default is 127.0.0.1, where nobody from outside the container comes
    "WORKDIR /opt/noticeboard",
    'CMD ["/opt/noticeboard/bin/noticeboard"]',
)
_COMPILE: Final = ("python3", "-m", "compileall", "-q", "/opt/noticeboard/lib")
"""As a user who can't write there it would be compiled at each start, which takes longer than the start."""


def make(directory: Path, release: Path, more: Sequence[str] = ()) -> Path:
    """`release`: the archive that noticeboard.py makes. Made anew when that has changed. Raises LabError.

    With `more` settings it is another image of the same name.
    """
    target, settings = directory / NAME, (*_SETTINGS, *more)
    base = f"{image.REPOSITORY}/python:{_digest([apt.SUITE, *vars(_PYTHON).values()])[:12]}"
    inputs = _digest([base, archive.beside(release, ".sha256").read_text(), settings, _COMPILE])
    if not archive.is_made_of(target, inputs):
        machine.prepare()
        with turn():
            _ensure_base(base)
            _save(base, release, target, settings)
        archive.seal(target)
        archive.record(target, inputs)
    return target


def _ensure_base(name: str) -> None:
    if inspect("image", "inspect", name) is None:
        with step("built the system of the noticeboard's image"):
            debian.build(_PYTHON, name)
        image.remove_but({name}, "python")


def _save(base: str, release: Path, target: Path, settings: Sequence[str]) -> None:
    """The image itself goes again: the archive is what is wanted."""
    container = f"{image.REPOSITORY}-noticeboard"
    try_docker("rm", "--force", container)
    try:
        docker("create", "--name", container, "--network=none", base, *_COMPILE)
        docker("cp", "-", f"{container}:/opt/noticeboard", stdin=release.read_bytes())
        docker("start", "--attach", container)
        docker("commit", *(f"--change={setting}" for setting in settings), container, TAG)
        docker("save", "--output", str(target), TAG)
    finally:
        try_docker("rm", "--force", container)
        try_docker("rmi", TAG)


def _digest(parts: list[object]) -> str:
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()
