"""The same files make the same bytes."""

from __future__ import annotations

import hashlib
import os
import tarfile
from pathlib import Path

from lab.artifacts import archive
from lab.artifacts.archive import Member


def a_tree(directory: Path, order: list[str], time: int) -> dict[str, Member]:
    for name in order:
        path = directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"content of {name}")
        path.chmod(0o700 if name.startswith("bin") else 0o600)
        os.utime(path, (time, time))
    return archive.members_of(directory)


def test_neither_order_nor_time_nor_mode_masks_matter(tmp_path: Path) -> None:
    names = ["bin/program", "lib/a/b.py", "lib/a.py"]
    first = archive.pack(tmp_path / "1.tar", a_tree(tmp_path / "one", names, 1))
    second = archive.pack(tmp_path / "2.tar", dict(reversed(a_tree(tmp_path / "two", names[::-1], 2).items())))
    assert first == second
    assert (tmp_path / "1.tar").read_bytes() == (tmp_path / "2.tar").read_bytes()


def test_an_archive_holds_directories_and_two_modes_and_is_roots(tmp_path: Path) -> None:
    members = {"bin/x": Member(b"#!/bin/sh\n", executable=True), "lib/deep/y": Member(b"y")}
    archive.pack(tmp_path / "a.tar", members)
    with tarfile.open(tmp_path / "a.tar") as tar:
        entries = [(entry.name, entry.mode, entry.uid, entry.mtime, entry.isdir()) for entry in tar]
    assert entries == [
        ("bin", 0o755, 0, 0, True),
        ("lib", 0o755, 0, 0, True),
        ("lib/deep", 0o755, 0, 0, True),
        ("bin/x", 0o755, 0, 0, False),
        ("lib/deep/y", 0o644, 0, 0, False),
    ]


def test_the_digest_lies_beside_it_as_sha256sum_writes_it(tmp_path: Path) -> None:
    digest = archive.pack(tmp_path / "a.tar", {"x": Member(b"x")})
    assert digest == hashlib.sha256((tmp_path / "a.tar").read_bytes()).hexdigest()
    assert (tmp_path / "a.tar.sha256").read_text() == f"{digest}  a.tar\n"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.tar", "a.tar.sha256"]


def test_it_is_kept_for_the_inputs_that_it_was_made_of(tmp_path: Path) -> None:
    target = tmp_path / "a.tar"
    assert not archive.is_made_of(target, "1")
    archive.pack(target, {"x": Member(b"x")})
    assert not archive.is_made_of(target, "1")
    archive.record(target, "1")
    assert archive.is_made_of(target, "1")
    assert not archive.is_made_of(target, "2")
