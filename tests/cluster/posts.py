"""Clients that send requests which may not be sent twice, and count what becomes of them."""

from __future__ import annotations

from collections import Counter

import httpx

from tests.crowd import Crowd
from tests.patience import PATIENCE

_ALONE = {"Connection": "close"}


class Posts(Crowd):
    """Each client sends one POST after the other, with its own cookies; a block's end is their end.

    Each goes over a connection of its own, unless they are `kept`: nginx ends those that it keeps open when it reloads,
    perhaps just as one is used again, and a POST is not repeated.
    """

    def __init__(self, url: str, clients: int, body: object = None, pause: float = 0.0, *, kept: bool = False) -> None:
        self.answers: Counter[str] = Counter()
        """By status, or by the name of the error."""
        self._body = body
        self._headers = {} if kept else _ALONE
        super().__init__(url, clients, pause)

    def _visit(self) -> None:
        with httpx.Client(trust_env=False, timeout=PATIENCE) as client:
            while not self._over():
                try:
                    self.answers[str(client.post(self._url, json=self._body, headers=self._headers).status_code)] += 1
                except httpx.HTTPError as error:
                    self.answers[type(error).__name__] += 1
