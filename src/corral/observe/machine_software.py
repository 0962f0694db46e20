"""A host's programs, packages, services and processes in what machine.sh wrote. Pure."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Iterator
from typing import Final

from corral.language import tr
from corral.model.at_boot import COMES, MASKED, UNTIL_BOOT
from corral.model.identity import unit_of
from corral.model.machine import Docker, PackageState, Process, Program, ServiceState, Unasked, Version
from corral.model.programs import version_in
from corral.model.versions import asked, said_version
from corral.observe.question import Question
from corral.observe.sections import Sections, Values, after
from corral.units.systemd_show import Properties, names_of

_FOUND: Final = re.compile(r"([a-z]+) (/\S+)")
_SAID: Final = re.compile(r"version ([a-z]+) (.*)")
_ENDED: Final = re.compile(r"ended ([a-z]+) ([0-9]+)")
_SOURCES: Final = ("apt-cache", "dnf")
"""What tells which packages could be installed."""
_LIMIT: Final = re.compile(r"Max (open files|processes)\s+(\S+)")


def programs_in(lines: Iterable[str]) -> Iterator[Program]:
    """Rows `name path`; for the programs whose version was asked also `version name …`, a row for each line that it
    wrote, and `ended name status`, which an older Corral didn't ask for.
    """
    rows: dict[str, str] = {}
    said: dict[str, list[str]] = {}
    ends: dict[str, int] = {}
    for line in lines:
        if match := _SAID.fullmatch(line):
            said.setdefault(match[1], []).append(match[2])
        elif match := _ENDED.fullmatch(line):
            ends[match[1]] = int(match[2])
        elif match := _FOUND.fullmatch(line):
            rows[match[1]] = match[2]
    for name, path in rows.items():
        text = "\n".join(said.get(name, ()))
        yield asked(name, path, text, ends.get(name, 0)) if name in said else Program(name, path)


def packages_in(question: Question, sections: Sections) -> Iterator[PackageState]:
    installed = {}
    for line in sections.lines("packages"):
        name, _, rest = line.partition("\t")
        status, _, version = rest.partition("\t")
        if status[1:2] == "i":  # ii: installed; hi: and held at its version
            installed[name] = version
    unasked = {each.program for each in unasked_in(sections.lines("unasked"))}
    known = "lists" in sections.lines("host") and unasked.isdisjoint(_SOURCES)
    candidates = dict(_candidates(sections.lines("candidates")))
    for group in question.packages:
        asked = known and not any(name in installed for name in group)
        for name in group:
            yield PackageState(name, installed.get(name, ""), candidates.get(name, "") if asked else None)


def apt_lock_in(lines: Iterable[str]) -> tuple[str, str] | None:
    """A row `PATH PID NAME`, as the path and who holds it."""
    for line in lines:
        path, _, rest = line.partition(" ")
        pid, _, name = rest.partition(" ")
        if pid.isdecimal():
            return path, f"{name}{tr(' (pid {pid})', pid=pid)}"
    return None


def _candidates(lines: Iterable[str]) -> Iterator[tuple[str, str]]:
    """From `apt-cache policy`, or from dnf in one row for each."""
    name = ""
    for line in lines:
        if line.startswith("candidate "):
            yield tuple(line.split()[1:3])  # type: ignore[misc] # the row is made by machine.sh
        elif line.endswith(":") and not line.startswith(" "):
            name = line[:-1]
        elif line.startswith("  Candidate: ") and "(none)" not in line:
            yield name, line.removeprefix("  Candidate: ")


def services_in(question: Question, units: Iterable[Properties]) -> tuple[ServiceState, ...]:
    """The distribution's services that the host knows. One that was asked for by two names is in the answer twice."""
    asked = {name.removesuffix(".service") for name in question.services}
    found: dict[str, ServiceState] = {}
    for unit in units:
        if unit.get("LoadState") in ("loaded", "masked") and not asked.isdisjoint(names_of(unit)):
            file = unit.get("UnitFileState", "")
            found[unit["Id"]] = ServiceState(
                names_of(unit),
                enabled=file == COMES["systemd"],
                active=unit.get("ActiveState") == "active",
                held=file == "masked-runtime",
                masked=unit.get("LoadState") == "masked" or file in MASKED,
                until_boot=file == UNTIL_BOOT[0],
            )
    return tuple(found.values())


def processes_in(
    question: Question, sections: Sections, values: Values, units: Iterable[Properties]
) -> Iterator[Process]:
    """The main processes of the cluster's mongod and nginx here."""
    links = dict(_links(sections.lines("links")))
    for unit in units:
        who, pid = unit_of(question.cluster, question.host, unit.get("Id", "")), int(unit.get("MainPID") or 0)
        if not pid or who is None or who.role not in ("database", "proxy"):
            continue
        limits = dict(_LIMIT.findall("\n".join(values.of_file(f"/proc/{pid}/limits"))))
        yield Process(
            unit=who,
            pid=pid,
            program=links.get(f"/proc/{pid}/exe", ""),
            version=said_version("mongod", after(f"version {pid} ", sections.lines("links"))).version,
            open_files=_limit(limits.get("open files")),
            processes=_limit(limits.get("processes")),
        )


def _links(lines: Iterable[str]) -> Iterator[tuple[str, str]]:
    """`'/proc/7/exe' -> '/usr/bin/mongod'`, in a shell's quotes."""
    for line in lines:
        if " -> " in line:
            words = shlex.split(line)
            yield words[0], words[-1]


def _limit(text: str | None) -> int | None:
    if text == "unlimited":
        return -1
    return int(text) if text else None


def docker_in(lines: Iterable[str], packages: Iterable[PackageState]) -> Docker:
    rows = list(lines)
    return Docker(
        running="running" in rows,
        podman="podman" in rows,
        compose=tuple(after("compose ", rows).split()),
        compose_version=version_in(after("version ", rows)) or _packaged_compose(packages),
    )


def unasked_in(lines: Iterable[str]) -> Iterator[Unasked]:
    """Rows of what was asked, `silent` and the seconds that it had, or `failed` and its own words."""
    for line in lines:
        program, kind, words = line.split("\t", 2)
        yield Unasked(program, tr("no answer in {seconds} s", seconds=words) if kind == "silent" else words)


def _packaged_compose(packages: Iterable[PackageState]) -> Version | None:
    return next(
        (version_in(p.installed) for p in packages if p.installed and p.name.startswith("docker-compose")), None
    )
