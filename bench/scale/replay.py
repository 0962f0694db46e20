"""A recording, given back: what the hosts of a directory answer."""

from __future__ import annotations

import json
from pathlib import Path

from corral.model.command import CommandResult
from corral.secrets import Secret, Secrets


class Replay:
    """The one method of a Transport that looking at hosts calls."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    async def run(self, host: str, _script: str, _deadline: float = 60.0) -> CommandResult:
        return CommandResult(0, (self._directory / host).read_bytes(), b"")


def read_secrets(directory: Path) -> Secrets:
    values = json.loads((directory / "secrets.json").read_text())
    return {name: Secret(value) for name, value in values.items()}
