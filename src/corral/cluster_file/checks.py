"""Checks on several keys at once: names that must exist, and values that must fit each other."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from corral.cluster_file.addresses import same_address
from corral.cluster_file.app import App, Health
from corral.cluster_file.command import unexpanded
from corral.cluster_file.database import RESERVED_NAMES, Member
from corral.cluster_file.directories import wrong_directory
from corral.cluster_file.headers import wrong_headers
from corral.cluster_file.positions import Path
from corral.cluster_file.report import Complaint, Report
from corral.cluster_file.schema import Spec
from corral.cluster_file.validate import misspelt
from corral.cluster_file.variables import references as references_in
from corral.language import tr
from corral.nearest import suggestion
from corral.secrets import outside_names

_REFERENCES: Final[tuple[Path, ...]] = (
    ("proxy", "hosts"),
    ("app", "hosts"),
    ("app", "workers", "hosts"),
    ("database", "members"),
    ("time", "servers"),
)
_MEMBERS: Final = ("database", "members")
_NO_STORAGE: Final = tr("asks for ${corral:STORAGE}, and app.storage.path is not set.")
_STORAGE_HINT: Final = tr("Write `storage: {path: /srv/…}` below app.")


def _entries(report: Report, path: Path) -> Iterator[tuple[Path, str]]:
    """The names written at `path`, in a list or as keys, with their own paths."""
    here: Any = report.judged
    for step in path:
        here = here.get(step) if isinstance(here, dict) else None
    if isinstance(here, dict):
        yield from (((*path, name), name) for name in here)
    elif isinstance(here, list):
        yield from (((*path, index), name) for index, name in enumerate(here) if isinstance(name, str))


def references(_spec: Spec, report: Report) -> Iterator[Complaint]:
    """Hosts that are named somewhere and don't exist, or are named twice in one list."""
    known = [name for _path, name in _entries(report, ("hosts",))]
    for list_path in _REFERENCES if known else ():
        seen: set[str] = set()
        for path, name in _entries(report, list_path):
            if name not in known:
                message = tr("names the host {name!r}, which is not below hosts.", name=name)
                yield Complaint("unknown-host", path, message, suggestion(name, known), at_key=True)
            elif name in seen:
                yield Complaint(
                    "repeated-host",
                    path,
                    tr("names the host {name!r} a second time.", name=name),
                    tr("Keep one of the two."),
                )
            seen.add(name)


def addresses(spec: Spec, report: Report) -> Iterator[Complaint]:
    """Two hosts with one address: they are one machine, and their ports would meet."""
    owner: dict[str, str] = {}
    for name, host in spec.hosts.items():
        first = owner.setdefault(same_address(host.address), name)
        if host.address and first != name:
            sentence = tr("is {address}, which is the address of {first} already.", address=host.address, first=first)
            hint = tr(
                "Give {name} its own address, or use {first} in its place: a host may have several parts.",
                name=name,
                first=first,
            )
            yield Complaint("same-address", report.find(("hosts", name, "address")), sentence, hint)


def database(spec: Spec, report: Report) -> Iterator[Complaint]:
    timing = ("database", "heartbeat_interval")
    known = report.clean(timing, ("database", "election_timeout"))
    if known and spec.database.heartbeat_interval >= spec.database.election_timeout:
        sentence = tr("must be shorter than database.election_timeout: a primary needs time for a heartbeat.")
        yield Complaint("bad-value", timing, sentence, tr("Half of it, or less, lets one heartbeat be lost."))
    if spec.database.name.lower() in RESERVED_NAMES:
        sentence = tr("may not be {database!r}: MongoDB keeps that name for itself.", database=spec.database.name)
        yield Complaint("bad-value", ("database", "name"), sentence, tr("Write another `name:` below database."))
    directory = spec.database.directory
    if directory and (wrong := wrong_directory(directory, spec.name)):
        yield Complaint(
            "bad-value", ("database", "directory"), wrong, tr("Write a directory that is for these data alone.")
        )
    if spec.database.members and report.clean(_MEMBERS):
        for name, member in spec.database.members.items():
            yield from _member((*_MEMBERS, name), member)
        yield from _votes(spec)


def app(spec: Spec, report: Report) -> Iterator[Complaint]:
    yield from _command(spec, report)
    for name in spec.app.needs.variables:
        if name not in spec.app.env and report.clean(("app", "env", name)):
            hint = tr("Write `{name}: …` below app.env; app.needs.variables, or the preset, asks for it.", name=name)
            yield Complaint("missing-key", ("app", "env", name), tr("is missing."), hint)
    yield from _words(("app", "command"), spec.app.command, spec.app.env, spec)
    if spec.app.workers.command != spec.app.command:
        known = {**spec.app.env, **spec.app.workers.env}
        yield from _words(("app", "workers", "command"), spec.app.workers.command, known, spec)
    yield from _environment(("app", "env"), spec.app.env, spec)
    yield from _environment(("app", "workers", "env"), spec.app.workers.env, spec)
    yield from _headers(("app", "health"), spec.app.health)
    own = spec.app.workers.health
    if isinstance(own, Health) and own.headers != spec.app.health.headers:
        yield from _headers(("app", "workers", "health"), own)


def _command(spec: Spec, report: Report) -> Iterator[Complaint]:
    if spec.app.command or spec.app.image or {"command", "image"} & misspelt(App, report.judged.get("app")):
        return
    if report.clean(("app", "command"), ("app", "image")):
        hint = tr("Add `command:` below app, what starts one instance; or `image:`, a container image with its own.")
        yield Complaint("missing-key", ("app", "command"), tr("is missing, and so is app.image."), hint)


def _words(place: Path, words: Sequence[str], environment: Mapping[str, str], spec: Spec) -> Iterator[Complaint]:
    if wrong := unexpanded(words, environment):
        yield Complaint("bad-value", place, wrong)
    if "STORAGE" in references_in(" ".join(words)) and not spec.app.storage.path:
        yield Complaint("missing-key", place, _NO_STORAGE, _STORAGE_HINT)


def _environment(place: Path, variables: Mapping[str, str], spec: Spec) -> Iterator[Complaint]:
    root_url = variables.get("ROOT_URL", "")
    if references_in(root_url) or outside_names(root_url):
        yield Complaint("bad-value", (*place, "ROOT_URL"), tr("must be the URL itself: the others refer to it."))
    for name, value in variables.items():
        if "STORAGE" in references_in(value) and not spec.app.storage.path:
            yield Complaint("missing-key", (*place, name), _NO_STORAGE, _STORAGE_HINT)


def _headers(place: Path, health: Health) -> Iterator[Complaint]:
    for name, wrong in wrong_headers(health.headers):
        yield Complaint("bad-value", (*place, "headers", name), wrong)


def _member(path: Path, member: Member) -> Iterator[Complaint]:
    if member.arbiter and not member.votes:
        yield Complaint("arbiter-vote", (*path, "votes"), tr("must be 1: voting is all that an arbiter does."))
    if member.arbiter and member.priority:
        sentence = tr("must be 0: an arbiter holds no data and can't become primary.")
        yield Complaint("arbiter-priority", (*path, "priority"), sentence, tr("Leave it out, or write `priority: 0`."))
    elif member.priority and not member.votes:
        sentence = tr("must be 0: MongoDB elects no member without a vote.")
        yield Complaint(
            "priority-without-vote", (*path, "priority"), sentence, tr("Write `priority: 0`, or `votes: 1`.")
        )


def _votes(spec: Spec) -> Iterator[Complaint]:
    members = spec.database.members.values()
    votes = sum(member.votes for member in members)
    if len(members) > 50:
        yield Complaint(
            "too-many-members", _MEMBERS, tr("has {count} members; MongoDB takes 50 at most.", count=len(members))
        )
    if votes > 7:
        hint = tr("Write `votes: 0, priority: 0` for the others: they hold the data all the same.")
        yield Complaint(
            "too-many-voters",
            _MEMBERS,
            tr("has {votes} voters; MongoDB takes 7 at most.", votes=votes),
            hint,
            at_key=True,
        )
    elif not any(member.priority and not member.arbiter for member in members):
        hint = tr("Give at least one member that holds data `priority: 1` (and `votes: 1`).")
        yield Complaint(
            "no-electable-member", _MEMBERS, tr("has no member that can become primary."), hint, at_key=True
        )
    elif votes % 2 == 0:
        sentence = tr(
            "has {votes} voters, an even number: when the network splits into two halves, neither can take writes.",
            votes=votes,
        )
        hint = tr("Add or leave out one member, or write `votes: 0, priority: 0` for one.")
        yield Complaint("even-voters", _MEMBERS, sentence, hint, at_key=True)


def unused_hosts(spec: Spec, report: Report) -> Iterator[Complaint]:
    used = {name for path in _REFERENCES for _path, name in _entries(report, path)}
    for name in spec.hosts:
        if name not in used:
            hint = tr("Take it out, or name it below proxy, app, database or time.")
            yield Complaint("unused-host", ("hosts", name), tr("is a host that nothing runs on."), hint, at_key=True)
