"""Clients in threads of their own that go on until a block ends."""

from __future__ import annotations

import threading
from typing import Self

from tests.patience import PATIENCE


class Crowd:
    """`count` threads, each in `_visit`, which goes on until `_over` says so; a block's end is their end."""

    def __init__(self, url: str, count: int, pause: float) -> None:
        self._url, self._pause = url, pause
        self._end = threading.Event()
        self._threads = [threading.Thread(target=self._visit, daemon=True) for _ in range(count)]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._end.set()
        for thread in self._threads:
            thread.join(PATIENCE)

    def _over(self) -> bool:
        """Whether the block has ended, after the pause that lies between two requests."""
        return self._end.wait(self._pause)

    def _visit(self) -> None:
        raise NotImplementedError
