"""ROLE=worker: a job that records each run, and health that depends on it."""

import time

import pytest

from corral.noticeboard import worker
from corral.noticeboard.database import Database
from corral.noticeboard.settings import from_environment

from .conftest import Mongod, Start
from .running import Running, wait_for


def jobs(running: Running) -> list[dict[str, object]]:
    found: list[dict[str, object]] = running.http.get("/jobs").json()["jobs"]
    return found


def test_each_run_is_recorded_and_any_instance_lists_them(mongod: Mongod, start: Start) -> None:
    url = mongod.url()
    web = start(mongo_url=url, instance="web")
    web.write("counted")
    working = start(mongo_url=url, instance="worker", role="worker", version="1.4")
    wait_for(lambda: len(jobs(web)) >= 3, "three runs are recorded")

    runs = jobs(web)
    numbers = [run["number"] for run in runs]
    assert numbers == list(range(len(runs), 0, -1))
    assert {(run["instance"], run["notes"]) for run in runs} == {("worker", 1)}
    assert all(str(run["started"]) <= str(run["finished"]) for run in runs)
    assert jobs(working)
    assert len(web.http.get("/jobs", params={"limit": "2"}).json()["jobs"]) == 2
    assert web.http.get("/jobs", params={"limit": "all"}).status_code == 400

    health = working.health()
    assert (health.status_code, health.json()["role"]) == (200, "worker")


def test_a_worker_serves_no_pages(mongod: Mongod, start: Start) -> None:
    running = start(mongo_url=mongod.url(), role="worker")

    assert running.http.get("/").status_code == 404
    assert running.http.post("/notes", json={"text": "x"}).status_code == 404


def test_a_worker_stops_with_status_0(mongod: Mongod, start: Start) -> None:
    running = start(mongo_url=mongod.url(), role="worker", instance="worker", version="1.4")
    wait_for(lambda: jobs(running), "the job has run")

    assert running.stop() == 0
    assert running.log()[-1] == "noticeboard worker stopped"


def test_a_worker_without_its_database_says_so_once(start: Start) -> None:
    running = start(mongo_url="mongodb://127.0.0.1:1/board", role="worker", database_timeout="0.5")
    wait_for(lambda: len(running.log()) > 1, "the failed job is logged")

    assert running.health().status_code == 503
    assert running.stop() == 0
    assert sum("the job failed" in line for line in running.log()) == 1


def test_a_job_that_has_not_run_for_long_is_overdue(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = from_environment({"PORT": "1", "MONGO_URL": "mongodb://127.0.0.1:1/board"})
    idle = worker.Worker(Database(settings), "worker")
    assert idle.overdue() == ""

    later = time.monotonic() + worker.OVERDUE + 1
    monkeypatch.setattr(time, "monotonic", lambda: later)

    assert idle.overdue() == "the job has not run for 16 s"
