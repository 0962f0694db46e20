"""The defaults that depend on other keys, filled in: here and nowhere else."""

from __future__ import annotations

from typing import TypeVar

from corral.cluster_file.app import App, Health
from corral.cluster_file.database import Database, Member
from corral.cluster_file.schema import Spec
from corral.cluster_file.section import Host, Section, Ssh

S = TypeVar("S", bound=Section)

WORKER_PORTS = 100
"""How far the workers' ports are from the web instances': app.instances is at most as many."""


def completed(spec: Spec) -> Spec:
    return spec.model_copy(
        update={
            "hosts": {name: _host(host, spec.ssh) for name, host in spec.hosts.items()},
            "app": _app(spec.app),
            "database": _database(spec),
        }
    )


def _host(host: Host, ssh: Ssh) -> Host:
    if host.ssh is None:
        return host
    return host.model_copy(update={"ssh": _over(ssh, host.ssh)})


def _over(common: S, own: S) -> S:
    """`common` with the keys that `own` has been given."""
    return common.model_copy(update={key: getattr(own, key) for key in own.model_fields_set})


def _app(app: App) -> App:
    workers, health = app.workers, app.workers.health
    step = WORKER_PORTS if app.first_port + WORKER_PORTS <= 65535 else -WORKER_PORTS
    filled = {
        "hosts": workers.hosts or app.hosts,
        "first_port": workers.first_port or app.first_port + step,
        "command": workers.command or app.command,
        "health": _over(app.health, health) if isinstance(health, Health) else health or app.health,
    }
    return app.model_copy(update={"workers": workers.model_copy(update=filled)})


def _database(spec: Spec) -> Database:
    database = spec.database
    filled = {
        "replica_set": database.replica_set or spec.name,
        "name": database.name or spec.name.replace("-", "_"),
        "members": {name: _member(member) for name, member in database.members.items()},
    }
    return database.model_copy(update=filled)


def _member(member: Member) -> Member:
    """A member that can't become primary needs no `priority: 0` of its own: MongoDB takes no other."""
    if "priority" not in member.model_fields_set and (member.arbiter or not member.votes):
        return member.model_copy(update={"priority": 0.0})
    return member
