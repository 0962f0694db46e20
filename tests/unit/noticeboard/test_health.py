"""/health while the database keeps it waiting: one question at a time, and an answer within its time."""

import asyncio
import time

import pytest

from corral.noticeboard import health
from corral.noticeboard.database import SLOW, Database, Operation, Result
from corral.noticeboard.health import Health
from corral.noticeboard.settings import from_environment


class Stuck(Database):
    """A driver that passes its own limits, as it does while a name is looked up. `let_go` ends that."""

    def __init__(self) -> None:
        super().__init__(from_environment({"PORT": "1", "MONGO_URL": "mongodb://127.0.0.1:1/board"}))
        self.let_go = asyncio.Event()
        self.asked = 0

    async def attempts(self, operation: Operation[Result], seconds: float) -> Result:
        self.asked += 1
        await self.let_go.wait()
        return await super().attempts(operation, seconds)


def test_those_who_ask_share_one_question_and_wait_no_longer_than_they_may(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "PATIENCE", 0.1)

    async def check() -> None:
        stuck = Stuck()
        asked = Health(stuck, "one")
        for _ in range(2):
            began = time.monotonic()
            assert set(await asyncio.gather(*[asked.reason() for _ in range(20)])) == {SLOW}
            assert time.monotonic() - began >= 0.6
        assert stuck.asked == 1

        stuck.let_go.set()
        assert await asked.reason() == "no writable primary was found in time"
        await stuck.close()

    asyncio.run(check())
