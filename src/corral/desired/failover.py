"""keepalived on the proxies: whichever of them answers has the virtual address."""

from __future__ import annotations

from ipaddress import ip_address
from pathlib import PurePosixPath
from typing import Final

from corral.desired import nginx
from corral.desired.gates import failover_gate
from corral.desired.installs import package
from corral.desired.keeper import Draft, Keeper, Program
from corral.desired.parts import HostBuilder, revision
from corral.desired.templating import head, render
from corral.model.cluster import Cluster, Host, VirtualIp
from corral.model.identity import account, program_id
from corral.model.programs import PROGRAMS
from corral.model.resources import HostFacts, Unit
from corral.secrets import reference
from corral.shell import beside

KEEPALIVED: Final = PROGRAMS["keepalived"]
SECRET: Final = "vrrp"  # noqa: S105 - its name
"""The secret that the proxies know each other by."""
STOP_TIMEOUT: Final = 10.0
FIRST_PRIORITY: Final = 150
"""Of the first proxy in the file; each further one has one less. It counts when nobody has the address yet."""
_CHECK: Final = beside(__file__, "check-keepalived.sh")


def add_failover(here: HostBuilder, cluster: Cluster, port: int, facts: HostFacts, keeper: Keeper) -> None:
    """Nothing without an address that moves."""
    virtual, host = cluster.moving, here.host
    if virtual is None:
        return
    unit_id = program_id("failover", host.name)
    package(here, KEEPALIVED.package, facts, KEEPALIVED.service)
    script = here.file(script_path(host), check_script(host, port), 0o755)
    conf = here.file(conf_path(host), keepalived_conf(cluster, host, virtual, facts), 0o600)
    here.check(conf.path, ("sh", "-c", _CHECK.text, "check", KEEPALIVED.path, "{}"))
    unit = Unit(
        host=host.name,
        name=unit_id.name,
        role="failover",
        revision="",
        reload_revision=revision(script.content, conf.content),
        program=(KEEPALIVED.path, "-n", "-f", conf.path),
        directory="/",
        address=host.address,
        port=0,
        stop_timeout=STOP_TIMEOUT,
    )
    keeper.keep(here, Draft(unit, failover_gate(host), Program(KEEPALIVED.path, None)))


def conf_path(host: Host) -> PurePosixPath:
    return host.layout.config / "keepalived.conf"


def script_path(host: Host) -> PurePosixPath:
    return host.layout.config / "check-proxy"


def keepalived_conf(cluster: Cluster, host: Host, virtual: VirtualIp, facts: HostFacts) -> str:
    """By VRRP 2 with a password; VRRP 3, which an IPv6 address needs, has none."""
    proxies = cluster.proxy.hosts
    return render(
        "keepalived.conf.j2",
        head=head(host),
        cluster=cluster.name,
        host=host,
        account=account(cluster.name, "web"),
        script=script_path(host),
        virtual=virtual,
        interface=virtual.interface or facts.interface,
        priority=FIRST_PRIORITY - proxies.index(host),
        peers=_peers(host, proxies, virtual),
        password="" if ":" in virtual.address else reference(SECRET),
    )


def check_script(host: Host, port: int) -> str:
    """Whether nginx answers here; bash, since it connects by itself: curl is not on every host."""
    return render("check-proxy.j2", head=head(host), address=host.address, port=port, path=nginx.PING_PATH)


def _peers(host: Host, proxies: tuple[Host, ...], virtual: VirtualIp) -> list[str]:
    """The other proxies' addresses, for networks without multicast; none where one isn't an address of its kind."""
    version = ip_address(virtual.address).version
    try:
        kinds = {ip_address(proxy.address).version for proxy in proxies}
    except ValueError:  # a host's name
        return []
    return [proxy.address for proxy in proxies if proxy != host] if kinds == {version} else []
