"""Real proxies that leave instances alone while these restart."""

from __future__ import annotations

from dataclasses import replace

from corral.desired.assemble import assemble
from corral.desired.systemd_keeper import SystemdKeeper
from corral.model.resources import Desired, HostFacts
from corral.plan.actions import ReloadUnit, StartUnit, WriteFile
from corral.plan.order import make_plan
from corral.plan.software import InstallPackages
from tests.unit.plan.cluster_of import cluster_of, in_place

TWO_PROXIES = """\
name: ref
hosts: {p: 10.0.0.1, q: 10.0.0.7, a: 10.0.0.2, b: 10.0.0.3, d1: 10.0.0.4}
proxy: {hosts: [p, q]}
app: {image: 'x:1', hosts: [a, b], instances: 5, version: "1.0", stop: {drain: 5s}}
database: {members: [d1]}
"""


NEW = (1, 31, 3)


def desired(text: str, nginx: tuple[int, int, int] = NEW) -> Desired:
    cluster = cluster_of(text)
    facts = {
        host.name: HostFacts(host.name, nginx_version=nginx, mongod_version=(6, 0, 5), interface="eth0")
        for host in cluster.hosts
    }
    return assemble(cluster, facts, SystemdKeeper(cluster))


def test_a_program_is_there_before_it_judges_its_configuration() -> None:
    """A virtual address and a new version in one change: the proxies' files are written before the first drain."""
    first = desired(TWO_PROXIES)
    text = TWO_PROXIES.replace('"1.0"', '"1.1"').replace("[p, q]}", "[p, q], virtual_ip: 10.0.0.9}")
    found = replace(in_place(first), software=first.software)
    actions = list(make_plan("ref", desired(text), found).actions())
    for host in ("p", "q"):
        mine = [action for action in actions if action.host == host]
        kinds = [
            type(each)
            for each in mine
            if "keepalived" in each.summary and isinstance(each, WriteFile | InstallPackages)
        ]
        assert kinds == [InstallPackages, WriteFile, WriteFile]
    paths = [action.id for action in actions if isinstance(action, WriteFile) and action.host == "p"]
    assert paths.count("file /etc/corral/ref/keepalived.conf on p") == 1
    assert paths.count("file /etc/corral/ref/nginx.conf on p") == 1


def test_no_proxy_is_reloaded_with_what_only_its_upgraded_program_knows() -> None:
    """nginx and the application are upgraded in one change: the proxies' file has nginx's own sticky cookie then."""
    first = desired(TWO_PROXIES, nginx=(1, 22, 1))
    text = TWO_PROXIES.replace('"1.0"', '"1.1"')
    found = replace(in_place(first), software=first.software)
    actions = list(make_plan("ref", desired(text), found).actions())
    for unit in ("nginx.p", "nginx.q"):
        mine = [each for each in actions if isinstance(each, StartUnit | ReloadUnit) and each.unit.name == unit]
        assert isinstance(mine[0], StartUnit)
        assert [type(each) for each in mine[1:]] == [ReloadUnit] * (len(mine) - 1)
