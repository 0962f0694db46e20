"""Clients that send requests which may not be sent twice, and count what becomes of them."""

from __future__ import annotations

import threading
from collections import Counter

import httpx

_ALONE = {"Connection": "close"}


class Posts:
    """Each client sends one POST after the other, with its own cookies; a block's end is their end.

    Each goes over a connection of its own: nginx ends those that it keeps open when it reloads, perhaps just as one is
    used again, and a POST is not repeated.
    """

    def __init__(self, url: str, clients: int, body: object = None, pause: float = 0.0) -> None:
        self.answers: Counter[str] = Counter()
        """By status, or by the name of the error."""
        self._url, self._body, self._pause = url, body, pause
        self._end = threading.Event()
        self._threads = [threading.Thread(target=self._send, daemon=True) for _ in range(clients)]

    def __enter__(self) -> Posts:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._end.set()
        for thread in self._threads:
            thread.join(30)

    def _send(self) -> None:
        with httpx.Client(trust_env=False, timeout=30) as client:
            while not self._end.wait(self._pause):
                try:
                    self.answers[str(client.post(self._url, json=self._body, headers=_ALONE).status_code)] += 1
                except httpx.HTTPError as error:
                    self.answers[type(error).__name__] += 1
