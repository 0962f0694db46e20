"""Between a key and a command: accounts, PAM, shells, sudo and sshd as others have set them up.

Each is told by its name in the first line, before anything is changed.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

import pytest

from tests.lab.faults import HOSTS, NAME, SUBNET, errors, sections
from tests.lab.harness import LabCluster, made, running

HOST = "db-2"
WHO = f"error: {HOST} (10.112.0.32): "


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LabCluster]:
    """Nothing is applied."""
    with running(NAME, SUBNET, HOSTS) as lab:
        cluster = made(lab, tmp_path_factory.mktemp("c"), "t2", **sections())
        cluster.run("plan")
        yield cluster


def sshd(lines: str) -> tuple[str, str]:
    """Shell that adds `lines` to the configuration of sshd, and that takes them out.

    A reload isn't waited for, and systemd refuses restarts that follow each other too often, unless they are forgotten.
    """
    file = "/etc/ssh/sshd_config.d/00-test.conf"
    return (
        f"printf '%b\\n' '{lines}' >{file} && systemctl reset-failed ssh && systemctl restart ssh",
        f"rm {file} && systemctl reset-failed ssh && systemctl restart ssh",
    )


class Fault(NamedTuple):
    break_: str
    mend: str
    code: int
    said: str
    """How the first error begins."""
    hint: str


FAULTS = {
    "going down": Fault(
        "echo 'The disks are being replaced until noon.' >/run/nologin",
        "rm /run/nologin",
        3,
        f"{WHO}it ends the login of deploy and says: The disks are being replaced until noon. [login-refused]",
        "journalctl -u ssh",
    ),
    "password expired": Fault(
        "chage -d 0 deploy",
        "chage -d 2026-01-01 deploy",
        3,
        f"{WHO}the account deploy has expired, or its password: ",
        "chage -d $(date +%F)",
    ),
    "account expired": Fault(
        "chage -E 1 deploy",
        "chage -E -1 deploy",
        3,
        f"{WHO}it ends the login of deploy and says: Your account has expired",
        "chage -l deploy",
    ),
    "second factor": Fault(
        *sshd(
            "KbdInteractiveAuthentication yes\\nMatch User deploy\\n"
            "  AuthenticationMethods publickey,keyboard-interactive"
        ),
        3,
        f"{WHO}it takes the key of deploy and then asks for more (keyboard-interactive",
        "AuthenticationMethods publickey",
    ),
    "requiretty": Fault(
        "echo 'Defaults requiretty' >/etc/sudoers.d/zz-tty",
        "rm /etc/sudoers.d/zz-tty",
        3,
        f"{WHO}deploy can't become root: `sudo -n sh -s` said: sudo: sorry, you must have a tty",
        "!requiretty",
    ),
    "nologin": Fault(
        "usermod -s /usr/sbin/nologin deploy",
        "usermod -s /bin/bash deploy",
        3,
        f"{WHO}the shell of deploy lets nobody in: This account is currently not available.",
        "usermod -s /bin/sh deploy",
    ),
    "forced command": Fault(
        *sshd("Match User deploy\\n  ForceCommand echo backups only"),
        3,
        f"{WHO}the login works, but another program runs in the command's place, so nothing was done there; it said: "
        "backups only",
        "forcecommand",
    ),
    "no forwarding": Fault(
        *sshd("AllowTcpForwarding no"),
        1,
        f"error: {HOST}: its sshd forbids connections through SSH to 27017",
        "AllowTcpForwarding yes",
    ),
    "other ports": Fault(
        *sshd("PermitOpen 127.0.0.1:22"),
        1,
        f"error: {HOST}: its sshd forbids connections through SSH to 27017",
        "PermitOpen",
    ),
    "no flock": Fault("mv /usr/bin/flock /root", "mv /root/flock /usr/bin", 1, f"error: {HOST}: ", "util-linux"),
}


@contextmanager
def broken(cluster: LabCluster, break_: str, mend: str) -> Iterator[None]:
    cluster.sh(HOST, break_)
    try:
        yield
    finally:
        cluster.sh(HOST, mend)


@pytest.mark.parametrize("name", FAULTS)
def test_the_cause_is_told_by_name_before_anything_changes(cluster: LabCluster, name: str) -> None:
    fault = FAULTS[name]
    with broken(cluster, fault.break_, fault.mend):
        said = cluster.run("plan", code=fault.code).stderr
    first, *others = errors(said)
    assert first.startswith(fault.said), said
    assert fault.hint in said, said
    assert not others, said


def test_a_command_that_did_not_run_has_not_been_carried_out(cluster: LabCluster) -> None:
    with broken(cluster, *sshd("Match User deploy\\n  ForceCommand echo backups only")):
        done = cluster.run("exec", "--on", "hosts", HOST, "--", "id", code=3)
    assert "backups only" in done.stderr
    assert "uid=" not in done.stdout


def test_what_a_bashrc_prints_and_one_session_are_enough(cluster: LabCluster) -> None:
    """Also where sudo allows one command alone."""
    lines = "MaxSessions 1"
    noise = "sed -i '1i echo Welcome; echo Mind the step >&2' ~deploy/.bashrc"
    narrow = "sed -i 's/NOPASSWD: *ALL/NOPASSWD: \\/usr\\/bin\\/sh -s/' /etc/sudoers.d/*"
    wide = "sed -i 's/NOPASSWD: .*sh -s/NOPASSWD: ALL/' /etc/sudoers.d/*"
    break_, mend = sshd(lines)
    with broken(cluster, f"{break_} && {noise} && {narrow}", f"{mend} && sed -i 1d ~deploy/.bashrc && {wide}"):
        cluster.run("plan")
        assert (
            cluster.run("exec", "--on", "hosts", HOST, "--", "id -u; hostname").stdout == f"{HOST}: 0\n{HOST}: {HOST}\n"
        )


def test_a_host_that_does_not_find_its_own_name_is_slow_by_name(cluster: LabCluster) -> None:
    dead = "nameserver 10.112.0.250\noptions timeout:2 attempts:2"
    break_ = (
        "cp /etc/hosts /root/hosts; cp /etc/resolv.conf /root/resolv.conf; "
        f"printf '127.0.0.1 localhost\\n' >/etc/hosts; printf '{dead}\\n' >/etc/resolv.conf"
    )
    with broken(cluster, break_, "cat /root/hosts >/etc/hosts; cat /root/resolv.conf >/etc/resolv.conf"):
        said = cluster.run("plan").stderr
    assert f"s on {HOST}: it can't resolve its own name" in said, said
    assert ">>/etc/hosts" in said
