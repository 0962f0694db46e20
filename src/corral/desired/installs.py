"""How programs come to real hosts: packages, archives below /opt/corral, or what is there already."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Final, Literal

from corral.desired.keeper import Program
from corral.desired.parts import HostBuilder
from corral.model.cluster import Cluster, Install
from corral.model.host_needs import archive_directory, releases
from corral.model.resources import HostFacts
from corral.model.software import Archive, Package


@dataclass(frozen=True)
class _Recipe:
    name: Literal["nginx", "mongod"]
    package: str
    service: str
    """What the package starts by itself."""
    inside: str
    """The program's place in an archive."""
    usual: str
    """The program's place when a package has installed it."""


_MONGOD: Final = _Recipe("mongod", "mongodb-org-server", "mongod.service", "bin/mongod", "/usr/bin/mongod")
_NGINX: Final = _Recipe("nginx", "nginx", "nginx.service", "sbin/nginx", "/usr/sbin/nginx")


def mongod(here: HostBuilder, install: Install, facts: HostFacts) -> Program:
    return _program(here, _MONGOD, install, facts, Program(facts.mongod_path, facts.mongod_version))


def nginx(here: HostBuilder, install: Install, facts: HostFacts) -> Program:
    """The package `nginx` has all that Corral's configuration asks for, on every distribution and in nginx's own
    repository; Debian's nginx-light and nginx-core are that package with modules that nothing here uses."""
    return _program(here, _NGINX, install, facts, Program(facts.nginx_path, facts.nginx_version))


def _program(here: HostBuilder, recipe: _Recipe, install: Install, facts: HostFacts, found: Program) -> Program:
    if install.way == "archive":
        root = archive(here, install, archive_directory(recipe.name, install))
        return Program(str(root / recipe.inside), install.version)
    if install.way == "package":
        package(here, install.name or recipe.package, facts, recipe.service)
    return found if found.path.startswith("/") else Program(recipe.usual, found.version)


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
