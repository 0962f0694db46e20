"""Who runs a verb: who is asked, who sees the events, and who may stop the run."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from corral.events import Sink, ignore
from corral.operate.consent import Consent, Nobody
from corral.stop import Signals, StopFlag

if TYPE_CHECKING:
    from corral.plan.actions import Plan


def _unseen(_plan: Plan) -> None:
    """For callers that show no plan."""


@dataclass(frozen=True)
class Session:
    """`show` gets each plan before the user is asked about it."""

    consent: Consent = field(default_factory=Nobody)
    sink: Sink = ignore
    stop: StopFlag = field(default_factory=StopFlag)
    show: Callable[[Plan], None] = _unseen
    signals: Signals = field(default_factory=Signals)
    """Those that come while a verb runs that changes no cluster."""
