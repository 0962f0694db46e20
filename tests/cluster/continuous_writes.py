"""Notes written one after the other through the proxy, and a count of what was acknowledged."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field
from types import TracebackType

import httpx

from tests.patience import PATIENCE


@dataclass
class ContinuousWrites:
    """Writes from a thread until the end of its `with` block.

    A note counts as acknowledged when the answer was 201: only those may not be lost. `gap` is the longest time in
    seconds between two acknowledgements.
    """

    url: str
    acknowledged: dict[str, str] = field(default_factory=dict)
    refused: int = 0
    gap: float = 0.0
    _stop: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None

    def __enter__(self) -> ContinuousWrites:
        self._thread = threading.Thread(target=self._write)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        assert self._thread is not None
        self._thread.join(2 * PATIENCE)

    def _write(self) -> None:
        last, number = time.monotonic(), 0
        with httpx.Client(trust_env=False, timeout=PATIENCE) as client:
            while not self._stop.is_set():
                number += 1
                text = f"write {number}"
                try:
                    answer = client.post(f"{self.url}/notes", json={"text": text})
                except httpx.HTTPError:
                    self.refused += 1
                    continue
                if answer.status_code != 201:
                    self.refused += 1
                    continue
                self.gap = max(self.gap, time.monotonic() - last)
                last = time.monotonic()
                self.acknowledged[answer.json()["id"]] = text
