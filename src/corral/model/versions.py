"""What a program says when it is asked for its version, as a Program: its version, or that it is another product whose
numbers are its own, or why it doesn't run. Pure.
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from corral.language import tr
from corral.model.ends import SILENT, ended, signal_of
from corral.model.machine import Program, Version
from corral.model.programs import version_in

_SAID: Final = 400
"""Characters of what a program said that doesn't run."""
_NGINX: Final = re.compile(r"^nginx version: (?:nginx|openresty)/(\d+\.\d+\.\d+)", re.MULTILINE)
"""OpenResty is nginx with modules, and its number is nginx's with one more part."""
_PRODUCT: Final = re.compile(r"^(?:\S+) version: ((\S+)/(\d[\w.]*))(?: \(nginx/(\d+\.\d+\.\d+)\))?", re.MULTILINE)
"""`Angie version: Angie/1.8.1`, `freenginx version: freenginx/1.27.4`, and up to Tengine 2.2
`Tengine version: Tengine/2.2.3 (nginx/1.8.1)`."""
_FORKED: Final[dict[str, Version]] = {"angie": (1, 23, 0), "freenginx": (1, 25, 3)}
"""From which nginx those were made that don't always say it: Angie 1.0 in 2022, freenginx 1.25.4 in 2024."""
_LAST_SHARED: Final[Version] = (1, 27, 3)
"""The last nginx before NGINX_SINCE begins. A fork has its own form of what came later, whatever number it names: where
nginx has `route=`, Angie has `sid=`."""
_MONGOD: Final = re.compile(r"^db version v(\d+\.\d+\.\d+)", re.MULTILINE)
"""Percona's mongod says the same, with a number of its own behind it."""


class Said(NamedTuple):
    """`product` is empty for the very program; else what it calls itself, with its own number."""

    version: Version | None
    product: str = ""


def said_version(name: str, text: str) -> Said:
    """What `text` tells of the version of the program `name`; a version of None where it doesn't."""
    if name == "nginx":
        return _nginx(text)
    if name == "mongod":
        found = _MONGOD.search(text)
        return Said(version_in(found[1]) if found else None)
    return Said(version_in(text))


def asked(name: str, path: str, text: str, status: int) -> Program:
    """The program at `path` that has written `text` when it was asked, and ended with `status`."""
    version, product = said_version(name, text)
    if version or product:
        return Program(name, path, version, product=product)
    said = text.strip()
    if not said:
        return Program(name, path, failure=tr("it {ended}", ended=ended(status, name, also=SILENT)))
    if status == 0:
        return Program(name, path, product=said.splitlines()[0][:_SAID])
    last = said[-_SAID:]
    return Program(
        name,
        path,
        failure=tr("it {ended}; it said: {last}", ended=ended(status, name), last=last) if signal_of(status) else last,
    )


def _nginx(text: str) -> Said:
    its_own, other = _NGINX.search(text), _PRODUCT.search(text)
    version = version_in(its_own[1]) if its_own else None
    if other is None or other[2].lower() in ("nginx", "openresty"):
        return Said(version)
    named = version_in(other[4]) if other[4] else version
    built_on = named or _FORKED.get(other[2].lower())
    return Said(min(built_on, _LAST_SHARED) if built_on else None, other[1].replace("/", " "))
