"""A run while it goes on: the events in its records, each once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from corral.events import ActionFailed, ActionFinished, ActionStarted, Event, Note, RunEnded, StageFinished
from corral.runs.history import KILLED, Line, lines_in, problems_of


class Followed:
    """Reads the records of one run again and again."""

    def __init__(self, run: str) -> None:
        self.run = run
        self._seen: dict[str, int] = {}
        """How many lines of each record were read."""
        self._ended: set[str] = set()
        self._summaries: dict[tuple[str, str], str] = {}
        self._end = RunEnded(KILLED, None)

    @property
    def end(self) -> RunEnded:
        """As its records have it; of a run that was killed there is none."""
        return self._end

    @property
    def ended(self) -> bool:
        """By all records that have something of the run: its end doesn't reach all of them at the same moment."""
        return bool(self._ended) and self._ended == self._seen.keys()

    def news(self, texts: Mapping[str, str]) -> Iterator[Event]:
        """The events since the last call, in the order in which they happened; `texts` are the records of all hosts, or
        the one that is kept here."""
        fresh: list[Line] = []
        for whose, text in texts.items():
            lines = [line for line in lines_in(text.splitlines()) if line.get("run") == self.run]
            fresh += lines[self._seen.get(whose, 0) :]
            if lines:
                self._seen[whose] = len(lines)
            if any(line.get("kind") == "ended" for line in lines):
                self._ended.add(whose)
        for line in sorted(fresh, key=lambda line: str(line.get("at", ""))):
            yield from self._event(line)

    def _event(self, line: Mapping[str, Any]) -> Iterator[Event]:
        kind, action, host = line.get("kind"), str(line.get("action", "")), str(line.get("host", ""))
        seconds = float(line.get("seconds") or 0)
        match kind:
            case "note":
                severity = "warning" if line.get("severity") == "warning" else "info"
                yield Note(str(line.get("message", "")), severity)
            case "started":
                self._summaries[action, host] = str(line.get("summary", action))
                yield ActionStarted(action, host, self._summaries[action, host])
            case "done":
                yield ActionFinished(action, host, self._summaries.get((action, host), action), seconds)
            case "failed":
                yield ActionFailed(action, host, problems_of(line), seconds)
            case "ended":
                self._end = RunEnded(str(line.get("outcome", KILLED)), line.get("seconds"), problems_of(line))
            case "stage":
                yield StageFinished(str(line.get("stage", "")), seconds)
