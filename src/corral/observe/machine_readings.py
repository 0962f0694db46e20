"""What a host's programs will take in and what they refuse, in what machine.sh wrote. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from fnmatch import fnmatchcase
from typing import Final

from corral.language import tr
from corral.model.machine import Readings, VirtualAddress
from corral.model.programs import CHRONY_DIRECTORIES
from corral.model.resources import Family
from corral.observe.sections import Sections, Values
from corral.words import clauses

DAEMON_JSON: Final = "/etc/docker/daemon.json"
_CHRONY: Final[tuple[tuple[str, Family], ...]] = (("/etc/chrony/chrony.conf", "debian"), ("/etc/chrony.conf", "rhel"))
_LOGROTATE: Final = "/etc/logrotate.conf"
_ROTATIONS: Final = "/etc/logrotate.d"
_HARDWARE: Final = re.compile(r"\b(?:[0-9a-fA-F]{1,2}:){5}[0-9a-fA-F]{1,2}\b")


def readings_in(sections: Sections, values: Values) -> Readings:
    lines = sections.lines("services")
    said: dict[str, list[str]] = {}
    for line in lines:
        word, _, rest = line.partition(" ")
        if word == "said":
            service, _, text = rest.partition(" ")
            said.setdefault(service, []).append(text.strip())
    refused = next((line.removeprefix("refused ") for line in lines if line.startswith("refused ")), "")
    return Readings(
        chrony=_takes_in_chrony(values),
        logrotate=_includes(values.of_file(_LOGROTATE), ("include",), f"{_ROTATIONS}/corral"),
        docker_refuses=refused or _json_error(values),
        said=tuple((service, clauses(text)) for service, text in said.items()),
    )


def _takes_in_chrony(values: Values) -> bool | None:
    for main, family in _CHRONY:
        if lines := values.of_file(main):
            return _includes(lines, ("confdir", "include"), f"{CHRONY_DIRECTORIES[family]}/corral.conf")
    return None


def _includes(lines: Iterable[str], directives: Iterable[str], path: str) -> bool | None:
    """Whether `lines`, of a program's own configuration, take in `path`. None where that isn't known: the file is not
    there yet, or it takes in others, which may do so in their turn.
    """
    words = [line.split() for line in lines]
    if not words:
        return None
    named = [place for first, *places in filter(None, words) if first.lower() in directives for place in places]
    if any(_holds(place.rstrip("/"), path) for place in named):
        return True
    return None if named else False


def _holds(place: str, path: str) -> bool:
    return place == path.rpartition("/")[0] or fnmatchcase(path, place)


def _json_error(values: Values) -> str:
    text = "\n".join(values.of_file(DAEMON_JSON))
    if not text.strip():
        return ""
    try:
        found = json.loads(text.removeprefix("\ufeff"))
    except json.JSONDecodeError as error:
        return tr("line {line}, column {column}: {error}", line=error.lineno, column=error.colno, error=error.msg)
    return "" if isinstance(found, dict) else tr("it holds no JSON object")


def virtual_in(lines: Iterable[str]) -> VirtualAddress | None:
    """None where no address moves, or nobody was asked."""
    found: VirtualAddress | None = None
    for word, rest in _pairs(lines):
        if word == "used":
            return VirtualAddress(used=True)
        if word == "here":
            return VirtualAddress(interface=rest)
        if word == "unasked":
            return VirtualAddress(unasked=rest)
        found = found or VirtualAddress()
        if hardware := _HARDWARE.search(rest) if _is_answer(word, rest) else None:
            return VirtualAddress(holder=hardware[0].lower())
    return found


def _is_answer(word: str, rest: str) -> bool:
    """`Unicast reply from 10.0.0.9 [AA:…]  0.7ms` of iputils; `42 bytes from aa:… (10.0.0.9): index=0` of arping 2."""
    return " reply from " in f"{word} {rest}" or rest.startswith("bytes from ")


def _pairs(lines: Iterable[str]) -> Iterator[tuple[str, str]]:
    for line in lines:
        word, _, rest = line.partition(" ")
        yield word, rest
