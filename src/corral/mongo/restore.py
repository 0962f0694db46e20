"""Bringing a dump into a database, as the application itself, so that nobody sees half of it.

Each collection is written beside the one that it is to be, with its indexes, and counted. Only when all are complete
they take their names, one after the other; from then on a record in the database says so, and a run that was killed is
continued from there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from corral.late import late
from corral.model.database_users import APPLICATION
from corral.mongo.clients import ANSWER, CHANGE, Connections, Document, Refused
from corral.mongo.dump import Content

if TYPE_CHECKING:
    from bson import raw_bson
else:
    raw_bson = late("bson.raw_bson")

BESIDE: Final = "corral_import"
"""The collection of the record; with a dot and the collection's name what is being written."""
LONG: Final = 24 * 3600.0
"""Seconds for what takes as long as the data are large: indexes, counts."""
_WRITE: Final = 120.0
"""Seconds for one batch until a majority has it."""
_CONCERN: Final = {"w": "majority", "wtimeout": int(_WRITE * 1000)}
_NO_SUCH_THING: Final = 26
_LEGACY: Final = ("ns", "v", "background", "dropDups", "safe")
"""Of an index: what today's MongoDB decides by itself or refuses."""


@dataclass(frozen=True)
class Present:
    """What has the name already; `documents` is None for a view."""

    documents: int | None

    @property
    def is_empty(self) -> bool:
        return self.documents == 0


class Restore:
    """All methods raise Refused."""

    def __init__(self, connections: Connections, primary: str, database: str) -> None:
        self._connections, self._primary, self._database = connections, primary, database

    async def present(self, names: Sequence[str]) -> dict[str, Present]:
        """Those of `names` that are there."""
        kinds = await self._kinds()
        return {
            name: Present(None if kinds[name] == "view" else await self.count(name)) for name in names if name in kinds
        }

    async def is_moving(self, identity: str) -> bool:
        """Whether all of the dump `identity` was complete, and only the names were still to be taken."""
        found = await self._ask({"find": BESIDE, "filter": {"_id": identity}, "limit": 1})
        return bool(found["cursor"]["firstBatch"])

    async def begin(self, contents: Sequence[Content]) -> None:
        """Away with what an earlier run has left; empty collections for `contents`."""
        for name in await self._kinds():
            if name == BESIDE or name.startswith(f"{BESIDE}."):
                await self._drop(name)
        for content in contents:
            options = {key: value for key, value in content.metadata.options.items() if key != "autoIndexId"}
            await self._change({"create": beside(content), **options})

    async def write(self, content: Content, documents: Sequence[bytes]) -> None:
        raw = [raw_bson.RawBSONDocument(document) for document in documents]
        command = {"insert": beside(content), "documents": raw, "ordered": True, "writeConcern": _CONCERN}
        answer = await self._ask(command, seconds=_WRITE + CHANGE)
        for error in [*answer.get("writeErrors", ()), answer.get("writeConcernError")]:
            if error:
                raise Refused(int(error.get("code", 0)), str(error.get("errmsg")))

    async def index(self, content: Content) -> None:
        """Its indexes, all in one pass over the data."""
        indexes = [
            {key: value for key, value in index.items() if key not in _LEGACY} for index in content.metadata.indexes
        ]
        if indexes:
            command = {"createIndexes": beside(content), "indexes": indexes, "ignoreUnknownIndexOptions": True}
            await self._change(command, seconds=LONG)

    async def count(self, name: str) -> int:
        """One by one: the number that MongoDB keeps may be wrong after a crash."""
        command = {"aggregate": name, "pipeline": [{"$count": "all"}], "cursor": {}}
        found = (await self._ask(command, seconds=LONG))["cursor"]["firstBatch"]
        return int(found[0]["all"]) if found else 0

    async def complete(self, identity: str) -> None:
        """Record that all is written, and only names are to be taken."""
        record = {"insert": BESIDE, "documents": [{"_id": identity}], "writeConcern": _CONCERN}
        await self._ask(record, seconds=CHANGE)

    async def move(self, contents: Sequence[Content], views: Sequence[Content]) -> None:
        """Have all of them take their names, in place of what has these; then forget the record."""
        kinds = await self._kinds()
        for content in contents:
            name = content.namespace.collection
            if kinds.get(name) == "view":
                await self._drop(name)
            if beside(content) in kinds:
                await self._rename(beside(content), name)
        for view in views:
            if view.namespace.collection in kinds:
                await self._drop(view.namespace.collection)
            await self._change({"create": view.namespace.collection, **view.metadata.options})
        await self._drop(BESIDE)

    async def _rename(self, old: str, new: str) -> None:
        names = {"renameCollection": f"{self._database}.{old}", "to": f"{self._database}.{new}", "dropTarget": True}
        command = {**names, "writeConcern": _CONCERN}
        await self._connections.ask(self._primary, command, user=APPLICATION, seconds=_WRITE + CHANGE)

    async def _kinds(self) -> dict[str, str]:
        """By name: whether it is a collection or a view."""
        cursor = (await self._ask({"listCollections": 1, "nameOnly": True, "cursor": {"batchSize": 100_000}}))["cursor"]
        return {each["name"]: each.get("type", "collection") for each in cursor["firstBatch"]}

    async def _drop(self, name: str) -> None:
        try:
            await self._change({"drop": name})
        except Refused as refused:
            if refused.code != _NO_SUCH_THING:
                raise

    async def _change(self, command: Document, seconds: float = _WRITE) -> Document:
        return await self._ask({**command, "writeConcern": _CONCERN}, seconds=seconds + CHANGE)

    async def _ask(self, command: Document, seconds: float = 10 * ANSWER) -> Document:
        return await self._connections.ask(
            self._primary, command, user=APPLICATION, database=self._database, seconds=seconds
        )


def beside(content: Content) -> str:
    """What a collection is called while it is written."""
    return f"{BESIDE}.{content.namespace.collection}"
