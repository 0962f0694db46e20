"""Progress of a run on stderr: a line for each stage, and what the run is waiting for meanwhile."""

from __future__ import annotations

from rich.cells import set_cell_size
from rich.markup import escape

from corral.cli.output import err, print_problems
from corral.events import (
    ActionFailed,
    ActionFinished,
    ActionProgress,
    ActionStarted,
    Began,
    Event,
    Note,
    StageFinished,
    StageStarted,
    Warned,
)
from corral.language import tr
from corral.words import counted, placed, worded


class Progress:
    """A sink for events. On a terminal the running actions show beside a spinner; elsewhere only whole lines.

    The spinner is there while a stage goes on, so that nothing moves while somebody is asked.
    """

    def __init__(self) -> None:
        self._running: dict[str, str] = {}
        self._done = 0
        self._total = 0
        self._stage = ""
        self._spinner = err.status("") if err.is_terminal else None

    def end(self) -> None:
        """No more comes; a stage that failed has no end of its own."""
        self._stage = ""
        if self._spinner:
            self._spinner.stop()

    def __call__(self, event: Event) -> None:
        match event:
            case Note():
                err.print(f"[{'yellow' if event.severity == 'warning' else 'dim'}]{escape(event.message)}[/]")
            case Began():
                err.print(
                    tr(
                        "[bold]{cluster}[/bold] from {source}, {where}",
                        cluster=escape(event.cluster),
                        source=escape(placed(event.source)),
                        where=escape(event.where),
                    )
                )
            case Warned():
                print_problems(event.problems)
            case _:
                self._follow(event)
                self._show()

    def _follow(self, event: Event) -> None:
        match event:
            case StageStarted():
                self._stage, self._total, self._done = event.stage, event.actions, 0
                self._running.clear()
            case StageFinished():
                self._finish_stage(event)
            case ActionStarted():
                self._running[event.action] = event.summary
            case ActionProgress():
                self._running[event.action] = event.message
            case ActionFinished() | ActionFailed():
                self._done += isinstance(event, ActionFinished)
                self._running.pop(event.action, None)

    def _finish_stage(self, event: StageFinished) -> None:
        self.end()
        count = counted(self._total, "change") if self._total else ""
        err.print(f"[green]✔[/] {stage_column(event.stage)} {event.seconds:5.1f} s  [dim]{count}[/dim]")

    def _show(self) -> None:
        if not self._spinner or not self._stage:
            return
        waiting = ", ".join(list(self._running.values())[:2])
        count = f" {self._done}/{self._total}" if self._total else ""
        width = max(20, err.width - 24)
        self._spinner.update(f"{worded(self._stage)}{count}  [dim]{escape(waiting[:width])}[/dim]")
        self._spinner.start()


def stage_column(stage: str) -> str:
    """Its name, as wide as those of the other stages: a Chinese letter takes two columns."""
    return escape(set_cell_size(worded(stage), 12))
