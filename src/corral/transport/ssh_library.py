"""The one import of asyncssh."""

from __future__ import annotations

import ctypes.util
import sys
from types import ModuleType

_X509 = "asyncssh.crypto.x509"


def _none(name: str) -> str | None:
    return None


def load() -> ModuleType:
    """asyncssh, imported without what hosts with OpenSSH don't need: half of the import's time (docs/ssh.md).

    These are the search for liboqs and libnettle, which runs ldconfig and a compiler for each name, on behalf of a key
    exchange and a checksum, and X.509 certificates, which OpenSSH knows nothing of. asyncssh goes without where they
    are missing.
    """
    if "asyncssh" in sys.modules:
        return sys.modules["asyncssh"]
    found = ctypes.util.find_library
    ctypes.util.find_library = _none
    sys.modules[_X509] = None  # type: ignore[assignment] # makes its import fail, as the language reference says
    try:
        import asyncssh
    finally:
        ctypes.util.find_library = found
        del sys.modules[_X509]
    return asyncssh
