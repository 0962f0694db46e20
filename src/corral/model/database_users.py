"""The names of the MongoDB users that Corral makes; each is the name of its password's secret too."""

from __future__ import annotations

from typing import Final

ADMIN: Final = "admin"
"""Makes and mends users; nothing else."""

OPERATOR: Final = "operator"
"""Reconfigures the replica set, and writes verify's probe into the database `PROBE_DATABASE`."""

APPLICATION: Final = "application"
"""The only one that may read the application's data."""

MONITOR: Final = "monitor"

PROBE_DATABASE: Final = "corral"
