"""The words that a shell may complete: names in the cluster file. Nothing is asked, and nothing is told."""

from __future__ import annotations

from pathlib import Path

from corral.cluster_file.build import build, direct_placement
from corral.errors import CorralError
from corral.model.cluster import Cluster
from corral.model.only import ROLES
from corral.operate.targets import words
from corral.operate.where import Where, load


def targets(file: Path | None) -> list[str]:
    """Parts, hosts and instances; none without a file that is right."""
    cluster = _cluster(file)
    return words(cluster) if cluster else []


def hosts(file: Path | None) -> list[str]:
    cluster = _cluster(file)
    return [host.name for host in cluster.hosts] if cluster else []


def parts(file: Path | None) -> list[str]:
    """What `--only` takes."""
    return [*ROLES, *hosts(file)]


def _cluster(file: Path | None) -> Cluster | None:
    try:
        loaded = load(Where(file))
        return build(loaded.spec, direct_placement(loaded.spec), loaded.directory)
    except (CorralError, OSError):
        return None
