"""Real hosts of which only the answers are there: recorded ones, which a test edits byte by byte."""

from __future__ import annotations

import io
import json
import re
import tarfile
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from corral.desired.database import replica_set
from corral.model.command import CommandResult
from corral.model.endpoint import Endpoint
from corral.model.resources import FoundReplicaSet, MemberFacts, digest
from corral.model.routes import Way
from corral.observe.files import record_path
from corral.observe.units import stamp
from corral.places.hosts import place as hosts_place
from corral.places.hosts.place import HostsPlace
from corral.plan.actions import ReloadUnit, WriteFile
from corral.problems import Problem
from corral.secrets import Secret, resolve
from corral.transport.fake import FakeFile, FakeTransport
from corral.transport.ssh_settings import SshSettings
from corral.vault.text import written
from tests.unit.plan.replica_sets import complete
from tests.unit.takeover.test_hosts import DATA, HOSTS
from tests.unit.takeover.today import hosts_plan

LOOK = "tell_host"
"""Stands in the script that asks a host, and in no other."""
MARKS = "/var/lib/corral/board/state/marks"
_TAKEN = CommandResult(0, b"lock taken 0\n", b"")


class Begun(FakeTransport):
    slowness: tuple[Problem, ...] = ()

    def begin(self) -> None:
        """Nothing has to be opened."""

    async def slow(self) -> tuple[Problem, ...]:
        return self.slowness


class Nowhere:
    """Nothing answers a gate."""

    def __init__(self) -> None:
        self.forbidden: set[tuple[str, int]] = set()
        """Ports of hosts to which their sshd makes no connection."""

    async def reach(self, to: Endpoint, way: Way = "inside") -> Endpoint:
        raise ConnectionRefusedError(111, "Connection refused")

    async def forbids(self, host: str, address: str, port: int) -> bool:
        return (host, port) in self.forbidden

    async def close(self) -> None:
        """Nothing is held open."""


class RecordedHosts:
    """The cluster of the recording `systemd` with its file in `directory`: all of it is as the file says."""

    def __init__(self, directory: Path) -> None:
        self.directory, self.file = directory, directory / "cluster.yaml"
        self.file.write_text((DATA / "systemd" / "cluster.yaml").read_text())
        for archive in ("nginx-1.31.3.tar", "noticeboard.tar", "mongodb-6.0.5.tar"):
            (directory / archive).write_bytes(b"nobody unpacks this")
        self.secrets, self.journal = directory / ".corral/board/secrets.yaml", directory / ".corral/board/journal"
        self.secrets.parent.mkdir(parents=True)
        values: dict[str, str] = json.loads((DATA / "systemd" / "secrets.json").read_text())
        self.secrets.write_text(written({name: value for name, value in values.items() if ":" not in name}))
        recorded = {host: (DATA / "systemd" / f"{host}.out").read_bytes() for host in HOSTS}
        self.answers = _caught_up(recorded, self.file.read_text(), values)
        self.nowhere = Nowhere()
        self.before_answer: Callable[[str], None] = lambda _host: None
        self.copying = ""
        """The member that copies data just now."""
        self.settings: Mapping[str, SshSettings] = {}
        self.transport = Begun({host: {} for host in HOSTS})
        self.transport.on(lambda _host, _script: True, _TAKEN)
        self.transport.on(LOOK, self._look)

    def edit(self, host: str, mark: str, old: str, new: str) -> None:
        """Of the text behind `mark` in the answer of `host`; the lengths are the same, since a tar holds some of it."""
        assert len(old) == len(new)
        before, found, rest = self.answers[host].partition(mark.encode())
        assert found
        assert old.encode() in rest
        self.answers[host] = before + found + rest.replace(old.encode(), new.encode(), 1)

    def restamp(self, unit: str, host: str) -> None:
        """Nothing is known any more of what `unit` was started from: it is to be started anew."""
        self.edit(host, f"/state/revisions/{unit}.json", '"revision"', '"Revision"')

    def add(self, host: str, answer: bytes) -> None:
        """One that the recording doesn't have."""
        self.answers[host] = answer
        self.transport.files[host] = {}

    def edit_file(self, old: str, new: str) -> None:
        text, count = re.subn(re.escape(old), new, self.file.read_text())
        assert count == 1
        self.file.write_text(text)

    def opened(self, settings: Mapping[str, SshSettings], _connections: int) -> Begun:
        self.settings = settings
        return self.transport

    @property
    def scripts(self) -> list[str]:
        """What was run on hosts beside looking at them."""
        return [script for script in self.transport.scripts() if LOOK not in script]

    def _look(self, host: str, _script: str) -> CommandResult:
        self.before_answer(host)
        marks = {path: file for path, file in self.transport.files[host].items() if path.startswith(f"{MARKS}/")}
        told, mark, files = self.answers[host].partition(b"\036files\n")
        return CommandResult(0, told + mark + b"".join(_in_tar(*each) for each in marks.items()) + files, b"")

    def found_set(self, place: HostsPlace) -> FoundReplicaSet:
        database = place.cluster.database
        found = complete(replica_set(database), database.members[0].name)
        copying = {member.name for member in database.members if member.host.name == self.copying}
        facts = (MemberFacts(each.name, "RECOVERING") if each.name in copying else each for each in found.facts)
        return replace(found, facts=tuple(facts))


def _caught_up(answers: Mapping[str, bytes], text: str, values: Mapping[str, str]) -> dict[str, bytes]:
    """The recording after a run of today's Corral, which changes nginx's configuration and nothing else."""
    secrets = {name: Secret(value) for name, value in values.items()}
    told = dict(answers)
    for action in hosts_plan(text, values, answers).actions():
        state = "/var/lib/corral/board/state"
        if isinstance(action, WriteFile):
            content = resolve(action.file.content, secrets).encode()
            path, said = action.file.path, f"done {digest(content)} {action.file.path}\n".encode()
            new = {path: content, record_path(state, path): said}
        else:
            assert isinstance(action, ReloadUnit), action
            new = {f"{state}/revisions/{action.unit.name}.json": stamp(action.unit, 571).encode()}
        told[action.host] = _with_files(told[action.host], new)
    return told


def _with_files(answer: bytes, new: Mapping[str, bytes]) -> bytes:
    """`answer` with other contents of some of its files."""
    before, mark, files = answer.partition(b"\036files\n")
    written, left = io.BytesIO(), set(new)
    with tarfile.open(fileobj=io.BytesIO(files)) as old, tarfile.open(fileobj=written, mode="w") as made:
        for member in old:
            path = f"/{member.name.removeprefix('/')}"
            content = new.get(path, old.extractfile(member).read() if member.isfile() else b"")
            member.size = len(content)
            made.addfile(member, io.BytesIO(content))
            left.discard(path)
    assert not left, left
    return before + mark + written.getvalue()


def _in_tar(path: str, file: FakeFile) -> bytes:
    """A file as a tar stream has it, without the stream's end."""
    head = tarfile.TarInfo(path)
    head.size, head.mode = len(file.content), file.mode
    return head.tobuf(tarfile.GNU_FORMAT) + file.content.ljust(-(-head.size // 512) * 512, b"\0")


@pytest.fixture
def hosts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> RecordedHosts:
    made = RecordedHosts(tmp_path)

    async def asked(place: HostsPlace) -> FoundReplicaSet:
        return made.found_set(place)

    monkeypatch.setenv("LICENCE", """it's a "licence" of $5 & 100%""")
    monkeypatch.setattr(hosts_place, "SshTransport", made.opened)
    monkeypatch.setattr(hosts_place, "Tunnels", lambda *_ways: made.nowhere)
    monkeypatch.setattr(HostsPlace, "_replica_set", asked)
    return made
