"""How programs come to real hosts: packages, archives below /opt/corral, or what is there already."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import Literal

from corral.desired.keeper import Program
from corral.desired.parts import HostBuilder
from corral.model.cluster import Cluster, Install
from corral.model.host_needs import releases
from corral.model.programs import PROGRAMS, archive_directory
from corral.model.resources import HostFacts
from corral.model.software import Archive, Package


def mongod(here: HostBuilder, install: Install, facts: HostFacts) -> Program:
    return _program(here, "mongod", install, facts, Program(facts.mongod_path, facts.mongod_version))


def nginx(here: HostBuilder, install: Install, facts: HostFacts) -> Program:
    """The package `nginx` has all that Corral's configuration asks for, on every distribution and in nginx's own
    repository; Debian's nginx-light and nginx-core are that package with modules that nothing here uses."""
    return _program(here, "nginx", install, facts, Program(facts.nginx_path, facts.nginx_version))


def _program(
    here: HostBuilder, name: Literal["nginx", "mongod"], install: Install, facts: HostFacts, found: Program
) -> Program:
    known = PROGRAMS[name]
    if install.way == "archive":
        root = archive(here, install, archive_directory(name, install))
        return Program(str(root / known.inside), install.version)
    if install.way == "package":
        package(here, install.name or known.package, facts, known.service)
    return found if found.path.startswith("/") else Program(known.path, found.version)


def release(here: HostBuilder, cluster: Cluster) -> PurePosixPath:
    """Where the application's own archive is unpacked."""
    install = cluster.app.release
    return archive(here, install, releases(cluster) / install.sha256[:12])


def archive(here: HostBuilder, install: Install, path: PurePosixPath) -> PurePosixPath:
    """Raises ValueError when the archive's digest isn't known: `path` is made of it."""
    if not install.sha256:
        raise ValueError(f"the sha256 of {install.source} must be known before the hosts' files can be rendered")
    here.software(Archive(here.host.name, str(path), install.source, install.sha256))
    return path


def package(here: HostBuilder, name: str, facts: HostFacts, *keep_off: str) -> None:
    manager: Literal["apt", "dnf"] = "dnf" if facts.family == "rhel" else "apt"
    here.software(Package(here.host.name, name, keep_off=keep_off, manager=manager))
