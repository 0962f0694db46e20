"""Dumps as the real tools write them are read whole, and damaged ones are refused before anything is written."""

from __future__ import annotations

import gzip
from pathlib import Path

import bson
import pytest

from corral.errors import ChangeFailed, InvalidFile
from corral.mongo.crc64 import Crc64
from corral.mongo.dump import Content, Dump, DumpError, Namespace, Survey, metadata_of
from corral.mongo.dump_archive import DumpArchive, is_archive
from corral.mongo.dump_directory import DumpDirectory
from corral.operate.import_choice import Import, ImportRequest, chosen
from tests.unit.mongo.dumps import MARK, Collection, archive, crc64, notes, shop, write_archive, write_directory


def contents(dump: Dump) -> dict[str, Content]:
    return {str(content.namespace): content for content in Survey(dump).contents()}


@pytest.mark.parametrize("size", [0, 1, 2, 3, 4, 65535, 65536, 65537, 150_001])
def test_the_checksum_is_that_of_the_polynomial(size: int) -> None:
    data = bytes(number * 31 % 251 for number in range(size))
    for wrong in (0, 1):
        checksum = Crc64()
        checksum.add(data[: size // 3])
        checksum.add(data[size // 3 :])
        assert checksum.is_right(crc64(data) ^ wrong) == (not wrong)


def test_the_checksum_of_the_catalogues() -> None:
    for value in (0x995DC9BBDF1939FA, 0x995DC9BBDF1939FA - (1 << 64)):
        checksum = Crc64()
        checksum.add(b"123456789")
        assert checksum.is_right(value)


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("kind", ["archive", "directory"])
def test_all_of_a_dump_is_read(tmp_path: Path, kind: str, packed: bool) -> None:
    collections = [each for each in shop() if each.database]
    dump: Dump
    if kind == "archive":
        dump = DumpArchive(write_archive(tmp_path / "file", collections, packed=packed))
        assert is_archive(dump.path)
    else:
        dump = DumpDirectory(write_directory(tmp_path / "dump", collections, packed=packed))
    found = contents(dump)
    assert {name: content.documents for name, content in found.items()} == {
        f"{each.database}.{each.name}": len(each.documents) for each in collections
    }
    assert found["old.notes"].size == sum(len(bson.encode(document)) for document in notes(25).documents)
    assert found["old.notes"].metadata.indexes[0]["key"] == {"text": 1, "_id": -1}
    assert found["old.log"].metadata.options == {"capped": True, "size": 4096}
    assert found["old.newest"].metadata.kind == "view"
    read = [bson.decode(data) for name, data in dump.documents() if data and name == Namespace("old", "notes")]
    assert read == list(notes(25).documents)


def test_one_database_s_directory_will_do(tmp_path: Path) -> None:
    path = write_directory(tmp_path, [notes(3)]) / "old"
    assert contents(DumpDirectory(path))["old.notes"].documents == 3


def test_a_name_that_was_cut_is_the_one_in_its_metadata(tmp_path: Path) -> None:
    """The tools cut the file's name where it would be longer than a file system takes."""
    path = write_directory(tmp_path, [Collection("old", "a" * 230, [{"_id": 1}])]) / "old"
    for file in path.iterdir():
        file.rename(path / file.name.replace("a" * 230, "aaaa%24digest"))
    assert contents(DumpDirectory(path))[f"old.{'a' * 230}"].documents == 1


WHOLE = archive([notes(5)])
DAMAGED = {
    "cut off in a document": (WHOLE[:-200], "it is cut off in the middle of a document"),
    "cut off behind a block": (WHOLE[: WHOLE.rindex(MARK, 0, -4) + 4], "it is cut off: old.notes has no end in it"),
    "another byte": (WHOLE.replace(b"note 3", b"note 9"), "the checksum of old.notes is another one"),
    "no length": (WHOLE.replace(MARK, b"\xf0\xff\xff\xff", 1), "a document can't have -16 bytes"),
    "no header": (WHOLE + MARK, "a block has no header"),
    "no archive": (b"name: shop\n", "it doesn't begin as an archive of mongodump does"),
    "packed and cut off": (gzip.compress(WHOLE)[:-20], "what gzip has packed is damaged, or cut off"),
}


@pytest.mark.parametrize("what", DAMAGED)
def test_a_damaged_archive_is_refused(tmp_path: Path, what: str) -> None:
    data, reason = DAMAGED[what]
    (tmp_path / "file").write_bytes(data)
    with pytest.raises(DumpError, match=reason):
        contents(DumpArchive(tmp_path / "file"))


def test_a_damaged_directory_is_refused_with_the_file(tmp_path: Path) -> None:
    path = write_directory(tmp_path, [notes(3)]) / "old"
    (path / "notes.bson").write_bytes((path / "notes.bson").read_bytes()[:-3])
    with pytest.raises(DumpError, match=r"notes.bson: it is cut off in the middle of a document"):
        contents(DumpDirectory(path))
    (path / "notes.metadata.json").write_text("{")
    with pytest.raises(DumpError, match=r"notes.metadata.json: its metadata can't be read"):
        contents(DumpDirectory(path))


def test_a_directory_of_something_else_is_refused(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").touch()
    with pytest.raises(DumpError, match=r"it is a directory without \*.bson files"):
        contents(DumpDirectory(tmp_path))


def choose(collections: list[Collection], source: str = "", database: str = "shop") -> Import:
    found = [
        Content(Namespace(each.database, each.name), metadata_of(each.metadata)[1], len(each.documents), 10)
        for each in collections
    ]
    return chosen(found, ImportRequest(Path("dump"), source=source), database)


def test_what_is_mongodb_s_own_is_left_out_and_said() -> None:
    made = choose(shop())
    assert [part.name for part in made.parts] == ["notes", "files/with %", "empty", "log", "newest"]
    assert dict(made.left_out) == {
        "old.system.js": "MongoDB's own",
        "admin.system.users": "MongoDB's own",
        ".oplog": "the oplog of the time of the dump",
    }
    assert (made.source, made.database) == ("old", "shop")


def test_of_several_databases_one_is_to_be_named_unless_it_has_the_cluster_s_name() -> None:
    two = [notes(1, "old"), notes(2, "older")]
    with pytest.raises(InvalidFile, match="dump has 2 databases: old, older"):
        choose(two)
    assert choose(two, "older").documents == 2
    assert choose(two, database="old").source == "old"
    assert choose(two, "older", "old").left_out == (("old.notes", "another database"),)
    with pytest.raises(InvalidFile, match="dump has no database 'odler'"):
        choose(two, "odler")
    with pytest.raises(InvalidFile, match="dump has no database but MongoDB's own"):
        choose([Collection("admin", "x")])


def test_time_series_are_refused_by_name() -> None:
    with pytest.raises(ChangeFailed, match="time series, which Corral can't bring in: heat"):
        choose([notes(1), Collection("old", "heat", kind="timeseries", options={"timeseries": {"timeField": "t"}})])
