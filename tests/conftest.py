"""Fixtures that several folders of tests share."""

import signal

from tests.browser import browser

__all__ = ["browser"]

signal.signal(signal.SIGINT, signal.default_int_handler)
"""Whoever starts the tests in a shell's background has Ctrl-C ignored, and so have all processes that tests start."""
