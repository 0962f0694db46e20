"""`corral check`: what can be said from the cluster file alone, for each place where the cluster may run."""

from __future__ import annotations

from dataclasses import dataclass

from corral import places
from corral.cluster_file.parse import Loaded
from corral.operate.where import Where, load, source_name
from corral.places import PlaceName
from corral.problems import Problem


@dataclass(frozen=True)
class Checked:
    """`file` is the file as the user named it."""

    file: str
    problems: tuple[Problem, ...]


async def check(where: Where) -> Checked:
    """Raises InvalidFile for a file that can't be read.

    Corral's own secrets are not read: whoever checks a file may not have them. Values that the file refers to are
    judged where they can be read.
    """
    loaded = load(where)
    found: dict[tuple[str, str, str], Problem] = {}
    for name in _judged_for(loaded, where.on):
        async with places.opened(loaded, name, with_secrets=False) as place:
            for problem in place.judge_file():
                found.setdefault((problem.code, problem.where, problem.message), problem)
    return Checked(source_name(loaded), tuple(found.values()))


def _judged_for(loaded: Loaded, on: PlaceName | None) -> list[PlaceName]:
    """The playground runs any file.

    The hosts are meant too when the file has ssh settings, or when they run it already.
    """
    if on is not None:
        return [on]
    hosts = places.names_ssh(loaded) or places.place_of(loaded, None) == "hosts"
    return ["playground", "hosts"] if hosts else ["playground"]
