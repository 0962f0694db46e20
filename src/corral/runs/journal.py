"""The record of a run: who ran what, which actions began, how each of them ended, how it ended as a whole.

It is written beside the cluster file as things happen, one JSON object a line, and on each host with that host's own
actions when the lock is given back.
"""

from __future__ import annotations

import asyncio
import fcntl
import json
import os
import secrets as random_source
import time
from collections import defaultdict, deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, Literal

from corral.errors import ChangeFailed, CorralError, Interrupted
from corral.events import ActionFailed, ActionFinished, ActionStarted, Event, Note, Sink, StageFinished
from corral.language import tr
from corral.model.cluster import Host
from corral.plan.actions import Action, ConvergeReplicaSet, Plan, WriteFile
from corral.problems import Problem
from corral.runs import journal_texts
from corral.runs.journal_texts import KEPT, SUFFIX
from corral.runs.lock import Hooks
from corral.runs.lock_file import Holder
from corral.secrets import Secrets, redact

FORMAT: Final = 1
"""The version of the lines' shape."""
Outcome = Literal["done", "failed", "interrupted"]


@dataclass(frozen=True)
class Header:
    """What is known of a run before it does anything. `run` names it and sorts by time; `began` is in UTC."""

    run: str
    verb: str
    operator: str
    machine: str
    pid: int
    cluster: str
    file: str
    began: str

    @classmethod
    def of(cls, holder: Holder, cluster: str, file: str) -> Header:
        """A new run; `file` is the cluster file as the user named it."""
        now = datetime.now(UTC)
        run = f"{now:%Y%m%dT%H%M%S}-{random_source.token_hex(2)}"
        return cls(run, cluster=cluster, file=file, began=now.isoformat(timespec="seconds"), **asdict(holder))


@contextmanager
def recorded(directory: Path, header: Header, secrets: Secrets, sink: Sink) -> Iterator[Journal]:
    """A journal for the block. The end of the block is recorded as done, failed or interrupted. `sink` gets all events.

    Nothing is written in `directory` before there is a plan: a run that is refused before that has changed nothing.
    """
    journal = Journal(directory, header, secrets, sink)
    try:
        yield journal
    except BaseException as failure:
        journal.end(failure)
        raise
    journal.end(None)


class Journal:
    """A sink that records events, without the values of secrets, and passes them on."""

    def __init__(self, directory: Path, header: Header, secrets: Secrets, sink: Sink) -> None:
        self.header = header
        self._secrets, self._sink = secrets, sink
        self._file = _File(directory, header.run)
        self._began = time.monotonic()
        self._first = [self._line("run", format=FORMAT, **asdict(header))]
        """Lines that are written once there is a plan."""
        self._of_hosts: dict[str, list[str]] = defaultdict(list)
        """Lines that are still to be sent to a host's own record."""
        self._first_host = ""
        self._details: dict[tuple[str, str], deque[list[str]]] = defaultdict(deque)

    def hooks(self, hosts: Sequence[Host], on_lost: Callable[[Problem], None]) -> Hooks:
        """What makes the lock of `hosts` carry the hosts' own records to them."""
        states = {host.name: str(host.layout.state) for host in hosts}
        run, first = self.header.run, self._first[0]
        self._first_host = min(states, default="")

        def news(host: str) -> tuple[str, Callable[[], None]]:
            lines = list(self._of_hosts[host])
            text = journal_texts.append(states[host], run, lines) if lines else ""
            return text, lambda: self._arrived(host, len(lines))

        def end(host: str, failure: BaseException | None) -> str:
            return journal_texts.append(states[host], run, [*self._of_hosts[host], self._last(failure)])

        return Hooks(on_lost, self, lambda host: journal_texts.begin(states[host], run, first), news, end)

    def _arrived(self, host: str, count: int) -> None:
        del self._of_hosts[host][:count]

    def planned(self, plan: Plan) -> None:
        """From the first plan on, the run is recorded. Raises ChangeFailed when that is not possible."""
        for action in plan.actions():
            self._details[action.host, action.id].append(_details(action))
        try:
            if not self._file.opened:
                self._file.open()
                for line in self._first:
                    self._file.write(line)
            self._file.write(self._line("plan", plan=plan.to_json()))
        except OSError as error:
            message = tr(
                "this run can't be recorded in {parent}: {strerror}",
                parent=self._file.path.parent,
                strerror=error.strerror,
            )
            hint = tr("nothing was changed; fix that, then run the same command again")
            raise ChangeFailed(Problem("journal-not-written", "error", message, hint)) from error

    def __call__(self, event: Event) -> None:
        match event:
            case Note():
                self._record("", self._line("note", message=event.message, severity=event.severity))
            case StageFinished():
                self._record("", self._line("stage", stage=event.stage, seconds=round(event.seconds, 3)))
            case ActionStarted():
                waiting = self._details[event.host, event.action]
                details = waiting.popleft() if waiting else []
                self._action("started", event, summary=event.summary, details=details)
            case ActionFinished():
                self._action("done", event, seconds=round(event.seconds, 3), changed=event.changed)
            case ActionFailed():
                problems = [problem.to_json() for problem in event.problems]
                self._action("failed", event, seconds=round(event.seconds, 3), problems=problems)
        self._sink(event)

    def end(self, failure: BaseException | None) -> None:
        """Nothing more is written afterwards."""
        self._write(self._last(failure))
        self._file.close()

    def _action(self, kind: str, event: ActionStarted | ActionFinished | ActionFailed, **rest: Any) -> None:
        self._record(event.host, self._line(kind, action=event.action, host=event.host, **rest))

    def _record(self, host: str, line: str) -> None:
        """What is not about one host goes to the first one's record, so that the hosts together have everything."""
        if host or self._first_host:
            self._of_hosts[host or self._first_host].append(line)
        self._write(line)

    def _last(self, failure: BaseException | None) -> str:
        seconds = round(time.monotonic() - self._began, 3)
        problems = [problem.to_json() for problem in _problems(failure)]
        return self._line("ended", outcome=outcome_of(failure), seconds=seconds, problems=problems)

    def _line(self, kind: str, **rest: Any) -> str:
        """Everything becomes text here and nowhere else: values of secrets are replaced."""
        now = datetime.now(UTC).isoformat(timespec="milliseconds")
        value = {"run": self.header.run, "kind": kind, "at": now, **rest}
        return json.dumps(_redacted(value, self._secrets))

    def _write(self, line: str) -> None:
        """A full disk here does not stop a change halfway: a warning is printed, and the run goes on without its
        record."""
        if not self._file.opened:
            self._first.append(line)
            return
        try:
            self._file.write(line)
        except OSError as error:
            self._file.close()
            message = tr(
                "{path} can't be written any more: {strerror}; the run goes on without this record",
                path=self._file.path,
                strerror=error.strerror,
            )
            self._sink(Note(message, "warning"))


class _File:
    """A record that only its owner can read. It is locked while its run goes on, so that readers see that it does."""

    def __init__(self, directory: Path, run: str) -> None:
        self.path = directory / f"{run}{SUFFIX}"
        self.opened = False
        self._descriptor: int | None = None

    def open(self) -> None:
        """Also removes the oldest records. Raises OSError."""
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._descriptor = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_EXCL, 0o600)
        self.opened = True
        fcntl.flock(self._descriptor, fcntl.LOCK_EX)
        for old in sorted(self.path.parent.glob(f"*{SUFFIX}"), reverse=True)[KEPT:]:
            old.unlink(missing_ok=True)

    def write(self, line: str) -> None:
        """Nothing once it is closed. Raises OSError."""
        if self._descriptor is not None:
            content = f"{line}\n".encode()
            while content:
                content = content[os.write(self._descriptor, content) :]

    def close(self) -> None:
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None


def outcome_of(failure: BaseException | None) -> Outcome:
    if failure is None:
        return "done"
    return "interrupted" if isinstance(failure, Interrupted | asyncio.CancelledError | KeyboardInterrupt) else "failed"


def _problems(failure: BaseException | None) -> Sequence[Problem]:
    if isinstance(failure, CorralError):
        return failure.problems
    if failure is None or outcome_of(failure) == "interrupted":
        return ()
    return [Problem("unforeseen", "error", f"{type(failure).__name__}: {failure}")]


def _redacted(value: Any, secrets: Secrets) -> Any:
    if isinstance(value, str):
        return redact(value, secrets)
    if isinstance(value, dict):
        return {key: _redacted(inner, secrets) for key, inner in value.items()}
    return [_redacted(inner, secrets) for inner in value] if isinstance(value, list | tuple) else value


def _details(action: Action) -> list[str]:
    """The lines of a file's diff, or the steps of a replica set."""
    if isinstance(action, WriteFile):
        return action.diff.splitlines()[2:]
    return list(action.preview) if isinstance(action, ConvergeReplicaSet) else []
