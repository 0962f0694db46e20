"""What real hosts need beyond a right file: the playground runs without it, `corral plan` and `corral apply` don't."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterator
from pathlib import PurePath
from typing import Final, NamedTuple

from corral.cluster_file.addresses import ip, same_address
from corral.cluster_file.build import beside
from corral.cluster_file.directories import meet, wrong_directory
from corral.cluster_file.parse import Loaded
from corral.cluster_file.positions import Path
from corral.cluster_file.report import Complaint, Report
from corral.cluster_file.schema import Spec
from corral.language import tr
from corral.problems import Problem, Severity

_LOCALHOST: Final = ("localhost", "localhost.localdomain", "ip6-localhost", "ip6-loopback")
_DIRECTORY: Final = ("app", "directory")


class _Found(NamedTuple):
    complaint: Complaint
    severity: Severity = "error"


def problems_for_hosts(
    loaded: Loaded, exists: Callable[[str], bool], why_no_image: Callable[[str, str], str] = lambda _file, _image: ""
) -> list[Problem]:
    """Everything that is wrong with the file for real hosts, and warnings, in the order of the file.

    `exists` says whether the controlling machine has a file of this path; `why_no_image` what keeps one that is there
    from being the image of this name, in words that go on from its path, and nothing when it is.
    """
    spec, report = loaded.spec, Report(loaded.document)
    for found in (
        *_addresses(spec, report),
        *_virtual_ip(spec, report),
        *(_containers(spec) if spec.app.runtime == "compose" else _services(spec)),
        *_archives(spec, loaded.directory, exists),
        *_image(spec, loaded.directory, lambda file, image: why_no_image(file, image) if exists(file) else ""),
        *_directories(spec),
    ):
        report.add(found.complaint, found.severity)
    return report.problems()


def _addresses(spec: Spec, report: Report) -> Iterator[_Found]:
    for name, host in spec.hosts.items():
        if wrong := _local(host.address):
            hint = tr(
                "Write the address by which the other hosts reach it; `corral up` runs the cluster on this machine."
            )
            yield _Found(Complaint("local-address", report.find(("hosts", name, "address")), wrong, hint))


def _local(address: str) -> str:
    """What is wrong with an address that other hosts can't reach; empty for a good one."""
    number, name = ip(address), same_address(address)
    if (number and number.is_loopback) or name in _LOCALHOST or name.endswith(".localhost"):
        return tr("is {address}, by which every machine reaches itself.", address=address)
    if number and number.is_link_local:
        return tr("is {address}, which is valid on one network link only.", address=address)
    return ""


def _virtual_ip(spec: Spec, report: Report) -> Iterator[_Found]:
    virtual, path = spec.proxy.virtual_ip, report.find(("proxy", "virtual_ip", "address"))
    if virtual is None:
        return
    if wrong := _local(virtual.address):
        yield _Found(Complaint("local-address", path, wrong, tr("Write an address of the proxies' network.")))
    for name, host in spec.hosts.items():
        if same_address(host.address) == same_address(virtual.address):
            hint = tr("Write another address of that network, which no machine has: keepalived gives it to one proxy.")
            yield _Found(
                Complaint(
                    "same-address",
                    path,
                    tr("is {address}, the address of {name}.", address=virtual.address, name=name),
                    hint,
                )
            )
    if len(spec.proxy.hosts) < 2:
        hint = tr("Name a second host below proxy.hosts, or leave virtual_ip out.")
        sentence = tr("has nowhere to move to: {hosts} is the only proxy.", hosts=spec.proxy.hosts[0])
        yield _Found(Complaint("lonely-address", ("proxy", "virtual_ip"), sentence, hint), "warning")


def _containers(spec: Spec) -> Iterator[_Found]:
    app = spec.app
    if not app.image:
        hint = tr("Add `image:` below app, the container image with its tag; or `runtime: systemd` for one without.")
        yield _Found(Complaint("missing-key", ("app", "image"), tr("is missing: app.runtime is compose."), hint))
    if not app.directory.startswith("/") and posixpath.normpath(app.directory) != ".":
        hint = tr("Leave it out for the image's own working directory.")
        yield _Found(Complaint("bad-value", _DIRECTORY, tr("must be an absolute path inside the image."), hint))
    if app.release.source:
        yield _unused(("app", "release"), "systemd")


def _services(spec: Spec) -> Iterator[_Found]:
    app = spec.app
    if not app.command:
        hint = tr("Add `command:` below app, what starts one instance; or `runtime: compose` to use the image's own.")
        yield _Found(Complaint("missing-key", ("app", "command"), tr("is missing: app.runtime is systemd."), hint))
    relative = not app.directory.startswith("/")
    if relative and not app.release.source:
        sentence = tr(
            "must be an absolute path on the hosts, not {directory!r}: there is no app.release.",
            directory=app.directory,
        )
        hint = tr("Write where the application is on each host, or `release: {archive: FILE}` to ship it there.")
        yield _Found(Complaint("bad-value", _DIRECTORY, sentence, hint))
    elif relative and posixpath.normpath(app.directory).startswith(".."):
        yield _Found(
            Complaint(
                "bad-value", _DIRECTORY, tr("is {directory}, which leads out of app.release.", directory=app.directory)
            )
        )
    if app.image_archive:
        yield _unused(("app", "image_archive"), "compose")


def _unused(path: Path, runtime: str) -> _Found:
    sentence = tr("is not used: it is for the runtime {runtime}, and app.runtime is another one.", runtime=runtime)
    return _Found(
        Complaint("unused-key", path, sentence, tr("Take it out, or write `runtime: {runtime}`.", runtime=runtime)),
        "warning",
    )


def _archives(spec: Spec, directory: PurePath, exists: Callable[[str], bool]) -> Iterator[_Found]:
    for path, source in _shipped(spec):
        file = beside(directory, source)
        if source and not exists(file):
            hint = tr("A relative path starts at the cluster file's directory.")
            hint = tr("Write the whole path: `~` is not expanded here.") if source.startswith("~") else hint
            yield _Found(
                Complaint("no-archive", path, tr("names a file that does not exist: {file}.", file=file), hint)
            )


def _image(spec: Spec, directory: PurePath, why_no_image: Callable[[str, str], str]) -> Iterator[_Found]:
    app = spec.app
    if app.runtime != "compose" or not app.image_archive or not app.image:
        return
    file = beside(directory, app.image_archive)
    if why := why_no_image(file, app.image):
        hint = tr("`docker save --output FILE {image}` writes a file that holds it.", image=app.image)
        sentence = tr("names a file without the image {image}: {file} {why}.", image=app.image, file=file, why=why)
        yield _Found(Complaint("no-image", ("app", "image_archive"), sentence, hint))


def _shipped(spec: Spec) -> Iterator[tuple[Path, str]]:
    """The files of the controlling machine that the hosts are given, by their keys; empty where there is none."""
    compose = spec.app.runtime == "compose"
    yield ("app", "image_archive"), spec.app.image_archive if compose else ""
    yield ("app", "release", "archive"), "" if compose else spec.app.release.source
    yield ("proxy", "install", "archive"), spec.proxy.install.source
    yield ("database", "install", "archive"), spec.database.install.source


def _directories(spec: Spec) -> Iterator[_Found]:
    data, storage = spec.database.directory, spec.app.storage.path
    if storage and (wrong := wrong_directory(storage, spec.name)):
        hint = tr("Write a directory that is for these files alone.")
        yield _Found(Complaint("bad-value", ("app", "storage", "path"), wrong, hint))
    shared = {*spec.database.members} & {*spec.app.hosts, *spec.app.workers.hosts}
    if data and storage and shared and meet(data, storage):
        sentence = tr(
            "is {data}, and app.storage.path is {storage}: mongod's data would lie among the uploaded files.",
            data=data,
            storage=storage,
        )
        yield _Found(
            Complaint("bad-value", ("database", "directory"), sentence, tr("Give each a directory of its own."))
        )
