"""Where the lab keeps what. All of it is the lab's own, so that it never meets a user's docker."""

from __future__ import annotations

from pathlib import Path
from typing import Final

CHECKOUT: Final = Path(__file__).resolve().parent.parent
STATE: Final = CHECKOUT / "lab" / ".state"
"""Keys and known hosts of each lab, and the artifacts. Not in git."""

KEPT: Final = Path("/var/lib/corral-lab")
"""Images and containers, which outlive a reboot of the machine; every checkout on it shares them."""
RUNNING: Final = Path("/run/corral-lab")
"""Sockets and pid files."""

SOCKET: Final = RUNNING / "docker.sock"
LOGS: Final = KEPT / "log"
