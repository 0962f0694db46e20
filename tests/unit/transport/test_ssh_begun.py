"""What a host prints before a script is left aside; what it prints in its place is never taken for its answer."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from corral.errors import Unreachable
from corral.stop import Signals
from corral.transport import ssh as ssh_module
from corral.transport.opening import Opening
from corral.transport.script import Marks, begun
from corral.transport.ssh import SshTransport
from tests.unit.transport.reaching import play, refused
from tests.unit.transport.sshd import Sshd

NOISE = "echo Welcome to one; echo 3 updates wait >&2"


@pytest.mark.parametrize("sudo", [False, True])
def test_what_a_shell_prints_by_itself_is_no_part_of_an_answer(
    tmp_path: Path, sudo: bool, capfd: pytest.CaptureFixture[str]
) -> None:
    async def scenario(host: Sshd, transport: SshTransport) -> None:
        host.noise = NOISE
        done = await transport.run("one", "echo in; echo out >&2; exit 3")
        assert (done.code, done.stdout, done.stderr) == (3, b"in\n", b"out\n")
        (tmp_path / "source").write_bytes(b"\0sent" * 100_000)
        await transport.write("one", str(tmp_path / "file"), b"\0bytes", 0o600)
        assert await transport.read("one", str(tmp_path / "file")) == b"\0bytes"
        assert (await transport.put("one", tmp_path / "source", "wc -c")).text.strip() == "500000"
        assert [line async for line in transport.follow("one", "echo a; echo b")] == ["a", "b"]
        assert await transport.attach("one", "echo attached; echo too >&2; exit 4", Signals()) == 4

    play(tmp_path, scenario, sudo=sudo)
    assert capfd.readouterr() == ("attached\n", "too\n")


@pytest.mark.parametrize("sudo", [False, True])
@pytest.mark.parametrize("code", [0, 7])
def test_what_runs_in_a_script_s_place_is_shown_and_counts_for_nothing(tmp_path: Path, sudo: bool, code: int) -> None:
    async def scenario(host: Sshd, transport: SshTransport) -> None:
        host.forced = f"echo backups only; echo since May >&2; exit {code}"
        (tmp_path / "source").write_text("sent")
        for call in (
            transport.run("one", "id"),
            transport.put("one", tmp_path / "source", "cat"),
            transport.read("one", "/etc/hostname"),
            anext(transport.follow("one", "echo line")),
            transport.attach("one", "id", Signals()),
        ):
            problem = await refused(call)
            assert problem.code == "no-command"
            assert "another program runs in the command's place, so nothing was done there" in problem.message
            assert "it said: backups only / since May" in problem.message
            assert "ForceCommand".lower() in problem.hint

    play(tmp_path, scenario, sudo=sudo)


@pytest.mark.parametrize(
    ("runs", "code", "message", "hint"),
    [
        (
            "echo 'WARNING: Your password has expired.'; echo 'Password change required but no TTY' >&2; exit 1",
            "login-refused",
            "the account deploy has expired, or its password: WARNING: Your password has expired. / Password change",
            "chage -d $(date +%F) -M -1 -E -1 deploy",
        ),
        (
            "echo 'This account is currently not available.'; exit 1",
            "no-command",
            "the shell of deploy lets nobody in: This account is currently not available.",
            "usermod -s /bin/sh deploy",
        ),
        ("exit 1", "no-command", "it said: nothing; it ended with exit status 1", "getent passwd deploy"),
        ("echo 'System is going down.' >&2; exit 254", "login-refused", "System is going down.", "rm /run/nologin"),
        ("cat", "no-command", "no command begins within 0.5 s", "getent passwd deploy"),
        (
            "echo '1) status  2) quit'; while read -r line; do echo \"no such choice: $line\"; done",
            "no-command",
            "it said: 1) status  2) quit",
            "getent passwd deploy",
        ),
    ],
)
def test_account_and_shell_are_told_by_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, runs: str, code: str, message: str, hint: str
) -> None:
    """What repeats all that it is sent is sent no script, which might hold secrets."""
    if "read" in runs or runs == "cat":
        monkeypatch.setattr(ssh_module, "BEGIN", 0.5)

    async def scenario(host: Sshd, transport: SshTransport) -> None:
        host.forced = runs
        problem = await refused(transport.run("one", "id"))
        assert problem.code == code
        assert message in problem.message
        assert hint in problem.hint
        assert "NOPASSWD" not in problem.hint

    play(tmp_path, scenario, sudo=True)


def test_a_refusal_of_sudo_is_told_at_a_command_s_own_place_too(tmp_path: Path) -> None:
    """In the language of the login: it is known by the mark that doesn't come."""

    async def scenario(host: Sshd, transport: SshTransport) -> None:
        host.noise = NOISE
        host.program("sudo", "#!/bin/sh\necho 'sudo: il est nécessaire de saisir un mot de passe' >&2\nexit 1\n")
        problem = await refused(transport.attach("one", "id", Signals()))
        assert problem.code == "no-sudo"
        assert problem.message.endswith("said: sudo: il est nécessaire de saisir un mot de passe")

    play(tmp_path, scenario, sudo=True)


def test_a_cut_before_the_mark_is_a_cut(tmp_path: Path) -> None:
    async def scenario(host: Sshd, transport: SshTransport) -> None:
        host.noise = "kill -KILL $$"
        with pytest.raises(Unreachable):
            await transport.run("one", "true")

    play(tmp_path, scenario)


@pytest.mark.parametrize("size", [1, 7, 10_000])
def test_marks_are_found_in_pieces(size: int) -> None:
    marks = Marks.new()
    opening, stream = Opening(marks), b"noise" + marks.login + b"sudo\r\nsays" + marks.script + b"own \036words"
    pieces = [stream[at : at + size] for at in range(0, len(stream), size)]
    assert b"".join(opening.take(piece) for piece in pieces) == b"own \036words"
    assert (opening.logged_in, opening.begun, opening.said) == (True, True, "sudo\nsays")


@pytest.mark.parametrize("shell", ["sh", "bash", "rbash", "csh", "tcsh", "fish", "zsh", "ksh"])
def test_the_login_mark_is_printed_by_whatever_shell_the_account_has(shell: str) -> None:
    marks = Marks.new()
    try:
        done = subprocess.run([shell, "-c", begun("true", marks, sudo=False)], capture_output=True, check=False)
    except FileNotFoundError:
        pytest.skip(f"there is no {shell}")
    assert done.stdout.startswith(marks.login)
