"""What ssh accepts Corral accepts: where asyncssh can't read a configuration, the program ssh is asked."""

from __future__ import annotations

import asyncio
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from corral.transport import ssh_asked
from corral.transport.ssh_config import Reader
from corral.transport.ssh_settings import SshSettings
from tests.unit.transport.reaching import gets_in, on_a_host, problem_of
from tests.unit.transport.sshd import Sshd, sshd

pytestmark = [
    pytest.mark.usefixtures("home"),
    pytest.mark.skipif(shutil.which("ssh") is None, reason="there is no ssh"),
]


def settings(tmp_path: Path, text: str, address: str = "gate.example") -> SshSettings:
    file = tmp_path / "config"
    file.write_text(text)
    return SshSettings("one", address, config=str(file))


@pytest.mark.parametrize(
    "condition",
    [
        'Match host gate.example exec "test 1 = 1"',
        'Match exec "test %h = gate.example"',
        'Match originalhost gate.* exec "test %n = gate.example" !exec "false"',
        "Port 2217 # the second one\nMatch all",
    ],
)
def test_conditions_that_run_a_program_and_comments_are_ssh_s_matter(tmp_path: Path, condition: str) -> None:
    lines = (condition, "User other", f"IdentityFile '{tmp_path}/a key'", "HostKeyAlias board", "")
    text = "\n  ".join(lines)
    reader = Reader()
    found = reader.resolve(settings(tmp_path, text))
    assert (found.way.user, found.listed) == ("other", "board")
    other = reader.resolve(settings(tmp_path, text.replace("Match all", "Match host nobody"), "elsewhere.example"))
    assert other.way.user != "other"
    reader.close()
    assert not Path(found.options["config"][0]).exists()


def test_what_it_says_holds_for_the_connection(tmp_path: Path) -> None:
    async def scenario(host: Sshd) -> None:
        (tmp_path / "config").write_text(
            'Match host behind exec "test 1 = 1"\n'
            f"  HostName 127.0.0.1\n  Port {host.port}\n  User other\n  IdentityFile {tmp_path}/key\n"
            "  Ciphers aes256-ctr,chacha20-poly1305@openssh.com\n  KexAlgorithms +diffie-hellman-group14-sha1\n"
        )
        bare = SshSettings("one", "behind", known_hosts=host.settings.known_hosts, config=str(tmp_path / "config"))
        await gets_in(bare)
        assert host.users == ["other"]
        await gets_in(replace(bare, user="deploy"))
        assert host.users == ["other", "deploy"]

    on_a_host(tmp_path, scenario)


def test_a_way_through_another_host_is_taken_from_it_too(tmp_path: Path) -> None:
    async def whole() -> None:
        async with sshd(tmp_path / "gate", 1) as gate, sshd(tmp_path / "one", 2) as host:
            (tmp_path / "one" / "known_hosts").write_text(gate.known_line + host.known_line)
            (tmp_path / "one" / "config").write_text(
                f'Match host 127.0.0.1 exec "test 1 = 1"\n  ProxyJump me@127.0.0.1:{gate.port}\n'
            )
            await gets_in(host.settings)
            assert gate.forwarded == [host.port]

    asyncio.run(whole())


def test_an_included_file_counts(tmp_path: Path, home: Path) -> None:
    (home / ".ssh" / "more").write_text('Match exec "test %h = gate.example"\n  User included\n')
    assert ssh_asked.needs_ssh([settings(tmp_path, f"Include {home}/.ssh/mo*\n").config])
    assert ssh_asked.needs_ssh([settings(tmp_path, "Include more\n").config])
    assert not ssh_asked.needs_ssh([settings(tmp_path, "Include nothing*\nHost exec\n").config])


def test_only_the_hosts_that_a_line_concerns_are_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without ssh on this machine."""
    monkeypatch.setattr(ssh_asked.shutil, "which", lambda _name: None)
    problem = asyncio.run(problem_of(settings(tmp_path, 'User a\nMatch host gate.example exec "test 1 = 1"\n')))
    assert problem.code == "ssh-config"
    assert f"{tmp_path}/config line 2" in problem.message
    assert '(Match host gate.example exec "test 1 = 1")' in problem.message
    assert "openssh-client" in problem.hint


def test_what_ssh_itself_refuses_is_told_in_its_words(tmp_path: Path) -> None:
    problem = asyncio.run(problem_of(settings(tmp_path, "User a\nPort twenty-two\n")))
    assert problem.code == "ssh-config"
    assert "line 2" in problem.message
    assert "(Port twenty-two)" in problem.message
    assert "ssh -G gate.example" in problem.hint
