from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cluster.harness import A_RUN, SMALL, TINY, TestCluster, make_cluster

HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.timeout(5 * A_RUN))


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("c")


@pytest.fixture(scope="module")
def small(directory: Path) -> Iterator[TestCluster]:
    """A small cluster of noticeboard, up; one for each test module."""
    cluster = make_cluster(directory, SMALL)
    try:
        cluster.up()
        yield cluster
    finally:
        cluster.end()


@pytest.fixture(scope="module")
def tiny_up(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestCluster]:
    """A tiny cluster, up; one for each test module."""
    cluster = make_cluster(tmp_path_factory.mktemp("tiny"), TINY)
    try:
        cluster.up()
        yield cluster
    finally:
        cluster.end()


@pytest.fixture
def tiny(tmp_path: Path) -> Iterator[TestCluster]:
    """A tiny cluster's file, nothing started; one for each test."""
    cluster = make_cluster(tmp_path, TINY)
    try:
        yield cluster
    finally:
        cluster.end()
