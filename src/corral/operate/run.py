"""`corral run`: one command as an instance of the application would run it, once."""

from __future__ import annotations

from collections.abc import Sequence

from corral.errors import InvalidFile
from corral.events import Note
from corral.language import tr
from corral.model.cluster import Cluster, Instance
from corral.nearest import hint
from corral.operate.session import Session
from corral.operate.where import Where, opened
from corral.places.base import Place
from corral.problems import Problem


async def run(where: Where, host: str, command: Sequence[str], session: Session) -> int:
    """Its exit code. On `host`, else on the first of app.hosts, which is said where there are others.

    The secrets are not asked for: what the instances have is where they run. Raises CorralError.
    """
    async with opened(where, with_secrets=False) as place:
        return await run_in(place, host, command, session)


async def run_in(place: Place, host: str, command: Sequence[str], session: Session) -> int:
    """The same in a place that is open."""
    instance = _instance(place.cluster, host)
    others = [other for other in _hosts(place.cluster) if other != instance.host.name]
    if others and not host:
        session.sink(
            Note(
                tr("on {host}; `--host` takes another one: {others}", host=instance.host.name, others=", ".join(others))
            )
        )
    if not place.nothing_kept() and not await place.is_kept():
        session.sink(Note(tr("the cluster doesn't run: `{mend}` starts it", mend=place.traits.mend), "warning"))
    return await place.run_once(instance, command, session.signals)


def _instance(cluster: Cluster, host: str) -> Instance:
    """The first instance of `host`, a web one where it has one; of the first host for the empty name.

    Raises InvalidFile with the nearest name.
    """
    mine = [each for each in cluster.app.instances if host in ("", each.host.name)]
    if not mine:
        known = _hosts(cluster)
        message = tr("{host!r} is no host of the application: {known}", host=host, known=", ".join(known))
        raise InvalidFile(Problem("unknown-target", "error", message, hint(host, known)))
    return min(mine, key=lambda each: each.role != "web")


def _hosts(cluster: Cluster) -> list[str]:
    """Those of the application, in the file's order."""
    return list(dict.fromkeys(each.host.name for each in cluster.app.instances))
