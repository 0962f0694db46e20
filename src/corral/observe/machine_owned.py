"""What Corral has on a host, in what machine.sh wrote. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from posixpath import basename, dirname
from typing import Final

from corral.language import tr
from corral.model.at_boot import UNLINKED, AtBoot
from corral.model.identity import unit_of
from corral.model.machine import MARKS, Owned, PackageState, ServiceState
from corral.model.pools import DIRECTORY
from corral.model.programs import ARCHIVES
from corral.model.resources import Directory, File, FoundUnit, digest
from corral.model.software import Archive, Image, Package, Service
from corral.observe.files import split_records
from corral.observe.images import in_words_of_archives, loaded_ids
from corral.observe.listeners import containers_in
from corral.observe.obstacles import obstacles_in
from corral.observe.question import Question
from corral.observe.sections import Sections, after
from corral.observe.tar_stream import Entry, everything
from corral.observe.units import pools_in_use, split_stamps, with_revisions
from corral.secrets import Secrets, redactor
from corral.units.docker_inspect import found_containers, image_id
from corral.units.host_units import joined
from corral.units.systemd_show import found_units

_DIGEST: Final = re.compile(r"(.+-)?[0-9a-f]{12}")
"""How the directory of an unpacked archive is named."""


@dataclass(frozen=True)
class Known:
    """What is already known of the host's software."""

    packages: Sequence[PackageState]
    services: Sequence[ServiceState]
    uid: int = 0
    """Of the account that Corral uses there: a file of this account counts as one without another owner."""
    units: Sequence[FoundUnit] | None = None
    """The units, where something else than systemd and docker keeps them."""


def owned_in(question: Question, sections: Sections, known: Known, secrets: Secrets) -> Owned:
    """Raises ValueError when the files did not arrive completely."""
    packed = _unpacked(sections.files)
    files, records = split_records(_files(question.host, packed, secrets, known.uid))
    files, stamps = split_stamps(file for file in files if not _of_pools(question, file.path))
    state = f"{question.state}/"
    own = [file for file in files if file.path.startswith(state)]
    marks = {basename(file.path) for file in own if dirname(file.path) == f"{state}packages"}
    remembered = tuple(file.content for file in own if dirname(file.path) == f"{state}{MARKS}")
    directories = tuple(_directories(question, sections.lines("directories")))
    loaded = loaded_ids(own)
    units = in_words_of_archives(_units(question, sections) if known.units is None else known.units, loaded)
    return Owned(
        files=tuple(file for file in files if not file.path.startswith(state) and _is_ours(question, file.path)),
        records=tuple(records),
        directories=directories,
        units=with_revisions(units, stamps, pools_in_use(packed)),
        software=(
            *_packages(question, known, marks),
            *_archives(directories),
            *_images(question, sections.lines("docker"), loaded),
            *(Service(question.host, name) for service in known.services for name in _running(service)),
        ),
        marks=remembered,
        obstacles=obstacles_in(question.host, sections, packed),
    )


def _packages(question: Question, known: Known, marks: Collection[str]) -> Iterator[Package]:
    """The packages that are completely installed.

    If one of a group is installed, the whole group counts as installed: docker-ce brings what docker.io does, and a
    host can't have both. If Corral has begun to install a package (its mark says so), the package is not complete while
    the service that must stay off is enabled, runs, or is still masked by an installation that was cut off.
    """
    installed = {package.name for package in known.packages if package.installed}
    busy = {name for each in known.services if _is_on(each) or each.held for name in each.names}
    undone = {name for name, service in question.keep_off if name in marks and service.removesuffix(".service") in busy}
    for group in question.packages:
        if any(name in installed for name in group):
            yield from (Package(question.host, name) for name in group if name not in undone)


def _of_pools(question: Question, path: str) -> bool:
    """Below one of the state directories that were asked for."""
    return basename(dirname(path)) == DIRECTORY and dirname(path) in question.trees


def _is_ours(question: Question, path: str) -> bool:
    """A runtime definition may be that of a cluster whose name begins with this one's."""
    runtime = path.startswith("/run/")
    return not runtime or unit_of(question.cluster, question.host, basename(path)) is not None


def _is_on(service: ServiceState) -> bool:
    return service.enabled or service.until_boot or service.active


def _unpacked(stream: bytes) -> list[Entry]:
    """Raises ValueError when the stream is cut off."""
    try:
        return list(everything(stream)) if stream else []
    except ValueError as error:
        raise ValueError(tr("Corral's files did not arrive completely: {error}", error=error)) from error


def _files(host: str, packed: Iterable[Entry], secrets: Secrets, uid: int) -> Iterator[File]:
    """Contents, with references in place of known secrets."""
    redact = redactor(secrets)
    for entry in packed:
        if entry.kind == "file":
            text = redact(entry.content.decode(errors="replace"))
            owner = "" if entry.uid == uid else entry.owner or str(entry.uid)
            yield File(host, entry.path, text, entry.mode, owner=owner, raw=digest(entry.content))


def _directories(question: Question, lines: Iterable[str]) -> Iterator[Directory]:
    """Rows of stat: kind, mode, owner and path, each path once; of the vital files only whose they are."""
    seen: dict[str, tuple[int, str]] = {}
    foreign = set()
    for line in lines:
        kind, mode, owner, path = line.split("|", 3)
        path = path.rstrip("/")
        if path in question.vital:
            foreign.update([dirname(path)] if owner == "root" else [])
        elif kind == "directory":
            seen.setdefault(path, (int(mode, 8), "" if owner == "root" else owner))
    for path, (bits, owner) in seen.items():
        yield Directory(question.host, path, bits, owner=owner, foreign=path in foreign)


def _units(question: Question, sections: Sections) -> tuple[FoundUnit, ...]:
    services = found_units(question.cluster, question.host, _with_uptime(sections))
    lines = sections.lines("docker")
    mine = {container.identity: container.service for container in containers_in(question, lines) if container.service}
    clock = after("clock ", sections.lines("host"))
    containers = found_containers(question.host, mine, lines, float(clock or "inf"))
    return joined(_as_on_disk(services, sections), containers, in_containers=question.docker)


def _as_on_disk(units: Iterable[FoundUnit], sections: Sections) -> tuple[FoundUnit, ...]:
    """What will be there when the host starts is on the disk. Unchanged where the disk was not asked."""
    lines = sections.lines("boot")
    wanted = {line.removeprefix("wanted ") for line in lines if line.startswith("wanted ")}
    masked = {line.removeprefix("masked ") for line in lines if line.startswith("masked ")}

    def state(at_boot: AtBoot) -> str:
        if at_boot.name in masked:
            return "masked"
        return UNLINKED if at_boot.comes and at_boot.name not in wanted else at_boot.state

    if "boot" not in sections.texts:
        return tuple(units)
    return tuple(
        replace(unit, at_boot=replace(unit.at_boot, state=state(unit.at_boot))) if unit.at_boot else unit
        for unit in units
    )


def _with_uptime(sections: Sections) -> str:
    uptime = after("/proc/uptime:", sections.lines("values")).partition(" ")[0]
    return f"Uptime={uptime}\n\n{sections.text('units')}" if uptime else sections.text("units")


def _archives(directories: Iterable[Directory]) -> Iterator[Archive]:
    for directory in directories:
        if directory.path.startswith(f"{ARCHIVES}/") and _DIGEST.fullmatch(basename(directory.path)):
            yield Archive(directory.host, directory.path)


def _images(question: Question, lines: Sequence[str], loaded: Mapping[str, str]) -> Iterator[Image]:
    identity = image_id(question.image, lines) if question.image else ""
    if identity:
        yield Image(question.host, question.image, sha256=loaded.get(identity, identity))


def _running(service: ServiceState) -> Iterator[str]:
    if service.enabled and service.active:
        yield from (f"{name}.service" for name in service.names)
