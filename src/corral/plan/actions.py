"""The plan: a value that can be printed, saved, reviewed and executed. The executor reads nothing else."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Annotated, Any, Final, Literal

from pydantic import Discriminator, TypeAdapter

from corral.language import shown, tr
from corral.model.at_boot import Keeps
from corral.model.identity import UnitId, UnitRole, read_back
from corral.model.pools import NOBODY, Group, pool_name
from corral.model.resources import Directory, File, Gate, ReplicaSet, Unit
from corral.plan.software import EnableService, InstallPackages, LoadImage, UnpackArchive
from corral.words import counted

FORMAT = 1
"""The version of the plan's JSON shape."""
ASKED_FOR: Final = tr("asked for")


ROOT: Final = "root"
"""How the owner of what belongs to no other account is told."""


@dataclass(frozen=True)
class MakeDirectory:
    """Make a directory, or give one that is there (`found`) to its account; what root owns in it goes along where the
    program couldn't write it otherwise."""

    directory: Directory
    found: Directory | None = None
    kind: Literal["make_directory"] = "make_directory"

    @property
    def host(self) -> str:
        return self.directory.host

    @property
    def id(self) -> str:
        return f"directory {self.directory.path} on {self.host}"

    @property
    def summary(self) -> str:
        new, old = self.directory, self.found
        if old is None:
            return tr("make {path}", path=new.path)
        gift = tr("give {path} to {owner}", path=new.path, owner=new.owner or ROOT)
        changes = [tr("owner {old} → {new}", old=old.owner or ROOT, new=new.owner or ROOT)] * (old.owner != new.owner)
        changes += [tr("mode {old} → {new}", old=f"{old.mode:04o}", new=f"{new.mode:04o}")] * (old.mode != new.mode)
        changes += [tr("with root's files in it")] * old.foreign
        return f"{gift} ({', '.join(changes)})"


@dataclass(frozen=True)
class WriteFile:
    """Write `file` if it is still as it was for the plan: `before` is the digest of its bytes then, empty for no file.

    `drift` says that somebody else has changed it since Corral wrote it.
    """

    file: File
    before: str
    diff: str
    check: tuple[str, ...] = ()
    drift: bool = False
    access: tuple[str, ...] = ()
    """How its mode and its owner change, each as `OLD → NEW`, where it is there already."""
    kind: Literal["write_file"] = "write_file"

    @property
    def host(self) -> str:
        return self.file.host

    @property
    def id(self) -> str:
        return f"file {self.file.path} on {self.host}"

    @property
    def summary(self) -> str:
        path = f"{self.file.path} ({', '.join(self.access)})" if self.access else self.file.path
        if self.drift:
            return tr("change {path} (changed by hand)", path=path)
        return tr("change {path}", path=path) if self.before else tr("write {path}", path=path)


@dataclass(frozen=True)
class RemoveFile:
    host: str
    path: str
    before: str
    after: tuple[tuple[str, ...], ...] = ()
    """Commands that make the removal take effect."""
    kind: Literal["remove_file"] = "remove_file"

    @property
    def id(self) -> str:
        return f"file {self.path} on {self.host}"

    @property
    def summary(self) -> str:
        return tr("remove {path}", path=self.path)


@dataclass(frozen=True)
class RemoveTree:
    """Delete a directory with everything in it: only one of Corral's own, or one that the user has asked to delete."""

    host: str
    path: str
    what: str
    """What it holds, in a word or two of English; `shown` where people read it."""
    kind: Literal["remove_tree"] = "remove_tree"

    @property
    def id(self) -> str:
        return f"tree {self.path} on {self.host}"

    @property
    def summary(self) -> str:
        return tr("delete {path} ({what})", path=self.path, what=shown(self.what))


@dataclass(frozen=True)
class StartUnit:
    """Start a unit, or restart it (`restart`), and wait for its gate.

    `drain`: seconds that its connections may take to end first; no proxy sends it anything by then.
    `before`: a gate that must be passed first, where others have to do without the unit for a while.
    """

    unit: Unit
    gate: Gate
    why: str
    restart: bool = False
    drain: float = 0.0
    before: Gate | None = None
    elects: bool = False
    """Whether it is the primary that is restarted, so that another one is elected."""
    kind: Literal["start_unit"] = "start_unit"

    @property
    def host(self) -> str:
        return self.unit.host

    @property
    def id(self) -> str:
        return f"unit {self.unit.name}"

    @property
    def summary(self) -> str:
        if self.restart:
            return tr("restart {unit} ({why})", unit=self.unit.name, why=self.why)
        return tr("start {unit} ({why})", unit=self.unit.name, why=self.why)


@dataclass(frozen=True)
class ReloadUnit:
    """Have a running unit read its configuration again, and wait for its gate."""

    unit: Unit
    gate: Gate
    why: str
    kind: Literal["reload_unit"] = "reload_unit"

    @property
    def host(self) -> str:
        return self.unit.host

    @property
    def id(self) -> str:
        return f"unit {self.unit.name}"

    @property
    def summary(self) -> str:
        return tr("reload {unit} ({why})", unit=self.unit.name, why=self.why)


@dataclass(frozen=True)
class Steer:
    """Have a running proxy use another of its pools, without a reload, and wait until it does."""

    unit: Unit
    out: Group
    """Whom it sends nothing then: one of the groups of `unit`, or nobody."""
    gate: Gate
    was: Group = NOBODY
    """Whom it sent nothing when the plan was made."""
    kind: Literal["steer"] = "steer"

    @classmethod
    def away_from(cls, out: Group, unit: Unit, gate: Gate, was: Group) -> Steer:
        """`gate` is the one of the proxy `unit`, whose ping also tells the pool."""
        return cls(unit, out, replace(gate, contains=f" {pool_name(out, unit.pools)}\n"), was)

    @property
    def host(self) -> str:
        return self.unit.host

    @property
    def id(self) -> str:
        return f"pool of {self.unit.name}"

    @property
    def summary(self) -> str:
        if not self.out:
            return tr("have {unit} send requests to all again", unit=self.unit.name)
        return tr("have {unit} send nothing to {names}", unit=self.unit.name, names=", ".join(self.out))


@dataclass(frozen=True)
class KeepAfterBoot:
    """Have a unit start with its host again; what runs is not disturbed. `name` is what its `keeper` knows it by."""

    host: str
    unit: str
    keeper: Keeps
    name: str
    why: str
    kind: Literal["keep_after_boot"] = "keep_after_boot"

    @property
    def id(self) -> str:
        return f"boot {self.unit}"

    @property
    def summary(self) -> str:
        return tr("have {unit} start with its host ({why})", unit=self.unit, why=self.why)


@dataclass(frozen=True)
class StopUnit:
    """Stop a unit; its connections on `port` have `drain` seconds to end first."""

    host: str
    name: str
    why: str
    port: int = 0
    drain: float = 0.0
    role: UnitRole | None = None
    """None in a plan that an older version of Corral has saved."""
    kind: Literal["stop_unit"] = "stop_unit"

    @property
    def unit(self) -> UnitId:
        return UnitId(self.role, self.host, self.name, self.port) if self.role else read_back(self.host, self.name)

    @property
    def id(self) -> str:
        return f"unit {self.name}"

    @property
    def summary(self) -> str:
        return tr("stop {unit} ({why})", unit=self.name, why=self.why)


@dataclass(frozen=True)
class ConvergeReplicaSet:
    """Walk through the replica set's state machine to its end; `preview` are the expected steps."""

    wanted: ReplicaSet
    preview: tuple[str, ...]
    deadline: float = 120.0
    kind: Literal["converge_replica_set"] = "converge_replica_set"
    host: str = ""

    @property
    def id(self) -> str:
        return f"replica set {self.wanted.name}"

    @property
    def summary(self) -> str:
        return tr("replica set {wanted}: {steps}", wanted=self.wanted.name, steps=counted(len(self.preview), "step"))


HostChange = (
    MakeDirectory
    | WriteFile
    | RemoveFile
    | RemoveTree
    | InstallPackages
    | UnpackArchive
    | LoadImage
    | EnableService
    | KeepAfterBoot
)
"""What changes a host without starting or stopping a unit; the changes of one host run in their order."""

Action = Annotated[
    HostChange | StartUnit | ReloadUnit | Steer | StopUnit | ConvergeReplicaSet,
    Discriminator("kind"),
]


StageName = Literal["time", "database", "application", "proxy", "retire"]

STAGE_OF: Final[Mapping[UnitRole, StageName]] = {
    "failover": "proxy",
    "proxy": "proxy",
    "web": "application",
    "worker": "application",
    "database": "database",
}


@dataclass(frozen=True)
class Stage:
    """Waves run one after the other; the actions of one wave at the same time, host changes in order on each host."""

    name: StageName
    waves: tuple[tuple[Action, ...], ...]

    def actions(self) -> Iterator[Action]:
        for wave in self.waves:
            yield from wave


@dataclass(frozen=True)
class Plan:
    cluster: str
    stages: tuple[Stage, ...]
    basis: tuple[tuple[str, str], ...] = ()
    """What the plan was made from: for each host, and for the replica set, a digest of what was observed."""
    format: Literal[1] = field(default=1)
    place: str = ""
    """The place that it was made for; empty in a plan for real hosts that an older version of Corral has saved."""
    by_hand: tuple[tuple[str, str], ...] = ()
    """Host and path of files that were changed by hand, that it leaves as they are, and that a restart brings into
    force."""

    def actions(self) -> Iterator[Action]:
        for stage in self.stages:
            yield from stage.actions()

    def drift(self) -> Iterator[WriteFile]:
        """The files that somebody has changed by hand and that it overwrites."""
        return (action for action in self.actions() if isinstance(action, WriteFile) and action.drift)

    def only(self, kept: Callable[[StageName, Action], bool]) -> Plan:
        """With those of its actions alone that are `kept`, each asked about with its stage."""
        stages = []
        for stage in self.stages:
            waves = (tuple(action for action in wave if kept(stage.name, action)) for wave in stage.waves)
            stages.append(Stage(stage.name, tuple(filter(None, waves))))
        return replace(self, stages=tuple(stage for stage in stages if stage.waves))

    @property
    def changes(self) -> int:
        return sum(1 for _ in self.actions())

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, value: object) -> Plan:
        """Raises pydantic.ValidationError when `value` is not a plan of this format."""
        return TypeAdapter(Plan).validate_python(value)
