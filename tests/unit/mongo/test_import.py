"""Existing data come into a real database: whole or not at all, whatever interrupts it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pymongo
import pytest

from corral.cluster_file.parse import load_text
from corral.errors import ChangeFailed, Interrupted
from corral.model.endpoint import Endpoint
from corral.model.routes import Way
from corral.mongo.restore import BESIDE, Restore
from corral.operate import database_import
from corral.operate.database_import import import_in
from corral.operate.import_choice import Import, ImportRequest
from corral.operate.session import Session
from corral.secrets import Secrets
from tests.unit.mongo.conftest import completed, settle
from tests.unit.mongo.dumps import Collection, notes, shop, write_archive, write_directory
from tests.unit.mongo.mongods import Mongods
from tests.unit.operate.playing import TOY, Person
from tests.unit.operate.toy import Toy

Database = pymongo.database.Database[dict[str, Any]]


class WithMongods(Toy):
    """A toy whose database is real."""

    def __init__(self, directory: Path, mongods: Mongods) -> None:
        super().__init__(load_text(TOY, "", directory), directory)
        self.cluster = replace(self.cluster, database=mongods.database([mongods.member(1)]))
        self.mongods = mongods

    @property
    def secrets(self) -> Secrets:
        return self.mongods.secrets

    async def reach(self, to: Endpoint, way: Way = "inside") -> Endpoint:
        return to


@pytest.fixture(scope="module")
def served(mongods: Mongods) -> Mongods:
    mongods.start(1)
    settle(mongods.wanted(1), mongods.secrets)
    completed(mongods.wanted(1), mongods)
    return mongods


@pytest.fixture
def database(served: Mongods) -> Iterator[Database]:
    """The application's, empty."""
    secret = served.secrets["application"].reveal()
    with pymongo.MongoClient[dict[str, Any]](
        served.name(1), username="application", password=secret, directConnection=True
    ) as client:
        for name in names(client["board"]):
            client["board"].drop_collection(name)
        yield client["board"]


@pytest.fixture
def place(tmp_path: Path, served: Mongods, database: Database) -> WithMongods:
    return WithMongods(tmp_path, served)


def bring(place: WithMongods, dump: Path, session: Session | None = None, **request: Any) -> Import | None:
    asked = ImportRequest(dump, **{"yes": True, **request})
    return asyncio.run(import_in(place, asked, lambda intended: None, session or Session()))


def names(database: Database) -> set[str]:
    return {name for name in database.list_collection_names() if not name.startswith("system.")}


@pytest.mark.parametrize("kind", ["archive", "packed", "directory"])
def test_all_of_it_is_there_with_options_indexes_and_counts(
    place: WithMongods, database: Database, tmp_path: Path, kind: str
) -> None:
    collections = shop()
    if kind == "directory":
        dump = write_directory(tmp_path / "dump", [each for each in collections if each.database])
    else:
        dump = write_archive(tmp_path / "dump", collections, packed=kind == "packed")
    done = bring(place, dump)
    assert done is not None
    assert {part.name: part.found for part in done.parts} == {
        "notes": 25,
        "files/with %": 1,
        "empty": 0,
        "log": 1,
        "newest": None,
    }
    assert list(database["notes"].find(sort=[("_id", 1)])) == list(collections[0].documents)
    assert list(database["files/with %"].find()) == list(collections[1].documents)
    index = database["notes"].index_information()["by text"]
    assert (index["key"], index["unique"]) == ([("text", 1), ("_id", -1)], True)
    assert database["empty"].index_information()["at_1"]["expireAfterSeconds"] == 60
    assert database["log"].options()["capped"] is True
    assert next(database["newest"].find())["_id"] == 24
    assert names(database) == {part.name for part in done.parts}


def test_documents_are_not_lost_and_collections_not_replaced_unasked(
    place: WithMongods, database: Database, tmp_path: Path
) -> None:
    database["notes"].insert_one({"_id": "mine"})
    database["other"].insert_one({"_id": 1})
    database.create_collection("empty")
    dump = write_archive(tmp_path / "dump", shop())
    with pytest.raises(ChangeFailed, match="board has documents already in notes; nothing was changed") as refused:
        bring(place, dump)
    assert refused.value.problems[0].hint.startswith("`--drop` replaces them")
    assert [each["_id"] for each in database["notes"].find()] == ["mine"]
    person = Person(answer=False)
    assert bring(place, dump, Session(person), yes=False, drop=True) is None
    assert person.questions == ["write 27 documents into board, and delete the 1 document that notes has now?"]
    assert names(database) == {"notes", "other", "empty"}
    bring(place, dump, drop=True)
    assert database["notes"].count_documents({}) == 25
    assert database["other"].count_documents({}) == 1, "what the dump doesn't have stays"


METHODS = ("begin", "write", "index", "complete", "move", "_rename")


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("calls", [0, 1, 2])
def test_killed_anywhere_nobody_sees_half_of_it_and_the_next_run_finishes(
    place: WithMongods, database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, method: str, calls: int
) -> None:
    """Before the first, the second or the third call of each method."""
    database["notes"].insert_one({"_id": "mine"})
    dump = write_archive(tmp_path / "dump", [notes(25), Collection("old", "more", [{"_id": 1}]), *shop()[2:5]])
    whole, left = getattr(Restore, method), [calls]

    class Killed(BaseException):
        pass

    async def killed(self: Restore, *arguments: Any) -> Any:
        if not left[0]:
            raise Killed
        left[0] -= 1
        return await whole(self, *arguments)

    with monkeypatch.context() as patched:
        patched.setattr(Restore, method, killed)
        try:
            bring(place, dump, drop=True)
        except Killed:
            left.clear()
    if left:
        return  # it isn't called as often
    if method != "_rename":
        assert [each["_id"] for each in database["notes"].find()] == ["mine"]
        assert names(database) - {"notes"} <= {name for name in names(database) if name.startswith(BESIDE)}
    place.records.lock.unlink(missing_ok=True)
    done = bring(place, dump, drop=method != "_rename")
    assert done is not None
    assert done.continued == (method in ("move", "_rename"))
    assert [part.found for part in done.parts if not part.is_view] == [0, 1, 1, 25]
    assert names(database) == {"notes", "more", "empty", "log", "newest"}


def test_a_wish_to_stop_is_heard_between_two_batches(
    place: WithMongods, database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database_import, "_MOST", 10)
    dump, session, written = write_archive(tmp_path / "dump", [notes(100)]), Session(), list[int]()
    write = Restore.write

    async def slowly(self: Restore, content: Any, documents: Sequence[bytes]) -> None:
        await write(self, content, documents)
        written.append(len(documents))
        if len(written) == 3:
            session.stop.set()

    monkeypatch.setattr(Restore, "write", slowly)
    with pytest.raises(Interrupted, match="the database is as it was"):
        bring(place, dump, session)
    assert written == [10, 10, 10]
    assert names(database) == {f"{BESIDE}.notes"}


def test_what_the_database_refuses_is_said_and_leaves_what_was_there(
    place: WithMongods, database: Database, tmp_path: Path
) -> None:
    twice = Collection(
        "old", "notes", [{"_id": 1, "a": 1}, {"_id": 2, "a": 1}], [{"key": {"a": 1}, "name": "a", "unique": True}]
    )
    database["notes"].insert_one({"_id": "mine"})
    with pytest.raises(ChangeFailed, match=r"the import has failed: .*duplicate key"):
        bring(place, write_archive(tmp_path / "dump", [twice]), drop=True)
    assert [each["_id"] for each in database["notes"].find()] == ["mine"]


def test_an_index_of_an_old_mongodb_is_made_as_today_s(place: WithMongods, database: Database, tmp_path: Path) -> None:
    old = {
        "v": 1,
        "key": {"a": 1.0},
        "name": "a",
        "ns": "old.notes",
        "background": True,
        "dropDups": True,
        "safe": None,
    }
    bring(place, write_directory(tmp_path / "dump", [Collection("old", "notes", [{"_id": 1}], [old])]))
    assert database["notes"].index_information()["a"]["v"] == 2
