"""Who runs a verb: whom it asks, whom it tells, and whose wish to stop it heeds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from corral.events import Sink, ignore
from corral.operate.consent import Consent, Nobody
from corral.plan.actions import Plan
from corral.problems import Language
from corral.stop import StopFlag


def _unseen(_plan: Plan) -> None:
    """For callers that show no plan."""


@dataclass(frozen=True)
class Session:
    """`show` is given each plan before anybody is asked about it; `language` is that of findings."""

    consent: Consent = field(default_factory=Nobody)
    sink: Sink = ignore
    stop: StopFlag = field(default_factory=StopFlag)
    show: Callable[[Plan], None] = _unseen
    language: Language = "en"
