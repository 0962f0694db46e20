"""Root over SSH: by sudo, and what is said when that refuses."""

from __future__ import annotations

from pathlib import Path

import pytest

from corral.errors import Unreachable
from corral.stop import Signals
from corral.transport import ssh as ssh_module
from corral.transport.ssh import SshTransport
from tests.unit.transport.reaching import play, refused, transport_to
from tests.unit.transport.sshd import Sshd


def test_one_command_is_all_that_sudoers_must_allow(tmp_path: Path) -> None:
    async def scenario(host: Sshd, transport: SshTransport) -> None:
        host.program("sudo", '#!/bin/sh\n[ "$*" = "-n sh -s" ] || exit 1\nshift\nexec "$@"\n')
        (tmp_path / "source").write_text("sent")
        assert (await transport.run("one", "echo in")).text == "in\n"
        assert (await transport.put("one", tmp_path / "source", "cat")).text == "sent"
        assert [line async for line in transport.follow("one", "echo line")] == ["line"]

    play(tmp_path, scenario, sudo=True)


def test_root_is_reached_by_sudo_and_only_where_it_is_needed(tmp_path: Path) -> None:
    async def scenario(host: Sshd, transport: SshTransport) -> None:
        source = tmp_path / "source"
        source.write_text("sent")
        assert (await transport.run("one", "echo $LC_ALL")).text == "C\n"
        assert (await transport.put("one", source, "cat; echo ' and done'")).text == "sent and done\n"
        assert [line async for line in transport.follow("one", "echo line")] == ["line"]
        log = (host.home / "sudo.log").read_text().splitlines()
        assert [line.split()[0] for line in log] == ["sh", "sh", "sh"]
        assert "sent" not in "".join(log)
        async with transport_to(host, sudo=True, user="root") as as_root, transport_to(host) as plain:
            await as_root.run("one", "true")
            await plain.run("one", "true")
        assert len((host.home / "sudo.log").read_text().splitlines()) == 3

    play(tmp_path, scenario, sudo=True)


@pytest.mark.parametrize(
    ("code", "said"),
    [
        (1, "sudo: a password is required"),
        (1, "Sorry, user deploy is not allowed to execute '/usr/bin/sh -s' as root on one."),
        (1, "deploy is not in the sudoers file.  This incident will be reported."),
        (1, "deploy is not in the sudoers file."),
        (1, "sudo: unable to resolve host one: Name or service not known\nsudo: a password is required"),
        (0, "another sudo that runs nothing"),
    ],
)
def test_a_sudo_that_refuses_is_told_with_the_line_that_mends_it(tmp_path: Path, code: int, said: str) -> None:
    async def scenario(host: Sshd, transport: SshTransport) -> None:
        host.program("sudo", f"#!/bin/sh\ncat >&2 <<'end'\n{said}\nend\nexit {code}\n")
        with pytest.raises(Unreachable) as failure:
            await transport.run("one", "echo never")
        problem = failure.value.problems[0]
        assert problem.code == "no-sudo"
        assert problem.where == "one"
        assert "deploy can't become root: `sudo -n sh -s` said: " in problem.message
        assert said.splitlines()[-1] in problem.message
        assert "deploy ALL=(ALL) NOPASSWD: ALL" in problem.hint
        assert "/etc/sudoers.d/deploy" in problem.hint
        with pytest.raises(Unreachable):
            await transport.read("one", "/etc/hostname")
        with pytest.raises(Unreachable):
            await anext(transport.follow("one", "echo never"))

    play(tmp_path, scenario, sudo=True)


@pytest.mark.parametrize(
    ("said", "helps"),
    [
        ("sudo: sorry, you must have a tty to run sudo", "Defaults:deploy !requiretty"),
        ('sudo: The "no new privileges" flag is set, which prevents sudo from running as root.', "NoNewPrivileges"),
        ("sudo: effective uid is not 0, is /usr/bin/sudo on a file system with the 'nosuid' option set", "nosuid"),
        ("sh: 1: exec: sudo: not found", "apt-get install sudo"),
        ("sudo: Account or password is expired, reset your password and try again", "chage -d $(date +%F)"),
        ('sudo: Account expired or PAM config lacks an "account" section for sudo', "chage -l deploy"),
        ("sudo: account validation failure, is your account locked?", "usermod -U"),
        ("sudo: /etc/sudo.conf is owned by uid 1000, should be 0", "chown root:root"),
        ("/etc/sudoers.d/x:1:9: syntax error\nsudo: no valid sudoers sources found, quitting", "visudo -c"),
    ],
)
def test_what_keeps_sudo_from_it_is_told_with_what_mends_that(tmp_path: Path, said: str, helps: str) -> None:
    async def scenario(host: Sshd, transport: SshTransport) -> None:
        host.program("sudo", f"#!/bin/sh\ncat >&2 <<'end'\n{said}\nend\nexit 1\n")
        problem = await refused(transport.run("one", "echo never"))
        assert problem.code == "no-sudo"
        assert problem.message.endswith(said.splitlines()[-1])
        assert helps in problem.hint
        assert "NOPASSWD" not in problem.hint, "the account has that line already, perhaps"

    play(tmp_path, scenario, sudo=True)


def test_a_sudo_that_does_not_begin_is_not_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ssh_module, "BEGIN", 0.5)

    async def scenario(host: Sshd, transport: SshTransport) -> None:
        host.program("sudo", "#!/bin/sh\necho 'sudo: unable to resolve host one' >&2\nexec sleep 3600\n")
        problem = await refused(transport.run("one", "echo never"))
        assert problem.code == "no-sudo"
        assert "sudo doesn't begin within 0.5 s; it said: sudo: unable to resolve host one" in problem.message

    play(tmp_path, scenario, sudo=True)


def test_sudo_that_takes_its_time_takes_nothing_from_the_script_s(tmp_path: Path) -> None:
    async def scenario(host: Sshd, transport: SshTransport) -> None:
        host.program("sudo", '#!/bin/sh\nshift\nsleep 1\nexec "$@"\n')
        assert (await transport.run("one", "echo in", deadline=0.9)).text == "in\n"

    play(tmp_path, scenario, sudo=True)


@pytest.mark.parametrize(
    "script",
    [
        "echo 'sudo: unable to resolve host one' >&2; exit 1",
        "echo 'grep: sudo: not a file' >&2; exit 1",
        "echo some; echo 'sudo: a password is required' >&2; exit 1",
        "echo 'sudo: a password is required' >&2; exit 3",
        "exit 127",
    ],
)
def test_a_script_that_fails_by_itself_is_no_refusal_of_sudo(tmp_path: Path, script: str) -> None:
    async def scenario(_host: Sshd, transport: SshTransport) -> None:
        assert (await transport.run("one", script)).code in (1, 3, 127)

    play(tmp_path, scenario, sudo=True)


ELSEWHERE = (
    "DOCKER_HOST=tcp://192.0.2.1:2375 DOCKER_CONTEXT=far COMPOSE_FILE=/x APT_CONFIG=/x SYSTEMD_OFFLINE=1 TAR_OPTIONS=-v"
)


def narrow(host: Sshd) -> None:
    """A sudo whose secure_path has a shell and nothing else, and whose environment leads programs elsewhere."""
    only = host.home / "only"
    only.mkdir()
    (only / "sh").symlink_to("/bin/sh")
    host.program("sudo", f'#!/bin/sh\nshift\nexec /usr/bin/env PATH={only} {ELSEWHERE} "$@"\n')


def test_programs_are_found_and_are_the_hosts_own_whatever_sudo_sets(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    ask = "stat -c %n /; env | grep -E '^(DOCKER|COMPOSE|APT|SYSTEMD|TAR)_' | sort"
    there = "/\nDOCKER_HOST=unix:///var/run/docker.sock\n"

    async def scenario(host: Sshd, transport: SshTransport) -> None:
        narrow(host)
        source = tmp_path / "source"
        source.write_text("sent\n")
        assert (await transport.run("one", ask)).text == there
        assert (await transport.put("one", source, f"cat; {ask}")).text == f"sent\n{there}"
        assert [line async for line in transport.follow("one", ask)] == there.splitlines()
        assert await transport.attach("one", ask, Signals()) == 0
        assert (await transport.run("one", "sleep 60", deadline=0.1)).code == 124

    play(tmp_path, scenario, sudo=True)
    assert capfd.readouterr().out == there


def test_the_accounts_own_programs_come_first(tmp_path: Path) -> None:
    async def scenario(host: Sshd, transport: SshTransport) -> None:
        host.program("docker", "#!/bin/sh\necho mine\n")
        assert (await transport.run("one", "docker")).text == "mine\n"

    play(tmp_path, scenario)
