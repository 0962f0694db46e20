"""DDP, Meteor's protocol over a websocket, as far as a test needs it."""

from __future__ import annotations

import asyncio
import itertools
import json
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from tests.patience import PATIENCE

Message = dict[str, Any]
CONNECT: Message = {"msg": "connect", "version": "1", "support": ["1"]}


class Ddp:
    """One connection. What subscriptions bring waits in `changes`, with the time (monotonic) it came.

    `lost` is set when the connection ended before `close`; calls that wait for an answer then fail with
    ConnectionError.
    """

    def __init__(self, socket: ClientConnection) -> None:
        self.headers: Mapping[str, str] = socket.response.headers if socket.response else {}
        self.changes: asyncio.Queue[tuple[float, Message]] = asyncio.Queue()
        self.lost = asyncio.Event()
        self._socket = socket
        self._numbers = itertools.count(1)
        self._waiting: dict[str, asyncio.Future[Message]] = {}
        self._reader = asyncio.create_task(self._read())

    async def call(self, method: str, *params: object) -> Any:
        """The method's result; AssertionError when the server answers with an error."""
        answer = await self._ask({"msg": "method", "method": method, "params": params})
        assert "error" not in answer, answer
        return answer.get("result")

    async def subscribe(self, name: str, *params: object) -> None:
        """Returns when the server says that all there is at first was sent."""
        answer = await self._ask({"msg": "sub", "name": name, "params": params})
        assert answer["msg"] == "ready", answer

    async def ping(self) -> None:
        await self._ask({"msg": "ping"})

    async def close(self) -> None:
        self._reader.cancel()
        await asyncio.gather(self._reader, return_exceptions=True)
        await self._socket.close()

    async def start(self) -> None:
        """Meteor answers `connect` without an id."""
        await self._ask(CONNECT, key="connected")

    async def _ask(self, message: Message, key: str = "") -> Message:
        key = key or str(next(self._numbers))
        future: asyncio.Future[Message] = asyncio.get_running_loop().create_future()
        self._waiting[key] = future
        try:
            await self._socket.send(json.dumps(message if key == "connected" else message | {"id": key}))
            async with asyncio.timeout(PATIENCE):
                return await future
        except ConnectionClosed as closed:
            raise ConnectionError(str(closed)) from closed
        finally:
            self._waiting.pop(key, None)

    async def _read(self) -> None:
        try:
            async for text in self._socket:
                await self._take(json.loads(text))
        except ConnectionClosed:
            """The end of the loop says it as well."""
        self.lost.set()
        for future in self._waiting.values():
            if not future.done():
                future.set_exception(ConnectionError("the DDP connection was lost"))

    async def _take(self, message: Message) -> None:
        kind = message.get("msg")
        if kind == "ping":
            await self._socket.send(json.dumps({"msg": "pong"} | {k: v for k, v in message.items() if k == "id"}))
        elif kind in {"added", "changed", "removed"}:
            self.changes.put_nowait((time.monotonic(), message))
        for key in _answers(message):
            future = self._waiting.get(key)
            if future and not future.done():
                future.set_result(message)


def _answers(message: Message) -> list[str]:
    """The requests that `message` answers."""
    kind = message.get("msg")
    if kind == "connected":
        return ["connected"]
    if kind == "ready":
        return list(message["subs"])
    return [message["id"]] if kind in {"result", "nosub", "pong"} and "id" in message else []


@asynccontextmanager
async def ddp(url: str, headers: Mapping[str, str] | None = None) -> AsyncIterator[Ddp]:
    """A connection to the instance or proxy at the HTTP address `url`."""
    address = url.replace("http", "ws", 1) + "/websocket"
    async with connect(address, additional_headers=headers, proxy=None, ping_interval=None, max_size=None) as socket:
        client = Ddp(socket)
        try:
            await client.start()
            yield client
        finally:
            await client.close()
