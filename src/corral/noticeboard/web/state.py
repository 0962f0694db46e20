"""/health, /session and /jobs: what this instance and its worker say of themselves."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from corral.noticeboard import worker
from corral.noticeboard.database import Database
from corral.noticeboard.health import Health
from corral.noticeboard.sessions import COOKIE, Sessions
from corral.noticeboard.settings import Settings
from corral.noticeboard.web import body

_NO_STORE = {"Cache-Control": "no-store"}


@dataclass(frozen=True)
class StatePages:
    settings: Settings
    database: Database
    health: Health
    sessions: Sessions = field(default_factory=Sessions)
    started: float = field(default_factory=time.monotonic)

    def routes(self) -> list[Route]:
        return [
            Route("/health", self.show_health),
            Route("/session", self.count_visit),
            Route("/jobs", self.list_jobs),
        ]

    async def show_health(self, _request: Request) -> JSONResponse:
        reason = await self.health.reason()
        identity = {
            "instance": self.settings.instance,
            "role": self.settings.role,
            "version": self.settings.version,
            "uptime": round(time.monotonic() - self.started, 1),
        }
        if reason:
            return JSONResponse({"status": "unavailable", "reason": reason} | identity, 503, _NO_STORE)
        return JSONResponse({"status": "ok"} | identity, headers=_NO_STORE)

    async def count_visit(self, request: Request) -> JSONResponse:
        session, count = self.sessions.visit(request.cookies.get(COOKIE))
        answer = JSONResponse(
            {"instance": self.settings.instance, "session": session, "count": count}, headers=_NO_STORE
        )
        answer.set_cookie(COOKIE, session, httponly=True, samesite="lax", path="/")
        return answer

    async def list_jobs(self, request: Request) -> JSONResponse:
        runs = await worker.latest_runs(self.database, body.limit(request, default=20, most=500))
        return JSONResponse({"jobs": runs}, headers=_NO_STORE)
