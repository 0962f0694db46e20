"""/files: bytes in, the same bytes out through another instance, and nothing that a hostile name can do."""

import hashlib
import random
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import gridfs
import pymongo
import pytest

from tests.patience import PATIENCE

from .conftest import Mongod, Start
from .running import Running, wait_for

Boards = tuple[Running, Running]


def some_bytes(length: int) -> bytes:
    return random.Random(length).randbytes(length)


@pytest.mark.parametrize("length", [0, 1, 255 * 1024, 255 * 1024 + 1, 5_000_000])
def test_a_form_s_file_comes_back_byte_by_byte(boards: Boards, length: int) -> None:
    one, two = boards
    content = some_bytes(length)

    stored = one.http.post("/files", data={"comment": "x"}, files={"file": ("plan.bin", content)})
    fetched = two.http.get(f"/files/{stored.json()['id']}")

    assert stored.status_code == 201
    expected = {"name": "plan.bin", "length": length, "sha256": hashlib.sha256(content).hexdigest()}
    assert stored.json() == expected | {"id": stored.json()["id"], "instance": "one"}
    assert fetched.content == content
    assert fetched.headers["content-length"] == str(length)


@pytest.mark.parametrize("chunked", [False, True])
def test_a_plain_body_is_a_file_too(boards: Boards, chunked: bool) -> None:
    pieces = [some_bytes(200_000) for _ in range(3)]
    body: Any = iter(pieces) if chunked else b"".join(pieces)

    headers = {"X-File-Name": "Gr%C3%B6%C3%9Fe.png", "Content-Type": "image/png"}
    stored = boards[0].http.post("/files", content=body, headers=headers).json()
    fetched = boards[0].http.get(f"/files/{stored['id']}")

    assert stored["name"] == "Größe.png"
    assert fetched.content == b"".join(pieces)
    assert fetched.headers["content-type"] == "image/png"
    assert fetched.headers["content-disposition"] == (
        "inline; filename=\"Gr__e.png\"; filename*=UTF-8''Gr%C3%B6%C3%9Fe.png"
    )


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\boot.ini", "boot.ini"),
        ("line\x7fbreak", "linebreak"),
        ("a" * 300, "a" * 200),
        ("...", "..."),
        ("/", "file"),
    ],
)
def test_a_name_is_only_ever_a_name(boards: Boards, name: str, kept: str) -> None:
    stored = boards[0].http.post("/files", files={"file": (name, b"x")}).json()

    assert stored["name"] == kept


@pytest.mark.parametrize(
    "declared", ["text/html", "image/svg+xml", "application/javascript", "text/html\u00e9", "nonsense", ""]
)
def test_what_could_run_as_a_script_is_only_downloaded(boards: Boards, declared: str) -> None:
    content = b"<script>alert(1)</script>"
    stored = boards[0].http.post("/files", files={"file": ('x".html', content, declared)}).json()
    headers = boards[0].http.get(f"/files/{stored['id']}").headers

    assert headers["content-type"] == "application/octet-stream"
    assert headers["content-disposition"].startswith("attachment; filename=")
    assert '"x"' not in headers["content-disposition"]
    assert headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in headers["content-security-policy"]


def test_head_and_if_none_match_fetch_nothing(boards: Boards) -> None:
    stored = boards[0].http.post("/files", content=b"hello").json()
    path = f"/files/{stored['id']}"

    head = boards[0].http.head(path)
    again = boards[1].http.get(path, headers={"If-None-Match": head.headers["etag"]})

    assert (head.status_code, head.headers["content-length"], head.content) == (200, "5", b"")
    assert again.status_code == 304


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("multipart/form-data", b"x"),
        ("multipart/form-data; boundary=b", b""),
        ("multipart/form-data; boundary=b", b"no boundary here"),
        (
            "multipart/form-data; boundary=b",
            b'--b\r\nContent-Disposition: form-data; name="x"\r\n\r\n1\r\n--b--',
        ),
        (
            "multipart/form-data; boundary=b",
            b'--b\r\nContent-Disposition: form-data; name="file"\r\n\r\ncut sho',
        ),
    ],
)
def test_a_broken_form_is_refused_in_words(boards: Boards, content_type: str, body: bytes) -> None:
    answer = boards[0].http.post("/files", content=body, headers={"Content-Type": content_type})

    assert answer.status_code == 400
    assert answer.json()["error"].startswith("The ")


def test_a_file_that_is_announced_too_large_is_refused_before_it_is_sent(boards: Boards) -> None:
    head = f"POST /files HTTP/1.1\r\nHost: x\r\nContent-Length: {2**30 + 1}\r\n\r\n"
    with socket.create_connection((boards[0].address, boards[0].port), timeout=PATIENCE) as connection:
        connection.sendall(head.encode())
        assert connection.recv(1000).startswith(b"HTTP/1.1 413 ")


@pytest.mark.parametrize("file_id", ["6b03c64d40db22312159b54f", "nonsense"])
def test_a_file_that_is_not_there_is_not_found(boards: Boards, file_id: str) -> None:
    assert boards[0].http.get(f"/files/{file_id}").status_code == 404


def test_a_note_can_carry_a_file(boards: Boards) -> None:
    one, two = boards
    stored = one.http.post("/files", files={"file": ("map.pdf", b"12345")}).json()

    written = one.http.post("/notes", json={"text": "the map", "file": stored["id"]}).json()

    note = two.http.get(f"/notes/{written['id']}").json()
    assert note["file"] == {"id": stored["id"], "name": "map.pdf", "length": 5}


def test_the_driver_s_own_gridfs_reads_the_file(mongod: Mongod, start: Start) -> None:
    url = mongod.url()
    content = some_bytes(700_000)
    stored = start(mongo_url=url).http.post("/files", files={"file": ("plan.bin", content)}).json()

    with pymongo.MongoClient[dict[str, Any]](url) as client:
        bucket = gridfs.GridFSBucket(client.get_default_database(), "files")
        found = next(iter(bucket.find({"filename": "plan.bin"})))
        assert found.read() == content
        assert str(found._id) == stored["id"]


def test_an_upload_that_breaks_off_leaves_nothing_behind(mongod: Mongod, start: Start) -> None:
    url = mongod.url()
    instance = start(mongo_url=url)
    with pymongo.MongoClient[dict[str, Any]](url) as client:
        chunks = client.get_default_database()["files.chunks"]
        with socket.create_connection((instance.address, instance.port)) as connection:
            connection.sendall(b"POST /files HTTP/1.1\r\nHost: x\r\nContent-Length: 9000000\r\n\r\n")
            connection.sendall(some_bytes(4_500_000))
            wait_for(lambda: chunks.count_documents({}) > 0, "the first chunks are stored")
        wait_for(lambda: chunks.count_documents({}) == 0, "the chunks are gone again")

    assert len(instance.log()) == 1


def test_memory_stays_small_while_a_large_file_passes(mongod: Mongod, start: Start) -> None:
    instance = start(mongo_url=mongod.url())

    def pieces() -> Iterator[bytes]:
        for _ in range(60):
            yield bytes(1_000_000)

    stored = instance.http.post("/files", content=pieces()).json()
    with instance.http.stream("GET", f"/files/{stored['id']}") as answer:
        length = sum(len(piece) for piece in answer.iter_raw())

    assert length == stored["length"] == 60_000_000
    assert peak_memory(instance) < 90_000_000


def peak_memory(instance: Running) -> int:
    """Bytes of memory that the process has had at the most."""
    status = Path(f"/proc/{instance.process.pid}/status").read_text(encoding="ascii")
    line = next(line for line in status.splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) * 1024
