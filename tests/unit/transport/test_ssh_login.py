"""Keys, agents and ~/.ssh/config: whom SSH lets in, and what it says when it doesn't."""

from __future__ import annotations

import asyncio
import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import asyncssh
import pytest
from asyncssh.packet import Boolean, NameList

from corral.errors import InvalidFile
from corral.problems import Problem
from corral.transport.ssh_settings import SshSettings
from tests.unit.transport.reaching import gets_in, on_a_host, problem_of, reaching
from tests.unit.transport.sshd import Sshd, new_key, sshd

pytestmark = pytest.mark.usefixtures("home")


def test_a_wrong_key_is_refused_by_name(tmp_path: Path) -> None:
    async def scenario(host: Sshd) -> None:
        new_key(5).write_private_key(tmp_path / "other")
        problem = await problem_of(host.with_settings(key=str(tmp_path / "other")))
        assert problem.code == "login-refused"
        assert "one (127.0.0.1): it doesn't let deploy log in with a key" in problem.message
        assert f"tried: {tmp_path}/other" in problem.message
        assert f"ssh -p {host.port} -l deploy 127.0.0.1" in problem.hint
        assert f"ssh-copy-id -i {tmp_path}/other.pub -p {host.port} deploy@127.0.0.1" in problem.hint

    on_a_host(tmp_path, scenario)


def test_no_key_at_all_is_said(tmp_path: Path) -> None:
    async def scenario(host: Sshd) -> None:
        problem = await problem_of(host.with_settings(key=""))
        assert problem.code == "login-refused"
        assert "there was no key to try" in problem.message

    on_a_host(tmp_path, scenario)


@pytest.mark.parametrize(
    ("content", "reason"), [(None, "No such file or directory"), ("no key\n", "nvalid private key")]
)
def test_a_key_that_is_none_is_said(tmp_path: Path, content: str | None, reason: str) -> None:
    async def scenario(host: Sshd) -> None:
        file = tmp_path / "other"
        if content:
            file.write_text(content)
        problem = await problem_of(host.with_settings(key=str(file)))
        assert problem.code == "key-unusable"
        assert reason in problem.message
        assert str(file) in problem.message

    on_a_host(tmp_path, scenario)


def test_the_usual_keys_are_tried(tmp_path: Path, home: Path) -> None:
    async def scenario(host: Sshd) -> None:
        new_key(5).write_private_key(home / ".ssh" / "id_rsa")
        new_key(0).write_private_key(home / ".ssh" / "id_ed25519")
        await gets_in(host.with_settings(key=""))
        (home / ".ssh" / "id_ed25519").unlink()
        problem = await problem_of(host.with_settings(key=""))
        assert "tried: ~/.ssh/id_rsa" in problem.message

    on_a_host(tmp_path, scenario)


def test_the_configuration_of_ssh_holds_for_what_is_left_out(tmp_path: Path, home: Path) -> None:
    async def scenario(host: Sshd) -> None:
        (home / ".ssh" / "config").write_text(
            f"Host alias\n  HostName 127.0.0.1\n  Port {host.port}\n  User other\n  IdentityFile ~/no-such-key\n"
            f"  IdentityFile {tmp_path}/key\n  RemoteCommand false\n  RequestTTY force\n  ForwardAgent yes\n"
            "  Compression yes\n  Ciphers aes256-ctr\n"
        )
        bare = SshSettings("one", "alias", known_hosts=host.settings.known_hosts)
        await gets_in(bare)
        assert host.users == ["other"]
        await gets_in(replace(bare, user="deploy"))
        assert host.users == ["other", "deploy"]

    on_a_host(tmp_path, scenario)


def test_the_local_user_is_the_last_resort(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def scenario(host: Sshd) -> None:
        monkeypatch.setenv("LOGNAME", "me-myself")
        await gets_in(host.with_settings(user=""))
        assert host.users == ["me-myself"]

    on_a_host(tmp_path, scenario)


def test_a_mistake_in_the_configuration_of_ssh_is_the_users(tmp_path: Path) -> None:
    (tmp_path / "config").write_text("Port twenty-two\n")
    settings = SshSettings("one", "127.0.0.1", config=str(tmp_path / "config"))
    problem = asyncio.run(problem_of(settings))
    assert problem.code == "ssh-config"
    assert "config line 1" in problem.message
    assert InvalidFile.exit_code == 2


def lock(key: asyncssh.SSHKey, file: Path) -> None:
    """Write a key that needs a passphrase."""
    key.write_private_key(file)
    file.chmod(0o600)
    subprocess.run(["ssh-keygen", "-q", "-p", "-N", "secret", "-f", file], check=True, capture_output=True)


def test_an_agent_signs(tmp_path: Path, agent: Callable[[int], None]) -> None:
    async def scenario(host: Sshd) -> None:
        agent(5)
        problem = await problem_of(host.with_settings(key=""))
        assert "tried: key 5 (by the agent)" in problem.message
        agent(0)
        await gets_in(host.with_settings(key=""))

    on_a_host(tmp_path, scenario)


def test_many_hosts_at_once_share_an_agent(tmp_path: Path, agent: Callable[[int], None]) -> None:
    async def scenario(host: Sshd) -> None:
        agent(0)
        names = [f"host{number}" for number in range(12)]
        settings = {name: replace(host.settings, host=name, key="") for name in names}
        async with reaching(**settings) as transport:
            done = await asyncio.gather(*(transport.run(name, f"echo {name}") for name in names))
        assert [each.text.strip() for each in done] == names

    on_a_host(tmp_path, scenario)


@pytest.mark.parametrize("with_public_part", [True, False])
def test_the_agent_opens_a_key_with_a_passphrase(
    tmp_path: Path, agent: Callable[[int], None], with_public_part: bool
) -> None:
    async def scenario(host: Sshd) -> None:
        locked = tmp_path / "locked"
        lock(new_key(0), locked)
        if with_public_part:
            new_key(0).write_public_key(f"{locked}.pub")
        agent(5)
        problem = await problem_of(host.with_settings(key=str(locked)))
        assert problem.code == "login-refused"
        assert f"{locked} needs a passphrase, and no agent holds it" in problem.message
        assert f"ssh-add {locked}" in problem.hint
        agent(0)
        await gets_in(host.with_settings(key=str(locked)))

    on_a_host(tmp_path, scenario)


def test_only_the_named_key_of_an_agent_is_offered(tmp_path: Path, agent: Callable[[int], None]) -> None:
    async def scenario(host: Sshd) -> None:
        agent(0)
        new_key(5).write_public_key(tmp_path / "other.pub")
        (tmp_path / "config").write_text(f"IdentitiesOnly yes\nIdentityFile {tmp_path}/other.pub\n")
        assert (await problem_of(host.with_settings(key=""))).code == "login-refused"
        new_key(0).write_public_key(tmp_path / "other.pub")
        await gets_in(host.with_settings(key=""))

    on_a_host(tmp_path, scenario)


def test_an_agent_that_does_not_answer_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def scenario(host: Sshd) -> None:
        monkeypatch.setenv("SSH_AUTH_SOCK", str(tmp_path / "nothing"))
        problem = await problem_of(host.with_settings(key=""))
        assert f"no agent answers at {tmp_path}/nothing" in problem.message

    on_a_host(tmp_path, scenario)


class Guarded(asyncssh.SSHServer):
    """Says something to whoever comes; what happens once a key was accepted is `then`'s matter."""

    def __init__(self, said: str, then: Callable[[asyncssh.SSHServerConnection], None]) -> None:
        self._said, self._then = said, then

    def connection_made(self, conn: asyncssh.SSHServerConnection) -> None:
        async def accepted() -> None:
            self._then(conn)

        self._conn = conn
        conn.send_userauth_success = accepted  # type: ignore[method-assign]

    def begin_auth(self, username: str) -> bool:
        if self._said:
            self._conn.send_auth_banner(self._said)
        return True

    def public_key_auth_supported(self) -> bool:
        return True

    def validate_public_key(self, username: str, key: asyncssh.SSHKey) -> bool:
        return key == new_key(0).convert_to_public()


def asks_for_a_code(conn: asyncssh.SSHServerConnection) -> None:
    """As sshd with AuthenticationMethods publickey,keyboard-interactive."""
    conn.send_packet(51, NameList([b"keyboard-interactive"]), Boolean(True))


def guarded_problem(
    tmp_path: Path,
    said: str,
    then: Callable[[asyncssh.SSHServerConnection], None],
    **settings: object,
) -> Problem:
    async def whole() -> Problem:
        async with sshd(tmp_path) as host:
            listener = await asyncssh.listen(
                "127.0.0.1", 0, server_factory=lambda: Guarded(said, then), server_host_keys=[host.host_key]
            )
            host.port = listener.get_port()
            host.trust()
            problem = await problem_of(host.with_settings(**settings))
            listener.close()
            await listener.wait_closed()
            return problem

    return asyncio.run(whole())


@pytest.mark.parametrize(
    ("said", "shown", "hint"),
    [
        (
            "System is going down.\nUnprivileged users are not permitted to log in anymore.\n",
            "System is going down. / Un",
            "rm",
        ),
        ("Your account has expired; please contact your system administrator.\n", "expired", "chage -l deploy"),
        ("The account is locked due to 3 failed logins.\n", "is locked", "faillock --user deploy"),
        ("Authorized use only\n", "Authorized use only", "journalctl -u ssh"),
        ("", "without a word", "journalctl -u ssh"),
    ],
)
def test_what_a_host_says_when_it_ends_a_login_is_shown(tmp_path: Path, said: str, shown: str, hint: str) -> None:
    """As pam_nologin and other rules on accounts do after the key was accepted."""
    problem = guarded_problem(tmp_path, said, lambda conn: conn.abort())
    assert problem.code == "login-refused"
    assert "it ends the login of deploy" in problem.message
    assert shown in problem.message
    assert hint in problem.hint
    assert "ssh-copy-id" not in problem.hint


def test_a_second_factor_is_told_by_name(tmp_path: Path) -> None:
    problem = guarded_problem(tmp_path, "Two factors, please\n", asks_for_a_code)
    assert problem.code == "login-refused"
    assert "it takes the key of deploy and then asks for more (keyboard-interactive" in problem.message
    assert problem.message.endswith("it says: Two factors, please")
    assert "AuthenticationMethods publickey" in problem.hint
    assert "ssh-copy-id" not in problem.hint


def test_a_wrong_key_is_no_second_factor_and_the_banner_is_shown(tmp_path: Path) -> None:
    new_key(5).write_private_key(tmp_path / "other")
    problem = guarded_problem(tmp_path, "Ask the helpdesk\n", asks_for_a_code, key=str(tmp_path / "other"))
    assert "it doesn't let deploy log in with a key; tried: " in problem.message
    assert problem.message.endswith("it says: Ask the helpdesk")


def test_too_many_keys_are_told_apart_from_a_wrong_one(tmp_path: Path, home: Path) -> None:
    class Strict(asyncssh.SSHServer):
        def connection_made(self, conn: asyncssh.SSHServerConnection) -> None:
            self._conn = conn

        def validate_public_key(self, username: str, key: asyncssh.SSHKey) -> bool:
            self._conn.disconnect(asyncssh.DISC_PROTOCOL_ERROR, "Too many authentication failures", "en-US")
            return False

        def public_key_auth_supported(self) -> bool:
            return True

    async def whole() -> None:
        async with sshd(tmp_path) as host:
            strict = await asyncssh.listen("127.0.0.1", 0, server_factory=Strict, server_host_keys=[host.host_key])
            host.port = strict.get_port()
            host.trust()
            problem = await problem_of(host.settings)
            assert problem.code == "login-refused"
            assert "accepts no more keys" in problem.message
            assert "ssh.key" in problem.hint
            strict.close()
            await strict.wait_closed()

    asyncio.run(whole())
