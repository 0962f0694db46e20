"""What happens to one host while a first apply is under way; each time the next run goes on from there.

The tests follow the stages of one apply, in their order, and the last one brings it to its end.
"""

from __future__ import annotations

import hashlib
import re
import struct
import tarfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from io import BytesIO
from pathlib import Path

import pytest

from corral.runs.lock_file import TTL
from tests.lab.faults import HOSTS, NAME, SUBNET, Sights, applying, errors, sections
from tests.lab.harness import LabCluster, Spec, made, running, until
from tests.lab.holds import held


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LabCluster]:
    with running(NAME, SUBNET, HOSTS) as lab:
        cluster = made(lab, tmp_path_factory.mktemp("c"), "t2", **sections())
        cluster.change(ssh={"timeout": "10s"})
        yield cluster


@pytest.fixture(scope="module")
def sights(fresh: LabCluster) -> Sights:
    return Sights(fresh)


@pytest.fixture
def cluster(fresh: LabCluster, sights: Sights) -> Iterator[LabCluster]:
    """After each test the cluster file is as it was, and Corral's files on the hosts are looked at."""
    spec = fresh.spec
    yield fresh
    fresh.write(spec)
    sights.look()


@contextmanager
def lost(cluster: LabCluster, host: str, how: str) -> Iterator[Callable[[], None]]:
    """What pulls the host's plug or cable; it is put back at the end of the block."""
    lab = cluster.lab
    out, back = (lab.kill, lab.start) if how == "plug" else (lab.cut, lab.mend)
    try:
        yield lambda: out(host)
    finally:
        back(host)


@contextmanager
def full(cluster: LabCluster, host: str, directory: str) -> Iterator[None]:
    cluster.lab.fill(host, directory)
    try:
        yield
    finally:
        cluster.lab.unfill(host, directory)


def test_a_host_dies_while_its_files_are_written(cluster: LabCluster) -> None:
    """The other hosts' files of the same wave are written to the end, and no other wave is begun."""
    with (
        held(cluster, "db-2", "/usr/bin/sync") as hold,
        lost(cluster, "db-2", "plug") as lose,
        applying(cluster, 3) as run,
    ):
        hold.reached(run.process)
        lose()
    [error] = errors(run.said)
    assert error.startswith("error: db-2 (10.112.0.32): the connection was cut")
    assert "while a script ran, so it is not known whether that was finished" in error
    assert "run the same command again" in run.said
    assert "; not done: " in run.account
    assert cluster.on("db-3", "ls", "/etc/chrony/conf.d/corral-t2.conf")
    assert cluster.sh("db-3", "ls -d /opt/corral 2>/dev/null || :") == ""


def test_disks_are_full_by_the_time_that_something_is_written(cluster: LabCluster) -> None:
    """That of Corral's own notes, that of configuration, and that of programs."""
    time = "grep -hs ' /etc/chrony/' /var/lib/corral/t2/state/files/* || :"
    with ExitStack() as mended, held(cluster, "db-2", "/usr/bin/sync") as hold, applying(cluster, 1) as run:
        hold.reached(run.process)
        until(lambda: cluster.sh("db-1", time), lambda note: note.startswith("done"))
        for host, directory in ("db-1", "/var/lib/corral"), ("db-2", "/etc/corral"), ("db-3", "/opt/corral"):
            mended.enter_context(full(cluster, host, directory))
        hold.let_go()
        run.wait()
    told = errors(run.said)
    assert [error.split(": can't ")[0] for error in told] == ["error: db-1", "error: db-2", "error: db-3"]
    assert all("No space left on device" in error for error in told), run.said
    assert told[1].startswith("error: db-2: can't write /etc/corral/t2/")
    assert told[2].startswith("error: db-3: can't unpack ")
    assert run.account


def test_the_cable_is_pulled_while_an_archive_is_sent(cluster: LabCluster) -> None:
    with (
        held(cluster, "db-3", "/usr/bin/mktemp", "*corral-unpack*") as hold,
        lost(cluster, "db-3", "cable") as lose,
        applying(cluster, 3) as run,
    ):
        hold.reached(run.process)
        lose()
        hold.let_go()
    [error] = errors(run.said)
    assert error.startswith("error: db-3 (10.112.0.33): the connection was cut")
    assert "while mongodb-6.0.5.tar was sent" in error
    assert "archive /opt/corral/mongodb-" in run.account


def test_the_directory_of_data_is_full_when_mongod_starts(cluster: LabCluster) -> None:
    with (
        ExitStack() as mended,
        held(cluster, "db-3", "/usr/bin/systemctl", "daemon-reload") as hold,
        applying(cluster, 1) as run,
    ):
        hold.reached(run.process)
        mended.enter_context(full(cluster, "db-1", "/var/lib/corral/t2/mongod"))
        hold.let_go()
    assert "mongod.db-1 at 10.112.0.31:27017 did not become healthy: it died 3 times" in errors(run.said)[0]
    assert "No space left on device" in run.said
    assert "corral logs mongod.db-1" in run.said


def test_a_host_is_cut_off_when_its_unit_has_just_been_started(cluster: LabCluster) -> None:
    """systemd has done it, and nobody hears of that."""
    with (
        held(cluster, "db-1", "/usr/bin/systemctl", "restart*", done=True) as hold,
        lost(cluster, "db-1", "cable") as lose,
        applying(cluster, 3) as run,
    ):
        hold.reached(run.process)
        lose()
    assert errors(run.said)[0].startswith("error: db-1 (10.112.0.31): the connection was cut")
    assert "unit mongod.db-1" in run.account


def foreign(directory: Path) -> Spec:
    """mongod as an archive for a processor that is none of these hosts': a header is enough of it."""
    program = b"\x7fELF\x02\x01\x01" + bytes(9) + struct.pack("<HHI", 2, 183, 1) + bytes(40)
    archive = directory / "foreign.tar"
    with tarfile.open(archive, "w") as tar:
        member = tarfile.TarInfo("bin/mongod")
        member.size, member.mode = len(program), 0o755
        tar.addfile(member, BytesIO(program))
    return {"archive": str(archive), "sha256": hashlib.sha256(archive.read_bytes()).hexdigest()}


def test_a_program_for_another_processor(cluster: LabCluster, sights: Sights) -> None:
    sights.accept()
    cluster.change(database={"install": foreign(cluster.directory)})
    said = cluster.run("apply", "--yes", code=1).stderr
    assert "bin/mongod: Exec format error" in said
    assert errors(said)[0].startswith("error: mongod.db-1: db-1: systemd can't start corral-t2-mongod.service: ")
    sights.accept()  # it has the unit of that program, and is given another one again


def test_a_host_dies_in_the_middle_of_the_replica_sets_first_steps(cluster: LabCluster) -> None:
    """The run ends when the lock there can't be kept alive any more, and not only when its patience is over."""
    with lost(cluster, "db-1", "plug") as lose, applying(cluster, 3) as run:
        run.wait_for("started", "replica set")
        lose()
    seconds = re.search(
        r"the cluster's lock on db-1 is lost: it could not be refreshed for (\d+) s", errors(run.said)[0]
    )
    assert seconds
    assert int(seconds[1]) >= TTL
    assert "replica set t2" in run.account


def test_no_package_source_can_be_reached(cluster: LabCluster) -> None:
    """The lists are there, so that nothing is known of it before the package is to be installed."""
    cluster.sh("proxy-1", "cp -a /etc/apt /root/apt-before; rm -r /etc/apt/sources.list*")
    cluster.sh("proxy-1", "echo 'deb http://127.0.0.1:9/debian bookworm main' >/etc/apt/sources.list")
    try:
        said = cluster.run("apply", "--yes", code=1).stderr
    finally:
        cluster.sh("proxy-1", "rm -r /etc/apt; mv /root/apt-before /etc/apt")
    assert errors(said)[0].startswith("error: proxy-1: can't install logrotate: apt-get can't install logrotate: E: ")
    assert "http://127.0.0.1:9/debian" in said


def test_the_next_run_finishes_and_the_one_after_that_is_empty(cluster: LabCluster, sights: Sights) -> None:
    assert cluster.apply()["state"] == "healthy"
    cluster.assert_settled()
    sights.assert_whole()
    assert cluster.report("verify")["passed"]
