"""What is in the two images. The digest of all of it is the images' tag, so a changed recipe builds anew."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Final, Literal

from lab.apt import SUITE
from lab.debian import System

Kind = Literal["base", "full"]

BASE: Final = (
    "ca-certificates",
    "dbus",
    "iproute2",
    "iputils-ping",
    "libcurl4",  # mongod's, with what it needs itself: the one that a minimal Debian lacks
    "openssh-server",
    "procps",
    "sudo",
    "systemd",
    "systemd-sysv",
)
"""A bare host: what every Debian server has, and no Python, which Corral asks of no host."""

FULL: Final = (
    "chrony",
    "docker-compose",
    "docker.io",
    "iptables",
    "keepalived",
    "nginx-light",
    "python3",
)
"""In place and stopped; a test that wants packages installed takes bare hosts."""

STOPPED: Final = ("chrony", "containerd", "docker", "docker.socket", "keepalived", "nginx")
MASKED: Final = (
    "apt-daily.timer",
    "apt-daily-upgrade.timer",
    "console-getty",
    "e2scrub_all.timer",
    "getty@",
    "getty@tty1",
)
"""No terminal is there; and packages that change by themselves in the night are nothing for a test."""

BOOT: Final = "/usr/local/lib/lab/boot"
"""A host's first process, which becomes systemd; `up` runs it on the hosts that run already."""
START: Final = f'CMD ["{BOOT}"]'

FINISH: Final = (Path(__file__).with_name("finish.sh").read_text(), "finish", *MASKED)
"""A shell's text and its words, for the new system's root."""

INSTALL: Final = (Path(__file__).with_name("install.sh").read_text(), "install", " ".join(STOPPED), *FULL)
"""The same for `base`, which becomes `full`."""


def files(tree: Path = Path(__file__).parent / "host") -> dict[str, tuple[int, str]]:
    """A host's own files, which are those under `tree`: path without the first slash to mode and text."""
    paths = sorted(path for path in tree.rglob("*") if path.is_file())
    return {str(path.relative_to(tree)): (_mode(path), path.read_text()) for path in paths}


def base() -> System:
    return System(BASE, FINISH, files(), [START])


def digest(kind: Kind) -> str:
    """12 hex digits: equal on every machine, whichever way it has to the packages."""
    parts: list[object] = [SUITE, *vars(base()).values()]
    if kind == "full":
        parts.append(INSTALL)
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:12]


def _mode(path: Path) -> int:
    """Git keeps the executable bit and nothing else."""
    return 0o755 if path.stat().st_mode & 0o100 else 0o644
