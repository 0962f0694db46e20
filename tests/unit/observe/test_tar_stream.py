"""The tar stream's reader against the real tar, and against the standard library's reader."""

from __future__ import annotations

import io
import os
import subprocess
import tarfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corral.observe.tar_stream import Entry, entries

LONG = "/".join(["directory-with-a-long-name"] * 5)


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """Files of several kinds, below names that fit tar's header and that don't."""
    for name, content in {
        "empty": b"",
        "one-block": b"x" * 512,
        "more": b"line\n" * 300,
        f"{LONG}/deep": b"found",
        f"{LONG}/{'n' * 120}": b"long name",
        "höst.conf": b"\x00\xff",
    }.items():
        path = tmp_path / "tree" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    (tmp_path / "tree" / "more").chmod(0o4750)
    (tmp_path / "tree" / "link").symlink_to("empty")
    os.mkfifo(tmp_path / "tree" / "fifo")
    return tmp_path / "tree"


@pytest.mark.parametrize("form", ["gnu", "ustar", "posix"])
def test_real_tar(tree: Path, form: str) -> None:
    if form == "ustar":  # it has no room for a name of 120 characters
        (tree / LONG / ("n" * 120)).unlink()
    command = ["tar", "-P", "-b", "1", f"--format={form}", "-cf", "-", "--", str(tree)]
    stream = subprocess.run(command, check=True, capture_output=True).stdout
    found = {entry.path: entry for entry in entries(stream)}
    files = {str(path): path for path in tree.rglob("*") if path.is_file() and not path.is_symlink()}
    assert {path: entry.content for path, entry in found.items()} == {p: f.read_bytes() for p, f in files.items()}
    assert {path: entry.mode for path, entry in found.items()} == {
        p: f.stat().st_mode & 0o7777 for p, f in files.items()
    }
    assert {(entry.uid, entry.owner) for entry in found.values()} == {
        (f.stat().st_uid, f.owner()) for f in files.values()
    }


NAMES = st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=300).map(
    lambda name: f"/{name.strip('/') or 'x'}"
)
FILES = st.lists(
    st.tuples(NAMES, st.binary(max_size=1100), st.integers(0, 0o7777), st.integers(0, 2**31 - 1)), max_size=5
)


@given(FILES, st.sampled_from([tarfile.GNU_FORMAT, tarfile.PAX_FORMAT]))
def test_as_the_standard_library(files: list[tuple[str, bytes, int, int]], form: int) -> None:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w", format=form) as archive:
        for name, content, mode, uid in files:
            info = tarfile.TarInfo(name)
            info.size, info.mode, info.uid, info.uname = len(content), mode, uid % 2**21, "someone"
            archive.addfile(info, io.BytesIO(content))
    wanted = [Entry(name, content, mode, uid % 2**21, "someone") for name, content, mode, uid in files]
    assert list(entries(stream.getvalue())) == wanted


def test_a_large_uid() -> None:
    """Accounts of a directory service have numbers that octal digits have no room for."""
    info = tarfile.TarInfo("/a")
    info.uid = 1_234_567_890
    stream = info.tobuf(tarfile.GNU_FORMAT) + bytes(1024)
    assert [entry.uid for entry in entries(stream)] == [1_234_567_890]


@pytest.mark.parametrize("kept", [0, 100, 511, 700, 1024, 1536, 2048, 2559])
def test_cut_off(kept: int) -> None:
    """Also where only the blocks at the end are missing, or a part of them."""
    info = tarfile.TarInfo("/a")
    info.size = 600
    stream = info.tobuf(tarfile.GNU_FORMAT) + b"x" * 600 + bytes(424) + bytes(1024)
    assert [len(entry.content) for entry in entries(stream)] == [600]
    with pytest.raises(ValueError, match="cut off"):
        list(entries(stream[:kept]))


def test_no_tar_stream() -> None:
    for stream in (b"sh: tar: not found\n", b"sh: tar: not found\n".ljust(512) + bytes(1024)):
        with pytest.raises(ValueError, match="not a tar stream"):
            list(entries(stream))


def test_a_size_beyond_the_end() -> None:
    info = tarfile.TarInfo("/a")
    info.size = 1024
    with pytest.raises(ValueError, match="cut off"):
        list(entries(info.tobuf(tarfile.GNU_FORMAT) + bytes(1024)))


def test_an_empty_archive() -> None:
    assert list(entries(bytes(1024))) == []


def test_a_name_that_is_not_utf8_is_passed_over(tmp_path: Path) -> None:
    """Somebody's own copy, as an old editor names it: it must not end the look at the host."""
    tree = tmp_path / "tree"
    tree.mkdir()
    (tree / os.fsdecode(b"gr\xf6\xdfe.bak")).write_bytes(b"old")
    (tree / os.fsdecode(b"\xf6" * 120)).write_bytes(b"old")
    (tree / "größe.conf").write_bytes(b"new")
    stream = subprocess.run(["tar", "-P", "-b", "1", "-cf", "-", "--", tree], check=True, capture_output=True).stdout
    assert [entry.content for entry in entries(stream)] == [b"new"]
