"""Websockets that people hold open: with which code each ended, and how long until its holder had another one."""

from __future__ import annotations

import asyncio
import threading
import time
from collections import Counter
from typing import Self

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, WebSocketException

from tests.patience import PATIENCE, until

WITHOUT_A_CODE = 1006
"""What a client notes when the connection ended and nobody had said why (RFC 6455, 7.1.5)."""


class HeldSockets:
    """`count` holders, each with one socket at a time; a block's end is their end."""

    def __init__(self, url: str, count: int) -> None:
        self.ended: Counter[int] = Counter()
        """By the code with which they were closed; those that the block's end closes don't count."""
        self.refused: Counter[str] = Counter()
        self.gap = 0.0
        """The longest time in seconds between an end and the next open socket."""
        self.most = 0
        """How often it happened to the one to whom it happened most."""
        self._url, self._count = url.replace("http", "ws", 1), count
        self._open: set[ClientConnection] = set()
        self._over = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._all()), daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        until(lambda: len(self._open), lambda count: count == self._count)
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join(PATIENCE)

    def assert_each_was_told(self, at_most: int) -> None:
        """Each end had a code, everybody is back, and nobody was disturbed more than `at_most` times."""
        assert not self.refused, self.refused
        assert not self.ended[WITHOUT_A_CODE], self.ended
        assert 0 < self.most <= at_most, self.ended

    async def _all(self) -> None:
        holders = [asyncio.create_task(self._hold()) for _ in range(self._count)]
        while not self._over.is_set():
            await asyncio.sleep(0.02)  # how often the block's end is looked for
        for holder in holders:
            holder.cancel()
        await asyncio.gather(*holders, return_exceptions=True)

    async def _hold(self) -> None:
        times, since = 0, 0.0
        while True:
            try:
                async with connect(self._url, proxy=None) as socket:
                    self.gap = max(self.gap, time.monotonic() - since) if since else self.gap
                    self._open.add(socket)
                    try:
                        while True:
                            await socket.recv()  # what isn't read keeps the closing from being seen
                    except ConnectionClosed:
                        self._open.discard(socket)
                    self.ended[socket.close_code or WITHOUT_A_CODE] += 1
                    since, times = time.monotonic(), times + 1
                    self.most = max(self.most, times)
            except (OSError, WebSocketException) as error:
                self.refused[type(error).__name__] += 1
                await asyncio.sleep(0.1)
