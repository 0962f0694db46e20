"""The reference cluster with the real Steedos: up once for all tests here, which leave it healthy."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator

import pytest

from tests.cluster.harness import TestCluster, make_cluster
from tests.steedos.example import EXAMPLE, template
from tests.steedos.inspect_cluster import environment
from tests.steedos.limits import UP_SECONDS
from tests.steedos.people import Account, first_account

INSTALL = "the tests with the real Steedos need it installed: python3 examples/steedos/install.py"


@pytest.fixture(scope="session")
def steedos(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestCluster]:
    """examples/steedos/cluster.yaml: ten instances, a worker, three members, on addresses of its own."""
    _need_installation()
    cluster = make_cluster(tmp_path_factory.mktemp("s"), template())
    try:
        done = cluster.run("up", "--detach", timeout=UP_SECONDS)
        print(f"\n{done.stdout}{done.stderr}")
        yield cluster
    finally:
        cluster.end()


@pytest.fixture(scope="session")
def url(steedos: TestCluster) -> str:
    """The proxy's URL as the application knows it."""
    return environment(steedos.pids()["app-108-5040"])["ROOT_URL"].rstrip("/")


@pytest.fixture(scope="session")
def account(url: str) -> Account:
    """The first user and its company, registered through the proxy."""
    return first_account(url)


def _need_installation() -> None:
    check = [sys.executable, str(EXAMPLE / "install.py"), "--check"]
    done = subprocess.run(check, capture_output=True, text=True, check=False)
    if done.returncode == 0:
        return
    if os.environ.get("CORRAL_TESTS_REQUIRE_ALL") == "1":
        pytest.fail(f"{INSTALL}\n{done.stdout}{done.stderr}", pytrace=False)
    pytest.skip(INSTALL)
