from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cluster.harness import SMALL, TINY, TestCluster, make_cluster


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


@pytest.fixture
def tiny(tmp_path: Path) -> Iterator[TestCluster]:
    """A tiny cluster's file, nothing started; one for each test."""
    cluster = make_cluster(tmp_path, TINY)
    try:
        yield cluster
    finally:
        cluster.end()
