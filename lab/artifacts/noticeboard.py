"""A release of the example application, as a user would pack one of theirs: `bin/noticeboard` and all that it needs."""

from __future__ import annotations

import hashlib
import json
import platform
import tempfile
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Final

from lab.artifacts import archive
from lab.artifacts.archive import Member
from lab.artifacts.programs import python
from lab.errors import LabError
from lab.places import CHECKOUT
from lab.processes import run

NAME: Final = "noticeboard.tar"
NEEDED: Final = (
    "anyio",
    "click",
    "dnspython",
    "h11",
    "idna",
    "pymongo",
    "python-multipart",
    "starlette",
    "typing-extensions",
    "uvicorn",
    "websockets",
)
"""What the application imports, and what that needs in its turn."""
_OWN: Final = ("corral/__init__.py", "corral/noticeboard")
"""Of src/: an application that knows nothing of Corral wants nothing else of it."""
_PLATFORMS: Final = ("manylinux_2_28", "manylinux_2_17", "manylinux2014")
"""All that run on Debian 12, whose glibc is 2.36; its Python is 3.11, whichever this machine has."""
_START: Final = Path(__file__).with_suffix(".sh").read_text()
_PIPS_OWN: Final = ("RECORD", "INSTALLER", "REQUESTED", "direct_url.json")


def make(directory: Path) -> Path:
    """Made anew when the application or a lock has changed. Raises LabError when pip fails."""
    target = directory / NAME
    lock = subset((CHECKOUT / "requirements" / "playground.txt").read_text(), NEEDED)
    own = dict(_own_files(CHECKOUT / "src"))
    inputs = _digest(lock, own)
    if not archive.is_made_of(target, inputs):
        with tempfile.TemporaryDirectory(dir=directory) as scratch:
            libraries = _install(lock, Path(scratch))
            members = {f"lib/{name}": member for name, member in (_kept(libraries) | own).items()}
            archive.pack(target, members | {"bin/noticeboard": Member(_START.encode(), executable=True)})
        archive.record(target, inputs)
    return target


def subset(lock: str, names: Collection[str]) -> str:
    """The blocks of a lock file that pin `names`, with their hashes. Raises LabError when one is missing."""
    lines: list[str] = []
    found: set[str] = set()
    wanted = False
    for line in lock.splitlines():
        if line and not line[0].isspace():
            name = line.split("==")[0].strip()
            wanted = name in names
            found.update({name} & set(names))
        if wanted:
            lines.append(line)
    if missing := set(names) - found:
        raise LabError(f"requirements/playground.txt doesn't pin {', '.join(sorted(missing))}", "make lock")
    return "\n".join(lines) + "\n"


def _install(lock: str, scratch: Path) -> Path:
    """Wheels only, for the hosts' Python: nothing is compiled, so the files are the same each time."""
    requirements = scratch / "requirements.txt"
    requirements.write_text(lock)
    libraries = scratch / "lib"
    words = [
        python(),
        "-m",
        "pip",
        "--disable-pip-version-check",
        "--quiet",
        "install",
        "--require-hashes",
        "--no-deps",
    ]
    words += ["--no-compile", "--only-binary=:all:", "--python-version=3.11", "--implementation=cp"]
    words += [f"--platform={name}_{platform.machine()}" for name in _PLATFORMS]
    run([*words, f"--target={libraries}", f"--requirement={requirements}"])
    return libraries


def _kept(libraries: Path) -> dict[str, Member]:
    """Without what pip notes of its own work, and without commands that name this machine's Python."""
    members = archive.members_of(libraries)
    return {
        name: member
        for name, member in members.items()
        if not name.startswith("bin/") and Path(name).name not in _PIPS_OWN and "__pycache__" not in name
    }


def _own_files(source: Path) -> Iterator[tuple[str, Member]]:
    for name in _OWN:
        place = source / name
        for path in [place] if place.is_file() else sorted(place.rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts:
                yield str(path.relative_to(source)), Member(path)


def _digest(lock: str, own: Mapping[str, Member]) -> str:
    contents = {name: member.content.read_text() for name, member in own.items() if isinstance(member.content, Path)}
    recipe = Path(__file__).read_text() + _START + Path(archive.__file__).read_text()
    return hashlib.sha256(json.dumps([recipe, lock, contents], sort_keys=True).encode()).hexdigest()
