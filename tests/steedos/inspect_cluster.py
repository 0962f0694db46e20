"""What a test reads from a running cluster beside what `corral status` says."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from pymongo import AsyncMongoClient

from tests.cluster.harness import TestCluster, until
from tests.patience import PATIENCE

Database = AsyncMongoClient[dict[str, Any]]
NAME = "steedos"
"""The database's and the replica set's name in the example."""


def instances(cluster: TestCluster, *roles: str) -> dict[str, str]:
    """The URL of each instance by its name: web instances, unless other roles are named."""
    rows = cluster.status()["instances"]
    return {row["name"]: f"http://{row['address']}:{row['port']}" for row in rows if row["role"] in (roles or ("web",))}


def environment(pid: int) -> dict[str, str]:
    text = Path(f"/proc/{pid}/environ").read_text()
    return dict(entry.split("=", 1) for entry in text.split("\0") if "=" in entry)


def secret(cluster: TestCluster, name: str) -> str:
    value: str = json.loads((cluster.root / "secrets.json").read_text())[name]
    return value


@asynccontextmanager
async def database(cluster: TestCluster, user: str = "application") -> AsyncIterator[Database]:
    """The replica set, signed in as one of Corral's users, whose secrets bear their names."""
    members = [row["address"] for row in cluster.status()["database"]["members"]]
    client: Database = AsyncMongoClient(
        members, replicaSet=NAME, username=user, password=secret(cluster, user), authSource="admin"
    )
    async with client:
        yield client


def primary(cluster: TestCluster) -> dict[str, Any]:
    """The row of the primary; {} while there is none."""
    rows = cluster.status()["database"]["members"]
    return next((row for row in rows if row["state"] == "PRIMARY"), {})


def wait_until_healthy(cluster: TestCluster, seconds: float = 3 * PATIENCE) -> None:
    until(cluster.status, lambda status: status["state"] == "healthy", seconds, pause=0.5)
