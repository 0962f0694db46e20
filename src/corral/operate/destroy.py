"""`corral destroy`: remove a cluster from its hosts. Data stay unless the user asks for their deletion."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, replace

from corral import places
from corral.errors import ChangeFailed, InvalidFile
from corral.events import Sink, Warned
from corral.language import mark, tr
from corral.model.cluster import Cluster, Host
from corral.model.host_needs import data_directory, own_data_directory, releases
from corral.model.machine import NOTES
from corral.operate.change import Change, End, change
from corral.operate.planning import based
from corral.operate.session import Session
from corral.operate.where import Where, load
from corral.places.base import Observation, Place
from corral.plan.actions import Plan, RemoveTree
from corral.plan.retire import DATABASE, LOGS, retire_plan
from corral.problems import Problem


@dataclass(frozen=True)
class Destroyed:
    """`taken_off` is False when the user said no, or `nothing` was there."""

    name: str
    taken_off: bool
    nothing: str = ""
    """Where nothing was found."""
    hint: str = ""


async def destroy(where: Where, purge: bool, name: str, session: Session) -> Destroyed:
    """`name` is the cluster's, given beforehand. Raises CorralError; what has been done until then stays done."""
    loaded = load(where)
    refuse_other_name(loaded.spec.name, name)
    async with places.opened(loaded, places.place_of(loaded, where.on), with_secrets=False) as place:
        _read_secrets(place, session.sink)
        if nothing := place.nothing_kept():
            hint = tr("corral destroy --on hosts removes it from its hosts") if loaded.source else ""
            return Destroyed(loaded.spec.name, False, nothing, hint)
        return Destroyed(loaded.spec.name, await destroy_in(place, purge, bool(name), session))


async def destroy_in(place: Place, purge: bool, yes: bool, session: Session) -> bool:
    """The same in a place that is open already. False when the user said no."""
    place.begin()
    name = place.cluster.name
    question = (
        tr("Remove {name} from its hosts and DELETE its data?", name=name)
        if purge
        else tr("Remove {name} from its hosts and keep its data?", name=name)
    )
    ends: End = "purged" if purge else "left"
    wanted = Change("destroy", _planner(purge), question=question, name=name, yes=yes, end=ends)
    return await change(place, wanted, session) is not None


def _read_secrets(place: Place, sink: Sink) -> None:
    """They are needed to keep them out of the record, and for nothing else: a broken file of them refuses nothing."""
    try:
        place.secret_store.read()
    except ChangeFailed as failure:
        sink(Warned(tuple(replace(problem, severity="warning") for problem in failure.problems)))


def refuse_other_name(cluster: str, given: str) -> None:
    """Raises InvalidFile when `given` is another name than the cluster's."""
    if given and given != cluster:
        message = tr("not done: --yes {given} is not the cluster's name", given=given)
        raise InvalidFile(Problem("not-confirmed", "error", message, f"--yes {cluster}"))


def _planner(purge: bool) -> Callable[[Place, Observation], Plan]:
    return lambda place, seen: based(destroy_plan(place.cluster, seen, purge), place, seen)


def destroy_plan(cluster: Cluster, seen: Observation, purge: bool) -> Plan:
    """Stops every unit and removes what Corral has made; with `purge` also the database's data and the logs.

    Packages, programs, accounts, images and uploaded files stay, since others may use them, and the record of the runs.
    """
    silent = seen.silent.keys() | seen.left_silent.keys()
    hosts = [host for host in (*cluster.hosts, *seen.departed) if host.name not in silent]
    there = {(directory.host, directory.path) for directory in seen.observed.directories}
    trees = [tree for host in hosts for tree in (*_own(cluster, host), *(_data(cluster, host, there) if purge else ()))]
    return retire_plan(cluster.name, seen.observed, trees)


def _own(cluster: Cluster, host: Host) -> Iterator[RemoveTree]:
    layout = host.layout
    yield RemoveTree(host.name, str(layout.config), mark("configuration"))
    yield RemoveTree(host.name, str(layout.run), mark("temporary files"))
    if layout.state != layout.run:
        for name in NOTES:
            yield RemoveTree(host.name, str(layout.state / name), mark("Corral's notes"))
    if "packages" in cluster.abilities:
        yield RemoveTree(host.name, str(releases(cluster).parent), mark("releases"))


def _data(cluster: Cluster, host: Host, there: Collection[tuple[str, str]]) -> Iterator[RemoveTree]:
    """Also what a former member has kept, in the directory that Corral chooses for it."""
    if any(member.host == host for member in cluster.database.members):
        yield RemoveTree(host.name, str(data_directory(cluster.database, host)), DATABASE)
    elif (host.name, str(own_data_directory(host))) in there:
        yield RemoveTree(host.name, str(own_data_directory(host)), DATABASE)
    yield RemoveTree(host.name, str(host.layout.logs), LOGS)
