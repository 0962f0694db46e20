"""Where a cluster runs, as every verb sees it: the seam that the playground, real hosts and the tests' toy fill.

What runs and what is remembered differ independently, so they are two Protocols: `Place` and `Records`.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from corral.events import Event, Sink, ignore
from corral.execute.handlers import Handlers
from corral.model.cluster import Ability, Cluster, Host
from corral.model.command import CommandResult
from corral.model.endpoint import Endpoint
from corral.model.identity import UnitId
from corral.model.machine import Machine
from corral.model.resources import Desired, Observed
from corral.model.routes import Way
from corral.model.shared_machine import SharedMachine
from corral.plan.only import Only
from corral.problems import Language, Problem
from corral.runs.locks_found import FoundLock
from corral.runs.marks import Mark
from corral.runs.records import LocksFound, RunsFound
from corral.runs.run import Run, RunRequest
from corral.secrets import Secrets


@dataclass(frozen=True)
class Traits:
    """`name` is what `--on` calls the place; `mend` the command that makes a cluster there what its file says."""

    name: str
    mend: str
    abilities: frozenset[Ability]
    silence: str = ""
    """What is said when nothing of the cluster is seen to run there."""
    settles: frozenset[str] = frozenset()
    """Rules on the cluster file that it keeps by itself, whatever the file says."""
    kick: str = ""
    """What has a process that hangs started anew, with its `pid` in braces; empty where `corral restart` does."""


@dataclass(frozen=True)
class Scope:
    """How much is looked at: `live` is what `status` needs, units and whether hosts answer; the rest stays unknown."""

    only: Only = field(default_factory=Only)
    live: bool = False


@dataclass(frozen=True)
class Observation:
    """A cluster as it was found in one moment. What could not be seen is told as that, never raised."""

    observed: Observed
    machines: Mapping[str, Machine] = field(default_factory=dict)
    silent: Mapping[str, Problem] = field(default_factory=dict)
    """Hosts that could not be asked, and why."""
    set_asked: bool = False
    """Whether `observed.replica_set` was looked at."""
    departed: tuple[Host, ...] = ()
    """Hosts that have left the cluster file and may still run something of the cluster."""
    left_silent: Mapping[str, Problem] = field(default_factory=dict)
    """Those of them that could not be asked, and why."""
    marks: Mapping[str, Mark] = field(default_factory=dict)
    shared: SharedMachine | None = None
    """Where all hosts are one machine: what is known of that one."""


class Records(Protocol):
    """What is remembered of a cluster: secrets, runs, locks, and intentions that are not in its file."""

    def exists(self) -> bool:
        """Whether a run from here has changed the cluster, or has begun to."""

    def hold(
        self, request: RunRequest, hosts: Collection[str], secrets: Secrets, sink: Sink
    ) -> AbstractAsyncContextManager[Run]:
        """Hold the lock on `hosts` and write the journal, for the block. Raises Locked, Unreachable, ChangeFailed."""

    async def runs(self, elsewhere: bool) -> RunsFound:
        """Those that were begun from here; with `elsewhere` also those that only the hosts know of."""

    def follow(self, run: str) -> AsyncGenerator[Event, None]:
        """A run as it goes on, from here or a colleague's machine. Raises InvalidFile when there is no such run."""

    async def locks(self) -> LocksFound:
        """Never raises: what can't be asked is one of the problems."""

    async def break_locks(self, locks: Sequence[FoundLock]) -> LocksFound:
        """Exactly those, not one that was taken anew since."""

    async def mark(self, name: str, values: Mapping[str, Any], hosts: Collection[str] = ()) -> None:
        """Have an intention remembered where the cluster runs. Raises CorralError."""

    async def unmark(self, name: str) -> None:
        """Raises CorralError."""


class Place(Protocol):
    """A cluster where it runs. Opened by corral.places, closed by whoever opened it.

    What a place may have nothing to do for has a body here that does nothing: places inherit from this class.
    """

    traits: Traits
    cluster: Cluster
    """Placed: with the addresses, directories and ports that it has there."""
    secrets: Secrets
    records: Records
    """The cluster's lock, journal and marks there."""

    def know_secrets(self) -> None:
        """Have `secrets` hold whatever is known: for verbs that only look. Raises ChangeFailed for a broken file."""

    async def complete(self, sink: Sink) -> None:
        """Have all secrets: those that are missing are made. Raises CorralError; nothing is made then."""

    @property
    def described(self) -> str:
        """Where the cluster is, as the end of a sentence: `on its 7 hosts`."""

    def judge_file(self, language: Language) -> Sequence[Problem]:
        """What the rules on the cluster file have to say where the cluster runs here."""

    def nothing_kept(self) -> str:
        """That there is nothing of the cluster here, as a sentence; empty where there may be, or only a look tells."""
        return ""

    def kept_in(self) -> str:
        """Where its data are, for people."""

    async def is_kept(self) -> bool:
        """Whether what keeps its processes is there, or left something behind: always where nobody has to start it."""
        return True

    @property
    def secrets_path(self) -> Path:
        """Where the secrets are kept."""

    def take_back_secrets(self) -> bool:
        """Remove those that `complete` has just made, where there were none before and `enter` hasn't been reached: no
        host has them. Whether that was so."""

    async def settle(self, sink: Sink) -> None:
        """Wait for what is just ending, and decide what has to be decided before a look. Changes nothing that runs."""
        return

    async def observe(self, scope: Scope, sink: Sink = ignore) -> Observation:
        """Never raises for what can't be seen."""

    def findings(self, seen: Observation, language: Language) -> Sequence[Problem]:
        """What the rules on machines have to say; an error keeps a change from working."""

    def desired(self, seen: Observation, held_back: frozenset[str] = frozenset()) -> Desired:
        """What the file asks of the place as it was found, while the web instances `held_back` get no requests."""

    async def enter(self, sink: Sink) -> None:
        """Under the lock, before the first action: what must be there for any. Raises CorralError."""
        return

    def handlers(self) -> Handlers:
        """What carries out each kind of action."""

    async def remember(self, seen: Observation, whole: bool, left: Collection[str]) -> None:
        """After the last action: what a later run has to know. `whole` when all of the file was carried out; `left` are
        hosts that have left the file and are to be looked for again. Raises CorralError."""

    def next_words(self) -> str:
        """What people are told to do next and have not been told before; empty for nothing."""
        return ""

    def begin(self) -> None:
        """Open the ways to all hosts at once, and go on: they are needed soon."""
        return

    async def leave(self, purge: bool, sink: Sink) -> None:
        """After everything has stopped: ends what kept it; with `purge` all that is remembered goes too."""
        return

    async def reach(self, to: Endpoint, way: Way = "inside") -> Endpoint:
        """Where to connect from here to reach what answers in the cluster. Raises OSError."""

    def logs(self, units: Sequence[UnitId], lines: int, follow: bool) -> AsyncGenerator[LogLine, None]:
        """The last `lines` of each unit, then with `follow` those that come, without end. Never raises CorralError."""

    async def run(self, host: str, script: str, deadline: float = 60.0) -> CommandResult:
        """A POSIX sh script on `host`. Raises Unreachable."""

    async def close(self) -> None:
        """Give back what is held open."""
        return


@dataclass(frozen=True)
class LogLine:
    """`line` is what the unit wrote; or why its log can't be read."""

    unit: UnitId
    line: str
