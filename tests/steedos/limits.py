"""How long the tests with the real Steedos may take: on two cores that much other work shares, too."""

from __future__ import annotations

from typing import Final

UP_SECONDS: Final = 800
"""For `corral up` of eleven instances; alone it takes a tenth of this."""
LIMIT: Final = 3 * UP_SECONDS
"""For one test. The first one starts the cluster, and others start all of it anew."""
