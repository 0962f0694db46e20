"""Root over SSH: by sudo, and what is said when that refuses."""

from __future__ import annotations

from pathlib import Path

import pytest

from corral.errors import Unreachable
from corral.transport.ssh import SshTransport
from tests.unit.transport.reaching import play, transport_to
from tests.unit.transport.sshd import Sshd


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
        (1, "sudo: sorry, you must have a tty to run sudo"),
        (1, "sudo: unable to resolve host one: Name or service not known\nsudo: a password is required"),
        (1, 'sudo: The "no new privileges" flag is set, which prevents sudo from running as root.'),
        (127, "env: 'sudo': No such file or directory"),
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
