"""Plain values as YAML for people: blocks for mappings, a line for a list of words, quotes where needed."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any, Final

_PLAIN: Final = re.compile(r"[A-Za-z_/$][A-Za-z0-9_./$+@-]*( [A-Za-z0-9_./$+@-]+)*|[0-9]+(ms|s|m|h|k|M|G|T)")
_ADDRESS: Final = re.compile(r"[0-9]{1,3}(\.[0-9]{1,3}){3}(:[0-9]+|/[0-9]+)?")
_WORDS: Final = frozenset(("true", "false", "null", "yes", "no", "on", "off", "y", "n"))


def to_yaml(value: dict[str, Any]) -> str:
    """`value` as a YAML document. Reading it gives an equal value."""
    return "\n".join(_block(value, "")) + "\n"


def _block(mapping: dict[str, Any], indent: str) -> Iterator[str]:
    for key, value in mapping.items():
        start = f"{indent}{_scalar(key)}:"
        if isinstance(value, dict) and value:
            yield start
            yield from _block(value, indent + "  ")
        elif isinstance(value, list) and (any(isinstance(item, dict) for item in value) or len(_flow(value)) > 80):
            yield start
            yield from (f"{indent}  - {_flow(item)}" for item in value)
        else:
            yield f"{start} {_flow(value)}"


def _flow(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_scalar(key)}: {_flow(inner)}" for key, inner in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_flow, value)) + "]"
    return _scalar(value)


def _scalar(value: Any) -> str:
    if not isinstance(value, str):
        return json.dumps(value)
    if value.lower() not in _WORDS and (_PLAIN.fullmatch(value) or _ADDRESS.fullmatch(value)):
        return value
    return _quoted(value)


def _quoted(text: str) -> str:
    """A double-quoted scalar: JSON's form, with YAML's escapes for what can't be seen."""
    return "".join(
        character if character.isprintable() else _escaped(character)
        for character in json.dumps(text, ensure_ascii=False)
    )


def _escaped(character: str) -> str:
    number = ord(character)
    return f"\\U{number:08X}" if number > 0xFFFF else f"\\u{number:04X}"
