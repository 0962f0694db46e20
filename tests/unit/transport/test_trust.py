"""`corral trust` against real servers: what it shows, what it records, and what it never does by itself."""

from __future__ import annotations

import asyncio
import json
import os
import pty
import stat
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncssh

from corral.transport.known_hosts import HostKey, entries_in
from tests.unit.transport.sshd import Sshd, new_key, sshd

CORRAL = Path(sys.executable).parent / "corral"
CLUSTER = """\
name: shop
hosts:
{hosts}
ssh: {{user: deploy, key: {key}, timeout: 1m}}
proxy: {{hosts: [one]}}
app: {{hosts: [one, two], command: node main.js}}
database: {{members: [one]}}
"""


@dataclass
class Site:
    directory: Path
    hosts: dict[str, Sshd]

    @property
    def recorded(self) -> Path:
        return self.directory / ".corral" / "shop" / "known_hosts"

    @property
    def keys(self) -> dict[str, HostKey]:
        return {entry.patterns: entry.key for entry in entries_in(self.recorded.read_text(), "")}

    def describe(self, **more: str) -> None:
        """Write the cluster file; `more` is what is said of a host besides."""
        rows = [
            f"  {name}: {{address: {host.address}, ssh: {{port: {host.port}{more.get(name, '')}}}}}"
            for name, host in self.hosts.items()
        ]
        text = CLUSTER.format(hosts="\n".join(rows), key=self.directory / "one" / "key")
        (self.directory / "cluster.yaml").write_text(text)

    async def corral(self, *arguments: str, code: int = 0, answer: str = "") -> tuple[str, str]:
        """What it wrote to stdout and stderr; with `answer` it has a terminal to ask on."""
        keyboard, terminal = pty.openpty() if answer else (-1, asyncio.subprocess.DEVNULL)
        if answer:
            os.write(keyboard, answer.encode())
        home = self.directory / "home"
        process = await asyncio.create_subprocess_exec(
            *(str(CORRAL), *arguments),
            cwd=self.directory,
            env={"PATH": os.environ["PATH"], "HOME": str(home), "XDG_STATE_HOME": str(home), "NO_COLOR": "1"},
            stdin=terminal,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        out, err = await process.communicate()
        for descriptor in (keyboard, terminal) if answer else ():
            os.close(descriptor)
        assert process.returncode == code, (out + err).decode()
        assert b"Traceback" not in err
        return out.decode(), err.decode()

    async def states(self, *arguments: str, code: int = 0) -> dict[str, str]:
        report = await self.report(*arguments, code=code)
        return {row["host"]: row["state"] for row in report["hosts"]}

    async def report(self, *arguments: str, code: int = 0) -> dict[str, Any]:
        report: dict[str, Any] = json.loads((await self.corral("trust", "--format", "json", *arguments, code=code))[0])
        return report


@asynccontextmanager
async def two_hosts(tmp_path: Path) -> AsyncIterator[Site]:
    async with (
        sshd(tmp_path / "one", 1, address="127.0.0.2") as one,
        sshd(tmp_path / "two", 2, address="127.0.0.3") as two,
    ):
        site = Site(tmp_path, {"one": one, "two": two})
        (tmp_path / "home").mkdir()
        site.describe()
        yield site


def play(tmp_path: Path, scenario: Callable[[Site], Awaitable[None]]) -> None:
    async def whole() -> None:
        async with two_hosts(tmp_path) as site:
            await scenario(site)

    asyncio.run(whole())


def place(host: Sshd) -> str:
    return host.known_line.split()[0]


def test_new_keys_are_shown_and_recorded_for_the_owner_alone(tmp_path: Path) -> None:
    async def scenario(site: Site) -> None:
        out, err = await site.corral("trust", "--yes")
        for name, host in site.hosts.items():
            row = next(line for line in out.splitlines() if line.startswith(name))
            assert row.split() == [name, place(host), "ssh-ed25519", host.host_key.get_fingerprint(), "new"]
        assert f"2 keys recorded in {site.recorded}" in err
        assert set(site.keys) == {place(host) for host in site.hosts.values()}
        assert stat.S_IMODE(site.recorded.stat().st_mode) == 0o600
        before = site.recorded.read_bytes()
        out, _ = await site.corral("trust")
        assert out.count("known") == 2
        assert site.recorded.read_bytes() == before
        out, _ = await site.corral("exec", "--on", "hosts", "all", "echo", "in")
        assert out == "one: in\ntwo: in\n", "every other verb goes there now"

    play(tmp_path, scenario)


def test_nothing_is_recorded_without_a_yes(tmp_path: Path) -> None:
    async def scenario(site: Site) -> None:
        _, err = await site.corral("trust", code=2)
        assert "trust 2 new keys?" in err
        assert "--yes" in err
        report = await site.report(code=1)
        assert [row["recorded"] for row in report["hosts"]] == [False, False]
        assert {problem["code"] for problem in report["problems"]} == {"unknown-host-key"}
        _, err = await site.corral("trust", code=1, answer="n\n")
        assert "trust 2 new keys? [y/N]" in err
        assert not site.recorded.exists()
        await site.corral("trust", answer="y\n")
        assert len(site.keys) == 2

    play(tmp_path, scenario)


def test_some_hosts_can_be_named(tmp_path: Path) -> None:
    async def scenario(site: Site) -> None:
        assert await site.states("two", "--yes") == {"two": "new"}
        assert set(site.keys) == {place(site.hosts["two"])}
        _, err = await site.corral("trust", "twoo", code=2)
        assert "did you mean two?" in err
        _, err = await site.corral("trust", "--replace", "three", code=2)
        assert "'three' is neither a host of the file nor" in err

    play(tmp_path, scenario)


def test_a_changed_key_is_replaced_only_by_name(tmp_path: Path) -> None:
    async def scenario(site: Site) -> None:
        await site.corral("trust", "--yes")
        right = site.recorded.read_text()
        wrong = right.replace(blob(new_key(1)), blob(new_key(7)))
        site.recorded.write_text(wrong)
        out, err = await site.corral("trust", "--yes", code=1)
        assert next(line for line in out.splitlines() if line.startswith("one")).endswith("CHANGED")
        assert "[host-key-changed]" in err
        assert new_key(7).get_fingerprint() in err
        assert site.recorded.read_text() == wrong
        assert await site.states("--yes", "--replace", "two", code=1) == {"one": "changed", "two": "known"}
        assert site.recorded.read_text() == wrong
        _, err = await site.corral("trust", "--replace", "one", code=2)
        assert "replace the recorded key of one?" in err
        assert await site.states("--yes", "--replace", "one") == {"one": "changed", "two": "known"}
        assert sorted(site.recorded.read_text().splitlines()) == sorted(right.splitlines())
        assert await site.states() == {"one": "known", "two": "known"}

    play(tmp_path, scenario)


def test_an_old_key_in_the_users_own_file_is_not_forgotten(tmp_path: Path) -> None:
    async def scenario(site: Site) -> None:
        own = tmp_path / "home" / ".ssh" / "known_hosts"
        own.parent.mkdir()
        own.write_text(site.hosts["one"].known_line.replace(blob(new_key(1)), blob(new_key(7))))
        assert (await site.states("--yes", code=1))["one"] == "changed"
        _, err = await site.corral("trust", "--yes", "--replace", "one")
        assert f"the old key of one is still in {own}:1: ssh-keygen -R '{place(site.hosts['one'])}'" in err
        assert blob(new_key(7)) in own.read_text(), "the user's own file is left alone"

    play(tmp_path, scenario)


def test_a_host_that_cannot_be_asked_is_exit_3_and_the_others_are_recorded(tmp_path: Path) -> None:
    async def scenario(site: Site) -> None:
        site.hosts["two"].port = 1
        site.describe()
        out, err = await site.corral("trust", "--yes", code=3)
        assert next(line for line in out.splitlines() if line.startswith("two")).endswith("unreachable")
        assert "nothing listens on port 1 there" in err
        assert set(site.keys) == {place(site.hosts["one"])}

    play(tmp_path, scenario)


def test_hosts_on_the_way_are_asked_and_recorded_first(tmp_path: Path) -> None:
    async def scenario(site: Site) -> None:
        async with sshd(tmp_path / "gate", 3, address="127.0.0.4") as gate:
            jump = f"me@127.0.0.4:{gate.port}"
            site.describe(two=f", jump: '{jump}'")
            report = await site.report(code=1)
            assert [(row["host"], row["state"]) for row in report["hosts"]] == [
                (jump, "new"),
                ("one", "new"),
                ("two", "unreachable"),
            ]
            assert report["problems"][2]["code"] == "jump-unreachable"
            out, _ = await site.corral("trust", "--yes")
            assert [line.split()[0] for line in out.splitlines()] == ["HOST", jump, "HOST", "one", "two"]
            assert len(site.keys) == 3
            assert gate.forwarded == [site.hosts["two"].port]
            assert await site.states("--replace", jump) == {jump: "known", "one": "known", "two": "known"}

    play(tmp_path, scenario)


def test_asking_needs_no_login(tmp_path: Path) -> None:
    async def scenario(site: Site) -> None:
        await site.corral("trust", "--yes")
        assert [host.users for host in site.hosts.values()] == [[], []]

    play(tmp_path, scenario)


def test_the_built_in_example_has_no_hosts_to_trust(tmp_path: Path) -> None:
    async def scenario(site: Site) -> None:
        (tmp_path / "cluster.yaml").unlink()
        _, err = await site.corral("trust", code=2)
        assert "[no-file]" in err

    play(tmp_path, scenario)


def blob(key: asyncssh.SSHKey) -> str:
    return key.export_public_key().decode().split()[1]


def test_help_imports_no_ssh() -> None:
    done = asyncio.run(_imported_by_help())
    assert "asyncssh" not in done
    assert "cryptography" not in done


async def _imported_by_help() -> list[str]:
    script = "import sys, corral.cli.trust, corral.transport.ssh, corral.transport.tunnels; print(*sys.modules)"
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", script, stdout=asyncio.subprocess.PIPE)
    return (await process.communicate())[0].decode().split()
