"""Rules on the application's command, where it runs as processes of the user's own."""

from __future__ import annotations

from collections.abc import Iterator

from corral.model.cluster import Instance
from corral.model.shared_machine import FoundCommand
from corral.rules.registry import Evidence, Together, rule_on_shared


@rule_on_shared("no-directory", "error")
def no_directory(together: Together) -> Iterator[Evidence]:
    if not together.machine.directory:
        yield {"directory": together.cluster.app.directory}


@rule_on_shared("no-command", "error")
def no_command(together: Together) -> Iterator[Evidence]:
    if together.machine.directory and not all(instance.command for instance in together.cluster.app.instances):
        yield {}


@rule_on_shared("command-missing", "error", where="{instance}")
def command_file_missing(together: Together) -> Iterator[Evidence]:
    for instance, found in _commands(together):
        if found.state == "missing" and found.file:
            yield {"file": found.file, "instance": instance.name}


@rule_on_shared("command-missing", "error", where="{instance}")
def command_not_executable(together: Together) -> Iterator[Evidence]:
    yield from _with(together, "not executable")


@rule_on_shared("command-missing", "error", where="{instance}")
def command_is_directory(together: Together) -> Iterator[Evidence]:
    yield from _with(together, "directory")


@rule_on_shared("command-missing", "error", where="{instance}")
def command_with_windows_lines(together: Together) -> Iterator[Evidence]:
    yield from _with(together, "windows lines")


@rule_on_shared("command-missing", "error", where="{instance}")
def command_with_mark(together: Together) -> Iterator[Evidence]:
    yield from _with(together, "mark")


@rule_on_shared("command-missing", "error", where="{instance}")
def command_without_interpreter(together: Together) -> Iterator[Evidence]:
    yield from _with(together, "no interpreter")


@rule_on_shared("command-missing", "error", where="{instance}")
def command_not_on_path(together: Together) -> Iterator[Evidence]:
    for instance, found in _commands(together):
        if found.state == "missing" and not found.file:
            yield {"word": instance.command[0], "path": together.machine.path, "instance": instance.name}


def _with(together: Together, state: str) -> Iterator[Evidence]:
    for instance, found in _commands(together):
        if found.state == state:
            yield {"file": found.file, "interpreter": found.interpreter, "instance": instance.name}


def _commands(together: Together) -> Iterator[tuple[Instance, FoundCommand]]:
    """Each different program once, with the first instance that is started by it."""
    firsts: dict[str, Instance] = {}
    for instance in together.cluster.app.instances:
        if instance.command:
            firsts.setdefault(instance.command[0], instance)
    for program, instance in firsts.items():
        if program in together.machine.commands:
            yield instance, together.machine.commands[program]
