"""What of a dump goes into the application's database, and what is left out. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from corral.errors import ChangeFailed, InvalidFile
from corral.language import tr
from corral.model.resources import digest
from corral.mongo.dump import Content
from corral.mongo.restore import BESIDE, Present
from corral.nearest import hint
from corral.problems import Problem
from corral.words import counted

_MONGODB_OWN: Final = ("admin", "config", "local")


@dataclass(frozen=True)
class ImportRequest:
    """`drop`: what is there may go. `source` is a database of the dump; empty where there is only one."""

    dump: Path
    drop: bool = False
    source: str = ""
    yes: bool = False


@dataclass(frozen=True)
class Part:
    """One collection: what the dump has, what is there before, and at the end how many documents were found."""

    content: Content
    present: Present | None
    found: int | None = None

    @property
    def name(self) -> str:
        return self.content.namespace.collection

    @property
    def is_view(self) -> bool:
        return self.content.metadata.kind == "view"


@dataclass(frozen=True)
class Import:
    """What is to be written into `database`, or has been. `left_out`: namespaces of the dump, each with the reason."""

    database: str
    source: str
    parts: tuple[Part, ...]
    left_out: tuple[tuple[str, str], ...] = ()
    continued: bool = False
    """Whether an earlier run has written it all, and only names were to be taken."""
    done: bool = False
    seconds: float = 0.0

    @property
    def contents(self) -> list[Content]:
        return [part.content for part in self.parts if not part.is_view]

    @property
    def views(self) -> list[Content]:
        return [part.content for part in self.parts if part.is_view]

    @property
    def documents(self) -> int:
        return sum(part.content.documents for part in self.parts)

    @property
    def identity(self) -> str:
        """Of the dump, by what is in it: an interrupted import goes on with the same one only."""
        counts = [(content.namespace, content.documents, content.size) for content in self.contents]
        return digest(repr((self.source, counts)))


def chosen(contents: Sequence[Content], request: ImportRequest, database: str) -> Import:
    """What of the dump goes into `database`, and what is left out. Raises InvalidFile, ChangeFailed."""
    own = sorted({each.namespace.database for each in contents} - {*_MONGODB_OWN, ""})
    source = _source(own, request, database)
    parts, left_out = [], []
    for content in contents:
        reason = _why_not(content, source)
        if reason:
            left_out.append((str(content.namespace), reason))
        else:
            parts.append(Part(content, None))
    if series := [part.name for part in parts if part.content.metadata.kind == "timeseries"]:
        message = tr(
            "{dump} has time series, which Corral can't bring in: {series}", dump=request.dump, series=", ".join(series)
        )
        hint = tr("mongorestore does; `corral show` has the connection string")
        raise ChangeFailed(Problem("dump-time-series", "error", message, hint, str(request.dump)))
    return Import(database, source, tuple(parts), tuple(left_out))


def _source(own: Sequence[str], request: ImportRequest, database: str) -> str:
    if request.source:
        if request.source in own:
            return request.source
        message = tr("{dump} has no database {source!r}", dump=request.dump, source=request.source)
        raise InvalidFile(Problem("dump-database", "error", message, hint(request.source, own), str(request.dump)))
    if database in own or len(own) == 1:
        return database if database in own else own[0]
    message = tr("{dump} has no database but MongoDB's own", dump=request.dump)
    if own:
        count = counted(len(own), "database")
        message = tr("{dump} has {databases}: {names}", dump=request.dump, databases=count, names=", ".join(own))
    choose = tr("`--from-database NAME` chooses one of them") if own else tr("dump the application's database")
    raise InvalidFile(Problem("dump-database", "error", message, choose, str(request.dump)))


def _why_not(content: Content, source: str) -> str:
    database, collection = content.namespace.database, content.namespace.collection
    if database in _MONGODB_OWN:
        return tr("MongoDB's own")
    if not database:
        return tr("the oplog of the time of the dump")
    if database != source:
        return tr("another database")
    if collection.startswith("system.") and not collection.startswith("system.buckets."):
        return tr("MongoDB's own")
    if collection == BESIDE or collection.startswith(f"{BESIDE}."):
        return tr("left there by an import that was interrupted")
    return ""
