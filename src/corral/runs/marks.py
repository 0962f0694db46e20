"""Marks: intentions that are not in the cluster file, and facts that are still needed when the file no longer has them.

Each is a small JSON file on every host, in `marks` below Corral's state directory: every run finds them, from whichever
machine. Of several with one name, the one that was set last counts.
"""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

from corral.model.machine import MARKS

HOSTS: Final = "hosts"
"""Which hosts the cluster had when it was last changed as a whole, how they are reached, and a digest of its file."""
IDLE: Final = "idle"
"""Which units were stopped on purpose, and are to stay so."""
STOPPED: Final = "stopped"
"""That the whole cluster was stopped on purpose."""


@dataclass(frozen=True)
class Mark:
    """`since` is the time, in UTC, on the machine that set it; `by` is who set it, and where."""

    name: str
    by: str
    since: str = field(default_factory=lambda: datetime.now(UTC).isoformat(timespec="seconds"))
    values: Mapping[str, Any] = field(default_factory=dict)

    def to_text(self) -> str:
        return json.dumps(asdict(self)) + "\n"

    @classmethod
    def from_text(cls, text: str) -> Mark | None:
        """None for a text that Corral has not written."""
        try:
            value = json.loads(text)
            return cls(str(value["name"]), str(value["by"]), str(value["since"]), dict(value["values"]))
        except (ValueError, KeyError, TypeError):
            return None


def newest(texts: Iterable[str]) -> dict[str, Mark]:
    """The marks in `texts`, by name."""
    marks: dict[str, Mark] = {}
    for mark in filter(None, map(Mark.from_text, texts)):
        if mark.name not in marks or mark.since >= marks[mark.name].since:
            marks[mark.name] = mark
    return marks


def idle_units(marks: Mapping[str, Mark]) -> frozenset[str]:
    """The names of the units that were stopped on purpose."""
    units = marks[IDLE].values.get("units") if IDLE in marks else None
    return frozenset(map(str, units)) if isinstance(units, list) else frozenset()


def remembered_hosts(marks: Mapping[str, Mark]) -> dict[str, str]:
    """The names, by address, of the hosts that the cluster had when it was last changed as a whole."""
    hosts = marks[HOSTS].values.get("hosts") if HOSTS in marks else None
    known = hosts.items() if isinstance(hosts, dict) else ()
    return {str(values.get("address", "")): name for name, values in known if isinstance(values, dict)}


def path_of(state: str, name: str) -> str:
    return f"{state}/{MARKS}/{name}.json"


def removal(state: str, name: str) -> str:
    """A POSIX sh text that removes the mark `name`."""
    return f"rm -f -- {shlex.quote(path_of(state, name))}\n"
