"""Who a unit is: its role, host, name and port; and what it is called in systemd and docker. The one place that makes
names of those, and reads them back where nothing else is written down.

A unit's own name is unique in the cluster (`nginx.proxy-100`, `mongod.db-216`, `app-108-5040`). On a real host it is
`corral-<cluster>-nginx.service`, `corral-<cluster>-mongod.service`, `corral-<cluster>-app@app-108-5040.service`, or,
with the runtime compose, the service `app-108-5040` in the container `corral-<cluster>-app-108-5040`.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Final, Literal

UnitRole = Literal["proxy", "web", "worker", "database", "failover"]
_PROGRAMS: Final[dict[UnitRole, str]] = {"proxy": "nginx", "database": "mongod", "failover": "keepalived"}
"""By role: the programs of which a host runs one for each cluster."""
_ROLES: Final = {program: role for role, program in _PROGRAMS.items()}
INSTANCES: Final[tuple[UnitRole, ...]] = ("web", "worker")
STOP_ORDER: Final[tuple[tuple[UnitRole, ...], ...]] = (("failover",), ("proxy",), INSTANCES, ("database",))
"""Whoever depends on others stops before them."""


@dataclass(frozen=True)
class UnitId:
    """`port` is where it listens; 0 for one that listens nowhere, or of which that isn't known."""

    role: UnitRole
    host: str
    name: str
    port: int = 0

    def __str__(self) -> str:
        """What people read and type."""
        return self.name

    @property
    def program(self) -> str:
        """Which of the programs that Corral knows it is; empty for a process of the application."""
        return _PROGRAMS.get(self.role, "")

    @property
    def is_instance(self) -> bool:
        """Whether it is a process of the application."""
        return self.role in INSTANCES


def instance_id(host: str, port: int, role: Literal["web", "worker"]) -> UnitId:
    return UnitId(role, host, f"{host}-{port}" if role == "web" else f"{host}-worker-{port}", port)


def program_id(role: UnitRole, host: str, port: int = 0) -> UnitId:
    """Of the nginx, mongod or keepalived of `host`."""
    return UnitId(role, host, f"{_PROGRAMS[role]}.{host}", port)


def read_back(host: str, name: str) -> UnitId:
    """Who the unit `name` is that was found on `host`: one that has left the file has nothing but its name.

    The whole name decides: a host may have `-worker-` in its own, and no host has a dot.
    """
    program, dot, _ = name.partition(".")
    if dot and program in _ROLES:
        return UnitId(_ROLES[program], host, name)
    last = name.rpartition("-")[2]
    port = int(last) if last.isdecimal() else 0
    worker = port > 0 and name == instance_id(host, port, "worker").name
    return UnitId("worker" if worker else "web", host, name, port)


def prefix(cluster: str) -> str:
    """What the names of all that Corral makes on a host for `cluster` begin with."""
    return f"corral-{cluster}-"


def service_of(cluster: str, unit: UnitId) -> str:
    """The systemd unit of `unit`."""
    name = f"app@{unit.name}" if unit.is_instance else _PROGRAMS[unit.role]
    return f"{prefix(cluster)}{name}.service"


def unit_of(cluster: str, host: str, service: str) -> UnitId | None:
    """The unit that the systemd unit `service` of `host` is; None for one that is none of `cluster`'s units.

    A cluster's name can begin with another one's (`shop`, `shop-app`), so only whole names count.
    """
    name = service.removeprefix(prefix(cluster)).removesuffix(".service")
    if f"{prefix(cluster)}{name}.service" != service:
        return None
    if name in _ROLES:
        return program_id(_ROLES[name], host)
    template, at, instance = name.partition("@")
    return read_back(host, instance) if at and template == "app" and instance else None


def container_of(cluster: str, unit: str) -> str:
    """The container of `unit` with the runtime compose; its compose service is named as the unit is."""
    return f"{prefix(cluster)}{unit}"


def account(cluster: str, part: str) -> str:
    """The system account that `part` (app, db, web) of `cluster` runs as: at most 31 characters, as Linux takes."""
    name = f"{prefix(cluster)}{part}"
    if len(name) <= 31:
        return name
    return f"corral-{hashlib.sha256(cluster.encode()).hexdigest()[:16]}-{part}"
