"""The answer of `corral status`: its shape is documented in docs/json.md and held by a test."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Literal

from corral.model.cluster import Role
from corral.problems import Problem

if TYPE_CHECKING:
    from corral.plan.actions import Plan

State = Literal["healthy", "starting", "unhealthy", "stopped", "unknown"]
"""`unknown`: its host can't be reached, and nothing answers."""
ClusterState = Literal["healthy", "degraded", "down"]


@dataclass(frozen=True)
class ProxyStatus:
    host: str
    address: str
    url: str
    state: State


@dataclass(frozen=True)
class InstanceStatus:
    name: str
    host: str
    address: str
    port: int
    role: Role
    state: State
    version: str
    pid: int


@dataclass(frozen=True)
class MemberRow:
    """`state` is MongoDB's word, or `stopped`, `unknown`; `lag_seconds` is None when there is no primary."""

    host: str
    address: str
    state: str
    priority: float
    votes: int
    lag_seconds: float | None
    pid: int


@dataclass(frozen=True)
class DatabaseStatus:
    """`writable` is None where too few members can be asked to know it."""

    replica_set: str
    writable: bool | None
    members: tuple[MemberRow, ...]


@dataclass(frozen=True)
class Status:
    cluster: str
    state: ClusterState
    proxies: tuple[ProxyStatus, ...]
    instances: tuple[InstanceStatus, ...]
    database: DatabaseStatus
    problems: tuple[Problem, ...]

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True)
class Changed:
    """What a run changed, and the cluster's state after it: None when the cluster is gone."""

    plan: Plan
    status: Status | None
