"""Settings of Python and of libraries, all of them measured gains (docs/decisions/0012, docs/ssh.md)."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Final

_X509: Final = "asyncssh.crypto.x509"


def begin() -> None:
    """For a program that imports much and ends soon."""
    gc.set_threshold(200_000, 20, 20)  # imports make objects, and no garbage: looking for it is a twentieth of a start
    sys.setswitchinterval(0.0005)  # a thread that imports lets the loop go on at once: a tenth of an unchanged apply
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")  # or it searches all that is installed for some


def end() -> None:
    """Or Python searches all that was imported for garbage before it ends: a tenth of a second."""
    gc.freeze()


def _none(name: str) -> str | None:
    return None


@contextmanager
def importing_asyncssh() -> Iterator[None]:
    """Without what hosts with OpenSSH don't need: half of the import's time.

    These are the search for liboqs and libnettle, which runs ldconfig and a compiler for each name, on behalf of a key
    exchange and a checksum, and X.509 certificates, which OpenSSH knows nothing of. asyncssh goes without where they
    are missing.
    """
    if "asyncssh" in sys.modules:
        yield
        return
    util = import_module("ctypes.util")
    found = util.find_library
    util.find_library = _none  # type: ignore[attr-defined]
    sys.modules[_X509] = None  # type: ignore[assignment] # makes its import fail, as the language reference says
    try:
        yield
    finally:
        util.find_library = found  # type: ignore[attr-defined]
        del sys.modules[_X509]
