"""The recorded state directory of a playground, put down again somewhere else.

Its own place stands in nearly all of its files and goes into the revisions, so the files are put down as they were, and
whoever looks at them through `Moved` sees them at their old place.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from corral.model.command import CommandResult
from corral.transport.local import LocalTransport

RECORDED = Path(__file__).parent / "data" / "playground"


def read(name: str) -> Any:
    return json.loads((RECORDED / f"{name}.json").read_text())


def put_down(root: Path) -> None:
    """All that Corral itself had there, with the modes that it had."""
    root.mkdir(parents=True)
    for path, mode in sorted(read("directories").items()):
        (root / path).mkdir()
        (root / path).chmod(int(mode, 8))
    for path, file in read("files").items():
        (root / path).write_text("\n".join(file["content"]))
        (root / path).chmod(int(file["mode"], 8))


@dataclass(frozen=True)
class Moved(LocalTransport):
    """Scripts that name `before` find what is in `now`, and tell of it by the names that it had before."""

    before: str
    now: str

    async def run(self, host: str, script: str, deadline: float = 60.0) -> CommandResult:
        renaming = f"""tar() {{ command tar --transform='s,^{self.now},{self.before},' "$@"; }}\n"""
        done = await super().run(host, renaming + script.replace(self.before, self.now), deadline)
        return CommandResult(done.code, self._as_before(done.stdout), self._as_before(done.stderr))

    def _as_before(self, text: bytes) -> bytes:
        return text.replace(self.now.encode(), self.before.encode())


class Keeper:
    """supervisord, as far as listing goes: the processes as they were recorded."""

    def __init__(self, rows: list[dict[str, Any]]) -> None:
        self._rows = rows

    async def call(self, method: str, *_arguments: object) -> Any:
        assert method == "supervisor.getAllProcessInfo"
        return self._rows
