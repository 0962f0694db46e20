"""What `corral database import` would write, and what it has written: as text and as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rich.markup import escape
from rich.table import Table

from corral.cli.output import err, out
from corral.language import tr
from corral.operate.import_choice import Import, Part
from corral.words import counted, size


def print_intended(intended: Import) -> None:
    out.print(
        tr(
            "{source} of the dump into the database {database}",
            source=escape(intended.source),
            database=escape(intended.database),
        )
    )
    rows = [(part.name, *_contents(part), _present(part)) for part in intended.parts]
    out.print(_table(rows))
    _print_left_out(intended)
    if intended.continued:
        err.print(
            tr("all of it was written by a run that was interrupted; the collections only have to take their names")
        )


def print_result(done: Import) -> None:
    rows = [(part.name, *_contents(part), _found(part)) for part in done.parts]
    out.print(_table(rows))
    if other := [part.name for part in done.parts if not part.is_view and part.found != part.content.documents]:
        err.print(
            tr(
                "all was complete before it took its name; somebody writes already: {other}",
                other=escape(", ".join(other)),
            )
        )
    out.print(
        tr(
            "{documents} in {database}, {seconds:.1f} s",
            documents=counted(done.documents, "document"),
            database=escape(done.database),
            seconds=done.seconds,
        )
    )


def as_json(done: Import) -> dict[str, Any]:
    return {
        "database": done.database,
        "source": done.source,
        "collections": [
            {
                "name": part.name,
                "kind": part.content.metadata.kind,
                "documents": part.content.documents,
                "size": part.content.size,
                "indexes": len(part.content.metadata.indexes),
                "before": part.present.documents if part.present else None,
                "found": part.found,
            }
            for part in done.parts
        ],
        "left_out": [{"namespace": name, "reason": reason} for name, reason in done.left_out],
        "seconds": round(done.seconds, 1),
    }


def _contents(part: Part) -> tuple[str, str, str]:
    if part.is_view:
        return tr("view"), "", ""
    return str(part.content.documents), size(part.content.size), str(len(part.content.metadata.indexes))


def _present(part: Part) -> str:
    if part.present is None:
        return tr("nothing")
    return tr("a view") if part.present.documents is None else str(part.present.documents)


def _found(part: Part) -> str:
    return tr("the view") if part.is_view else str(part.found)


def _print_left_out(intended: Import) -> None:
    """By reason, since MongoDB's own are many."""
    for reason in dict.fromkeys(reason for _, reason in intended.left_out):
        names = [name for name, why in intended.left_out if why == reason]
        err.print(tr("[dim]left out, {reason}: {names}[/dim]", reason=escape(reason), names=escape(", ".join(names))))


def _table(rows: Sequence[tuple[str, ...]]) -> Table:
    columns = (tr("collection"), tr("documents"), tr("size"), tr("indexes"), tr("there now"))
    table = Table(box=None, padding=(0, 2, 0, 0))
    for number, column in enumerate(columns):
        table.add_column(column, justify="left" if number == 0 else "right")
    for row in rows:
        table.add_row(*map(escape, row))
    return table
