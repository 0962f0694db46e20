"""Archives to be sent: their bytes are looked at before any host is changed."""

from __future__ import annotations

import hashlib
from pathlib import Path

from corral.model.software import Archive
from corral.places.archives import wrong_archives
from corral.plan.actions import Plan, Stage
from corral.plan.software import UnpackArchive


def plan_of(*archives: Archive) -> Plan:
    return Plan("t", (Stage("database", (tuple(UnpackArchive(archive) for archive in archives),)),))


def archive(host: str, source: Path, content: bytes) -> Archive:
    return Archive(host, "/opt/corral/x", str(source), hashlib.sha256(content).hexdigest())


def test_the_bytes_that_the_file_means_pass(tmp_path: Path) -> None:
    (tmp_path / "a.tar").write_bytes(b"a")
    known = archive("db-1", tmp_path / "a.tar", b"a")
    assert not wrong_archives(plan_of(known, Archive("db-2", known.path, known.source, known.sha256.upper())))


def test_each_other_file_is_told_once_with_both_digests(tmp_path: Path) -> None:
    (tmp_path / "a.tar").write_bytes(b"a")
    (tmp_path / "b.tar").write_bytes(b"b")
    archives = [archive(host, tmp_path / name, b"other") for name in ("a.tar", "b.tar") for host in ("db-1", "db-2")]
    problems = wrong_archives(plan_of(*archives))
    assert [Path(problem.where).name for problem in problems] == ["a.tar", "b.tar"]
    first = problems[0]
    assert hashlib.sha256(b"a").hexdigest() in first.message
    assert archives[0].sha256 in first.message


def test_a_file_that_is_gone_is_told(tmp_path: Path) -> None:
    [problem] = wrong_archives(plan_of(archive("db-1", tmp_path / "a.tar", b"a")))
    assert "No such file" in problem.message
