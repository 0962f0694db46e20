"""The database from the outside: every member gets a majority write, and nobody reads without a login."""

from __future__ import annotations

from corral.language import tr
from corral.model.cluster import Cluster
from corral.model.routes import Routes
from corral.mongo.clients import Connections
from corral.mongo.probe import probe_strangers, probe_write
from corral.secrets import Secrets
from corral.verify.check import Check, judged


async def database(cluster: Cluster, secrets: Secrets, routes: Routes) -> list[Check]:
    names = [member.name for member in cluster.database.members if not member.arbiter]
    write = await probe_write(Connections(secrets, routes), names)
    seen = tr(
        "acknowledged by a majority in {seconds:.0f} ms, read back from {read_from}",
        seconds=write.seconds * 1000,
        read_from=", ".join(write.read_from),
    )
    checks = [
        judged(
            tr("a majority write, read back from every member"),
            write.passed,
            seen if write.passed else write.detail,
            cluster.database.replica_set,
            "corral logs database",
        )
    ]
    for stranger in await probe_strangers(routes, names):
        hint = tr(
            "mongod must run with authorization: `corral plan` shows whether somebody has changed its configuration"
        )
        checks.append(judged(tr("anonymous read refused"), stranger.refused, stranger.detail, stranger.member, hint))
    return checks
