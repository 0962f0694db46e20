"""A command and MongoDB's shell on hosts: real scripts over a real SSH, with stand-ins for what only root may do."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path, PurePosixPath

import pytest

from corral.cluster_file.parse import load_text
from corral.desired.instances import script_path, start_script
from corral.errors import ChangeFailed, Interrupted, Unreachable
from corral.model.cluster import Instance
from corral.operate import database_shell
from corral.operate.session import Session
from corral.places.hosts.place import HostsPlace
from corral.secrets import Secret, Secrets
from corral.stop import Signals
from corral.transport.ssh import SshTransport
from tests.patience import PATIENCE, holds_soon
from tests.unit.transport.sshd import Sshd, sshd

FILE = """\
name: shop
hosts: {one: 10.0.0.1}
ssh: {user: deploy, sudo: true}
proxy: {hosts: [one]}
app: {command: serve, runtime: systemd, directory: /, hosts: [one], env: {GREETING: "it's me"}}
database: {members: [one]}
"""
PROGRAMS = {
    "setpriv": 'while case $1 in --*) ;; *) false ;; esac; do shift; done\nexec "$@"\n',
    "chown": "exit 0\n",
    "id": "echo 0\n",
}
MONGOSH = 'for file; do :; done\nstat -c %a "$file"\ncat "$file"\nexit 5\n'
PASSWORD = "a-password-of-the-application"


class Hosts(HostsPlace):
    """The one host is `sshd`, its directories below `root`."""

    def __init__(self, host: Sshd, root: Path) -> None:
        super().__init__(load_text(FILE, str(root / "cluster.yaml"), root))
        [real] = self.cluster.hosts
        moved = replace(real, layout=replace(real.layout, config=PurePosixPath(root / "etc")))
        app = replace(
            self.cluster.app, instances=tuple(replace(each, host=moved) for each in self.cluster.app.instances)
        )
        self.cluster = replace(self.cluster, hosts=(moved,), app=app)
        self._transport = SshTransport({"one": host.with_settings(sudo=True)})

    @property
    def secrets(self) -> Secrets:
        return {"application": Secret(PASSWORD)}

    @property
    def instance(self) -> Instance:
        return self.cluster.app.web[0]

    def apply(self) -> None:
        """As far as a command asks for it."""
        path = Path(script_path(self.instance))
        path.parent.mkdir(parents=True)
        instance = replace(self.instance, environment=(("GREETING", "it's me"), ("MONGO_URL", PASSWORD)))
        path.write_text(start_script(replace(self.cluster.app, directory=PurePosixPath("/usr")), instance))


def play(directory: Path, scenario: Callable[[Sshd, Hosts], Awaitable[None]]) -> None:
    async def whole() -> None:
        async with sshd(directory) as host:
            for name, text in PROGRAMS.items():
                host.program(name, f"#!/bin/sh\n{text}")
            place = Hosts(host, directory)
            try:
                await asyncio.wait_for(scenario(host, place), PATIENCE)
            finally:
                await place.close()

    asyncio.run(whole())


def test_a_command_runs_with_what_was_applied_there(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    async def scenario(host: Sshd, place: Hosts) -> None:
        with pytest.raises(ChangeFailed, match="one-5040 was never carried out on one"):
            await place.run_once(place.instance, ("true",), Signals())
        place.apply()
        say = 'echo "$INSTANCE $ROLE $GREETING"; pwd; echo "$HOME"; exit 9'
        assert await place.run_once(place.instance, ("sh", "-c", say), Signals()) == 9
        assert PASSWORD not in (host.home / "sudo.log").read_text()

    play(tmp_path, scenario)
    own, directory, home = capfd.readouterr().out.splitlines()
    assert (own, directory) == ("one-run run it's me", "/usr")
    assert home.startswith("/tmp/corral-shop_run-")
    assert not Path(home).exists()


def test_what_a_signal_here_leaves_there_is_ended(tmp_path: Path) -> None:
    async def scenario(_host: Sshd, place: Hosts) -> None:
        place.apply()
        signals, begun = Signals(), tmp_path / "begun"
        words = ("sh", "-c", f"echo $$ $HOME >{begun}.new; mv {begun}.new {begun}; sleep 3600; :")
        running = asyncio.ensure_future(place.run_once(place.instance, words, signals))
        await holds_soon(begun.exists)
        pid, home = begun.read_text().split()
        signals.arrived(signal.SIGTERM, running.cancel)
        with pytest.raises(Interrupted):
            await running
        await holds_soon(lambda: not Path(f"/proc/{pid}").exists())
        await holds_soon(lambda: not Path(home).exists())

    play(tmp_path, scenario)


def test_the_shell_of_a_database_host_is_signed_in_and_leaves_nothing(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    async def scenario(host: Sshd, place: Hosts) -> None:
        host.path = f"{host.home / 'bin'}:/usr/bin:/bin"
        with pytest.raises(Unreachable, match="neither this machine nor a database host has mongosh or mongo"):
            await database_shell._found(place, "one")
        host.program("mongosh", f"#!/bin/sh\n{MONGOSH}")
        found = await database_shell._found(place, "one")
        assert found == ("one", str(host.home / "bin" / "mongosh"))
        to = database_shell._To(place.cluster.database.members[0], True, "127.0.0.1:999")
        assert await database_shell._from_host(place, to, "application", found, Session()) == 5
        assert PASSWORD not in (host.home / "sudo.log").read_text()

    play(tmp_path, scenario)
    mode, remove, connect = capfd.readouterr().out.splitlines()
    assert mode == "600"
    assert connect == (
        f'db = connect("mongodb://application:{PASSWORD}@10.0.0.1:27017/shop?replicaSet=shop&authSource=admin");'
    )
    path = Path(remove.rpartition('("')[2].removesuffix('");'))
    assert path.name == "sign-in.js"
    assert not path.parent.exists()
    assert os.path.commonpath([path, "/tmp"]) == "/tmp"
