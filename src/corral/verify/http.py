"""HTTP questions as a gate or a health check asks them.

One question opens one connection and closes it: what is proved is that a new client would be served.
"""

from __future__ import annotations

import asyncio
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from corral.model.resources import Gate

if TYPE_CHECKING:
    import httpx


@dataclass(frozen=True)
class Answer:
    healthy: bool
    detail: str
    """What was seen, in a sentence: the status, the reason why there is none, or what is missing in the body."""
    status: int = 0


async def ask(gate: Gate) -> Answer:
    """One GET. Never raises: no answer is an answer too."""
    import httpx

    question = f"GET {gate.path}"
    try:
        async with asyncio.timeout(gate.timeout), client(gate.timeout) as http:
            answer = await http.get(f"http://{gate.address}:{gate.port}{gate.path}")
    except (TimeoutError, httpx.TimeoutException):
        return Answer(False, f"{question} gave no answer within {gate.timeout:g} s")
    except httpx.HTTPError as error:
        return Answer(False, f"{question}: {_reason(error)}")
    if answer.status_code != gate.status:
        return Answer(False, f"{question} answered {answer.status_code}, expected {gate.status}", answer.status_code)
    if gate.contains and gate.contains not in answer.text:
        missing = f"{question} answered {answer.status_code} without {gate.contains!r} in its body"
        return Answer(False, missing, answer.status_code)
    return Answer(True, f"{question} answered {answer.status_code}", answer.status_code)


def client(timeout: float) -> httpx.AsyncClient:
    """A client that goes straight to the address: no proxies from the environment, no redirects, no certificates."""
    import httpx

    return httpx.AsyncClient(timeout=timeout, trust_env=False, verify=False)  # noqa: S501 - http:// only


def _reason(error: Exception) -> str:
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, OSError) and cause.errno:
            return os.strerror(cause.errno).lower()
        cause = cause.__cause__ or cause.__context__
    return str(error) or type(error).__name__
