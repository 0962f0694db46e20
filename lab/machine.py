"""What the lab needs of this machine: root, and a few programs, which it installs where they are missing."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Final

from lab.errors import LabError
from lab.places import LOGS
from lab.processes import run_to_log, say, step

NEEDED: Final = {
    "dockerd": "docker.io",
    "containerd": "containerd",
    "docker": "docker.io",
    "debootstrap": "debootstrap",
    "iptables": "iptables",
    "ip": "iproute2",
    "ssh-keygen": "openssh-client",
}
"""Program, and the Debian package that holds it."""
WATCHES: Final = Path("/proc/sys/fs/inotify/max_user_instances")
ENOUGH: Final = 2048
"""A host with docker takes 7 for root, whose the machine's own are too. The kernel's 128 end at some 18 hosts, and the
systemd of the next one ends without a word."""


def prepare() -> None:
    """Raises LabError without root, or when a program is missing and can't be installed."""
    require_root()
    packages = missing()
    if packages:
        _install(packages)


def allow_many_hosts(setting: Path = WATCHES) -> None:
    """Until the machine's next start. Raises LabError when the kernel doesn't let itself be told."""
    before = int(setting.read_text())
    if before >= ENOUGH:
        return
    try:
        setting.write_text(f"{ENOUGH}\n")
    except OSError as error:
        raise LabError(f"{setting} is {before}, too few for many hosts, and can't be set: {error.strerror}") from error
    say(f"fs.inotify.max_user_instances is {ENOUGH} now; it was {before}, too few for many hosts")


def require_root() -> None:
    """And looks for programs where root's are. Raises LabError without root."""
    if os.geteuid() != 0:
        raise LabError("the lab starts containers and networks: that takes root", "sudo python3 -m lab ...")
    # A user's PATH may lack the system directories, where half of the programs are.
    os.environ["PATH"] = os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/local/sbin", "/usr/sbin", "/sbin"])


def missing() -> list[str]:
    """The packages of the programs that are not on PATH, each once."""
    return sorted({package for program, package in NEEDED.items() if shutil.which(program) is None})


def _install(packages: list[str]) -> None:
    names = " ".join(packages)
    if shutil.which("apt-get") is None:
        raise LabError(f"this machine lacks what the lab needs, and has no apt-get to install it: {names}")
    say(f"installing on this machine, by apt-get: {names}")
    log = LOGS / "apt.log"
    os.environ["DEBIAN_FRONTEND"] = "noninteractive"
    with step(f"installed {names}"):
        run_to_log(["apt-get", "update"], log)
        run_to_log(["apt-get", "install", "-y", "--no-install-recommends", *packages], log)
