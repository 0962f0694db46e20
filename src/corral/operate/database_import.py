"""`corral database import`: existing data, as mongodump has written them, into the application's database."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Final

from corral.errors import ChangeFailed, Interrupted, InvalidFile, Unreachable
from corral.events import ActionFinished, ActionProgress, ActionStarted, StageFinished, StageStarted
from corral.language import tr
from corral.mongo.clients import Connections, Refused
from corral.mongo.dump import Content, Dump, DumpError, Survey
from corral.mongo.dump_archive import DumpArchive, is_archive
from corral.mongo.dump_directory import DumpDirectory
from corral.mongo.greeting import greet, why_no_primary
from corral.mongo.restore import BESIDE, Restore, beside
from corral.operate.import_choice import Import, ImportRequest, chosen
from corral.operate.session import Session
from corral.operate.where import Where, opened
from corral.places.base import Place
from corral.plan.actions import Plan
from corral.problems import Problem
from corral.runs.run import Run, RunRequest
from corral.secrets import redact
from corral.words import counted, named, size

VERB: Final = "database import"
_BATCH: Final = 8 << 20
"""Bytes of documents that are written at a time."""
_MOST: Final = 10_000
"""Documents of one batch."""
_PACE: Final = 0.5
"""Seconds between two looks at how far something is."""


async def import_dump(
    where: Where, request: ImportRequest, show: Callable[[Import], None], session: Session
) -> Import | None:
    """None when the user said no. `show` gets what would be written, before anybody is asked. Raises CorralError."""
    async with opened(where) as place:
        return await import_in(place, request, show, session)


async def import_in(
    place: Place, request: ImportRequest, show: Callable[[Import], None], session: Session
) -> Import | None:
    """The same in a place that is open."""
    intended = await _intended(place, request, session)
    async with _restoring(place) as restore, _told(place):
        intended = await _compared(restore, intended)
        show(intended)
        _refuse(intended, request)
        question = tr(
            "write {documents} into {database}{replaced}?",
            documents=counted(intended.documents, "document"),
            database=intended.database,
            replaced=_replaced(intended),
        )
        if not request.yes and not await session.consent.agreed(question):
            return None
        asked = RunRequest(VERB, Plan(place.cluster.name, ()), session.stop)
        members = {member.host.name for member in place.cluster.database.members}
        async with place.records.hold(asked, members, place.secrets, session.sink) as run, _told(place):
            return await _carried_out(restore, intended, request, _Work(run, session))


async def _intended(place: Place, request: ImportRequest, session: Session) -> Import:
    """The dump, read once from its beginning to its end."""
    try:
        dump = await asyncio.to_thread(_dump, request.dump)
        contents = await _surveyed(dump, session)
    except DumpError as error:
        hint = tr("`mongodump --archive=FILE` makes an archive, `mongodump --out=DIRECTORY` a directory")
        raise InvalidFile(
            Problem("dump", "error", named(str(request.dump), str(error)), hint, str(request.dump))
        ) from None
    return chosen(contents, request, place.cluster.database.name)


def _dump(path: Path) -> Dump:
    if path.is_dir():
        return DumpDirectory(path)
    if path.suffix == ".bson" or path.name.endswith(".bson.gz"):
        raise DumpError(tr("it is one collection alone; name the directory that it is in"))
    if is_archive(path):
        return DumpArchive(path)
    raise DumpError(tr("it is neither a directory of BSON files nor an archive of mongodump"))


async def _surveyed(dump: Dump, session: Session) -> tuple[Content, ...]:
    survey, began = Survey(dump), time.monotonic()
    session.sink(StageStarted("read", 0))
    reading = asyncio.ensure_future(asyncio.to_thread(survey.contents))
    try:
        while not (await asyncio.wait([reading], timeout=_PACE))[0]:
            session.sink(ActionProgress("read", tr("{size} of documents read", size=size(survey.size))))
            _check_stop(session)
        contents = await reading
    finally:
        survey.given_up = True  # a thread can't be cancelled
    session.sink(StageFinished("read", time.monotonic() - began))
    return contents


@asynccontextmanager
async def _restoring(place: Place) -> AsyncIterator[Restore]:
    """At the primary. Raises Unreachable where there is none."""
    data = [member.name for member in place.cluster.database.members if not member.arbiter]
    async with Connections(place.secrets, place) as connections:
        greetings = await asyncio.gather(*(greet(connections, name) for name in data))
        primary = next((each.member for each in greetings if each.role == "PRIMARY"), "")
        if not primary:
            message = tr(
                "replica set {replica_set} can't be written to from here: {why}",
                replica_set=place.cluster.database.replica_set,
                why=why_no_primary(greetings),
            )
            hint = tr(
                "`corral status --on {traits}` says why; `{mend}` starts what doesn't run",
                traits=place.traits.name,
                mend=place.traits.mend,
            )
            raise Unreachable(Problem("no-primary", "error", message, hint))
        yield Restore(connections, primary, place.cluster.database.name)


async def _compared(restore: Restore, intended: Import) -> Import:
    """With what is there, and whether an earlier run has come to where names are taken."""
    present = await restore.present([part.name for part in intended.parts])
    continued = await restore.is_moving(intended.identity)
    parts = tuple(replace(part, present=present.get(part.name)) for part in intended.parts)
    return replace(intended, parts=parts, continued=continued)


def _refuse(intended: Import, request: ImportRequest) -> None:
    """Raises ChangeFailed where data are there that nobody has given up."""
    if request.drop or intended.continued:
        return
    taken = [part.name for part in intended.parts if part.present and not part.present.is_empty]
    if taken:
        message = tr(
            "{database} has documents already in {taken}; nothing was changed",
            database=intended.database,
            taken=", ".join(taken),
        )
        raise ChangeFailed(Problem("not-empty", "error", message, tr("`--drop` replaces them by those of the dump")))


def _replaced(intended: Import) -> str:
    """The end of the question."""
    gone = [part for part in intended.parts if part.present and not part.present.is_empty]
    if not gone or intended.continued:
        return ""
    documents = counted(sum(part.present.documents or 0 for part in gone if part.present), "document")
    return tr(
        ", and delete the {documents} that {gone} has now",
        documents=documents,
        gone=", ".join(part.name for part in gone),
    )


class _Work:
    """A run of an import: where its events go, and whether it may go on."""

    def __init__(self, run: Run, session: Session) -> None:
        self._run, self._session = run, session
        self.sink = run.sink

    def check(self) -> None:
        """Raises Interrupted, and Locked when somebody has broken the lock."""
        _check_stop(self._session)
        self._run.check()


def _check_stop(session: Session) -> None:
    if session.stop.is_set:
        message = tr("interrupted: the database is as it was, but for collections that nobody reads")
        hint = tr("the same command begins anew, and removes those; they are called {beside}.NAME", beside=BESIDE)
        raise Interrupted(Problem("interrupted", "error", message, hint))


async def _carried_out(restore: Restore, intended: Import, request: ImportRequest, work: _Work) -> Import:
    began = time.monotonic()
    if not intended.continued:
        await _written(restore, intended, request, work)
        await _indexed(restore, intended, work)
        work.check()
        _refuse(await _compared(restore, intended), request)
        await restore.complete(intended.identity)
    async with _stage("move", len(intended.parts), work):
        await restore.move(intended.contents, intended.views)
    counts = {part.name: await restore.count(part.name) for part in intended.parts if not part.is_view}
    parts = tuple(replace(part, found=counts.get(part.name)) for part in intended.parts)
    return replace(intended, parts=parts, done=True, seconds=time.monotonic() - began)


async def _written(restore: Restore, intended: Import, request: ImportRequest, work: _Work) -> None:
    """All documents, batch by batch."""
    await restore.begin(intended.contents)
    batches = _batches(await asyncio.to_thread(_dump, request.dump), intended.contents)
    progress = _Progress(intended, work)
    async with _stage("write", len(intended.contents), work):
        while batch := await asyncio.to_thread(next, batches, None):
            work.check()
            await restore.write(*batch)
            progress.add(*batch)


def _batches(dump: Dump, contents: Sequence[Content]) -> Iterator[tuple[Content, list[bytes]]]:
    """Documents of one collection at a time; an archive has several collections in turn."""
    batches = {content.namespace: _Batch(content) for content in contents}
    for namespace, document in dump.documents():
        batch = batches.get(namespace)
        if batch is None:
            continue
        if document:
            batch.add(document)
        if batch.documents and (batch.is_full or not document):
            yield batch.content, batch.documents
            batches[namespace] = _Batch(batch.content)


class _Batch:
    def __init__(self, content: Content) -> None:
        self.content, self.documents, self._size = content, list[bytes](), 0

    def add(self, document: bytes) -> None:
        self.documents.append(document)
        self._size += len(document)

    @property
    def is_full(self) -> bool:
        return self._size >= _BATCH or len(self.documents) >= _MOST


class _Progress:
    """Tells how far the writing is, twice a second at most."""

    def __init__(self, intended: Import, work: _Work) -> None:
        self._work, self._all = work, sum(content.size for content in intended.contents)
        self._size, self._told = 0, time.monotonic()
        self._begun: dict[str, float] = {}
        self._left = {content.namespace.collection: content.documents for content in intended.contents}

    def add(self, content: Content, documents: Sequence[bytes]) -> None:
        name = content.namespace.collection
        if name not in self._begun:
            self._begun[name] = time.monotonic()
            self._work.sink(ActionStarted(f"write:{name}", "", tr("write {name}", name=name)))
        self._size += sum(map(len, documents))
        self._left[name] -= len(documents)
        if self._left[name] <= 0:
            took = time.monotonic() - self._begun[name]
            self._work.sink(ActionFinished(f"write:{name}", "", tr("write {name}", name=name), took))
        elif time.monotonic() - self._told > _PACE:
            self._told = time.monotonic()
            done = tr("{name}: {written} of {total} in all", name=name, written=size(self._size), total=size(self._all))
            self._work.sink(ActionProgress(f"write:{name}", done))


async def _indexed(restore: Restore, intended: Import, work: _Work) -> None:
    """With indexes, and counted: what is to take its name is all that the dump has. Raises ChangeFailed, Refused."""
    async with _stage("index", len(intended.contents), work):
        for content in intended.contents:
            work.check()
            name, began = content.namespace.collection, time.monotonic()
            what = tr("indexes of {name}: {count}", name=name, count=len(content.metadata.indexes))
            work.sink(ActionStarted(f"index:{name}", "", what))
            await restore.index(content)
            found = await restore.count(beside(content))
            if found != content.documents:
                message = tr(
                    "{name} has {found}, and the dump {wanted}; its name was not taken",
                    name=name,
                    found=counted(found, "document"),
                    wanted=content.documents,
                )
                raise ChangeFailed(Problem("import-count", "error", message, tr("the same command begins anew")))
            work.sink(ActionFinished(f"index:{name}", "", what, time.monotonic() - began))


@asynccontextmanager
async def _stage(name: str, changes: int, work: _Work) -> AsyncIterator[None]:
    began = time.monotonic()
    work.sink(StageStarted(name, changes))
    yield
    work.sink(StageFinished(name, time.monotonic() - began))


@asynccontextmanager
async def _told(place: Place) -> AsyncIterator[None]:
    """MongoDB's refusals, and a dump that has changed meanwhile, as a failure of the import."""
    try:
        yield
    except (Refused, DumpError) as error:
        message = tr("the import has failed: {redact}", redact=redact(str(error), place.secrets))
        hint = tr("mend that, and run the same command again: it begins anew; what was there before is there as long")
        raise ChangeFailed(Problem("import", "error", message, hint)) from None
