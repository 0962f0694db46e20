"""Fetches the nginx of Debian 12 for the tests: `make dev` runs this, so that no test has to wait for a network.

Debian's own packages, as apt-get checks them, are unpacked beside each other and never installed: no root needed. Where
they can't be had it says why; then the tests that need them are skipped, and the next `make dev` tries again.
"""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import tempfile
from pathlib import Path

from tests.binaries import UNPACKED_NGINX, NotFound, find_nginx, version_of

# What Debian's nginx needs beyond libc; a small image may lack some of them.
_PACKAGES = ("nginx", "libpcre2-8-0", "libssl3", "libcrypt1", "zlib1g")


def main() -> None:
    if not isinstance(find_nginx("1.22"), NotFound):
        return
    try:
        fetch(UNPACKED_NGINX)
    except NotFound as reason:
        print(f"no nginx 1.22 for the tests: {reason}")


def fetch(target: Path) -> None:
    """Raises NotFound."""
    for tool in ("apt-get", "apt-cache", "dpkg"):
        if shutil.which(tool) is None:
            raise NotFound(f"it comes from Debian 12, and there is no {tool} here")
    if " 1.22." not in _run(["apt-cache", "policy", "nginx"], Path.cwd()):
        raise NotFound("this machine's package lists offer another version (or run apt-get update)")
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent) as directory:
        here = Path(directory, "nginx")
        here.mkdir()
        _run(["apt-get", "download", *_PACKAGES], here)
        for package in sorted(here.glob("*.deb")):
            _run(["dpkg", "-x", str(package), str(here / "root")], here)
            package.unlink()
        _wrap(here)
        if not version_of(here / "run"):
            raise NotFound("Debian's binary doesn't start here, its libraries want another libc")
        shutil.rmtree(target, ignore_errors=True)
        here.rename(target)


def _wrap(here: Path) -> None:
    """A start script that finds the libraries at their place: `exec` keeps the process id that the test knows."""
    triplet = f"{os.uname().machine}-linux-gnu"
    script = f"""#!/bin/sh
here=$(dirname "$(readlink -f "$0")")/root
LD_LIBRARY_PATH=$here/usr/lib/{triplet}:$here/lib/{triplet} exec "$here/usr/sbin/nginx" "$@"
"""
    (here / "run").write_text(script)
    (here / "run").chmod(0o755)


def _run(command: list[str], directory: Path) -> str:
    """Raises NotFound when it fails, or takes longer than a network that works."""
    try:
        done = subprocess.run(
            command,
            cwd=directory,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
            env=os.environ | {"LC_ALL": "C"},
        )
    except subprocess.TimeoutExpired as late:
        raise NotFound(f"{shlex.join(command)} took over {late.timeout:g} s") from late
    if done.returncode != 0:
        raise NotFound(f"{shlex.join(command)} failed: {done.stderr.strip()[-300:]}")
    return done.stdout


if __name__ == "__main__":
    main()
