"""The database from the outside: every member gets a majority write, all hear each other, nobody reads without a
login."""

from __future__ import annotations

from collections.abc import Iterator

from corral.language import tr
from corral.model.cluster import Cluster
from corral.model.resources import SERVING
from corral.model.routes import Routes
from corral.mongo.clients import Connections
from corral.mongo.hearing import told
from corral.mongo.probe import StrangerProbe, probe_strangers, probe_write
from corral.mongo.status import SetStatus, member_statuses
from corral.secrets import Secrets
from corral.verify.check import Check, failed, judged, passed
from corral.words import aside


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
    everybody = [member.name for member in cluster.database.members]
    checks += hearing_checks(cluster, await member_statuses(cluster.database, Connections(secrets, routes), everybody))
    return [*checks, *(_stranger(each) for each in await probe_strangers(routes, names))]


def hearing_checks(cluster: Cluster, status: SetStatus) -> Iterator[Check]:
    """A line for each member that another one doesn't hear; else one for all."""
    name = tr("the members hear each other")
    unheard = told(status.unheard)
    for member, (by, why) in unheard.items():
        seen = tr("not heard by {by}{why}: it counts as dead for the set", by=", ".join(by), why=aside(why))
        hint = tr("look for a firewall or a route between {one} and {other}", one=by[0], other=member)
        yield failed(name, seen, member, hint)
    if unheard:
        return
    primary = next((each for each in status.witnesses if status.members[each].state == "PRIMARY"), "")
    ill = [f"{each} ({member.state})" for each, member in status.members.items() if member.state not in SERVING]
    if not primary or ill:
        why = tr("not all are there to be heard: {ill}", ill=", ".join(ill)) if ill else status.detail
        why = why or tr("the primary doesn't say whom it hears")
        yield failed(name, why, cluster.database.replica_set, "corral status")
        return
    lags = [member.lag_seconds for member in status.members.values() if member.lag_seconds is not None]
    seen = tr(
        "{primary}, the primary, hears {count} others, which are {lag:.0f} s behind it at most",
        primary=primary,
        count=len(status.members) - 1,
        lag=max(lags, default=0.0),
    )
    yield passed(name, seen, cluster.database.replica_set)


def _stranger(probe: StrangerProbe) -> Check:
    """Of a member that can't be asked nothing is said of its configuration."""
    name = tr("anonymous read refused")
    if not probe.asked:
        return failed(name, tr("it could not be asked: {detail}", detail=probe.detail), probe.member, "corral status")
    hint = tr("mongod must run with authorization: `corral plan` shows whether somebody has changed its configuration")
    return judged(name, probe.refused, probe.detail, probe.member, hint)
