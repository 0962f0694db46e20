"""Files over SSH where the host fails: the old one stays, and the host's words are told."""

from __future__ import annotations

import asyncio
import tracemalloc
from pathlib import Path

import pytest

from corral.transport.ssh import SshTransport
from tests.unit.transport.reaching import play, transport_to
from tests.unit.transport.sshd import Sshd, sshd


@pytest.mark.parametrize(
    ("said", "number"),
    [
        ("sync: error syncing 'it': No space left on device", 28),
        ("sync: error syncing 'it': Disk quota exceeded\nsync: write error", 122),
        ("sync: something else", 5),
    ],
)
def test_a_disk_that_takes_no_more_leaves_the_old_file_and_no_half_one(tmp_path: Path, said: str, number: int) -> None:
    async def scenario(host: Sshd, transport: SshTransport) -> None:
        file = tmp_path / "place" / "file"
        await transport.write("one", str(file), b"old", 0o644)
        host.program("sync", f"#!/bin/sh\ncat >&2 <<'end'\n{said}\nend\nexit 1\n")
        with pytest.raises(OSError, match=said.splitlines()[0]) as failure:
            await transport.write("one", str(file), b"new", 0o644)
        assert failure.value.errno == number
        assert failure.value.filename == f"one:{file}"
        assert file.read_bytes() == b"old"
        assert [entry.name for entry in file.parent.iterdir()] == ["file"]

    play(tmp_path, scenario)


def test_a_file_that_outgrows_its_limit_leaves_the_old_one(tmp_path: Path) -> None:
    """A real failure of a write in the middle: the shell may write no more than a megabyte."""

    async def scenario(host: Sshd, transport: SshTransport) -> None:
        file = tmp_path / "place" / "file"
        await transport.write("one", str(file), b"old", 0o644)
        host.program("base64", "#!/bin/sh\ntrap '' XFSZ\nulimit -f 1000\nexec /usr/bin/base64 \"$@\"\n")
        with pytest.raises(OSError, match="File too large"):
            await transport.write("one", str(file), bytes(4_000_000), 0o644)
        assert file.read_bytes() == b"old"
        assert [entry.name for entry in file.parent.iterdir()] == ["file"]

    play(tmp_path, scenario)


def test_a_host_without_sync_is_said(tmp_path: Path) -> None:
    async def scenario(host: Sshd, transport: SshTransport) -> None:
        host.program("sync", "#!/bin/sh\necho 'sh: sync: not found' >&2\nexit 127\n")
        with pytest.raises(OSError, match="sync: not found"):
            await transport.write("one", str(tmp_path / "place" / "file"), b"new", 0o644)
        assert list((tmp_path / "place").iterdir()) == []

    play(tmp_path, scenario)


def test_what_may_not_be_read_is_told(tmp_path: Path) -> None:
    async def scenario(host: Sshd, transport: SshTransport) -> None:
        host.program("cat", '#!/bin/sh\necho "cat: $2: Permission denied" >&2\nexit 1\n')
        with pytest.raises(PermissionError) as failure:
            await transport.read("one", "/some/file")
        assert (failure.value.strerror, failure.value.filename) == ("Permission denied", "one:/some/file")

    play(tmp_path, scenario)


def test_a_large_file_takes_little_memory(tmp_path: Path) -> None:
    source = tmp_path / "large"
    with source.open("wb") as file:
        file.truncate(100_000_000)

    async def whole() -> None:
        async with sshd(tmp_path) as host, transport_to(host) as transport:
            await transport.run("one", "true")
            tracemalloc.start()
            await transport.put("one", source, "cat >/dev/null")
            _, peak = tracemalloc.get_traced_memory()
            tracemalloc.stop()
            assert peak < 50_000_000, "half of the file; 2 MB are usual, with what the server in this process holds"

    asyncio.run(whole())
