"""Visitors who read without end while something is done to the cluster; none of them may be turned away.

Each does what browsers do: where a connection that is kept open ends just as it is used again, as nginx ends them at a
reload, the question is asked once more over a new one (RFC 9112, 9.3.1).
"""

from __future__ import annotations

import threading
from collections import Counter

import httpx

from tests.crowd import Crowd
from tests.patience import PATIENCE


class Visitors(Crowd):
    """Each has its own cookies and connection; a block's end is their end. `failed` are answers that weren't 200."""

    def __init__(self, url: str, count: int = 8, pause: float = 0.02) -> None:
        self.served = 0
        self.failed: Counter[str] = Counter()
        self._lock = threading.Lock()
        super().__init__(url, count, pause)

    def _visit(self) -> None:
        with httpx.Client(trust_env=False, timeout=PATIENCE) as client:
            used = False
            while not self._over():
                try:
                    status = self._ask(client, used)
                    self._count("" if status == 200 else f"status {status}")
                    used = True
                except httpx.HTTPError as error:
                    self._count(repr(error))
                    used = False

    def _ask(self, client: httpx.Client, used: bool) -> int:
        """`used`: the connection has carried an answer before."""
        try:
            return client.get(self._url).status_code
        except (httpx.ReadError, httpx.WriteError, httpx.RemoteProtocolError):
            if not used:
                raise
            return client.get(self._url).status_code

    def _count(self, failure: str) -> None:
        with self._lock:
            self.served += not failure
            if failure:
                self.failed[failure] += 1

    def assert_all_served(self, at_least: int = 100) -> None:
        """Enough of them for the sentence to mean something."""
        assert not self.failed, self.failed
        assert self.served >= at_least
