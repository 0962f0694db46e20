"""What is refused before anything is changed: one host of five is not as it must be, and no host's disk is touched."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.lab.faults import HOSTS, NAME, SILENT, SUBNET, errors, refused, sections
from tests.lab.harness import ARTIFACTS, LabCluster, made, running, until


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LabCluster]:
    """Nothing is applied."""
    with running(NAME, SUBNET, HOSTS) as lab:
        cluster = made(lab, tmp_path_factory.mktemp("c"), "t2", **sections())
        cluster.change(ssh={"timeout": "10s"})
        yield cluster


@pytest.fixture
def cluster(fresh: LabCluster) -> Iterator[LabCluster]:
    """The file is as it was after each test. What a test hasn't mended is one error too many for the next one."""
    spec = fresh.spec
    yield fresh
    fresh.write(spec)


def test_a_host_that_is_off(cluster: LabCluster) -> None:
    cluster.lab.kill("db-2")
    try:
        said = refused(cluster, 3, "db-2 (10.112.0.32): ", but=["db-2"])
    finally:
        cluster.lab.start("db-2")
    (error,) = errors(said)
    assert re.search(SILENT, error)


def test_hosts_whose_cables_are_out_are_told_together_within_the_timeout(cluster: LabCluster) -> None:
    for host in ("db-2", "app-1"):
        cluster.lab.cut(host)
    try:
        said = refused(cluster, 3, "ssh -l deploy 10.112.0.32", "no firewall between")
    finally:
        for host in ("db-2", "app-1"):
            cluster.lab.mend(host)
    for error, host in zip(errors(said), ("app-1 (10.112.0.21)", "db-2 (10.112.0.32)"), strict=True):
        assert re.fullmatch(rf"error: {re.escape(host)}: {SILENT} .*", error)


def test_a_host_without_sshd(cluster: LabCluster) -> None:
    cluster.on("db-2", "systemctl", "stop", "ssh")
    try:
        said = refused(cluster, 3, "systemctl status ssh")
    finally:
        cluster.on("db-2", "systemctl", "start", "ssh")
    assert errors(said) == ["error: db-2 (10.112.0.32): nothing listens on port 22 there [unreachable]"]


def fingerprint(cluster: LabCluster, host: str) -> str:
    return cluster.on(host, "ssh-keygen", "-lf", "/etc/ssh/ssh_host_ed25519_key.pub").split()[1]


def test_a_host_key_that_nobody_has_trusted(cluster: LabCluster) -> None:
    """And so is one that was never seen: the fingerprint is that of the host's own console."""
    known = [line for line in cluster.lab.known_hosts.read_text().splitlines() if "10.112.0.32" not in line]
    (cluster.directory / "known").write_text("\n".join(known) + "\n")
    cluster.change(ssh={"known_hosts": "known"})
    seen = fingerprint(cluster, "db-2")
    said = refused(cluster, 3, f"db-2 (10.112.0.32): its ssh-ed25519 host key is {seen}", "corral trust")
    assert len(errors(said)) == 1

    unanswered = cluster.run("trust", code=2)
    assert "add --yes" in unanswered.stderr
    assert f"{seen} new" in unanswered.stdout
    assert not (cluster.store / "known_hosts").exists()
    recorded = cluster.report("trust", "--yes")["hosts"]
    assert [(host["host"], host["fingerprint"]) for host in recorded if host["recorded"]] == [("db-2", seen)]
    cluster.run("plan")
    assert all(host["state"] == "known" for host in cluster.report("trust")["hosts"])


@contextmanager
def another_host_key(cluster: LabCluster, host: str) -> Iterator[None]:
    cluster.sh(host, "cp -a /etc/ssh /root/ssh-before; rm /etc/ssh/ssh_host_*; ssh-keygen -qA; systemctl restart ssh")
    try:
        yield
    finally:
        cluster.sh(host, "rm -r /etc/ssh; mv /root/ssh-before /etc/ssh; systemctl restart ssh")


def test_a_host_key_that_has_changed(cluster: LabCluster) -> None:
    before = fingerprint(cluster, "db-2")
    recorded = cluster.store / "known_hosts"
    with another_host_key(cluster, "db-2"):
        seen = fingerprint(cluster, "db-2")
        refused(cluster, 3, f"its ssh-ed25519 host key is {seen}", f", but ssh-ed25519 {before}")
        assert "corral trust --replace db-2" in cluster.run("trust", "--yes", code=1).stderr
        cluster.run("trust", "--replace", "db-2", "--yes")
        cluster.run("plan")
    recorded.unlink()


def test_a_user_who_is_not_let_in(cluster: LabCluster) -> None:
    other = {"address": "10.112.0.32", "ssh": {"user": "somebody"}}
    cluster.change(hosts={"db-2": other})
    said = refused(cluster, 3, str(cluster.lab.key), "ssh-copy-id")
    assert errors(said)[0].startswith("error: db-2 (10.112.0.32): it doesn't let somebody log in with a key; tried: ")
    assert len(errors(said)) == 1


def test_a_key_that_the_host_does_not_know(cluster: LabCluster) -> None:
    key = cluster.directory / "other-key"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key)], check=True)
    cluster.change(hosts={"db-2": {"address": "10.112.0.32", "ssh": {"key": "other-key"}}})
    said = refused(cluster, 3, f"it doesn't let deploy log in with a key; tried: {key}", f"ssh-copy-id -i {key}.pub")
    assert len(errors(said)) == 1


def test_a_user_without_sudo(cluster: LabCluster) -> None:
    cluster.change(hosts={"db-2": {"address": "10.112.0.32", "ssh": {"user": "nosudo"}}})
    said = refused(cluster, 3, "`sudo -n sh -s` said: sudo: a password is required", "/etc/sudoers.d/nosudo")
    assert errors(said)[0].startswith("error: db-2 (10.112.0.32): nosudo can't become root")
    cluster.change(hosts={"db-2": "10.112.0.32"}, ssh={"user": "nosudo", "sudo": None})
    said = refused(cluster, 1, "nosudo doesn't become root there", "/etc/sudoers.d/corral")
    assert len(errors(said)) == 5


UNAME = """
printf '%s\\n' '#!/bin/sh' '[ "$1" != -m ] || exec echo aarch64' 'exec /usr/bin/uname "$@"' >/usr/local/sbin/uname
chmod +x /usr/local/sbin/uname
"""


def test_an_archive_for_another_architecture(cluster: LabCluster) -> None:
    """As far as its name tells; an archive with a plain name is found out by the program that doesn't start."""
    named = cluster.directory / "mongodb-linux-x86_64-6.0.5.tar"
    named.symlink_to(ARTIFACTS / "mongodb-6.0.5.tar")
    cluster.change(database={"install": {"archive": str(named)}})
    cluster.sh("db-2", UNAME)
    try:
        said = refused(cluster, 1, "Name an archive for aarch64 in database.install.")
    finally:
        cluster.on("db-2", "rm", "/usr/local/sbin/uname")
    assert len(errors(said)) == 1
    assert f"db-2: The archive {named.name} is for x86_64 by its name, and the host is aarch64." in errors(said)[0]


@contextmanager
def listening(cluster: LabCluster, host: str, address: str, port: int) -> Iterator[str]:
    """Somebody else's program on a port; its process id."""
    program = f"$s = IO::Socket::INET->new(LocalAddr => '{address}:{port}', Listen => 1) or die; sleep 3600"
    pid = cluster.sh(host, f'setsid perl -MIO::Socket -e "\\{program}" >/dev/null 2>&1 </dev/null & echo $!').strip()
    try:
        until(lambda: cluster.on(host, "ss", "-Hltnp", f"sport = :{port}"), lambda text: f"pid={pid}," in text)
        yield pid
    finally:
        cluster.on(host, "kill", pid)


def test_ports_that_somebody_else_has(cluster: LabCluster) -> None:
    """On the very address, on every address, and on the loopback address that mongod listens on besides."""
    with (
        listening(cluster, "proxy-1", "0.0.0.0", 80) as first,  # noqa: S104  # in a host of the lab
        listening(cluster, "app-1", "10.112.0.21", 5040) as second,
        listening(cluster, "db-3", "127.0.0.1", 27017) as third,
        listening(cluster, "db-1", "127.0.0.1", 80),
        listening(cluster, "app-1", "127.0.0.1", 5041),
    ):
        said = refused(cluster, 1, "End that process, or choose another port in the file.")
    assert [re.sub(r"\. Two .*", "", error) for error in errors(said)] == [
        f"error: proxy-1: 0.0.0.0:80, which nginx.proxy-1 needs, is taken by perl (pid {first})",
        f"error: app-1: 10.112.0.21:5040, which app-1-5040 needs, is taken by perl (pid {second})",
        f"error: db-3: 127.0.0.1:27017, which mongod.db-3 needs, is taken by perl (pid {third})",
    ]


def test_a_port_that_a_service_has(cluster: LabCluster) -> None:
    cluster.on("proxy-1", "systemctl", "start", "nginx")
    try:
        said = refused(cluster, 1, "systemctl disable --now nginx.service")
    finally:
        cluster.on("proxy-1", "systemctl", "stop", "nginx")
    assert re.search(r"proxy-1: 0.0.0.0:80, .* is taken by nginx \(pid \d+\) of nginx.service", errors(said)[0])
    assert len(errors(said)) == 1


SOCKET = "[Socket]\\nListenStream=80\\n[Install]\\nWantedBy=sockets.target\\n"


def test_a_port_for_which_systemd_itself_listens(cluster: LabCluster) -> None:
    """Nothing runs yet that could be ended: process 1 holds the port."""
    units = "/run/systemd/system"
    service = "[Service]\\nExecStart=/bin/sleep infinity\\n"
    cluster.sh("proxy-1", f"printf '{SOCKET}' >{units}/web.socket; printf '{service}' >{units}/web.service")
    cluster.sh("proxy-1", "systemctl daemon-reload; systemctl start web.socket")
    try:
        said = refused(cluster, 1, "`systemctl disable --now web.socket web.service`")
    finally:
        cluster.sh("proxy-1", f"systemctl stop web.socket web.service; rm {units}/web.*; systemctl daemon-reload")
    assert "nginx.proxy-1 needs, is taken by web.socket: systemd itself listens there for it." in errors(said)[0]
    assert "End that process" not in said
    assert len(errors(said)) == 1


def test_services_and_files_as_others_have_set_them_up(cluster: LabCluster) -> None:
    """Each is told by name, all of them together, and nothing has been changed."""
    runs_containers = sections("compose")
    cluster.change(app=None)
    cluster.change(app=runs_containers["app"])
    cluster.sh("app-1", "mkdir -p /etc/docker; printf '{\\n \"debug\": true,\\n}\\n' >/etc/docker/daemon.json")
    cluster.on("app-1", "systemctl", "mask", "docker.socket")
    cluster.sh("db-2", "sed -i.before s/^confdir/#confdir/ /etc/chrony/chrony.conf")
    cluster.on("db-3", "systemctl", "mask", "chrony")
    cluster.sh("db-1", "mkdir -p /opt/corral; mount -t tmpfs -o noexec,nr_inodes=9 none /opt/corral")
    try:
        said = refused(cluster, 1, "systemctl unmask docker.socket", "systemctl unmask chrony.service")
    finally:
        cluster.sh("app-1", "rm /etc/docker/daemon.json; systemctl unmask docker.socket")
        cluster.sh("db-2", "mv /etc/chrony/chrony.conf.before /etc/chrony/chrony.conf")
        cluster.on("db-3", "systemctl", "unmask", "chrony")
        cluster.sh("db-1", "umount /opt/corral; rmdir /opt/corral")
    told = [error.partition(": ")[2] for error in errors(said)]
    for words in (
        "app-1: docker.socket is masked.",
        "app-1: docker doesn't run, and can't: /etc/docker/daemon.json: line 3, column 1:",
        "db-1: /opt/corral, where /opt/corral is, can hold ",
        "db-1: /opt/corral, where /opt/corral is, is mounted noexec.",
        "db-2: /etc/chrony/chrony.conf takes in nothing of /etc/chrony/conf.d.",
        "db-3: chrony.service is masked.",
    ):
        assert any(error.startswith(words) for error in told), f"{words!r} isn't in:\n{said}"
    assert len(told) == 6, said


def test_a_virtual_address_that_somebody_has(cluster: LabCluster) -> None:
    """Where arping isn't there, that is said; it is played, since its package is one more to install."""
    cluster.change(proxy={"hosts": ["proxy-1", "app-1"], "virtual_ip": "10.112.0.99"})
    assert "was not asked: there is no arping" in cluster.run("plan").stderr
    reply = "Unicast reply from 10.112.0.99 [02:42:0A:70:00:63]  0.7ms"
    cluster.sh(
        "proxy-1",
        f'printf \'#!/bin/sh\\necho "{reply}" "$*"\\n\' >/usr/local/sbin/arping; chmod +x /usr/local/sbin/arping',
    )
    try:
        said = refused(cluster, 1, "give one of the two another address")
    finally:
        cluster.on("proxy-1", "rm", "/usr/local/sbin/arping")
    assert "10.112.0.99, which proxy.virtual_ip is to move, is in use already: 02:42:0a:70:00:63" in errors(said)[0]
    cluster.on("proxy-1", "ip", "address", "add", "10.112.0.99/24", "dev", "eth0")
    try:
        said = refused(cluster, 1, "is on eth0 of proxy-1 already")
    finally:
        cluster.on("proxy-1", "ip", "address", "del", "10.112.0.99/24", "dev", "eth0")


@pytest.mark.parametrize(
    ("host", "directory", "told", "needed"),
    [
        ("db-2", "/var/lib/corral", "/var/lib/corral/t2/mongod", 400),
        ("db-2", "/var/lib/corral/t2/mongod", "/var/lib/corral/t2/mongod", 400),
        ("app-1", "/etc/corral", "/etc/corral/t2", 100),
        ("app-1", "/opt/corral", "/opt/corral", 400),
    ],
)
def test_a_full_disk(cluster: LabCluster, host: str, directory: str, told: str, needed: int) -> None:
    cluster.lab.fill(host, directory)
    try:
        said = refused(cluster, 1, f"Free some space on {host}")
    finally:
        cluster.lab.unfill(host, directory)
        cluster.sh(host, f"d={directory}; while [ $d != /etc ] && rmdir $d 2>/dev/null; do d=${{d%/*}}; done")
    assert f"{host}: {told} has 0 MB of disk left, and {needed} MB are needed." in errors(said)[0]
    assert len(errors(said)) == 1


def test_another_time_daemon(cluster: LabCluster) -> None:
    """Beside a chrony that is installed: Debian would not let systemd's own stay, so it is played by a unit."""
    unit = "[Service]\\nExecStart=/bin/sleep infinity\\n"
    cluster.sh("db-2", f"printf '{unit}' >/run/systemd/system/systemd-timesyncd.service; systemctl daemon-reload")
    cluster.on("db-2", "systemctl", "start", "systemd-timesyncd")
    try:
        said = refused(cluster, 1, "systemctl disable --now systemd-timesyncd")
    finally:
        cluster.on("db-2", "systemctl", "stop", "systemd-timesyncd")
        cluster.sh("db-2", "rm /run/systemd/system/systemd-timesyncd.service; systemctl daemon-reload")
    assert "db-2: systemd-timesyncd runs there." in errors(said)[0]
    assert len(errors(said)) == 1


def test_a_package_that_no_source_has(cluster: LabCluster) -> None:
    """logrotate is missing on the proxy, and the only list that the host has is one without it."""
    lists = "/var/lib/apt/lists"
    cluster.sh("proxy-1", f"apt-get -qq update; mv {lists} {lists}-before; mkdir {lists}; >{lists}/none_Packages")
    try:
        said = refused(cluster, 1, "Add a source that has it", "apt-get update")
    finally:
        cluster.sh("proxy-1", f"rm -r {lists}; mv {lists}-before {lists}")
    assert "proxy-1: The package logrotate is in none of the host's sources." in errors(said)[0]
    assert len(errors(said)) == 1


def test_an_archive_that_is_not_there(cluster: LabCluster) -> None:
    cluster.change(database={"install": {"archive": "no-such.tar"}})
    said = refused(cluster, 2, f"names a file that does not exist: {cluster.directory / 'no-such.tar'}")
    assert errors(said)[0].startswith(f"error: {cluster.file}:")


def test_an_archive_whose_bytes_are_others(cluster: LabCluster) -> None:
    """Of two kinds: what the database comes in, and the application's release. Each is told with both digests."""
    wanted = cluster.spec["database"]["install"]["sha256"]
    copy = cluster.directory / "short.tar"
    shutil.copyfile(ARTIFACTS / "noticeboard.tar", copy)
    with copy.open("r+b") as file:
        file.truncate(copy.stat().st_size - 1)
    cluster.change(database={"install": {"sha256": "0" * 64}}, app={"release": {"archive": "short.tar"}})
    said = refused(
        cluster, 2, f"its SHA-256 is {wanted}, and the cluster file has {'0' * 64}", str(copy), "write its sha256"
    )
    assert len(errors(said)) == 2


def test_when_all_is_mended_apply_finishes(cluster: LabCluster) -> None:
    assert cluster.apply()["state"] == "healthy"
    cluster.assert_settled()
