"""/notes: write a note, list the latest, read one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from corral.noticeboard import files
from corral.noticeboard.database import Document, UnavailableError
from corral.noticeboard.notes import LONGEST, MOST, Notes, to_json
from corral.noticeboard.web import body

BODY: Final = 64 * 1024
"""Bytes in the body of POST /notes: 2,000 characters take 24,000 when each is written as two \\u escapes."""


@dataclass(frozen=True)
class NotesPages:
    notes: Notes

    def routes(self) -> list[Route]:
        return [
            Route("/notes", self.write, methods=["POST"]),
            Route("/notes", self.list),
            Route("/notes/{note_id}", self.read),
        ]

    async def write(self, request: Request) -> JSONResponse:
        given = await body.json_object(request, BODY)
        text = _text(given.get("text"))
        note = self.notes.new(text, await self._attachment(given.get("file")))
        try:
            await self.notes.write(note)
        except UnavailableError as error:
            # The write may still arrive: with the id its writer can find out.
            answer = {"error": f"Not acknowledged: {error.reason}.", "id": str(note["_id"])}
            return JSONResponse(answer, 503, {"Retry-After": "1"})
        return JSONResponse({"id": str(note["_id"]), "instance": self.notes.instance}, 201)

    async def list(self, request: Request) -> JSONResponse:
        latest = await self.notes.latest(body.limit(request, default=50, most=MOST))
        return JSONResponse({"notes": [to_json(note) for note in latest]}, headers={"Cache-Control": "no-store"})

    async def read(self, request: Request) -> JSONResponse:
        note = await self.notes.one(request.path_params["note_id"])
        if note is None:
            raise HTTPException(404, "There is no such note.")
        return JSONResponse(to_json(note))

    async def _attachment(self, file_id: Any) -> Document | None:
        """What a note says of the file that it carries; it must have been uploaded before."""
        if file_id is None:
            return None
        file = await files.find(self.notes.database, file_id) if isinstance(file_id, str) else None
        if file is None:
            raise HTTPException(400, "file must be the id of an uploaded file.")
        return {"id": str(file["_id"]), "name": file["filename"], "length": int(file["length"])}


def _text(text: Any) -> str:
    if not isinstance(text, str) or not text.strip():
        raise HTTPException(400, "text must be a string that is not empty.")
    if len(text) > LONGEST:
        raise HTTPException(400, f"text has {len(text):,} characters: {LONGEST:,} are the most.")
    try:
        text.encode()
    except UnicodeEncodeError:
        raise HTTPException(400, "text holds half of a surrogate pair, which is no character.") from None
    return text
