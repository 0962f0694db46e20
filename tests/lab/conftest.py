"""What all tests on real hosts share. A module has a lab of its own, or shares one by a fixture of this file."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from lab.hosts import Lab
from tests.lab.harness import LabCluster, kept, made, mongod, noticeboard, running
from tests.lab.tiny_release import make_release

HERE = Path(__file__).parent
LIMIT = 1800
"""Seconds for one test, its fixtures with it: the first apply is among them. Alone on the machine it takes a tenth."""


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "lab: needs real hosts, and root to start them")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.lab)
            item.add_marker(pytest.mark.timeout(LIMIT))


def place(factory: pytest.TempPathFactory, name: str) -> Path:
    """The directory of a cluster's files: a new one, unless labs are kept."""
    kept_at = kept()
    if kept_at is None:
        return factory.mktemp(name)
    (kept_at / name).mkdir(parents=True, exist_ok=True)
    return kept_at / name


@pytest.fixture(scope="session")
def seven() -> Iterator[Lab]:
    """The hosts of the reference cluster, with all packages in place and nothing running."""
    with running("corral-t1", "10.111.0", ()) as lab:
        yield lab


@pytest.fixture(scope="session")
def board_as_applied(seven: Lab, tmp_path_factory: pytest.TempPathFactory) -> LabCluster:
    """The reference cluster, as examples/lab has it, applied once."""
    cluster = made(
        seven,
        place(tmp_path_factory, "board"),
        "board",
        proxy={"hosts": ["proxy-100"]},
        app=noticeboard("compose", ["app-108", "app-208"], instances=5, workers={"instances": 1}),
        database=mongod({"db-216": {"priority": 2}, "db-217": {}, "db-218": {}}),
        time={"servers": ["time-123", "db-216"]},
    )
    cluster.apply()
    return cluster


@pytest.fixture(scope="module")
def board(board_as_applied: LabCluster) -> Iterator[LabCluster]:
    """The same for each module."""
    yield from _taken_back(board_as_applied)


@pytest.fixture(scope="session")
def bare_hosts() -> Iterator[Lab]:
    """Hosts as a new server is: no nginx, no chrony, no keepalived, no docker, no Python."""
    with running("corral-t1b", "10.113.0", ("proxy-1=11", "proxy-2=12", "app-1=21", "db-1=31"), "base") as lab:
        yield lab


@pytest.fixture(scope="session")
def pair_as_applied(bare_hosts: Lab, tmp_path_factory: pytest.TempPathFactory) -> LabCluster:
    """Two proxies with an address that moves, instances that systemd runs: all of it installed by one apply."""
    directory = place(tmp_path_factory, "pair")
    cluster = made(
        bare_hosts,
        directory,
        "pair",
        proxy={"hosts": ["proxy-1", "proxy-2"], "virtual_ip": "10.113.0.10"},
        app={
            "runtime": "systemd",
            "release": {"archive": str(make_release(directory))},
            "command": "bin/tiny",
            "version": "1.0",
            "hosts": ["app-1"],
            "instances": 3,
            "health": {"path": "/health", "contains": "ok"},
        },
        database=mongod({"db-1": {}}),
        time={"servers": ["proxy-1", "proxy-2"]},
    )
    cluster.apply()
    return cluster


@pytest.fixture(scope="module")
def pair(pair_as_applied: LabCluster) -> Iterator[LabCluster]:
    yield from _taken_back(pair_as_applied)


def _taken_back(cluster: LabCluster) -> Iterator[LabCluster]:
    """`cluster`, healthy; what its user has changed is taken back behind it."""
    spec = cluster.spec
    yield cluster
    cluster.write(spec)
    cluster.apply()
