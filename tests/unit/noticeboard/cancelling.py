"""The program with a middleware that cancels requests: `?cancel=N` begins after N turns of the event loop."""

import asyncio

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from corral.noticeboard import __main__, process
from corral.noticeboard.web.app import Parts, build


def cancelling(app: ASGIApp) -> ASGIApp:
    async def wrapped(scope: Scope, receive: Receive, send: Send) -> None:
        turns = Request(scope).query_params.get("cancel") if scope["type"] == "http" else None
        if turns is None:
            await app(scope, receive, send)
            return
        task = asyncio.ensure_future(app(scope, receive, send))
        for _ in range(int(turns)):
            await asyncio.sleep(0)
        while not task.done():  # as a limit of its own, a client that leaves and the end of the process may do in turn
            task.cancel()
            await asyncio.sleep(0)
        if task.cancelled():
            await Response(status_code=408)(scope, receive, send)

    return wrapped


def build_cancelling(parts: Parts) -> Starlette:
    app = build(parts)
    app.add_middleware(cancelling)
    return app


if __name__ == "__main__":
    process.build = build_cancelling
    __main__.main()
