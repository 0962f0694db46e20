"""A SockJS session without a websocket, as a browser behind a proxy that cuts them opens it."""

from __future__ import annotations

import json
import random
import string

import httpx

from tests.steedos.ddp import Message


class XhrSession:
    """One long poll brings what the server says; each POST to xhr_send takes one message there."""

    def __init__(self, http: httpx.AsyncClient, url: str) -> None:
        name = "".join(random.choices(string.ascii_lowercase + string.digits, k=8))
        self.path = f"/sockjs/{random.randrange(1000):03}/{name}"
        self._http, self._url = http, url

    async def open(self) -> httpx.Headers:
        """The answer's headers. SockJS opens a session by its first poll, which says `o`."""
        answer = await self._http.post(f"{self._url}{self.path}/xhr")
        assert (answer.status_code, answer.text) == (200, "o\n"), answer
        return answer.headers

    async def send(self, message: Message, through: str = "") -> int:
        """The status: 204 is taken, 404 is a process that doesn't know the session."""
        body = json.dumps([json.dumps(message)])
        answer = await self._http.post(f"{through or self._url}{self.path}/xhr_send", content=body)
        return answer.status_code

    async def poll(self) -> list[Message]:
        """What the server said since the last poll; waits until there is something. After 25 s of silence it is []."""
        answer = await self._http.post(f"{self._url}{self.path}/xhr")
        assert answer.status_code == 200, answer
        assert answer.text[0] in "ah", answer.text
        return [json.loads(text) for text in json.loads(answer.text[1:] or "[]")]
