"""What is wanted compared with what was found: the actions on files and units, without their order."""

from __future__ import annotations

from collections.abc import Iterable, Sequence, Set

from corral.language import tr
from corral.model.resources import UP, Desired, Directory, File, FileRecord, FoundUnit, Gate, Observed, Unit, digest
from corral.model.software import Archive, Image, Package, Service, Software, Stage
from corral.plan.actions import (
    ROOT,
    STAGE_OF,
    HostChange,
    KeepAfterBoot,
    MakeDirectory,
    ReloadUnit,
    RemoveFile,
    StartUnit,
    StopUnit,
    WriteFile,
)
from corral.plan.images import NO_NAMES, Names, is_another
from corral.plan.masking import unified_diff
from corral.plan.software import EnableService, InstallPackages, LoadImage, UnpackArchive

ACCOUNTS = "/etc/sysusers.d/"
"""Files that make accounts come first, since directories and other files belong to these accounts."""


def directories(desired: Desired, stage: Stage, known: Iterable[Directory]) -> list[MakeDirectory]:
    """Those that are missing, and those of root that are to belong to an account, as the mount point of a new disk.

    So are those in which root owns what their program has to write. A directory that belongs to another account stays
    as it is: what is in it may be somebody's data.
    """
    found = {(directory.host, directory.path): directory for directory in known}

    def is_there(directory: Directory, old: Directory | None) -> bool:
        if old is None or not directory.owner:
            return old is not None
        return bool(old.owner) and not (old.foreign and old.owner == directory.owner)

    wanted = [(each, found.get((each.host, each.path))) for each in desired.directories if each.stage == stage]
    return [MakeDirectory(directory, old) for directory, old in wanted if not is_there(directory, old)]


def preparations(desired: Desired, observed: Observed, stage: Stage) -> list[HostChange]:
    """What the hosts must have before the units of `stage` start, and what brings those back that run; for each host in
    the order in which it is done.
    """
    written = files(desired, observed, stage)
    return [
        *software(desired, observed, stage),
        *(action for action in written if _makes_accounts(action)),
        *directories(desired, stage, observed.directories),
        *(action for action in written if not _makes_accounts(action)),
        *kept(desired, observed, stage),
    ]


def _makes_accounts(action: WriteFile) -> bool:
    return action.file.path.startswith(ACCOUNTS)


def software(desired: Desired, observed: Observed, stage: Stage) -> list[HostChange]:
    """Packages first, all of one host in one action; then services, which images may need, and archives."""
    found = {each: each for each in observed.software}
    missing = [each for each in desired.software if each.stage == stage and not _is_there(each, found.get(each))]
    packages: dict[str, list[Package]] = {}
    for each in missing:
        if isinstance(each, Package):
            packages.setdefault(each.host, []).append(each)
    return [
        *(_install(host, found) for host, found in packages.items()),
        *(EnableService(each) for each in missing if isinstance(each, Service)),
        *(UnpackArchive(each) for each in missing if isinstance(each, Archive)),
        *(LoadImage(each) for each in missing if isinstance(each, Image)),
    ]


def _is_there(wanted: Software, found: Software | None) -> bool:
    if isinstance(wanted, Image) and isinstance(found, Image):
        return found.fits(wanted)
    return found is not None


def _install(host: str, packages: Sequence[Package]) -> InstallPackages:
    keep_off = tuple(service for package in packages for service in package.keep_off)
    return InstallPackages(host, tuple(package.name for package in packages), keep_off, packages[0].manager)


def files(desired: Desired, observed: Observed, stage: Stage) -> list[WriteFile]:
    """The files of `stage` whose bytes, mode or owner differ from the host's, or that have not taken effect yet."""
    found = {(file.host, file.path): file for file in observed.files}
    records = {(record.host, record.path): record for record in observed.written}
    checks = dict(desired.checks)
    actions = []
    for file in desired.files:
        old, record = found.get((file.host, file.path)), records.get((file.host, file.path))
        if file.stage != stage or (old == file and not (record and record.pending)):
            continue
        diff = unified_diff(file.path, old.content if old else "", file.content)
        drift, access = _is_drift(old, record), _access(old, file)
        actions.append(WriteFile(file, raw_digest(old), diff, checks.get(file.path, ()), drift, access))
    return actions


def _access(old: File | None, new: File) -> tuple[str, ...]:
    """What changes of a file's mode and owner."""
    if old is None:
        return ()
    mode = (f"{old.mode:04o} → {new.mode:04o}",) if old.mode != new.mode else ()
    return (*mode, *((f"{old.owner or ROOT} → {new.owner or ROOT}",) if old.owner != new.owner else ()))


def raw_digest(file: File | None) -> str:
    """The digest of a file's bytes as they were found; empty for no file."""
    return (file.raw or digest(file.content)) if file else ""


def _is_drift(old: File | None, record: FileRecord | None) -> bool:
    """Whether the file differs from what Corral wrote last. False when there is no note on it."""
    return old is not None and record is not None and not record.pending and raw_digest(old) != record.digest


def leftover_files(desired: Desired, observed: Observed) -> list[RemoveFile]:
    """Files in Corral's own directories that the cluster file no longer asks for."""
    wanted = {(file.host, file.path) for file in desired.files}
    return removals(observed, wanted)


def removals(observed: Observed, kept: Set[tuple[str, str]] = frozenset()) -> list[RemoveFile]:
    """For each of Corral's files, and for those that a cut-off run removed before the removal took effect.

    Not for those in `kept`, by host and path.
    """
    there = {(file.host, file.path): file for file in observed.files}
    pending = {(record.host, record.path) for record in observed.written if record.pending}
    gone = sorted(place for place in pending - there.keys() - kept if after_removal(place[1]))
    found = [place for place in there if place not in kept]
    return [
        RemoveFile(host, path, raw_digest(there.get((host, path))), after_removal(path))
        for host, path in (*found, *gone)
    ]


def after_removal(path: str) -> tuple[tuple[str, ...], ...]:
    """Commands that make the removal of the file `path` take effect."""
    if path.startswith(("/etc/systemd/system/", "/run/systemd/system/")):
        return (("systemctl", "daemon-reload"),)
    if path.startswith("/etc/chrony"):
        return (("systemctl", "try-restart", "chrony.service" if "/conf.d/" in path else "chronyd.service"),)
    return ()


def kept(desired: Desired, observed: Observed, stage: Stage) -> list[KeepAfterBoot]:
    """Units of `stage` that are there now, and would not be after a reboot of their host."""
    wanted = {unit.name for unit in desired.units if STAGE_OF[unit.role] == stage} - desired.idle
    return [
        KeepAfterBoot(unit.host, unit.name, unit.at_boot.keeper, unit.at_boot.name, unit.at_boot.why_not)
        for unit in observed.units
        if unit.name in wanted and unit.at_boot and not unit.at_boot.comes
    ]


def leftover_units(desired: Desired, observed: Observed) -> list[StopUnit]:
    wanted = {unit.name for unit in desired.units}
    drain = max((unit.drain for unit in desired.units), default=0.0)
    return [
        StopUnit(unit.host, unit.name, tr("no longer in the cluster file"), unit.id.port, drain, unit.role)
        for unit in observed.units
        if unit.name not in wanted
    ]


def leftover_workers(desired: Desired, observed: Observed) -> list[StopUnit]:
    """Workers that have left the file. They stop before new ones start: else jobs run twice."""
    return [action for action in leftover_units(desired, observed) if action.role == "worker"]


def unit_action(
    unit: Unit, found: FoundUnit | None, gate: Gate, images: Names = NO_NAMES
) -> StartUnit | ReloadUnit | None:
    """What brings one unit to its wanted revision, and to the image of its name; None when it runs both already."""
    if found is None or found.state not in UP:
        return StartUnit(unit, gate, _why_start(found))
    if found.revision != unit.revision:
        why = tr("its configuration changed") if found.revision else tr("an earlier start was not finished")
        return StartUnit(unit, gate, why, restart=True)
    if is_another(found, images):
        return StartUnit(unit, gate, tr("its image changed"), restart=True)
    if found.reload_revision != unit.reload_revision:
        return ReloadUnit(unit, gate, tr("its configuration changed"))
    return None


def reload_of_changed(unit: Unit, found: FoundUnit | None, gate: Gate, files: Sequence[WriteFile]) -> ReloadUnit | None:
    """For a unit that its supervisor has restarted since its stamp was written.

    It is not known what it has read then, so it is reloaded when its configuration is about to be written.
    """
    changed = any(action.host == unit.host and action.file.stage == "proxy" for action in files)
    if found is None or found.state not in UP or found.proven or not changed:
        return None
    return ReloadUnit(unit, gate, tr("its supervisor has restarted it meanwhile"))


def _why_start(found: FoundUnit | None) -> str:
    if found is None:
        return tr("new")
    return (
        tr("it has failed: {detail}", detail=found.detail)
        if found.state == "failed" and found.detail
        else tr("not running")
    )
