"""The cluster file with every default filled in, and what Corral derives from it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic.fields import FieldInfo

from corral.cluster_file.emit import to_yaml
from corral.cluster_file.parse import Loaded
from corral.cluster_file.section import Section
from corral.cluster_file.values import Kind
from corral.language import tr
from corral.model.cluster import Cluster, Database
from corral.model.connection import mongo_url, oplog_url
from corral.secrets import REDACTED, reference

_DERIVED = "derived"


def shown(loaded: Loaded, cluster: Cluster | None = None) -> dict[str, Any]:
    """What the file says, complete; with `cluster` also `derived`: instances, upstream, members, URLs.

    Without `derived` it is a cluster file again, with an equal Spec.
    """
    value = _with_what_was_taken_away(plain(loaded.spec), loaded.preset)
    return value if cluster is None else {**value, _DERIVED: derived(cluster)}


def _with_what_was_taken_away(value: dict[str, Any], preset: Mapping[str, Any]) -> dict[str, Any]:
    """`value`, with nothing behind each key that the preset has and the file has taken away: read again, it is gone."""
    result = dict(value)
    for key, below in preset.items():
        inner = value.get(key)
        if isinstance(below, Mapping) and (inner is None or isinstance(inner, dict)):
            result[key] = _with_what_was_taken_away(inner or {}, below)
        elif inner is None and below is not None:
            result[key] = None
    return result


def as_yaml(value: dict[str, Any]) -> str:
    """What `shown` gives, as YAML. `derived` comes as comments, so that the text is a cluster file."""
    text = to_yaml({key: inner for key, inner in value.items() if key != _DERIVED})
    if _DERIVED not in value:
        return text
    comments = "".join(f"# {line}\n" for line in to_yaml({_DERIVED: value[_DERIVED]}).splitlines())
    return tr("{text}\n# What Corral derives from it:\n{comments}", text=text, comments=comments)


def plain(section: Section) -> dict[str, Any]:
    """`section` as the file would have it: times and sizes with units, nothing that stands for 'left out'."""
    result: dict[str, Any] = {}
    written = section.model_dump(mode="json")
    for key, field in type(section).model_fields.items():
        value = getattr(section, key)
        if isinstance(value, Section):
            result |= {key: inner} if (inner := plain(value)) else {}
        elif isinstance(value, dict):
            result[key] = {name: _entry(entry) for name, entry in value.items()}
        elif not _stands_for_nothing(field, written[key]):
            result[key] = written[key]
    return result


def _stands_for_nothing(field: FieldInfo, written: Any) -> bool:
    """Whether a file would leave this out: None, and an empty text where none may stand."""
    kinds = [kind for kind in field.metadata if isinstance(kind, Kind)]
    return written is None or (written == "" and not (kinds and kinds[0].accepts("")))


def _entry(value: Any) -> Any:
    """A mapping's value; a host that is nothing but its address is written as that."""
    if not isinstance(value, Section):
        return value
    inner = plain(value)
    return inner["address"] if list(inner) == ["address"] else inner


def derived(cluster: Cluster) -> dict[str, Any]:
    database = cluster.database
    return {
        "url": cluster.url,
        "hosts": {host.name: host.address for host in cluster.hosts},
        "proxies": [
            {"host": host.name, "address": host.address, "port": port}
            for host, port in zip(cluster.proxy.hosts, cluster.proxy.ports, strict=True)
        ],
        "instances": [
            {
                "name": each.name,
                "host": each.host.name,
                "address": each.host.address,
                "port": each.port,
                "role": each.role,
            }
            for each in cluster.app.instances
        ],
        "upstream": [each.endpoint.netloc for each in cluster.app.web],
        "replica_set": _replica_set(database),
        "mongo_url": _redacted(mongo_url(database)),
        "mongo_oplog_url": _redacted(oplog_url(database)),
    }


def _replica_set(database: Database) -> dict[str, Any]:
    return {
        "name": database.replica_set,
        "members": [
            {
                "name": member.name,
                "host": member.host.name,
                "priority": _short(member.priority),
                "votes": member.votes,
            }
            | ({"arbiter": True} if member.arbiter else {})
            for member in database.members
        ],
    }


def _short(number: float) -> float:
    return int(number) if number.is_integer() else number


def _redacted(url: str) -> str:
    return url.replace(reference("application"), REDACTED)
