"""Host changes as one script, run by a real shell on a real file system."""

from __future__ import annotations

import asyncio
import hashlib
import os
import pwd
import stat
import subprocess
import tarfile
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path, PurePosixPath

import pytest

from corral.errors import ChangeFailed, StalePlan
from corral.events import ActionFailed, ActionFinished, Event, Note
from corral.execute.handlers.host_changes import change_host
from corral.execute.scripts import script_of
from corral.execute.ways import Ways
from corral.model.cluster import Host, Layout
from corral.model.resources import Desired, Directory, File, FileRecord, Observed, ReplicaSet, digest
from corral.model.software import Archive
from corral.observe.files import observe_files, owned_directories, split_records
from corral.plan import diff
from corral.plan.actions import HostChange, MakeDirectory, RemoveFile, WriteFile
from corral.plan.software import UnpackArchive
from corral.secrets import Secret, Secrets, reference
from corral.transport.local import LocalTransport
from tests.patience import PATIENCE
from tests.unit.execute.no_units import NoUnits, step

SECRETS: Secrets = {"admin": Secret("a-s3cret-password")}


@pytest.fixture
def host(tmp_path: Path) -> Host:
    base = PurePosixPath(tmp_path)
    layout = Layout(base / "config", base / "data", base / "logs", base / "run", base / "state")
    return Host("h", "127.0.0.1", "h", layout)


@pytest.fixture
def ways(host: Host) -> Ways:
    return Ways(LocalTransport(), NoUnits(), SECRETS, {"h": host})


def change(ways: Ways, *actions: HostChange) -> list[Event]:
    events: list[Event] = []
    asyncio.run(change_host(actions, ways, step(events.append)))
    return events


def written(path: Path, content: str, before: str = "", **more: object) -> WriteFile:
    return WriteFile(File("h", str(path), content, **more), before and digest(before), "")  # type: ignore[arg-type]


def found(ways: Ways, host: Host) -> tuple[list[File], list[FileRecord]]:
    files, _ = asyncio.run(observe_files(ways.transport, host, SECRETS, owned_directories(host)))
    return split_records(files)


def test_a_secret_is_put_in_on_the_way_and_taken_out_on_the_way_back(tmp_path: Path, ways: Ways, host: Host) -> None:
    file = File("h", str(tmp_path / "config" / "conf"), f"password = {reference('admin')}\n", 0o600)
    change(ways, WriteFile(file, "", ""))
    path = tmp_path / "config" / "conf"
    assert path.read_text() == "password = a-s3cret-password\n"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    files, records = found(ways, host)
    assert files == [file]
    assert files[0].raw == digest(path.read_bytes())
    assert records == [FileRecord("h", str(path), files[0].raw)]
    roots, places = [str(tmp_path / "no such")], [str(tmp_path), str(tmp_path / "no")]
    _, known = asyncio.run(observe_files(ways.transport, host, SECRETS, roots, places))
    assert known == [Directory("h", str(tmp_path))]


@pytest.mark.parametrize(
    "content", ["", "no newline", "a\n\n\n", "corral-end\n$(exit 1) `x` 'y' \"z\" \\ 中文\n", "\0\x01"]
)
def test_every_content_arrives_as_it_is(tmp_path: Path, ways: Ways, content: str) -> None:
    change(ways, written(tmp_path / 'it\'s a "$file"', content))
    assert (tmp_path / 'it\'s a "$file"').read_bytes() == content.encode()


def test_a_file_that_has_changed_since_is_not_overwritten(tmp_path: Path, ways: Ways) -> None:
    path = tmp_path / "conf"
    path.write_text("by hand\n")
    with pytest.raises(StalePlan) as failure:
        change(ways, written(path, "new\n", before="planned\n"))
    assert failure.value.exit_code == 5
    with pytest.raises(StalePlan):
        change(ways, written(path, "new\n"))
    with pytest.raises(StalePlan):
        change(ways, RemoveFile("h", str(path), digest("planned\n")))
    assert path.read_text() == "by hand\n"


def test_what_its_check_refuses_is_not_put_in_place(tmp_path: Path, ways: Ways) -> None:
    path = tmp_path / "etc" / "conf"
    path.parent.mkdir()
    path.write_text("old\n")
    script = 'grep -q good "$0" || { echo "line 1: password a-s3cret-password is bad" >&2; exit 1; }'
    check = ("/bin/sh", "-c", script, "{}")
    file = File("h", str(path), "bad\n")
    with pytest.raises(ChangeFailed) as failure:
        change(ways, WriteFile(file, digest("old\n"), "", check))
    message = failure.value.problems[0].message
    assert "line 1" in message
    assert "the old file stays" in message
    assert "a-s3cret" not in message
    assert path.read_text() == "old\n"
    change(ways, WriteFile(File("h", str(path), "good\n"), digest("old\n"), "", check))
    assert path.read_text() == "good\n"
    assert [entry.name for entry in path.parent.iterdir()] == ["conf"], "no candidate is left"


def test_directories_and_removal_can_be_repeated(tmp_path: Path, ways: Ways) -> None:
    action = MakeDirectory(Directory("h", str(tmp_path / "a" / "b c"), 0o700))
    change(ways, action)
    change(ways, action)
    assert stat.S_IMODE((tmp_path / "a" / "b c").stat().st_mode) == 0o700
    file = tmp_path / "a" / "f"
    file.write_text("x")
    change(ways, RemoveFile("h", str(file), digest("x")))
    change(ways, RemoveFile("h", str(file), ""))
    change(ways, RemoveFile("h", str(file), digest("x")))
    assert not file.exists()


def test_what_takes_a_file_in_runs_once_after_the_last_file_that_names_it(tmp_path: Path, ways: Ways) -> None:
    log = tmp_path / "log"
    take_in = ("/bin/sh", "-c", f'ls "{tmp_path}/units" | tr "\\n" " " >>"{log}"')
    units = [written(tmp_path / "units" / name, "x", after=(take_in,)) for name in "abc"]
    events = change(ways, *units, written(tmp_path / "units" / "later", "x"))
    assert log.read_text() == "a b c "
    assert [type(event) for event in events if isinstance(event, ActionFinished)] == [ActionFinished] * 4


def test_a_command_that_fails_leaves_its_files_pending(tmp_path: Path, ways: Ways, host: Host) -> None:
    file = File("h", str(tmp_path / "config" / "unit"), "x", after=(("/bin/sh", "-c", "echo no luck >&2; exit 3"),))
    with pytest.raises(ChangeFailed, match="no luck"):
        change(ways, WriteFile(file, "", ""))
    files, records = found(ways, host)
    assert [record.pending for record in records] == [True]
    again = diff.files(desired(file), Observed(files=tuple(files), written=tuple(records)), "application")
    assert [action.file for action in again] == [file], "the next plan does it again"


def test_a_command_that_may_fail_is_told_and_no_more(tmp_path: Path, ways: Ways, host: Host) -> None:
    may_fail = ("-", "/bin/sh", "-c", "echo 'this key is read-only' >&2; exit 1")
    events = change(ways, written(tmp_path / "config" / "sysctl", "x", after=(may_fail,)))
    assert ["this key is read-only" in event.message for event in events if isinstance(event, Note)] == [True]
    assert [record.pending for record in found(ways, host)[1]] == [False]


def test_what_comes_after_a_failure_is_not_begun(tmp_path: Path, ways: Ways) -> None:
    events: list[Event] = []
    (tmp_path / "taken").write_text("by hand")
    actions = [written(tmp_path / "first", "1"), written(tmp_path / "taken", "2"), written(tmp_path / "last", "3")]
    with pytest.raises(StalePlan):
        asyncio.run(change_host(actions, ways, step(events.append)))
    assert (tmp_path / "first").exists()
    assert not (tmp_path / "last").exists()
    assert [event.action for event in events if isinstance(event, ActionFailed)] == [actions[1].id]


def test_a_change_by_hand_is_drift(tmp_path: Path, ways: Ways, host: Host) -> None:
    file = File("h", str(tmp_path / "config" / "conf"), "ours\n")
    change(ways, WriteFile(file, "", ""))
    Path(file.path).write_text("theirs\n")
    files, records = found(ways, host)
    actions = diff.files(desired(file), Observed(files=tuple(files), written=tuple(records)), "application")
    assert [(action.drift, "-theirs" in action.diff) for action in actions] == [(True, True)]
    change(ways, *actions)
    assert Path(file.path).read_text() == "ours\n"


def test_a_script_that_is_cut_off_anywhere_is_gone_on_with(tmp_path: Path, ways: Ways, host: Host) -> None:
    """After each line of the script: no half-written file, and the next plan arrives."""
    log = tmp_path / "log"
    take_in = ("/bin/sh", "-c", f'cat "{tmp_path}/config/a" >>"{log}"')
    wanted = [
        File("h", str(tmp_path / "config" / "a"), "new a\n", after=(take_in,)),
        File("h", str(tmp_path / "config" / "b"), "new b\n", 0o600),
    ]
    plain = [WriteFile(file, digest("old\n"), "") for file in wanted]
    lines = script_of(plain, str(host.layout.state), SECRETS).splitlines(keepends=True)
    cuts = [
        number
        for number, line in enumerate(lines)
        if line == "{\n" or line.startswith(("expect", "note_", "put", "place"))
    ]
    assert len(cuts) > 8
    for cut in cuts:
        start_anew(tmp_path, wanted)
        asyncio.run(ways.transport.run("h", closed("".join(lines[:cut]))))
        arrive(ways, host, wanted)
        assert [Path(file.path).read_text() for file in wanted] == ["new a\n", "new b\n"], cut
        assert log.read_text().endswith("new a\n"), f"cut before line {cut}: nobody has taken it in"


def test_a_removal_that_is_cut_off_anywhere_is_gone_on_with(
    tmp_path: Path, ways: Ways, host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After each line of its part, the next plan removes the file and has that taken in."""
    log, path = tmp_path / "log", tmp_path / "config" / "chrony.conf"
    take_in = ("/bin/sh", "-c", f'[ -e "{path}" ] || echo gone >>"{log}"')
    monkeypatch.setattr(diff, "after_removal", lambda _path: (take_in,))
    removal = RemoveFile("h", str(path), digest("ours\n"), (take_in,))
    lines = script_of([removal], str(host.layout.state), SECRETS).splitlines(keepends=True)
    for cut in range(lines.index("{\n"), len(lines) + 1):
        log.write_text("")
        change(ways, written(path, "ours\n"))
        asyncio.run(ways.transport.run("h", closed("".join(lines[:cut]))))
        change(ways, *gone(ways, host))
        assert log.read_text() in ("gone\n", "gone\n" * 2), f"cut before line {cut}: nobody has taken it in"
        assert found(ways, host) == ([], [])


def gone(ways: Ways, host: Host) -> list[RemoveFile]:
    files, records = found(ways, host)
    return diff.leftover_files(desired(), Observed(files=tuple(files), written=tuple(records)))


def closed(script: str) -> str:
    """`script`, cut off in the middle of a group: its end."""
    return script + ("} >&2\n" if script.count("\n{\n") > script.count("\n} >&2 8>&-\n") else "")


def start_anew(tmp_path: Path, wanted: Sequence[File]) -> None:
    (tmp_path / "log").write_text("")
    for note in (tmp_path / "state").glob("files/*"):
        note.unlink()
    for file in wanted:
        Path(file.path).parent.mkdir(exist_ok=True)
        Path(file.path).write_text("old\n")


def arrive(ways: Ways, host: Host, wanted: Sequence[File]) -> None:
    files, records = found(ways, host)
    assert {file.content for file in files if file.path.endswith(("/a", "/b"))} <= {"old\n", "new a\n", "new b\n"}
    plan = diff.files(desired(*wanted), Observed(files=tuple(files), written=tuple(records)), "application")
    if plan:
        change(ways, *plan)
    files, records = found(ways, host)
    assert not diff.files(desired(*wanted), Observed(files=tuple(files), written=tuple(records)), "application")


def desired(*files: File) -> Desired:
    return Desired((), files, (), ReplicaSet("r", (), 10, 2, ()), ())


@pytest.mark.parametrize("top", ["", "released-1.0/"])
def test_an_archive_is_there_as_a_whole(tmp_path: Path, ways: Ways, top: str) -> None:
    (tmp_path / "program").write_text("#!/bin/sh\n")
    source = tmp_path / "it.tar.gz"
    with tarfile.open(source, "w:gz") as tar:
        tar.add(tmp_path / "program", f"{top}bin/program")
    sha256 = hashlib.sha256(source.read_bytes()).hexdigest()
    place = tmp_path / "opt" / sha256[:12]
    archive = UnpackArchive(Archive("h", str(place), str(source), sha256))
    change(ways, archive)
    change(ways, archive)
    assert (place / "bin" / "program").read_text() == "#!/bin/sh\n"
    assert [entry.name for entry in place.parent.iterdir()] == [place.name], "nothing else is left"


@pytest.mark.parametrize("top", ["", "released-1.0"])
def test_what_was_unpacked_lets_everybody_in(tmp_path: Path, ways: Ways, top: str) -> None:
    """As after `tar -C "$(mktemp -d)" -czf it.tar.gz .`, whose first entry is a directory for its owner alone."""
    packed = tmp_path / "packed"
    (packed / top / "bin").mkdir(parents=True)
    (packed / top / "etc").mkdir()
    (packed / top).chmod(0o700)
    packed.chmod(0o700)
    source = tmp_path / "it.tar.gz"
    subprocess.run(["tar", "-C", str(packed), "-czf", str(source), "."], check=True, timeout=PATIENCE)
    sha256 = hashlib.sha256(source.read_bytes()).hexdigest()
    place = tmp_path / "opt" / "it"
    change(ways, UnpackArchive(Archive("h", str(place), str(source), sha256)))
    assert (place.stat().st_mode & 0o7777, (place / "bin").is_dir()) == (0o755, True)


def test_an_archive_with_another_digest_is_refused(tmp_path: Path, ways: Ways) -> None:
    source = tmp_path / "it.tar"
    source.write_bytes(b"something else")
    with pytest.raises(ChangeFailed, match="the SHA-256 of what arrived is not the one in the cluster file"):
        change(ways, UnpackArchive(Archive("h", str(tmp_path / "opt" / "it"), str(source), "0" * 64)))
    assert list((tmp_path / "opt").iterdir()) == []
    with pytest.raises(ChangeFailed, match="no does not exist, and h needs it"):
        change(ways, UnpackArchive(Archive("h", str(tmp_path / "opt" / "it"), str(tmp_path / "no"), "0" * 64)))


@pytest.mark.parametrize("kind", ["link", "dangling", "directory", "fifo"])
def test_what_is_no_plain_file_stays_and_is_named(tmp_path: Path, ways: Ways, kind: str) -> None:
    """Also what came there after the look: a new plan would meet it again, so the plan isn't called stale."""
    path, mine = tmp_path / "conf", tmp_path / "mine"
    mine.write_text("mine\n")
    make: dict[str, Callable[[], object]] = {
        "link": lambda: path.symlink_to(mine),
        "dangling": lambda: path.symlink_to(tmp_path / "gone"),
        "directory": lambda: (path / "below").mkdir(parents=True),
        "fifo": lambda: os.mkfifo(path),
    }
    make[kind]()
    before = path.lstat()
    for action in (
        written(path, "new\n"),
        written(path, "new\n", "old\n"),
        RemoveFile("h", str(path), digest("mine\n")),
    ):
        with pytest.raises(ChangeFailed, match=r"conf is (a link to|a directory|no plain file)"):
            change(ways, action)
    assert (path.lstat().st_ino, mine.read_text()) == (before.st_ino, "mine\n")


@pytest.mark.skipif(os.geteuid() != 0, reason="root alone gives files away")
def test_what_root_owns_in_a_directory_goes_along(tmp_path: Path, ways: Ways) -> None:
    """Not what belongs to somebody else, what a link leads to, nor a file that has another name elsewhere."""
    data, outside = tmp_path / "data", tmp_path / "outside"
    (data / "journal").mkdir(parents=True)
    outside.write_text("root's")
    for name in ("WiredTiger.wt", "journal/log", "theirs"):
        (data / name).touch()
    os.chown(data / "theirs", 7, -1)
    (data / "link").symlink_to(outside)
    os.link(outside, data / "twice")
    new = Directory("h", str(data), 0o700, owner="nobody")
    change(ways, MakeDirectory(new, replace(new, owner="", foreign=True)))
    nobody = pwd.getpwnam("nobody").pw_uid
    owners = {str(path.relative_to(tmp_path)): path.lstat().st_uid for path in tmp_path.rglob("*")}
    assert owners == {
        "data": nobody,
        "data/journal": nobody,
        "data/journal/log": nobody,
        "data/WiredTiger.wt": nobody,
        "data/theirs": 7,
        "data/link": nobody,
        "data/twice": 0,
        "outside": 0,
    }
