"""A host's system, memory and disks in what machine.sh wrote. Pure; what isn't there is unknown."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from posixpath import basename
from typing import Final

from corral.model.at_boot import MASKED
from corral.model.identity import unit_of
from corral.model.machine import Disk, Memory, Security, System, Tracking
from corral.model.resources import Family
from corral.observe.question import DOCKER_ROOT, FIREWALLS, Question
from corral.observe.sections import Sections, Values, after
from corral.units.systemd_show import Properties, names_of

_DEBIAN: Final = {"debian", "ubuntu"}
_RHEL: Final = {"rhel", "fedora", "centos"}
_TRACKING_COLUMNS: Final = 14
"""Of `chronyc -c tracking`."""
_SOURCE_COLUMNS: Final = 10
_LAST_THREE: Final = 0b111
"""Of a source's last eight polls, the latest of which is the lowest bit."""
_NEVER: Final = 2**32 - 1
"""Seconds since the last answer of a source that has given none."""
_ANY_RATE: Final = 1e6
"""Parts per million: the skew that chronyd reports while it has fewer than three answers."""


_ROW: Final = re.compile(
    r"\s*(?P<free>\d+) (?P<kind>\S+)(?:\s+(?P<inodes>\d+|-)\s+(?P<total>\d+|-)\s+(?P<mounted>/.*?))?\s*"
)
"""Of df; the last three columns are missing in what an older Corral asked for."""


def system_in(question: Question, sections: Sections, values: Values) -> System:
    host, resolved = sections.lines("host"), _resolved(sections.lines("resolved"))
    release = _release(values.of_file("/etc/os-release"))
    return System(
        root=values.field("/proc/self/status", "Uid").split()[:2] == ["0", "0"],
        user=after("user ", host),
        architecture=after("architecture ", host),
        family=_family(release),
        distribution=release.get("PRETTY_NAME", ""),
        kernel=values.first("/proc/sys/kernel/osrelease"),
        systemd=_systemd(sections, values),
        cores=_cores(values.field("/proc/self/status", "Cpus_allowed_list")),
        boot_id=values.first("/proc/sys/kernel/random/boot_id"),
        machine_id=values.first("/etc/machine-id"),
        network=after("'/proc/self/ns/net' -> ", sections.lines("links")).strip("'"),
        addresses=frozenset(_addresses(sections.lines("addresses"))),
        uptime=_number(values.first("/proc/uptime").partition(" ")[0]),
        clock=_number(after("clock ", host)),
        zone=_zone(sections.lines("links"), values),
        interface=_interface(sections.lines("addresses"), {question.address, *resolved}),
        resolved=resolved,
        journal_persistent="journal" in host,
        tar="tar" in host,
        lacks=tuple(line.removeprefix("lacks ") for line in host if line.startswith("lacks ")),
        boots_into=basename(after("'/etc/systemd/system/default.target' -> ", sections.lines("links")).strip("'")),
    )


def masked_in(lines: Iterable[str]) -> frozenset[str]:
    rows = (line.partition(" ") for line in lines)
    return frozenset(name for word, _, name in rows if word in MASKED)


def instead_in(question: Question, lines: Iterable[str]) -> Iterator[str]:
    """Of this very cluster: another one's name may begin with its name."""
    for line in lines:
        word, _, path = line.partition(" ")
        if word == "instead" and unit_of(question.cluster, question.host, basename(path)):
            yield path


def memory_in(values: Values) -> Memory:
    swappiness = values.first("/proc/sys/vm/swappiness")
    pages = re.search(r"\[(\w+)\]", values.first("/sys/kernel/mm/transparent_hugepage/enabled"))
    return Memory(
        total=_kibibytes(values.field("/proc/meminfo", "MemTotal")),
        available=_kibibytes(values.field("/proc/meminfo", "MemAvailable")),
        swappiness=int(swappiness) if swappiness.isdecimal() else None,
        huge_pages=pages[1] if pages else "",
    )


def disks_in(sections: Sections, values: Values) -> Iterator[Disk]:
    """df's rows come in the order of the paths; when one is missing, it is not known which."""
    lines = sections.lines("disks")
    asked = [line.removeprefix("asked ") for line in lines if line.startswith("asked ")]
    rows = [row for line in lines if (row := _ROW.fullmatch(line))]
    elsewhere = any('"data-root"' in line for line in values.of_file("/etc/docker/daemon.json"))
    options = dict(_mounts(sections.lines("mounts")))
    if len(asked) == len(rows):
        for path, row in zip(asked, rows, strict=True):
            if path != DOCKER_ROOT or not elsewhere:
                mounted = row["mounted"] or ""
                yield Disk(
                    path, int(row["free"]) * 1024, row["kind"], _inodes(row), mounted, options.get(mounted, frozenset())
                )


def _inodes(row: re.Match[str]) -> int | None:
    """A file system that makes them as they are needed has none in all."""
    total, free = row["total"] or "", row["inodes"] or ""
    return int(free) if free.isdecimal() and total.isdecimal() and int(total) else None


def _mounts(lines: Iterable[str]) -> Iterator[tuple[str, frozenset[str]]]:
    """Rows of /proc/self/mounts: device, place with blanks in octal, kind, options. What is mounted last counts."""
    for line in lines:
        words = line.split()
        if len(words) > 3:
            place = re.sub(r"\\([0-7]{3})", lambda found: chr(int(found[1], 8)), words[1])
            yield place, frozenset(words[3].split(",")) & {"ro", "noexec"}


def security_in(values: Values, units: Iterable[Properties]) -> Security:
    enforcing = {"1": "enforcing", "0": "permissive"}.get(values.first("/sys/fs/selinux/enforce"), "")
    active = {name for unit in units if unit.get("ActiveState") == "active" for name in names_of(unit)}
    on: list[str] = [name for name in FIREWALLS if name in active]
    if any(line.replace('"', "").strip().lower() == "enabled=yes" for line in values.of_file("/etc/ufw/ufw.conf")):
        on.append("ufw")
    return Security(enforcing, ", ".join(on))


def tracking_in(lines: Iterable[str]) -> Tracking | None:
    """chronyd's answers: one row on its tracking, then one for each source, with its last polls as an octal number."""
    rows = [line.split(",") for line in lines]
    known = next((row for row in rows if len(row) == _TRACKING_COLUMNS), None)
    if known is None:
        return None
    asked = [row for row in rows if len(row) == _SOURCE_COLUMNS]
    sources = sum(row[5] != "0" for row in asked)
    unanswered = [row for row in asked if not int(row[5], 8) & _LAST_THREE]
    return Tracking(
        leap=known[13],
        offset=abs(float(known[4])),
        root_dispersion=float(known[11]),
        reference=known[1],
        sources=sources,
        settling=float(known[9]) >= _ANY_RATE and sources > 0,
        lost=tuple(row[2] for row in unanswered if int(row[6]) < _NEVER),
        unseen=tuple(row[2] for row in unanswered if int(row[6]) >= _NEVER),
    )


def _release(lines: Iterable[str]) -> dict[str, str]:
    """os-release is a list of shell assignments."""
    pairs = (line.split("=", 1) for line in lines if "=" in line)
    return {name: _word(value) for name, value in pairs}


@lru_cache  # the hosts have most of them in common
def _word(value: str) -> str:
    return " ".join(shlex.split(value))


def _family(release: Mapping[str, str]) -> Family:
    names = {release.get("ID", ""), *release.get("ID_LIKE", "").split()}
    if names & _DEBIAN:
        return "debian"
    return "rhel" if names & _RHEL else "unknown"


def _systemd(sections: Sections, values: Values) -> int:
    """0 where systemd is installed and something else is process 1."""
    version = re.match(r"systemd (\d+)", sections.text("systemd"))
    return int(version[1]) if version and values.first("/proc/1/comm") == "systemd" else 0


def _cores(allowed: str) -> int:
    """How many `0-3,8` are; one when that isn't known."""
    count = 0
    for part in filter(None, allowed.split(",")):
        first, _, last = part.partition("-")
        count += int(last or first) - int(first) + 1
    return count or 1


def _number(text: str) -> float | None:
    return float(text) if text else None


def _kibibytes(text: str) -> int | None:
    number = text.partition(" ")[0]
    return int(number) * 1024 if number.isdecimal() else None


def _zone(links: Iterable[str], values: Values) -> str:
    """By where /etc/localtime leads, which is what programs read; Debian writes the name down besides."""
    target = after("'/etc/localtime' -> ", links).strip("'")
    return target.partition("/zoneinfo/")[2] or values.first("/etc/timezone")


def _resolved(lines: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(line.split()[0] for line in lines if line.strip()))


def _addresses(lines: Iterable[str]) -> Iterator[str]:
    """In `ip -o addr show`'s words, without the length of their networks."""
    for line in lines:
        words = line.split()
        if len(words) > 3 and words[2] in ("inet", "inet6"):
            yield words[3].partition("/")[0]


def _interface(lines: Iterable[str], addresses: set[str]) -> str:
    """The first that carries one of `addresses`, in `ip -o addr show`'s words: `2: eth0    inet 10.0.0.1/24 …`."""
    for line in lines:
        words = line.split()
        if len(words) > 3 and words[3].partition("/")[0] in addresses:
            return words[1].partition("@")[0]
    return ""
