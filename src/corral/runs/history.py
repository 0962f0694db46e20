"""Records of runs, read back: from beside the cluster file, and from the hosts."""

from __future__ import annotations

import asyncio
import fcntl
import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Literal

from corral.errors import InvalidFile, Unreachable, split
from corral.language import tr
from corral.model.cluster import Host
from corral.problems import Problem
from corral.runs import journal_texts
from corral.runs.journal_texts import SUFFIX
from corral.transport.base import Transport
from corral.words import placed

Line = Mapping[str, Any]
KILLED = "interrupted or killed"
"""The outcome of a run that has left no end."""
_HEADER = ("verb", "operator", "machine", "pid", "cluster", "file", "began")


@dataclass(frozen=True)
class RecordedStep:
    """An action of a run. `unfinished`: its end was not recorded."""

    action: str
    host: str
    summary: str
    result: Literal["done", "unchanged", "failed", "unfinished"] = "unfinished"
    seconds: float | None = None
    problems: tuple[Problem, ...] = ()
    details: tuple[str, ...] = ()
    """The lines of a file's diff, or the steps of a replica set."""


@dataclass(frozen=True)
class RecordedRun:
    """`outcome` is done, failed, interrupted, running, or KILLED; `seconds` None for one without an end.

    `hosts` are those that had the record; none when it is the one beside the cluster file.
    """

    run: str
    verb: str = "?"
    operator: str = "?"
    machine: str = "?"
    pid: int = 0
    cluster: str = ""
    file: str = ""
    began: str = ""
    outcome: str = KILLED
    seconds: float | None = None
    steps: tuple[RecordedStep, ...] = ()
    notes: tuple[str, ...] = ()
    problems: tuple[Problem, ...] = ()
    plans: tuple[Any, ...] = ()
    hosts: tuple[str, ...] = ()

    @property
    def changes(self) -> int:
        return sum(step.result == "done" for step in self.steps)

    def summary_json(self) -> dict[str, Any]:
        keys = ("run", "verb", "operator", "machine", "file", "began", "outcome", "changes", "seconds", "hosts")
        return {key: getattr(self, key) for key in keys}

    def to_json(self) -> dict[str, Any]:
        return {**asdict(self), "changes": self.changes}


def runs_in(directory: Path) -> list[RecordedRun]:
    """Those on record in `directory`, the newest first."""
    runs = []
    for path in sorted(directory.glob(f"*{SUFFIX}"), reverse=True):
        with path.open(encoding="utf-8", errors="replace") as file:
            going_on = _is_locked(file.fileno())
            run = _run(path.name.removesuffix(SUFFIX), lines_in(file))
        runs.append(replace(run, outcome="running") if going_on and run.outcome == KILLED else run)
    return runs


def with_those_of_hosts(runs: Sequence[RecordedRun], texts: Mapping[str, str]) -> list[RecordedRun]:
    """`runs`, and from the hosts' records (by host) those that are not among them; the newest first.

    For a run that is recorded here, the hosts' records are not needed: they hold nothing more.
    """
    lines: dict[str, list[Line]] = defaultdict(list)
    hosts: dict[str, list[str]] = defaultdict(list)
    for host, text in sorted(texts.items()):
        for line in lines_in(text.splitlines()):
            name = str(line.get("run", ""))
            lines[name].append(line)
            if host not in hosts[name]:
                hosts[name].append(host)
    known = {run.run for run in runs}
    others = [
        replace(_run(name, _in_time(lines[name])), hosts=tuple(hosts[name])) for name in lines if name not in known
    ]
    return sorted([*runs, *others], key=lambda run: run.run, reverse=True)


def _in_time(lines: Iterable[Line]) -> list[Line]:
    return sorted(lines, key=lambda line: str(line.get("at", "")))


async def records_of(transport: Transport, hosts: Sequence[Host]) -> tuple[dict[str, str], list[Problem]]:
    """The records of each host that can be asked, as they are, and a problem for each that can't."""
    outcomes = await asyncio.gather(*(_records(transport, host) for host in hosts), return_exceptions=True)
    found, problems = split(outcomes)
    return dict(found), problems


async def _records(transport: Transport, host: Host) -> tuple[str, str]:
    completed = await transport.run(host.name, journal_texts.read(str(host.layout.state)))
    if completed.code != 0:
        name = placed(host.name)
        message = tr("{host}: its journal can't be read: {error}", host=name, error=completed.error)
        raise Unreachable(Problem("unreadable", "error", message, where=host.name))
    return host.name, completed.text


def find(runs: Sequence[RecordedRun], prefix: str) -> RecordedRun:
    """The run that `prefix` names. Raises InvalidFile when none does, or several do."""
    found = [run for run in runs if run.run.startswith(prefix)]
    if len(found) == 1:
        return found[0]
    if found:
        message = tr(
            "{count} runs begin with {prefix!r}: {found}",
            count=len(found),
            prefix=prefix,
            found=", ".join(run.run for run in found[:5]),
        )
        raise InvalidFile(Problem("unknown-run", "error", message, tr("type more of its name")))
    message = tr("no run begins with {prefix!r}", prefix=prefix) if runs else tr("no run has been recorded")
    raise InvalidFile(
        Problem(
            "unknown-run",
            "error",
            message,
            tr("`corral journal` lists the runs of this machine, `corral journal --hosts` all of them"),
        )
    )


def goes_on(record: Path) -> bool:
    """Whether the run that writes `record` hasn't ended, in whichever way."""
    with record.open("rb") as file:
        return _is_locked(file.fileno())


def _is_locked(descriptor: int) -> bool:
    """Whether the run that writes the record still goes on."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    return False


def lines_in(texts: Iterable[str]) -> list[Line]:
    """A line that was cut off, by a full disk or a killed run, is left out."""
    lines: list[Line] = []
    for text in texts:
        try:
            line = json.loads(text)
        except ValueError:
            continue
        if isinstance(line, dict):
            lines.append(line)
    return lines


def _run(name: str, lines: Sequence[Line]) -> RecordedRun:
    run, steps = RecordedRun(name), _Steps()
    for line in lines:
        kind = line.get("kind")
        if kind == "run":
            run = replace(run, **{key: line[key] for key in _HEADER if key in line})
        elif kind == "plan":
            run = replace(run, plans=(*run.plans, line.get("plan")))
        elif kind == "note":
            run = replace(run, notes=(*run.notes, str(line.get("message", ""))))
        elif kind == "ended":
            run = _ended(run, line)
        else:
            steps.take(line)
    return replace(run, steps=tuple(steps.steps))


def _ended(run: RecordedRun, line: Line) -> RecordedRun:
    """Several hosts may have recorded the end of one run, all in the same way."""
    problems = problems_of(line)
    return replace(run, outcome=str(line.get("outcome", KILLED)), seconds=line.get("seconds"), problems=problems)


class _Steps:
    """Brings the end of each action to its beginning."""

    def __init__(self) -> None:
        self.steps: list[RecordedStep] = []

    def take(self, line: Line) -> None:
        kind, action, host = line.get("kind"), str(line.get("action", "")), str(line.get("host", ""))
        if kind == "started":
            details = tuple(str(each) for each in line.get("details", ()))
            self.steps.append(RecordedStep(action, host, str(line.get("summary", action)), details=details))
        elif kind in ("done", "failed"):
            for number, step in enumerate(self.steps):
                if (step.action, step.host, step.result) == (action, host, "unfinished"):
                    self.steps[number] = _finished(step, line)
                    return


def _finished(step: RecordedStep, line: Line) -> RecordedStep:
    problems = problems_of(line)
    result: Literal["done", "unchanged", "failed"] = "failed"
    if line["kind"] == "done":
        result = "done" if line.get("changed", True) else "unchanged"
    return replace(step, result=result, seconds=line.get("seconds"), problems=problems)


def problems_of(line: Line) -> tuple[Problem, ...]:
    return tuple(_problem(each) for each in line.get("problems") or ())


def _problem(value: Mapping[str, Any]) -> Problem:
    severity = value.get("severity")
    return Problem(
        str(value.get("code", "")),
        severity if severity in ("warning", "info") else "error",
        str(value.get("message", "")),
        str(value.get("hint", "")),
        str(value.get("where", "")),
    )
