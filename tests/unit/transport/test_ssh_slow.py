"""What is slow is named: the login, the session, sudo, and what makes sudo so."""

from __future__ import annotations

from pathlib import Path

import pytest

from corral.transport import ssh_hosts, ssh_slow
from corral.transport.ssh import SshTransport
from corral.transport.ssh_slow import Waits, slow_steps
from corral.transport.ssh_trouble import Way
from tests.unit.transport.reaching import play
from tests.unit.transport.sshd import Sshd

WAY = Way("db-217", "10.0.0.217", "deploy", 22)


@pytest.mark.parametrize(
    ("waits", "message", "hint"),
    [
        (
            Waits(sudo=12.1, said="sudo: unable to resolve host db-217: Temporary failure in name resolution"),
            "sudo takes 12 s on db-217: it can't resolve its own name",
            'echo "127.0.1.1 $(hostname)" >>/etc/hosts',
        ),
        (Waits(sudo=12.1), "sudo takes 12 s on db-217", "/etc/nsswitch.conf"),
        (Waits(session=5), "a session takes 5 s to begin on db-217", "PAM"),
        (Waits(login=7), "the login takes 7 s on db-217", "UseDNS no"),
    ],
)
def test_each_step_has_its_words(waits: Waits, message: str, hint: str) -> None:
    (problem,) = slow_steps(WAY, waits)
    assert (problem.code, problem.severity, problem.where) == ("slow-host", "warning", "db-217")
    assert problem.message == message
    assert hint in problem.hint


def test_the_longest_counts_and_sudo_s_words_stay() -> None:
    waits = Waits(login=1, session=4).joined(Waits(sudo=5, said="hm")).joined(Waits(session=2))
    assert waits == Waits(login=1, session=4, sudo=5, said="hm")
    assert waits.longest == 5
    assert len(slow_steps(WAY, waits)) == 2
    assert not slow_steps(WAY, Waits(login=1, session=1, sudo=1))


def test_it_is_measured_on_the_way(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ssh_slow, "SLOW", 0.9)
    monkeypatch.setattr(ssh_hosts, "SLOW", 0.9)

    async def scenario(host: Sshd, transport: SshTransport) -> None:
        await transport.run("one", "sleep 1.5")
        assert await transport.slow() == (), "what a script takes is its own matter"
        host.noise = "sleep 1"
        host.program("sudo", "#!/bin/sh\nshift\nsleep 1\necho 'sudo: unable to resolve host one' >&2\nexec \"$@\"\n")
        done = await transport.run("one", "echo in")
        assert (done.text, done.stderr) == ("in\n", b"")
        session, sudo = [problem.message for problem in await transport.slow()]
        assert session == "a session takes 1 s to begin on one"
        assert sudo == "sudo takes 1 s on one: it can't resolve its own name"

    play(tmp_path, scenario, sudo=True)
