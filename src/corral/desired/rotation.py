"""The rotation of a proxy's access log, by the distribution's own logrotate."""

from __future__ import annotations

from pathlib import PurePosixPath

from corral.desired import installs
from corral.desired.nginx import access_log
from corral.desired.parts import HostBuilder
from corral.desired.templating import head, render
from corral.model.cluster import Cluster, Host
from corral.model.identity import account, program_id, service_of
from corral.model.programs import PROGRAMS
from corral.model.resources import HostFacts


def add_rotation(here: HostBuilder, cluster: Cluster, facts: HostFacts) -> None:
    here.directory(here.host.layout.logs.parent)
    here.directory(here.host.layout.logs)
    installs.package(here, PROGRAMS["logrotate"].package, facts)
    here.file(PurePosixPath("/etc/logrotate.d", f"corral-{cluster.name}"), logrotate_conf(cluster, here.host))


def logrotate_conf(cluster: Cluster, host: Host) -> str:
    service = service_of(cluster.name, program_id("proxy", host.name))
    return render(
        "logrotate.j2", head=head(host), log=access_log(host), owner=account(cluster.name, "web"), service=service
    )
