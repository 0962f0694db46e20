"""Units by their names in systemd and in docker compose: the one place that knows both directions.

A unit's own name is unique in the cluster (`nginx.proxy-100`, `mongod.db-216`, `app-108-5040`). On a real host it is
`corral-<cluster>-nginx.service`, `corral-<cluster>-mongod.service`, `corral-<cluster>-app@app-108-5040.service`, or,
with the runtime compose, the service `app-108-5040` in the container `corral-<cluster>-app-108-5040`.
"""

from __future__ import annotations

from typing import Final

_SINGLE: Final = ("nginx", "mongod", "keepalived")
"""Programs of which a host runs one for each cluster."""


def prefix(cluster: str) -> str:
    """What the names of all that Corral makes on a host for `cluster` begin with."""
    return f"corral-{cluster}-"


def service_of(cluster: str, unit: str) -> str:
    """The systemd unit of `unit`."""
    program, dot, _host = unit.partition(".")
    return f"{prefix(cluster)}{program}.service" if dot else f"{prefix(cluster)}app@{unit}.service"


def unit_of(cluster: str, host: str, service: str) -> str:
    """The unit that the systemd unit `service` of `host` is; empty for one that is none of `cluster`'s units.

    A cluster's name can begin with another one's (`shop`, `shop-app`), so only whole names count.
    """
    name = service.removeprefix(prefix(cluster)).removesuffix(".service")
    if f"{prefix(cluster)}{name}.service" != service:
        return ""
    if name in _SINGLE:
        return f"{name}.{host}"
    template, at, instance = name.partition("@")
    return instance if at and template == "app" else ""


def container_of(cluster: str, unit: str) -> str:
    """The container of `unit` with the runtime compose; its compose service is named as the unit is."""
    return f"{prefix(cluster)}{unit}"


def account(cluster: str, part: str) -> str:
    """The system account that `part` (app, db, web) of `cluster` runs as: at most 31 characters, as Linux takes."""
    import hashlib

    name = f"{prefix(cluster)}{part}"
    if len(name) <= 31:
        return name
    return f"corral-{hashlib.sha256(cluster.encode()).hexdigest()[:16]}-{part}"
