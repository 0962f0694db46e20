"""The database goes away and comes back: what is said meanwhile, and that nothing is missed afterwards."""

import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import httpx
import pymongo
import pytest

from corral.noticeboard.health import PATIENCE as PATIENCE_OF_HEALTH
from corral.noticeboard.server import GRACE
from tests.patience import PATIENCE

from .conftest import Mongod, Start
from .running import Running, received, wait_for
from .test_live import following, next_of


@pytest.fixture
def database(fragile_mongod: Mongod) -> Mongod:
    """A running mongod that this test may stop."""
    if fragile_mongod.process is None:
        fragile_mongod.start()
    return fragile_mongod


@contextmanager
def frozen(database: Mongod) -> Iterator[None]:
    """mongod is there, holds its connections, and does nothing."""
    database.signal(signal.SIGSTOP)
    try:
        yield
    finally:
        database.signal(signal.SIGCONT)


def unwell(running: Running) -> bool:
    return running.health().status_code == 503


def test_it_starts_without_the_database_and_gets_well_by_itself(fragile_mongod: Mongod, start: Start) -> None:
    fragile_mongod.kill()
    url = fragile_mongod.url().replace("mongodb://", "mongodb://app:s3cret@")
    plain = fragile_mongod.url()
    running = start(mongo_url=plain, instance="early", version="1.4")
    refused = start(mongo_url=url, instance="refused", database_timeout="1")

    answer = running.health()
    assert answer.status_code == 503
    reason = answer.json()["reason"]
    assert reason in {"no writable primary was found in time", "the database did not answer in time"}
    assert answer.json() == {
        "status": "unavailable",
        "reason": reason,
        "instance": "early",
        "role": "web",
        "version": "1.4",
        "uptime": answer.json()["uptime"],
    }
    assert running.http.get("/").status_code == 200

    fragile_mongod.start()
    wait_for(running.healthy, "the instance is healthy")
    assert running.write("at last")
    wait_for(lambda: indexes(plain) >= {"created_-1__id_-1"}, "the indexes exist")

    reason = "the database refuses the user of MONGO_URL (AuthenticationFailed)"
    wait_for(lambda: refused.health().json()["reason"] == reason, "the refused user is named")
    assert "s3cret" not in "".join(refused.log())


def indexes(url: str) -> set[str]:
    with pymongo.MongoClient[dict[str, object]](url) as client:
        return set(client.get_default_database()["notes"].index_information())


def test_a_frozen_database_is_503_and_no_note_is_acknowledged_or_doubled(database: Mongod, start: Start) -> None:
    running = start(mongo_url=database.url(), database_timeout="3")
    wait_for(running.healthy, "the instance is healthy")
    with following(running) as client:
        with frozen(database):
            wait_for(lambda: unwell(running), "the instance says that it is unwell")
            answer = running.http.post("/notes", json={"text": "in doubt"})
            listed = running.http.get("/notes")

        wait_for(running.healthy, "the instance is healthy again")
        running.write("afterwards")
        while next_of(client, "note")["note"]["text"] != "afterwards":
            pass

    assert answer.status_code == 503
    assert answer.json()["error"].startswith("Not acknowledged: ")
    assert answer.headers["retry-after"] == "1"
    assert listed.status_code == 503
    in_doubt = running.http.get(f"/notes/{answer.json()['id']}")
    assert in_doubt.status_code in (200, 404)
    assert running.texts().count("in doubt") <= 1


def test_a_frozen_database_is_told_within_the_time_of_a_health_check(database: Mongod, start: Start) -> None:
    running = start(mongo_url=database.url(), database_timeout="3600")
    wait_for(running.healthy, "the instance is healthy")
    usual = seconds(running.healthy)
    statuses: list[int] = []
    with frozen(database):
        wait_for(lambda: unwell(running), "the last good answer is no longer given again")
        spent = [seconds(lambda: statuses.append(running.health().status_code)) for _ in range(2)]

    wait_for(running.healthy, "the instance is healthy again")
    assert statuses == [503, 503]
    assert max(spent) < 3 * PATIENCE_OF_HEALTH + 20 * usual, "as long as this machine makes of its seconds"
    assert running.write("afterwards")


def test_it_stops_in_time_while_the_database_is_frozen(database: Mongod, start: Start) -> None:
    running = start(mongo_url=database.url(), database_timeout="3600")
    wait_for(running.healthy, "the instance is healthy")
    usual = seconds(running.healthy)
    with frozen(database), httpx.Client(base_url=running.base, timeout=httpx.Timeout(PATIENCE, read=0.1)) as impatient:
        for path in ("/notes", "/jobs", "/notes"):
            with pytest.raises(httpx.ReadTimeout):
                impatient.get(path)
        assert seconds(running.stop) < GRACE + 20 * usual

    assert running.process.returncode == 0
    assert running.log()[-1] == "noticeboard noticeboard-8000 stopped"


def seconds(what: Callable[[], object]) -> float:
    began = time.monotonic()
    what()
    return time.monotonic() - began


def test_a_request_that_meets_a_short_outage_just_takes_longer(database: Mongod, start: Start) -> None:
    running = start(mongo_url=database.url(), database_timeout=str(3 * PATIENCE))
    wait_for(running.healthy, "the instance is healthy")
    answers: list[httpx.Response] = []

    def write() -> None:
        answers.append(httpx.post(f"{running.base}/notes", json={"text": "patient"}, timeout=4 * PATIENCE))

    database.kill()
    writer = threading.Thread(target=write)
    writer.start()
    database.start()
    writer.join(4 * PATIENCE)

    assert [answer.status_code for answer in answers] == [201]
    assert running.texts() == ["patient"]


def test_browsers_hear_of_a_break_and_miss_nothing_of_the_gap(database: Mongod, start: Start) -> None:
    url = database.url()
    running = start(mongo_url=url, instance="one")
    with following(running) as client:
        running.write("before")
        assert next_of(client, "note")["note"]["text"] == "before"

        database.kill()
        assert next_of(client, "feed") == {"type": "feed", "live": False}
        with running.connect() as late:
            assert received(late)["live"] is False

        running.process.send_signal(signal.SIGSTOP)  # so that it can't be back before the note is written
        try:
            database.start()
            write_directly(url, "in the gap")
        finally:
            running.process.send_signal(signal.SIGCONT)
        assert next_of(client, "feed") == {"type": "feed", "live": True}
        assert next_of(client, "note")["note"]["text"] == "in the gap"

    assert running.log()[1:] == [
        "noticeboard one error: the feed of notes waits for the database: no writable primary was found in time",
        "noticeboard one warning: the feed of notes is live",
    ]


def write_directly(url: str, text: str) -> None:
    """Writes a note as another program would, leaving out what it does not know."""
    with pymongo.MongoClient[dict[str, object]](url) as client:
        client.get_default_database()["notes"].insert_one({"text": text})
