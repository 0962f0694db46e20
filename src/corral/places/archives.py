"""Files of the controlling machine that are shipped to the hosts, and their digests."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path

from corral.model.cluster import Cluster, Install
from corral.model.software import Archive
from corral.plan.actions import Plan
from corral.plan.software import UnpackArchive
from corral.problems import Problem


def with_digests(cluster: Cluster) -> Cluster:
    """`cluster`, each archive with the digest of its bytes, where the cluster file names none and it is there."""
    return replace(
        cluster,
        proxy=replace(cluster.proxy, install=_with_digest(cluster.proxy.install)),
        app=replace(cluster.app, release=_with_digest(cluster.app.release)),
        database=replace(cluster.database, install=_with_digest(cluster.database.install)),
    )


def _with_digest(install: Install) -> Install:
    if not install.source or install.sha256:
        return install
    try:
        return replace(install, sha256=_digest(install.source))
    except (FileNotFoundError, IsADirectoryError):
        return install


def wrong_archives(plan: Plan) -> list[Problem]:
    """Archives that have another digest than the cluster file says; asked before any is sent."""
    archives = {action.archive.source: action.archive for action in plan.actions() if isinstance(action, UnpackArchive)}
    return [problem for archive in archives.values() if (problem := _problem(archive))]


def _problem(archive: Archive) -> Problem | None:
    try:
        found = _digest(archive.source)
    except OSError as error:
        message, hint = (
            f"{archive.source} can't be read: {error.strerror}",
            "a relative path starts at the cluster file",
        )
        return Problem("no-archive", "error", message, hint, archive.source)
    wanted = archive.sha256.lower()
    if found == wanted:
        return None
    message = (
        f"{archive.source} is not the file that was expected: its SHA-256 is {found}, and the cluster file has {wanted}"
    )
    hint = "put the right file there; or, if you trust this one, write its sha256 into the cluster file"
    return Problem("other-archive", "error", message, hint, archive.source)


def _digest(path: str) -> str:
    with Path(path).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
