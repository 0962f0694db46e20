"""Files of the controlling machine that are shipped to the hosts, and their digests."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path

from corral.language import tr
from corral.model.cluster import Application, Cluster, Install
from corral.model.software import Archive, Image
from corral.places.image_archive import saved_image
from corral.plan.actions import Plan
from corral.plan.software import LoadImage, UnpackArchive
from corral.problems import Problem


def with_digests(cluster: Cluster) -> Cluster:
    """`cluster`, each archive with the digest of its bytes, where the cluster file names none and it is there; the
    image with its ids."""
    return replace(
        cluster,
        proxy=replace(cluster.proxy, install=_with_digest(cluster.proxy.install)),
        app=_with_image(replace(cluster.app, release=_with_digest(cluster.app.release))),
        database=replace(cluster.database, install=_with_digest(cluster.database.install)),
    )


def _with_digest(install: Install) -> Install:
    if not install.source or install.sha256:
        return install
    try:
        return replace(install, sha256=_digest(install.source))
    except (FileNotFoundError, IsADirectoryError):
        return install


def _with_image(app: Application) -> Application:
    """Why an image can't be known is reported when the cluster file is judged."""
    if app.runtime != "compose" or not app.image_source:
        return app
    try:
        image = saved_image(app.image_source, app.image)
    except (OSError, ValueError):
        return app
    return replace(app, image_sha256=image.sha256, image_manifest=image.manifest)


def why_no_image(source: str, name: str) -> str:
    """Why the file `source` doesn't hold the image `name`; empty when it does."""
    try:
        saved_image(source, name)
    except OSError as error:
        return tr("can't be read: {strerror}", strerror=error.strerror or error)
    except ValueError as error:
        return str(error)
    return ""


def wrong_archives(plan: Plan) -> list[Problem]:
    """Archives whose bytes aren't those that the cluster file means, or the plan, before any is sent."""
    archives = {action.archive.source: action.archive for action in plan.actions() if isinstance(action, UnpackArchive)}
    images = {action.image.source: action.image for action in plan.actions() if isinstance(action, LoadImage)}
    shipped = [image for image in images.values() if image.sha256]
    problems = (*map(_of_archive, archives.values()), *map(_of_image, shipped))
    return [problem for problem in problems if problem]


def _of_image(image: Image) -> Problem | None:
    """The file may have been written again after the plan was made."""
    why = why_no_image(image.source, image.name)
    found = "" if why else saved_image(image.source, image.name).sha256
    if found == image.sha256:
        return None
    instead = why or tr("has {found}, and {sha256} is wanted", found=found, sha256=image.sha256)
    message = tr(
        "{source} isn't the image {image} that the plan means: it {instead}",
        source=image.source,
        image=image.name,
        instead=instead,
    )
    hint = tr("bring the right file there; or make a new plan, which takes this one")
    return Problem("other-archive", "error", message, hint, image.source)


def _of_archive(archive: Archive) -> Problem | None:
    try:
        found = _digest(archive.source)
    except OSError as error:
        message, hint = (
            tr("{source} can't be read: {strerror}", source=archive.source, strerror=error.strerror),
            tr("a relative path starts at the cluster file"),
        )
        return Problem("no-archive", "error", message, hint, archive.source)
    wanted = archive.sha256.lower()
    if found == wanted:
        return None
    message = tr(
        "{source} is not the file that was expected: its SHA-256 is {found}, and the cluster file has {wanted}",
        source=archive.source,
        found=found,
        wanted=wanted,
    )
    hint = tr("put the right file there; or, if you trust this one, write its sha256 into the cluster file")
    return Problem("other-archive", "error", message, hint, archive.source)


def _digest(path: str) -> str:
    with Path(path).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
