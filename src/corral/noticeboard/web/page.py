"""/ and its style sheet, script and icon: read once at start, answered from memory."""

from __future__ import annotations

import hashlib
from html import escape
from pathlib import Path
from string import Template
from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from corral.noticeboard.settings import Settings

_STATIC: Final = Path(__file__).parent.parent / "static"
_TYPES: Final = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}
_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self' ws: wss:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


def routes(settings: Settings) -> list[Route]:
    """The page as this instance serves it, and the files that it needs."""
    page = Template((_STATIC / "index.html").read_text(encoding="utf-8")).substitute(
        instance=escape(settings.instance),
        version=escape(settings.version),
        root_url=escape(settings.root_url),
    )
    return [_route("/", page.encode(), ".html")] + [
        _route(f"/static/{name}", (_STATIC / name).read_bytes(), Path(name).suffix)
        for name in ("app.css", "app.js", "icon.svg")
    ]


def _route(path: str, content: bytes, suffix: str) -> Route:
    """Answers GET and HEAD of `path`.

    Browsers keep the content but ask each time whether it is still the same: behind one address two
    versions of this application may answer side by side. The ETag depends on the content alone, so all
    instances agree on it.
    """
    headers = {
        "Content-Type": _TYPES[suffix],
        "Cache-Control": "no-cache",
        "ETag": f'"{hashlib.sha256(content).hexdigest()[:32]}"',
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": _POLICY,
    }

    async def answer(request: Request) -> Response:
        if headers["ETag"] in request.headers.get("if-none-match", ""):
            return Response(status_code=304, headers=headers)
        return Response(content, headers=headers)

    return Route(path, answer)
