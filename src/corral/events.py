"""What happens during a run, as values: one sink writes them as text, another as JSON, a test counts them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from corral.problems import Problem


@dataclass(frozen=True)
class Note:
    """A sentence worth saying aloud: a port that was taken, a default that was not used."""

    message: str
    severity: str = "info"


@dataclass(frozen=True)
class Began:
    """What a run is about: the cluster, its file, and where it is."""

    cluster: str
    source: str
    where: str


@dataclass(frozen=True)
class Warned:
    """What is worth knowing before anything is changed."""

    problems: tuple[Problem, ...]


@dataclass(frozen=True)
class StageStarted:
    stage: str
    actions: int


@dataclass(frozen=True)
class StageFinished:
    stage: str
    seconds: float


@dataclass(frozen=True)
class ActionStarted:
    action: str
    host: str
    summary: str


@dataclass(frozen=True)
class ActionProgress:
    """A sentence on what a long action does just now, such as a state machine's next step."""

    action: str
    message: str


@dataclass(frozen=True)
class ActionFinished:
    action: str
    host: str
    summary: str
    seconds: float
    changed: bool = True


@dataclass(frozen=True)
class ActionFailed:
    action: str
    host: str
    problems: tuple[Problem, ...]
    seconds: float


@dataclass(frozen=True)
class RunEnded:
    """Of a run that is followed: its outcome, in the journal's words. `seconds` is None when it has left no end."""

    outcome: str
    seconds: float | None
    problems: tuple[Problem, ...] = ()


Announcement = Note | Began | Warned
StageEvent = StageStarted | StageFinished
ActionEvent = ActionStarted | ActionProgress | ActionFinished | ActionFailed
Event = Announcement | StageEvent | ActionEvent | RunEnded
Sink = Callable[[Event], None]


def ignore(_event: Event) -> None:
    """The sink for callers that want no progress."""
