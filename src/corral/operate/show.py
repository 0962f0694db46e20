"""`corral show`: the cluster file with all that Corral derives from it. `corral init`: a file to start from."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from corral import places
from corral.cluster_file.example import init_text
from corral.cluster_file.json_schema import json_schema
from corral.cluster_file.show import as_yaml, shown
from corral.errors import InvalidFile
from corral.language import english, tr
from corral.operate.where import DEFAULT_FILE, Where, load
from corral.problems import Problem


async def show(where: Where) -> dict[str, Any]:
    """As it would be in the playground, which runs every file. Raises CorralError."""
    loaded = load(where)
    async with places.opened(loaded, "playground", with_secrets=False) as place:
        value = shown(loaded, place.cluster)
        value["playground"] = {"network": str(english(place.described)).removeprefix("on "), **value["playground"]}
        value["derived"]["time"] = "this machine's own clock"  # a value, as in a file: the same in all languages
        return value


def init(file: Path | None, name: str, force: bool) -> Path:
    """Where it was written. Raises InvalidFile for a name that no cluster can have, and for a file that is there."""
    file = file or DEFAULT_FILE
    text = init_text(name)
    try:
        with file.open("w" if force else "x", encoding="utf-8") as stream:
            stream.write(text)
    except FileExistsError as error:
        message = tr("{file} exists already and was not changed", file=file)
        raise InvalidFile(Problem("file-exists", "error", message, tr("corral init -f OTHER, or --force"))) from error
    except OSError as error:
        message = tr("{file} can't be written: {strerror}", file=file, strerror=error.strerror)
        raise InvalidFile(Problem("not-writable", "error", message)) from error
    return file


__all__ = ["as_yaml", "init", "json_schema", "show"]
