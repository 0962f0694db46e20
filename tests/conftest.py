"""Fixtures that several folders of tests share."""

from tests.browser import browser

__all__ = ["browser"]
