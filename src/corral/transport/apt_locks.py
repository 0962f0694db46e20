"""Who holds one of the locks of apt and dpkg, as POSIX sh: each ends at once where somebody else has one of them."""

from __future__ import annotations

from typing import Final

from corral.shell import beside

SHELL: Final = beside(__file__, "apt_locks.sh")
"""`apt_lock_held` writes `PATH PID NAME`, and fails when all are free."""
