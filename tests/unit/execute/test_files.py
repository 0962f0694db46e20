"""Compare-and-set of files, on a real file system."""

from __future__ import annotations

import asyncio
import stat
from pathlib import Path, PurePosixPath

import pytest

from corral.errors import ChangeFailed, StalePlan
from corral.execute.context import Context
from corral.execute.handlers.files import make_directory, remove_file, write_file
from corral.model.cluster import Host, Layout
from corral.model.resources import Directory, File, digest
from corral.observe.files import observe_files
from corral.plan.actions import MakeDirectory, RemoveFile, WriteFile
from corral.secrets import Secret, reference
from corral.transport.local import LocalTransport
from tests.unit.execute.no_units import NoUnits

SECRETS = {"admin": Secret("s3cret")}


@pytest.fixture
def context() -> Context:
    return Context(LocalTransport(), NoUnits(), SECRETS, {}, lambda _message: None)


def test_a_secret_is_put_in_on_the_way_and_taken_out_on_the_way_back(tmp_path: Path, context: Context) -> None:
    base = PurePosixPath(tmp_path)
    host = Host("h", "127.0.0.1", "h", Layout(base / "config", base / "data", base / "logs", base / "run"))
    file = File("h", str(base / "config" / "conf"), f"password = {reference('admin')}\n", 0o600)
    asyncio.run(write_file(WriteFile(file, "", ""), context))
    written = tmp_path / "config" / "conf"
    assert written.read_text() == "password = s3cret\n"
    assert stat.S_IMODE(written.stat().st_mode) == 0o600
    roots = [str(base / "config"), str(base / "no such")]
    found, known = asyncio.run(observe_files(context.transport, host, SECRETS, roots, [str(base), str(base / "no")]))
    assert found == [file]
    assert known == [Directory("h", str(base))]


def test_a_file_that_has_changed_since_is_not_overwritten(tmp_path: Path, context: Context) -> None:
    path = tmp_path / "conf"
    path.write_text("by hand\n")
    action = WriteFile(File("h", str(path), "new\n"), digest("planned\n"), "")
    with pytest.raises(StalePlan) as failure:
        asyncio.run(write_file(action, context))
    assert failure.value.exit_code == 5
    with pytest.raises(StalePlan):
        asyncio.run(remove_file(RemoveFile("h", str(path), digest("planned\n")), context))
    assert path.read_text() == "by hand\n"


def test_what_its_check_refuses_is_not_put_in_place(tmp_path: Path, context: Context) -> None:
    path = tmp_path / "conf"
    path.write_text("old\n")
    check = (
        "/bin/sh",
        "-c",
        'grep -q good "$0" || { echo "line 1: password s3cret is bad" >&2; exit 1; }',
        "{}",
    )
    before = digest("old\n")
    with pytest.raises(ChangeFailed) as failure:
        asyncio.run(write_file(WriteFile(File("h", str(path), "bad\n"), before, "", check), context))
    assert "line 1" in failure.value.problems[0].message
    assert "s3cret" not in failure.value.problems[0].message
    assert path.read_text() == "old\n"
    asyncio.run(write_file(WriteFile(File("h", str(path), "good\n"), before, "", check), context))
    assert path.read_text() == "good\n"
    assert [entry.name for entry in tmp_path.iterdir()] == ["conf"], "no candidate is left"


def test_directories_and_removal_can_be_repeated(tmp_path: Path, context: Context) -> None:
    action = MakeDirectory(Directory("h", str(tmp_path / "a" / "b c"), 0o700))
    asyncio.run(make_directory(action, context))
    asyncio.run(make_directory(action, context))
    assert stat.S_IMODE((tmp_path / "a" / "b c").stat().st_mode) == 0o700
    file = tmp_path / "a" / "f"
    file.write_text("x")
    asyncio.run(remove_file(RemoveFile("h", str(file), digest("x")), context))
    asyncio.run(remove_file(RemoveFile("h", str(file), ""), context))
    assert not file.exists()
