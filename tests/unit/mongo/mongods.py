"""Real mongods on loopback addresses of their own, with the configuration that Corral renders for them."""

from __future__ import annotations

import contextlib
import shutil
import socket
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path, PurePosixPath

from corral.desired.database import mongod_conf, replica_set
from corral.model.cluster import Database, Host, Install, Layout, Member
from corral.model.host_needs import own_data_directory
from corral.model.resources import ReplicaSet
from corral.secrets import Secrets, generate, generate_key
from tests import binaries
from tests.free_addresses import free_subnet
from tests.patience import PATIENCE

PORT = 27017
PARAMETERS = (("ttlMonitorSleepSecs", "7"),)
USERS = ("admin", "operator", "application", "monitor")


class Mongods:
    """Up to nine members; those that run are ended by `close`, their data are in `directory`."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.network = free_subnet()
        self.binary = binaries.mongod()
        self.secrets: Secrets = {user: generate() for user in USERS}
        self.key = generate_key()
        self.processes: dict[int, subprocess.Popen[bytes]] = {}

    def member(self, number: int, priority: float = 1.0, *, arbiter: bool = False) -> Member:
        home = PurePosixPath(self.directory / str(number))
        layout = Layout(config=home, data=home / "data", logs=home, run=home, state=home)
        address = f"{self.network}.{number}"
        return Member(Host(f"db-{number}", address, address, layout), PORT, priority, 1, arbiter)

    def name(self, number: int) -> str:
        return self.member(number).name

    def database(self, members: Sequence[Member], *, election: float = 2.0, heartbeat: float = 0.2) -> Database:
        cache, oplog = 256 * 1024**2, 64 * 1024**2
        return Database(
            "rs", "board", tuple(members), election, heartbeat, cache, oplog, PARAMETERS, None, Install(), tune=False
        )

    def wanted(self, *members: Member | int, election: float = 2.0, heartbeat: float = 0.2) -> ReplicaSet:
        """The set of `members`; those given by number have priority 1. Short times make short tests."""
        full = [self.member(m) if isinstance(m, int) else m for m in members]
        return replica_set(self.database(full, election=election, heartbeat=heartbeat))

    def start(self, *numbers: int) -> None:
        """Start those that don't run, and wait until they listen."""
        new = [number for number in numbers if number not in self.processes]
        for number in new:
            self._start(number)
        for number in new:
            self._listens(number)

    def kill(self, number: int) -> None:
        """At once, as a power failure would."""
        process = self.processes.pop(number)
        process.kill()
        process.wait()

    def wipe(self, number: int) -> None:
        shutil.rmtree(own_data_directory(self.member(number).host))

    def close(self) -> None:
        for process in self.processes.values():
            process.kill()
        for process in self.processes.values():
            process.wait()
        self.processes.clear()

    def log(self, number: int) -> str:
        return (self.directory / str(number) / "log").read_text(errors="replace")

    def _start(self, number: int) -> None:
        member = self.member(number)
        home = self.directory / str(number)
        Path(own_data_directory(member.host)).mkdir(parents=True, exist_ok=True)
        write(home / "keyfile", self.key.reveal(), 0o400)
        write(home / "mongod.conf", mongod_conf(self.database([member]), member, member.host), 0o644)
        command = [str(self.binary), "--config", str(home / "mongod.conf")]
        with (home / "log").open("ab") as log:
            self.processes[number] = subprocess.Popen(command, stdout=log, stderr=log)

    def _listens(self, number: int) -> None:
        member = self.member(number)
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            if self.processes[number].poll() is not None:
                raise AssertionError(f"mongod {number} has ended:\n{self.log(number)[-2000:]}")
            with contextlib.suppress(OSError), socket.create_connection((member.host.address, member.port), 1):
                return
            time.sleep(0.02)  # mongod can't be asked to tell
        raise AssertionError(f"mongod {number} doesn't listen:\n{self.log(number)[-2000:]}")


def write(path: Path, content: str, mode: int) -> None:
    path.unlink(missing_ok=True)
    path.write_text(content)
    path.chmod(mode)
