"""The images of containers: which one each is to be made from. Ids are no part of a revision, or a cluster of an older
Corral, which knew none, would be restarted as a whole."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from corral.model.resources import Desired, FoundUnit, Observed
from corral.model.software import Image

Names = Mapping[str, frozenset[str]]
"""By host: the ids of the image that its name stands for there; none where that isn't known."""
NO_NAMES: Final[Names] = {}


def names_after(desired: Desired, observed: Observed) -> Names:
    """Once what is shipped has been loaded: a pulled one stays what it is."""
    found = {image: image.ids for image in observed.software if isinstance(image, Image)}
    wanted = [image for image in desired.software if isinstance(image, Image)]
    return {image.host: image.ids or found.get(image, frozenset()) for image in wanted}


def is_another(unit: FoundUnit, names: Names) -> bool:
    """Whether the container of `unit` was made from another image than its name stands for."""
    ids = names.get(unit.host, frozenset())
    return bool(unit.image and ids) and unit.image not in ids
