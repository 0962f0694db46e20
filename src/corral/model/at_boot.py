"""What becomes of a unit when its host starts: as its keeper has it, and what that means."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from corral.language import tr

Keeps = Literal["systemd", "docker"]
COMES: Final[dict[Keeps, str]] = {"systemd": "enabled", "docker": "unless-stopped"}
"""The word of each keeper for what is started with its host."""
UNLINKED: Final = "unlinked"
"""Corral's own word: systemd, which asks the disk only when it is reloaded, calls it enabled, and no link is there."""
MASKED: Final = ("masked", "masked-runtime")
UNTIL_BOOT: Final = ("enabled-runtime", "linked-runtime")


@dataclass(frozen=True)
class AtBoot:
    """`name` is what its keeper knows it by, `state` the keeper's own word: of its unit file, or its restart policy."""

    keeper: Keeps
    name: str
    state: str

    @property
    def comes(self) -> bool:
        """Whether it is started with its host."""
        return self.state == COMES[self.keeper]

    @property
    def why_not(self) -> str:
        """What keeps it from that, in words."""
        if self.keeper == "docker":
            return tr("its restart policy is `{state}`", state=self.state)
        if self.state in MASKED:
            return tr("its unit is masked")
        if self.state in UNTIL_BOOT:
            return tr("its unit is enabled until the next boot only")
        if self.state == UNLINKED:
            return tr("the link by which systemd starts it is missing")
        return tr("its unit is {state}", state=self.state)
