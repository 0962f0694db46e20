"""`corral exec`: one command on many hosts at once."""

from __future__ import annotations

import asyncio
import shlex
from typing import TYPE_CHECKING, Annotated, Final

import typer

from corral.cli.options import FileOption, Format, FormatOption, Place, PlaceOption, load, open_site

if TYPE_CHECKING:
    from corral.operate.site import Site
    from corral.spec.parse import Loaded


def register(app: typer.Typer) -> None:
    app.command("exec", context_settings={"ignore_unknown_options": True})(execute)


def execute(
    target: Annotated[str, typer.Argument(help="A host, or proxy, app, web, worker, database, time, all.")],
    command: Annotated[list[str], typer.Argument(help="The command, behind `--` when it has options of its own.")],
    file: FileOption = None,
    place: PlaceOption = None,
    deadline: Annotated[float, typer.Option("--deadline", min=1, help="Seconds that it may take on a host.")] = 60.0,
    fmt: FormatOption = Format.text,
) -> None:
    """Run a command on the hosts of a part of the cluster, as the user that Corral works as there: root with ssh.sudo.

    Exit code 0 when it ended with 0 everywhere, 3 when a host can't be reached, else 1.
    """
    from corral.cli.output import err, out, print_json
    from corral.cli.running import run_async

    answers = run_async(_everywhere(load(file), place, (target, _script(command), deadline)))
    if fmt is Format.json:
        print_json({host: {"code": code, "stdout": text, "stderr": said} for host, code, text, said in answers})
    else:
        for host, code, text, said in answers:
            for line in text.splitlines():
                out.print(f"{host}: {line}", markup=False)
            if code == UNREACHED:
                err.print(said, markup=False)
                continue
            for line in [*said.splitlines(), *([f"exit code {code}"] if code else [])]:
                err.print(f"{host}: {line}", markup=False)
    codes = {code for _, code, _, _ in answers}
    if codes != {0}:
        raise typer.Exit(3 if UNREACHED in codes else 1)


def _script(command: list[str]) -> str:
    """Several words are a command and its arguments; a single one is a shell's text, as ssh takes it."""
    return (command[0] if len(command) == 1 else shlex.join(command)) + "\n"


UNREACHED: Final = -1
Answer = tuple[str, int, str, str]
"""A host, the exit code (or UNREACHED), what the command wrote to stdout and to stderr."""


async def _everywhere(loaded: Loaded, place: Place | None, asked: tuple[str, str, float]) -> list[Answer]:
    from corral.operate.targets import hosts_of_target

    target, script, deadline = asked
    async with open_site(loaded, place) as site:
        hosts = hosts_of_target(site.cluster, target)
        return list(await asyncio.gather(*(_on_one(site, host, script, deadline) for host in hosts)))


async def _on_one(site: Site, host: str, script: str, deadline: float) -> Answer:
    from corral.errors import Unreachable
    from corral.secrets import redact

    try:
        done = await site.transport.run(host, script, deadline)
    except Unreachable as error:
        return host, UNREACHED, "", str(error)
    said = done.stderr.decode(errors="replace")
    return host, done.code, redact(done.text, site.secrets), redact(said, site.secrets)
