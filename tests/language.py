"""Another language than that of the tests, for a while."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from unittest.mock import patch

from corral import language


@contextmanager
def spoken(name: str) -> Iterator[None]:
    """What `tr` says meanwhile; texts that modules have made when they were imported stay as they are."""
    with patch.dict(os.environ, {"LANGUAGE": name}):
        language._catalogue.cache_clear()
        try:
            yield
        finally:
            language._catalogue.cache_clear()
