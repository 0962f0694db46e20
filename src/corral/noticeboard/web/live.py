"""/ws: every new note as it is written, and an echo of what the client sends."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass

from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from corral.noticeboard.database import Document
from corral.noticeboard.feed import Feed, Inbox

_TRY_AGAIN_LATER = 1013


@dataclass(frozen=True)
class LivePage:
    feed: Feed
    instance: str
    version: str

    def routes(self) -> list[WebSocketRoute]:
        return [WebSocketRoute("/ws", self.connect)]

    async def connect(self, socket: WebSocket) -> None:
        await socket.accept()
        with self.feed.subscribe() as inbox:
            inbox.put(_message("hello", instance=self.instance, version=self.version, live=self.feed.live))
            await _until_first_ends(
                asyncio.create_task(_send(socket, inbox)),
                asyncio.create_task(_receive(socket, inbox)),
                asyncio.create_task(_overflow(inbox)),
            )
        if inbox.overflowed.is_set():
            await _drop(socket)


def _message(kind: str, **fields: object) -> str:
    content: Document = {"type": kind} | fields
    return json.dumps(content, separators=(",", ":"))


async def _send(socket: WebSocket, inbox: Inbox) -> None:
    try:
        while True:
            await socket.send_text(await inbox.get())
    except WebSocketDisconnect:
        return


async def _receive(socket: WebSocket, inbox: Inbox) -> None:
    while True:
        event = await socket.receive()
        if event["type"] == "websocket.disconnect":
            return
        if event.get("text") is not None:
            await inbox.put_patiently(_message("echo", text=event["text"]))


async def _overflow(inbox: Inbox) -> None:
    await inbox.overflowed.wait()


async def _until_first_ends(*tasks: asyncio.Task[None]) -> None:
    """Cancels the rest. Raises what a task raised."""
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        results = await asyncio.gather(*tasks, return_exceptions=True)
    for result in results:
        if isinstance(result, Exception):
            raise result


async def _drop(socket: WebSocket) -> None:
    """Says goodbye to a client that does not read; server.Websocket cuts it off if that can't be said."""
    try:
        async with asyncio.timeout(1):
            await socket.close(_TRY_AGAIN_LATER, "too slow")
    except (TimeoutError, WebSocketDisconnect):
        return
