"""Host keys over SSH: known, unknown, changed, revoked and signed."""

from __future__ import annotations

import asyncio
from pathlib import Path

import asyncssh
import pytest

from tests.unit.transport.reaching import gets_in, on_a_host, problem_of
from tests.unit.transport.sshd import Sshd, new_key, sshd

pytestmark = pytest.mark.usefixtures("home")


def test_an_unknown_host_key_is_refused_and_shown(tmp_path: Path) -> None:
    async def scenario(host: Sshd) -> None:
        (tmp_path / "known_hosts").unlink()
        problem = await problem_of(host.settings)
        assert problem.code == "unknown-host-key"
        assert problem.where == "one"
        assert f"one (127.0.0.1): its ssh-ed25519 host key is {host.host_key.get_fingerprint()}" in problem.message
        assert f"[127.0.0.1]:{host.port}" in problem.message
        assert "corral trust" in problem.hint
        assert "ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub" in problem.hint
        assert host.users == [], "nobody logs in to a host that isn't known"

    on_a_host(tmp_path, scenario)


def test_a_changed_host_key_is_told_from_an_unknown_one(tmp_path: Path) -> None:
    async def scenario(host: Sshd) -> None:
        host.trust(new_key(7))
        problem = await problem_of(host.settings)
        assert problem.code == "host-key-changed"
        assert host.host_key.get_fingerprint() in problem.message
        assert (
            f"but ssh-ed25519 {new_key(7).get_fingerprint()} ({tmp_path}/known_hosts:1) was expected" in problem.message
        )
        assert "corral trust --replace one" in problem.hint
        assert host.users == []

    on_a_host(tmp_path, scenario)


def test_a_host_that_is_known_by_a_key_of_another_kind_has_changed(tmp_path: Path) -> None:
    async def scenario(host: Sshd) -> None:
        host.trust(asyncssh.generate_private_key("ecdsa-sha2-nistp256"))
        problem = await problem_of(host.settings)
        assert problem.code == "host-key-changed"
        assert ", but ecdsa-sha2-nistp256" in problem.message

    on_a_host(tmp_path, scenario)


def test_a_revoked_host_key_is_refused_though_it_is_known(tmp_path: Path) -> None:
    async def scenario(host: Sshd) -> None:
        known = tmp_path / "known_hosts"
        known.write_text(f"{host.known_line}@revoked * {host.known_line.partition(' ')[2]}")
        problem = await problem_of(host.settings)
        assert problem.code == "host-key-revoked"

    on_a_host(tmp_path, scenario)


def test_a_host_key_that_an_authority_has_signed_is_trusted(tmp_path: Path) -> None:
    async def whole() -> None:
        authority, key = new_key(8), new_key(9)
        signed = authority.generate_host_certificate(key, "one", principals=["127.0.0.1"])
        async with sshd(tmp_path) as host:
            listener = await asyncssh.listen(
                "127.0.0.1",
                0,
                server_factory=host.server,
                server_host_keys=[(key, signed)],
                authorized_client_keys=asyncssh.import_authorized_keys(new_key(0).export_public_key().decode()),
                encoding=None,
            )
            settings = host.with_settings(port=listener.get_port())
            kind, blob = authority.export_public_key().decode().split()[:2]
            (tmp_path / "known_hosts").write_text(f"@cert-authority * {kind} {blob}\n")
            await gets_in(settings)
            (tmp_path / "known_hosts").write_text(
                f"@cert-authority * {kind} {new_key(7).export_public_key().decode().split()[1]}\n"
            )
            assert (await problem_of(settings)).code == "unknown-host-key"
            listener.close()
            host.cut()
            await listener.wait_closed()

    asyncio.run(whole())


def test_known_hosts_are_found_where_ssh_finds_them(tmp_path: Path, home: Path) -> None:
    async def scenario(host: Sshd) -> None:
        (tmp_path / "known_hosts").rename(home / ".ssh" / "known_hosts")
        await gets_in(host.settings)
        (home / ".ssh" / "known_hosts").rename(home / "elsewhere")
        (tmp_path / "config").write_text("UserKnownHostsFile ~/elsewhere\n")
        await gets_in(host.settings)
        (tmp_path / "config").write_text("UserKnownHostsFile none\nStrictHostKeyChecking no\n")
        assert (await problem_of(host.settings)).code == "unknown-host-key", "nothing switches the check off"

    on_a_host(tmp_path, scenario)


def test_a_known_hosts_file_that_cannot_be_read_is_an_error(tmp_path: Path) -> None:
    async def scenario(host: Sshd) -> None:
        (tmp_path / "known_hosts").unlink()
        (tmp_path / "known_hosts").mkdir()
        problem = await problem_of(host.settings)
        assert problem.code == "known-hosts"
        assert "Is a directory" in problem.message

    on_a_host(tmp_path, scenario)


def test_an_alias_of_the_host_key_is_honoured(tmp_path: Path) -> None:
    async def scenario(host: Sshd) -> None:
        (tmp_path / "config").write_text("Host *\n  HostKeyAlias the-one\n")
        assert (await problem_of(host.settings)).code == "unknown-host-key"
        (tmp_path / "known_hosts").write_text(f"the-one {host.known_line.partition(' ')[2]}")
        await gets_in(host.settings)

    on_a_host(tmp_path, scenario)
