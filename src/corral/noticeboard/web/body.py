"""Reading requests: queries and JSON bodies, with an answer in words for each way they can be wrong."""

from __future__ import annotations

import json
import re
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request


def limit(request: Request, default: int, most: int) -> int:
    """`?limit=`, a whole number from 1 to `most`. Raises HTTPException 400."""
    text = request.query_params.get("limit", str(default))
    if not re.fullmatch("[0-9]{1,9}", text) or not 1 <= int(text) <= most:
        raise HTTPException(400, f"limit must be a whole number from 1 to {most}.")
    return int(text)


def refuse_longer(request: Request, most: int) -> None:
    """Raises HTTPException 413 when the request announces a body of more than `most` bytes."""
    announced = request.headers.get("content-length", "0")
    if announced.isdecimal() and int(announced) > most:
        raise too_large(most)


def too_large(most: int) -> HTTPException:
    return HTTPException(413, f"The body is too large: {most} bytes are the most.")


async def json_object(request: Request, most: int) -> dict[str, Any]:
    """The body as a JSON object. Raises HTTPException 400, or 413 when it has more than `most` bytes."""
    refuse_longer(request, most)
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > most:
            raise too_large(most)
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        raise HTTPException(400, 'The body is not JSON; expected {"text": "…"}.') from None
    if not isinstance(value, dict):
        raise HTTPException(400, 'The body must be a JSON object, such as {"text": "…"}.')
    return value
