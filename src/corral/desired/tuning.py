"""What MongoDB asks of the kernel of its hosts. docs/hosts.md names the page of each value."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import Final

from corral.desired.keeper import Program
from corral.desired.parts import HostBuilder
from corral.desired.systemd import RELOAD, UNITS, unit_text
from corral.desired.templating import head, render
from corral.model.cluster import Cluster, Host
from corral.model.identity import prefix
from corral.model.programs import MONGOD_HUGE_PAGES
from corral.model.resources import HostFacts

MAP_COUNT: Final = 131060
"""Memory areas of one process, two for each connection: the operations checklist's value for large systems. mongod asks
for 102,400 where it may have 64,000 files open, and Debian has 65,530."""


def thp_service(cluster: str) -> str:
    return f"{prefix(cluster)}thp.service"


def add_tuning(here: HostBuilder, cluster: Cluster, mongod: Program, facts: HostFacts) -> None:
    """Kernel settings, and huge pages as this MongoDB wants them; of an unknown version they stay as they are.

    A setting that a host can't change, as in a container, is no reason to stop.
    """
    path = PurePosixPath("/etc/sysctl.d", f"90-corral-{cluster.name}.conf")
    here.file(path, sysctl_conf(here.host, mongod, facts), after=[("-", "sysctl", "-q", "-p", str(path))])
    if mongod.version is not None:
        service = thp_service(cluster.name)
        # The last file that asks for systemd's reload: the new definition is known before it runs once more.
        again = ("systemctl", "try-restart", service)
        here.file(UNITS / service, thp_unit(cluster, here.host, mongod), after=[RELOAD, again])


def sysctl_conf(host: Host, mongod: Program, facts: HostFacts) -> str:
    return render(
        "sysctl.conf.j2", head=head(host), family=facts.family, overcommit=mongod.is_at_least(MONGOD_HUGE_PAGES)
    )


def thp_unit(cluster: Cluster, host: Host, mongod: Program) -> str:
    """MongoDB wants huge pages off up to 7.0, and on from 8.0."""
    return unit_text("thp.service.j2", cluster, host, on=mongod.is_at_least(MONGOD_HUGE_PAGES), map_count=MAP_COUNT)
