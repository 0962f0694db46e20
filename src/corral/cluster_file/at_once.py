"""How many at the same time: a number, or a word."""

from __future__ import annotations

from typing import Any, Final

from corral.cluster_file.values import Whole
from corral.language import tr

ALL: Final = 0
CORES: Final = -1
_WORDS: Final = {"all": ALL, "cores": CORES}


class AtOnce(Whole):
    """A number from `minimum` to `maximum`, or a word, which is read as ALL or CORES."""

    @property
    def expected(self) -> str:
        return tr("all, cores or {expected}", expected=super().expected)

    def read(self, value: object) -> int:
        if isinstance(value, str) and value in _WORDS:
            return _WORDS[value]
        return super().read(value)

    def write(self, value: int) -> Any:
        return {number: word for word, number in _WORDS.items()}.get(value, value)

    def json_schema(self) -> dict[str, Any]:
        return {"anyOf": [{"enum": list(_WORDS)}, super().json_schema()]}
