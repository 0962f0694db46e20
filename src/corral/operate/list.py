"""`corral list`: the clusters of this machine."""

from __future__ import annotations

from corral import places
from corral.places.base import Kept


async def clusters() -> list[Kept]:
    """By name. Raises OSError where the user's home isn't known."""
    return await places.kept_here()
