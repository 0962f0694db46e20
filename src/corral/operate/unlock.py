"""`corral unlock`: show who holds a cluster's lock, and break it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from corral.language import tr
from corral.operate.consent import Consent
from corral.operate.where import Where, recorded
from corral.problems import Problem
from corral.runs.locks_found import FoundLock


@dataclass(frozen=True)
class Unlocked:
    """`refusals` are locks that could not be broken, `problems` hosts that could not be asked."""

    place: str
    """Where it was asked: a word for `--on`."""
    found: tuple[FoundLock, ...]
    removed: tuple[FoundLock, ...]
    problems: tuple[Problem, ...]
    refusals: tuple[Problem, ...]

    @property
    def still_locked(self) -> bool:
        return any(lock.held for lock in self.found) and not self.removed and not self.refusals


async def unlock(
    where: Where, yes: bool, ask: bool, show: Callable[[list[FoundLock]], None], consent: Consent
) -> Unlocked:
    """With `ask` it asks before it breaks a lock, with `yes` it doesn't ask; else it only shows them.

    Raises CorralError.
    """
    async with recorded(where) as place:
        name, found = place.traits.name, await place.records.locks()
        show(found.locks)
        held = [lock for lock in found.locks if lock.held]
        names = ", ".join(lock.host.name for lock in held)
        breaking = bool(held) and (yes or (ask and await consent.agreed(tr("break the lock on {names}?", names=names))))
        broken = await place.records.break_locks(held) if breaking else None
    removed, refusals = (tuple(broken.locks), tuple(broken.problems)) if broken else ((), ())
    return Unlocked(name, tuple(found.locks), removed, tuple(found.problems), refusals)
