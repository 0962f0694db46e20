"""/notes, as two real instances on one database answer it."""

from datetime import UTC, datetime
from typing import Any

import pytest

from .running import Running

Boards = tuple[Running, Running]


def test_a_note_written_through_one_instance_is_read_through_the_other(boards: Boards) -> None:
    one, two = boards
    written = one.http.post("/notes", json={"text": "Größe 大小 <b>&\n"})

    assert written.status_code == 201
    assert written.json()["instance"] == "one"
    note = two.http.get(f"/notes/{written.json()['id']}").json()
    assert note["text"] == "Größe 大小 <b>&\n"
    assert note["instance"] == "one"
    age = datetime.now(UTC) - datetime.fromisoformat(note["created"])
    assert abs(age.total_seconds()) < 60
    assert set(note) == {"id", "text", "instance", "created"}


def test_the_latest_notes_come_first_and_limit_cuts_the_list(boards: Boards) -> None:
    one, two = boards
    ids = [board.write(f"note {number}") for number, board in enumerate((one, two, one))]

    listed = two.http.get("/notes", params={"limit": "3"}).json()["notes"]

    assert [note["id"] for note in listed] == ids[::-1]
    assert len(one.http.get("/notes", params={"limit": "1"}).json()["notes"]) == 1


@pytest.mark.parametrize("limit", ["0", "-1", "501", "ten", "", "1.5", "٣", "9" * 30])
def test_a_senseless_limit_is_refused(boards: Boards, limit: str) -> None:
    answer = boards[0].http.get("/notes", params={"limit": limit})

    assert answer.status_code == 400
    assert answer.json() == {"error": "limit must be a whole number from 1 to 500."}


@pytest.mark.parametrize("note_id", ["6b03c64d40db22312159b54f", "nonsense", "%00", "a" * 2000])
def test_a_note_that_is_not_there_is_not_found(boards: Boards, note_id: str) -> None:
    answer = boards[0].http.get(f"/notes/{note_id}")

    assert answer.status_code == 404
    assert answer.json() == {"error": "There is no such note."}


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"text=hello",
        b"{",
        b"[" * 60_000,
        b'{"text": "\xff"}',
        b'"hello"',
        b"[]",
        b"{}",
        b'{"text": null}',
        b'{"text": 5}',
        b'{"text": ["a"]}',
        b'{"text": ""}',
        b'{"text": " \\n\\t "}',
        b'{"text": "\\ud800"}',
        b'{"text": "a", "file": 7}',
        b'{"text": "a", "file": "6b03c64d40db22312159b54f"}',
    ],
)
def test_a_bad_body_is_refused_in_words(boards: Boards, body: bytes) -> None:
    answer = boards[0].http.post("/notes", content=body)

    assert answer.status_code == 400
    assert answer.json()["error"].endswith(".")


def test_2000_characters_are_the_most_however_they_are_written(boards: Boards) -> None:
    one, _ = boards
    longest = '{"text": "' + "\\ud83d\\ude00" * 2000 + '"}'

    accepted = one.http.post("/notes", content=longest)
    refused = one.http.post("/notes", json={"text": "x" * 2001})

    assert accepted.status_code == 201
    assert one.http.get(f"/notes/{accepted.json()['id']}").json()["text"] == "😀" * 2000
    assert refused.status_code == 400
    assert refused.json() == {"error": "text has 2,001 characters: 2,000 are the most."}


@pytest.mark.parametrize("chunked", [False, True])
def test_a_huge_body_is_refused_with_413_and_the_connection_stays(boards: Boards, chunked: bool) -> None:
    piece = b"x" * 70_000
    content: Any = iter([piece, piece]) if chunked else piece * 20

    answer = boards[0].http.post("/notes", content=content)

    assert answer.status_code == 413
    assert boards[0].http.get("/notes").status_code == 200


def test_unknown_paths_and_methods_answer_in_json(boards: Boards) -> None:
    missing = boards[0].http.get("/nothing")
    wrong = boards[0].http.delete("/notes/1")

    assert (missing.status_code, missing.json()) == (404, {"error": "Not Found"})
    assert (wrong.status_code, set(wrong.headers["allow"].split(", "))) == (405, {"GET", "HEAD"})
    assert wrong.json() == {"error": "Method Not Allowed"}


def test_nothing_of_this_is_logged(boards: Boards) -> None:
    for board in boards:
        assert len(board.log()) == 1, board.log()
