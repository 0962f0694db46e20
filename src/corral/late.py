"""Libraries that take long to load, loaded when they are first used, or in a thread while a host is waited for.

The one way to do so: at the top of a file `late` stands for the module, beside the real import for type checkers.
"""

from __future__ import annotations

import asyncio
from importlib import import_module
from types import ModuleType
from typing import Any

from corral import tuned


class _Late(ModuleType):
    """A module that is imported when something of it is asked for."""

    def __getattr__(self, name: str) -> Any:
        value = getattr(_imported(self.__name__), name)
        setattr(self, name, value)
        return value


def late(name: str) -> ModuleType:
    """The module `name`: a library, or one of Corral's that needs one from its first line on."""
    return _Late(name)


async def load(*names: str) -> None:
    """Import modules in a thread: what goes on in the loop, such as connections being made, is not held up."""
    await asyncio.to_thread(lambda: [_imported(name) for name in names])


def _imported(name: str) -> ModuleType:
    if name == "asyncssh" or name.startswith("corral.transport"):
        with tuned.importing_asyncssh():
            return import_module(name)
    return import_module(name)
