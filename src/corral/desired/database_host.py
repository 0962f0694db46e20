"""A database host: mongod as a systemd unit, with its account, its key, and the kernel as MongoDB wants it."""

from __future__ import annotations

from corral.desired import database, installs, tuning
from corral.desired.gates import member_gate
from corral.desired.installs import Program
from corral.desired.parts import Corner, revision
from corral.desired.systemd import RELOAD, hardened, protect_home, unit_path, unit_text, whole_seconds
from corral.model.cluster import Cluster, Host, Member
from corral.model.identity import account
from corral.model.resources import HostFacts, Unit


def add_member(here: Corner, cluster: Cluster, member: Member, facts: HostFacts) -> None:
    host, owner = member.host, account(cluster.name, "db")
    mongod = installs.mongod(here, cluster.database.install, facts)
    here.directory(host.layout.run)
    here.directory(database.data_path(cluster.database, host), 0o700, owner)
    key = here.file(database.key_path(host), database.KEY, 0o400, owner)
    conf = here.file(database.conf_path(host), database.mongod_conf(cluster.database, member, host))
    definition = here.file(unit_path(cluster.name, member.unit), mongod_service(cluster, host, mongod), after=[RELOAD])
    if cluster.database.tune:
        tuning.add_tuning(here, cluster, mongod, facts)
    unit = Unit(
        host=host.name,
        name=member.unit.name,
        role="database",
        revision=revision(key.content, conf.content, definition.content),
        program=(mongod.path, "--config", conf.path),
        directory=str(host.layout.run),
        address=host.address,
        port=member.port,
        stop_timeout=database.STOP_TIMEOUT,
    )
    here.unit(unit, member_gate(member))


def mongod_service(cluster: Cluster, host: Host, mongod: Program) -> str:
    data = database.data_path(cluster.database, host)
    return unit_text(
        "mongod.service.j2",
        cluster,
        host,
        account=account(cluster.name, "db"),
        program=mongod.path,
        conf=database.conf_path(host),
        data=data,
        thp=tuning.thp_service(cluster.name) if cluster.database.tune else "",
        rseq=mongod.is_at_least(8),
        stop_timeout=whole_seconds(database.STOP_TIMEOUT),
        **hardened(protect_home([data, mongod.path])),
    )
