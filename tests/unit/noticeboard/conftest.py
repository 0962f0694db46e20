"""A real mongod for the tests: a replica set of one member, on an address of its own."""

from __future__ import annotations

import os
import secrets
import shutil
import signal
import subprocess
import sysconfig
from collections.abc import Callable, Generator, Iterator
from pathlib import Path

import pymongo
import pytest
from pymongo.errors import PyMongoError

from tests.free_addresses import free_address

from .running import COMMAND, Running, wait_for

PORT = 27017


def mongod_binary() -> str:
    found = shutil.which("mongod")
    if found:
        return found
    packaged = Path(sysconfig.get_paths()["purelib"]) / "fiftyone/db/bin/mongod"
    if not os.access(packaged, os.X_OK):
        packaged.chmod(0o755)
    return str(packaged)


class Mongod:
    """One mongod, startable again after it was killed. `url` gives a database of its own to each caller."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.address = free_address()
        self.process: subprocess.Popen[bytes] | None = None

    def url(self) -> str:
        return f"mongodb://{self.address}:{PORT}/board_{secrets.token_hex(4)}?replicaSet=rs"

    def start(self) -> None:
        options = ["--dbpath", str(self.directory), "--logpath", str(self.directory / "mongod.log")]
        options += ["--bind_ip", self.address, "--port", str(PORT), "--nounixsocket", "--replSet", "rs"]
        options += ["--wiredTigerCacheSizeGB", "0.25", "--oplogSize", "64"]
        options += ["--setParameter", "diagnosticDataCollectionEnabled=false"]
        self.process = subprocess.Popen([mongod_binary(), *options], stdout=subprocess.DEVNULL)
        wait_for(self.writable, "mongod accepts writes")

    def writable(self) -> bool:
        """Whether this member is primary; starts the replica set when there is none."""
        with pymongo.MongoClient[dict[str, object]](
            self.address, PORT, directConnection=True, serverSelectionTimeoutMS=200
        ) as client:
            try:
                hello = client.admin.command("hello")
                if "setName" not in hello:
                    settings = {"electionTimeoutMillis": 500, "heartbeatIntervalMillis": 100}
                    members = [{"_id": 0, "host": f"{self.address}:{PORT}"}]
                    client.admin.command("replSetInitiate", {"_id": "rs", "members": members, "settings": settings})
            except PyMongoError:
                return False
            return bool(hello["isWritablePrimary"])

    def signal(self, number: signal.Signals) -> None:
        assert self.process
        self.process.send_signal(number)

    def kill(self) -> None:
        if self.process:
            self.process.kill()
            self.process.wait()
            self.process = None


@pytest.fixture(scope="session")
def mongod(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mongod]:
    """The mongod that no test may stop."""
    server = Mongod(tmp_path_factory.mktemp("mongod"))
    try:
        server.start()
        yield server
    finally:
        server.kill()


@pytest.fixture(scope="module")
def fragile_mongod(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mongod]:
    """A mongod of the module's own, to be stopped and killed; not started yet."""
    server = Mongod(tmp_path_factory.mktemp("fragile"))
    try:
        yield server
    finally:
        server.kill()


Start = Callable[..., Running]


@pytest.fixture
def start() -> Iterator[Start]:
    """Starts instances with the given environment and ends them after the test."""
    yield from _starter()


@pytest.fixture(scope="session")
def boards(mongod: Mongod) -> Iterator[tuple[Running, Running]]:
    """Two web instances on one database, for the tests that only ask and write."""
    starter = _starter()
    begin = next(starter)
    url = mongod.url()
    try:
        yield (
            begin(mongo_url=url, instance="one", version="1.4", root_url="http://board.example/"),
            begin(mongo_url=url, instance="two", version="1.4", root_url="http://board.example/"),
        )
    finally:
        starter.close()


def _starter() -> Generator[Start, None, None]:
    started: list[Running] = []

    def begin(ready: bool = True, command: list[str] = COMMAND, **environment: str) -> Running:
        address = free_address()
        running = Running(environment | {"host": address, "port": "8000"}, command)
        started.append(running)
        if ready:
            wait_for(running.listens, "the instance listens")
        return running

    try:
        yield begin
    finally:
        for running in started:
            running.end()
