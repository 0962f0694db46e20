"""Requests that are cancelled while the driver works for them: the instance answers afterwards as before."""

import asyncio
import sys
from pathlib import Path

import httpx

from tests.patience import PATIENCE

from .conftest import Mongod, Start
from .running import Running

CANCELLING = [sys.executable, str(Path(__file__).with_name("cancelling.py"))]
PATHS = ["/health", "/notes", "/jobs", f"/notes/{'0' * 24}", f"/files/{'0' * 24}"]


async def cancel_many(running: Running) -> set[int]:
    """Has 500 requests cancelled, 50 at a time, each a little later than the one before. Returns what was answered."""
    statuses = set()
    async with httpx.AsyncClient(base_url=running.base, timeout=PATIENCE) as client:
        for turns in range(0, 100, 10):
            requests = [client.get(path, params={"cancel": turns + late}) for late in range(10) for path in PATHS]
            statuses |= {answer.status_code for answer in await asyncio.gather(*requests)}
    return statuses


def test_an_instance_whose_requests_were_cancelled_halfway_still_answers(mongod: Mongod, start: Start) -> None:
    running = start(mongo_url=mongod.url(), command=CANCELLING)

    assert 408 in asyncio.run(cancel_many(running)), "requests were cancelled"

    assert running.health().status_code == 200
    assert running.write("afterwards")
    assert running.texts() == ["afterwards"]
    assert running.stop() == 0
    assert len(running.log()) == 2, running.log()
