"""Fixtures that several folders of tests share."""

import signal

from hypothesis import HealthCheck, settings

from tests.browser import browser

__all__ = ["browser"]

signal.signal(signal.SIGINT, signal.default_int_handler)
"""Whoever starts the tests in a shell's background has Ctrl-C ignored, and so have all processes that tests start."""

settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("patient")
"""Other work shares the processors: how long an example of a property takes says nothing of it."""
