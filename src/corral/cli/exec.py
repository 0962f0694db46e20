"""`corral exec`: one command on many hosts at once."""

from __future__ import annotations

from typing import Annotated

import typer

from corral.cli.options import FileOption, Format, FormatOption, PlaceOption, target_words
from corral.cli.output import err, out, print_json
from corral.cli.running import run
from corral.language import tr
from corral.model.ends import meaning, signal_of
from corral.operate.exec import UNREACHED, HostOutput
from corral.operate.exec import execute as on_hosts
from corral.operate.where import Where
from corral.words import aside, named

app = typer.Typer(rich_markup_mode=None, add_completion=False)


@app.command("exec", context_settings={"ignore_unknown_options": True})
def execute(
    target: Annotated[
        str,
        typer.Argument(
            help=tr("A host, or proxy, app, web, worker, database, time, all."), autocompletion=target_words
        ),
    ],
    command: Annotated[
        list[str], typer.Argument(help=tr("The command; put `--` before it when it has options of its own."))
    ],
    file: FileOption = None,
    place: PlaceOption = None,
    deadline: Annotated[
        float, typer.Option("--deadline", min=1, help=tr("Seconds that the command may take on a host."))
    ] = 60.0,
    fmt: FormatOption = Format.text,
) -> None:
    """Run a command on the hosts of a part of the cluster.

    It runs as the account that Corral uses there: root with ssh.sudo. Exit code 0 when the command ended with 0 on
    every host, 3 when a host can't be reached, else 1.
    """
    where = Where(file, place.place if place else None)
    outputs = run(lambda _session: on_hosts(where, target, command, deadline))
    if fmt is Format.json:
        print_json({each.host: {"code": each.code, "stdout": each.stdout, "stderr": each.stderr} for each in outputs})
    else:
        for each in outputs:
            _print(each)
    codes = {each.code for each in outputs}
    if codes != {0}:
        raise typer.Exit(3 if UNREACHED in codes else 1)


def _print(output: HostOutput) -> None:
    for line in output.stdout.splitlines():
        out.print(f"{output.host}: {line}", markup=False)
    if output.code == UNREACHED:
        err.print(output.stderr, markup=False)
        return
    for line in [*output.stderr.splitlines(), *([_end(output.code)] if output.code else [])]:
        err.print(f"{output.host}: {line}", markup=False)


def _end(code: int) -> str:
    signal, why = signal_of(code), meaning(code)
    return tr("exit code {code}", code=code) + aside(named(signal, why) if signal and why else signal or why)
