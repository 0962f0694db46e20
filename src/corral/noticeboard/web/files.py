"""/files: take a file in, from a form or as the plain body, and give it back."""

from __future__ import annotations

import logging
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote, unquote

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from corral.noticeboard import files
from corral.noticeboard.database import Database, Document, UnavailableError
from corral.noticeboard.web import body, multipart

log = logging.getLogger("noticeboard")

LARGEST: Final = 1024**3
"""Bytes in a file. The proxy in front has its own, smaller limit."""
SHOWN_INLINE: Final = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp", "text/plain", "application/pdf"})
"""Types that a browser may show on this site: none of them can carry a script that acts for the reader."""


@dataclass(frozen=True)
class FilesPages:
    database: Database
    instance: str

    def routes(self) -> list[Route]:
        return [
            Route("/files", self.upload, methods=["POST"]),
            Route("/files/{file_id}", self.download),
        ]

    async def upload(self, request: Request) -> JSONResponse:
        body.refuse_longer(request, LARGEST)
        upload = files.Upload(self.database, self.instance)
        try:
            name, content_type = await _receive(request, upload)
            stored = await upload.finish(_clean_name(name), content_type)
        except BaseException:
            await _abandon(upload)
            raise
        return JSONResponse(files.to_json(stored), 201)

    async def download(self, request: Request) -> Response:
        file = await files.find(self.database, request.path_params["file_id"])
        if file is None:
            raise HTTPException(404, "There is no such file.")
        headers = _headers(file)
        if request.headers.get("if-none-match") == headers["ETag"]:
            return Response(status_code=304, headers=headers)
        headers["Content-Length"] = str(int(file["length"]))
        if request.method == "HEAD":
            return Response(headers=headers)
        return StreamingResponse(files.content(self.database, file), headers=headers)


async def _receive(request: Request, upload: files.Upload) -> tuple[str, str]:
    """Streams the request's file into `upload` and returns its name and type."""
    content_type = request.headers.get("content-type", "")
    boundary = multipart.boundary(content_type)
    if boundary is None:
        await _write_all(request.stream(), upload)
        return unquote(request.headers.get("x-file-name", "")), content_type
    form = multipart.FormFile(boundary, "file")
    async for piece in request.stream():
        for data in form.feed(piece):
            await _write(upload, data)
    form.end()
    return form.name, form.content_type


async def _write_all(pieces: AsyncIterator[bytes], upload: files.Upload) -> None:
    async for piece in pieces:
        await _write(upload, piece)


async def _write(upload: files.Upload, data: bytes) -> None:
    if upload.length + len(data) > LARGEST:
        raise body.too_large(LARGEST)
    await upload.write(data)


async def _abandon(upload: files.Upload) -> None:
    try:
        await upload.abandon()
    except UnavailableError as error:
        log.warning("the pieces of a broken upload stay in the database: %s", error.reason)


def _clean_name(name: str) -> str:
    """The last part of a path, printable characters only, 200 at most; `file` when nothing is left."""
    last = re.split(r"[/\\]", name)[-1]
    printable = "".join(character for character in last if character.isprintable()).strip()
    return printable[:200] or "file"


def _headers(file: Document) -> dict[str, str]:
    """Headers with which a stranger's file can do no harm on this site."""
    declared = file["metadata"]["contentType"].partition(";")[0].strip().lower()
    inline = declared in SHOWN_INLINE
    plain = re.sub(r"[^A-Za-z0-9 ._()+-]", "_", file["filename"])
    content_type = declared if inline else "application/octet-stream"
    return {
        "Content-Type": "text/plain; charset=utf-8" if content_type == "text/plain" else content_type,
        "Content-Disposition": f'{"inline" if inline else "attachment"}; filename="{plain}"; '
        f"filename*=UTF-8''{quote(file['filename'], safe='')}",
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; sandbox",
        "Cache-Control": "private, max-age=31536000, immutable",
        "ETag": f'"{file["metadata"]["sha256"]}"',
    }
