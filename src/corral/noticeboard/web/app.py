"""The application: its routes by role, and an answer in JSON for everything that goes wrong."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute

from corral.noticeboard.database import Database, UnavailableError
from corral.noticeboard.feed import Feed
from corral.noticeboard.health import Health
from corral.noticeboard.notes import Notes
from corral.noticeboard.settings import Settings
from corral.noticeboard.web import page
from corral.noticeboard.web.files import FilesPages
from corral.noticeboard.web.live import LivePage
from corral.noticeboard.web.notes import NotesPages
from corral.noticeboard.web.state import StatePages


@dataclass(frozen=True)
class Parts:
    """What the pages stand on."""

    settings: Settings
    database: Database
    health: Health
    feed: Feed


def build(parts: Parts) -> Starlette:
    """A web instance serves everything, a worker only what it says of itself."""
    settings, database = parts.settings, parts.database
    routes: list[BaseRoute] = [*StatePages(settings, database, parts.health).routes()]
    if settings.role == "web":
        routes += [
            *page.routes(settings),
            *NotesPages(Notes(database, settings.instance)).routes(),
            *FilesPages(database, settings.instance).routes(),
            *LivePage(parts.feed, settings.instance, settings.version).routes(),
        ]
    return Starlette(
        routes=routes,
        exception_handlers={
            HTTPException: _refused,
            UnavailableError: _unavailable,
            ClientDisconnect: _gone,
            500: _failed,
        },
    )


async def _refused(_request: Request, error: Exception) -> Response:
    refused = cast(HTTPException, error)
    return JSONResponse({"error": refused.detail}, refused.status_code, refused.headers)


async def _unavailable(_request: Request, error: Exception) -> Response:
    reason = cast(UnavailableError, error).reason
    return JSONResponse({"error": f"Try again: {reason}."}, 503, {"Retry-After": "1"})


async def _gone(_request: Request, _error: Exception) -> Response:
    return Response(status_code=400)


async def _failed(_request: Request, _error: Exception) -> Response:
    return JSONResponse({"error": "This instance made a mistake; its log says which."}, 500)
