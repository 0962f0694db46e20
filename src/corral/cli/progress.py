"""Progress of a run on stderr: a line for each stage, and what is being waited for while it lasts."""

from __future__ import annotations

from types import TracebackType

from rich.markup import escape

from corral.cli.output import err
from corral.events import (
    ActionFinished,
    ActionProgress,
    ActionStarted,
    Event,
    Note,
    StageFinished,
    StageStarted,
)


class Progress:
    """A sink for events. On a terminal the running actions show beside a spinner; elsewhere only whole lines."""

    def __init__(self) -> None:
        self._running: dict[str, str] = {}
        self._done = 0
        self._total = 0
        self._stage = ""
        self._spinner = err.status("") if err.is_terminal else None
        self.stages: list[tuple[str, float]] = []

    def __enter__(self) -> Progress:
        if self._spinner:
            self._spinner.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._spinner:
            self._spinner.stop()

    def __call__(self, event: Event) -> None:
        match event:
            case Note():
                err.print(f"[{'yellow' if event.severity == 'warning' else 'dim'}]{escape(event.message)}[/]")
            case StageStarted():
                self._stage, self._total, self._done = event.stage, event.actions, 0
                self._running.clear()
            case StageFinished():
                self._finish_stage(event)
            case ActionStarted():
                self._running[event.action] = event.summary
            case ActionProgress():
                self._running[event.action] = event.message
            case ActionFinished():
                self._done += 1
                self._running.pop(event.action, None)
        self._show()

    def _finish_stage(self, event: StageFinished) -> None:
        self.stages.append((event.stage, event.seconds))
        count = f"{self._total} change{'s' if self._total != 1 else ''}" if self._total else ""
        err.print(f"[green]✔[/] {event.stage:<12} {event.seconds:5.1f} s  [dim]{count}[/dim]")
        self._stage = ""

    def _show(self) -> None:
        if not self._spinner or not self._stage:
            return
        waiting = ", ".join(list(self._running.values())[:2])
        count = f" {self._done}/{self._total}" if self._total else ""
        width = max(20, err.width - 24)
        self._spinner.update(f"{self._stage}{count}  [dim]{escape(waiting[:width])}[/dim]")
