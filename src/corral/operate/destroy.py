"""`corral destroy`: take a cluster off its hosts. Data stay unless the user has named them."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from corral.desired.database import data_directory, data_path
from corral.model.cluster import Cluster, Host
from corral.operate.look import Look
from corral.plan.actions import Plan, RemoveTree
from corral.plan.retire import DATABASE, LOGS, retire_plan


def destroy_plan(cluster: Cluster, seen: Look, purge: bool) -> Plan:
    """Stops every unit and removes what Corral has made; with `purge` also the database's data and the logs.

    Packages, programs, accounts, images and uploaded files stay, since others may use them, and the record of the runs.
    """
    hosts = [host for host in cluster.hosts if host.name in seen.machines]
    there = {(directory.host, directory.path) for directory in seen.observed.directories}
    trees = [tree for host in hosts for tree in (*_own(cluster, host), *(_data(cluster, host, there) if purge else ()))]
    return retire_plan(cluster.name, seen.observed, trees)


def _own(cluster: Cluster, host: Host) -> Iterator[RemoveTree]:
    layout = host.layout
    yield RemoveTree(host.name, str(layout.config), "configuration")
    yield RemoveTree(host.name, str(layout.run), "temporary files")
    for name in ("revisions", "files", "packages"):
        yield RemoveTree(host.name, str(layout.state / name), "Corral's notes")
    yield RemoveTree(host.name, f"/opt/corral/{cluster.name}", "releases")


def _data(cluster: Cluster, host: Host, there: Collection[tuple[str, str]]) -> Iterator[RemoveTree]:
    """Also what a host keeps that has been a member and isn't one any more: by the place that Corral chooses for it."""
    if any(member.host == host for member in cluster.database.members):
        yield RemoveTree(host.name, str(data_path(cluster.database, host)), DATABASE)
    elif (host.name, str(data_directory(host))) in there:
        yield RemoveTree(host.name, str(data_directory(host)), DATABASE)
    yield RemoveTree(host.name, str(host.layout.logs), LOGS)
