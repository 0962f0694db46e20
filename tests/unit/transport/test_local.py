from __future__ import annotations

import asyncio
import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corral.shell import call, variables
from corral.transport.local import LocalTransport, write_file


def test_a_script_travels_on_stdin_and_its_end_is_told() -> None:
    done = asyncio.run(LocalTransport().run("h", "echo out; echo err >&2; exit 3"))
    assert (done.code, done.text, done.error) == (3, "out\n", "err")


def test_a_script_that_hangs_is_ended() -> None:
    done = asyncio.run(LocalTransport().run("h", "exec sleep 60", deadline=0.2))
    assert done.code == 124
    assert "no answer within 0.2 s" in done.error


def test_a_file_comes_back_with_its_mode(tmp_path: Path) -> None:
    async def scenario() -> bytes | None:
        transport = LocalTransport()
        path = str(tmp_path / "deep" / "er" / "file")
        assert await transport.read("h", path) is None
        await transport.write("h", path, b"one", 0o640)
        await transport.write("h", path, b"two", 0o400)
        return await transport.read("h", path)

    assert asyncio.run(scenario()) == b"two"
    file = tmp_path / "deep" / "er" / "file"
    assert stat.S_IMODE(file.stat().st_mode) == 0o400
    assert list(file.parent.iterdir()) == [file], "no temporary file is left"


def test_a_failed_write_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "file"
    write_file(file, b"old", 0o644)

    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OSError, match="No space left"):
        write_file(file, b"new", 0o644)
    assert file.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [file]


@given(st.text(alphabet=st.characters(exclude_characters="\0", exclude_categories=["Cs"])))
def test_every_word_arrives_as_it_is(value: str) -> None:
    script = f'{variables(value=value)}printf %s "$value"\n{call("printf", "%s", value)}'
    done = asyncio.run(LocalTransport().run("h", script))
    assert done.stdout == value.encode() * 2
