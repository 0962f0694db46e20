"""Real replica sets, one for each module: they are made once and left in any state by the tests."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest

from corral.execute.handlers.replica_set import converge
from corral.model.resources import ReplicaSet
from corral.mongo.clients import Connections
from corral.secrets import Secrets

from .mongods import Mongods

DEADLINE = 60.0


@pytest.fixture(scope="module")
def mongods(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mongods]:
    started = Mongods(tmp_path_factory.mktemp("mongods"))
    try:
        yield started
    finally:
        started.close()


def settle(wanted: ReplicaSet, secrets: Secrets) -> tuple[bool, list[str]]:
    """Converge; whether something was changed, and the sentences."""
    sentences: list[str] = []
    changed = asyncio.run(converge(wanted, Connections(secrets), sentences.append, DEADLINE))
    return changed, sentences
