"""Real replica sets, one for each module: they are made once and left in any state by the tests."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest

from corral.execute.handlers.replica_set import converge
from corral.model.resources import FoundReplicaSet, ReplicaSet
from corral.mongo.clients import Connections
from corral.mongo.probe import probe_write
from corral.observe.replica_set import observe_replica_set
from corral.plan.replica_set import is_complete
from corral.secrets import Secrets
from tests.patience import PATIENCE, until

from .mongods import Mongods


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
    changed = asyncio.run(converge(wanted, Connections(secrets), sentences.append, 3 * PATIENCE))
    return changed, sentences


def observe(wanted: ReplicaSet, mongods: Mongods) -> FoundReplicaSet:
    names = [member.name for member in wanted.members]
    return asyncio.run(observe_replica_set(wanted, Connections(mongods.secrets), names))


def completed(wanted: ReplicaSet, mongods: Mongods) -> FoundReplicaSet:
    """The set once it is what is wanted, and takes majority writes: not while another member takes over as primary."""
    found = until(lambda: observe(wanted, mongods), lambda found: is_complete(wanted, found))
    assert set(found.members) == set(wanted.members)
    data = [member.name for member in wanted.members if not member.arbiter]
    until(lambda: asyncio.run(probe_write(Connections(mongods.secrets), data)), lambda probe: probe.passed)
    return found


def steps_in(sentences: list[str], *passed_over: str) -> list[str]:
    """The first word of each step. One that was refused for a passing reason is said again when it is tried again."""
    words = [sentence.split()[0] for sentence in dict.fromkeys(sentences)]
    return [word for word in words if word not in ("wait", *passed_over)]
