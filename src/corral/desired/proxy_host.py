"""A proxy host: nginx as a systemd unit, with its account and the rotation of its log."""

from __future__ import annotations

from dataclasses import replace
from pathlib import PurePosixPath
from typing import Final

from corral.desired import installs, nginx
from corral.desired.gates import ping_gate
from corral.desired.installs import Program
from corral.desired.parts import Corner, revision
from corral.desired.systemd import RELOAD, argument, hardened, protect_home, unit_path, unit_text, whole_seconds
from corral.desired.templating import head, render
from corral.model.cluster import Cluster, Host, Proxy
from corral.model.identity import account, program_id, service_of
from corral.model.resources import HostFacts, Unit

STOP_TIMEOUT: Final = 10.0
CAPABILITIES: Final = "CAP_CHOWN CAP_DAC_OVERRIDE CAP_KILL CAP_NET_BIND_SERVICE CAP_SETGID CAP_SETUID"
"""Of the master, which is root: to listen on port 80, to have its workers be another account and signal them, and to
give them its log and temporary directories and open them again."""


def add_proxy(here: Corner, cluster: Cluster, port: int, facts: HostFacts) -> None:
    host, owner = here.host, account(cluster.name, "web")
    unit_id = program_id("proxy", host.name, port)
    program = installs.nginx(here, cluster.proxy.install, facts)
    here.directory(host.layout.run)
    here.directory(host.layout.logs.parent)
    here.directory(host.layout.logs)
    known = replace(facts, nginx_version=program.version, user=owner, access_log=str(_access_log(host)))
    parameters = (_listening(cluster.proxy), cluster.app.web, host, port, known)
    taken_in = revision(nginx.render_nginx(*parameters))
    conf = here.file(nginx.conf_path(host), nginx.render_nginx(*parameters, taken_in), 0o600)
    here.check(conf.path, nginx.check_command(_checking(cluster.proxy, program), host))
    definition = here.file(unit_path(cluster.name, unit_id), nginx_service(cluster, host, program), after=[RELOAD])
    _add_rotation(here, cluster, facts)
    unit = Unit(
        host=host.name,
        name=unit_id.name,
        role="proxy",
        revision=revision(definition.content, *nginx.features(program.version)),
        reload_revision=taken_in,
        program=nginx.command(program.path, host),
        directory=str(host.layout.run),
        address=host.address,
        port=port,
        stop_timeout=STOP_TIMEOUT,
        leaves_out=tuple(instance.name for instance in cluster.app.web if instance.down),
    )
    here.unit(unit, ping_gate(host, port, taken_in))


def nginx_service(cluster: Cluster, host: Host, program: Program) -> str:
    return unit_text(
        "nginx.service.j2",
        cluster,
        host,
        command=" ".join(map(argument, nginx.command(program.path, host))),
        stop_timeout=whole_seconds(STOP_TIMEOUT),
        **hardened(protect_home([program.path]), CAPABILITIES),
    )


def logrotate_conf(cluster: Cluster, host: Host) -> str:
    service = service_of(cluster.name, program_id("proxy", host.name))
    return render(
        "logrotate.j2", head=head(host), log=_access_log(host), owner=account(cluster.name, "web"), service=service
    )


def _add_rotation(here: Corner, cluster: Cluster, facts: HostFacts) -> None:
    installs.package(here, "logrotate", facts)
    here.file(PurePosixPath("/etc/logrotate.d", f"corral-{cluster.name}"), logrotate_conf(cluster, here.host))


def _access_log(host: Host) -> PurePosixPath:
    return host.layout.logs / "access.log"


def _listening(proxy: Proxy) -> Proxy:
    """With a virtual address nginx listens on every one of its kind: it is on one proxy only, and comes and goes."""
    if proxy.virtual_ip is None:
        return proxy
    everywhere = "::" if ":" in proxy.virtual_ip.address else "0.0.0.0"  # noqa: S104 - see above
    return replace(proxy, extra_addresses=(*proxy.extra_addresses, everywhere))


def _checking(proxy: Proxy, program: Program) -> str:
    """An archive's nginx is in the same place on all hosts; another one is found on root's PATH, as it was before."""
    return program.path if proxy.install.way == "archive" else "nginx"
