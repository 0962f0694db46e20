"""docker compose's files as text.

Each instance is a service of compose.yaml, and its environment is a file of its own that the service extends: the one
holds no secrets, the other is root's alone. Both are YAML whose scalars are JSON's, which docker compose and the older
docker-compose read alike. Their env_file isn't used: each has rules of its own for what stands in one.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import PurePosixPath
from typing import Final

from corral.desired import instances
from corral.desired.systemd import whole_seconds
from corral.desired.templating import head
from corral.model.cluster import Application, Host, Instance
from corral.model.identity import container_of
from corral.secrets import embedded

_LOG: Final = {"driver": "json-file", "options": {"max-size": "10m", "max-file": "3"}}


def compose_path(host: Host) -> PurePosixPath:
    return host.layout.config / "compose.yaml"


def environment_path(instance: Instance) -> PurePosixPath:
    return instances.places(instance.host) / f"{instance.name}.yaml"


def compose_yaml(host: Host, services: Sequence[str]) -> str:
    """compose.yaml with `services`, as `service` makes them."""
    return "\n".join([head(host), "services:", *services])


def service(cluster: str, app: Application, instance: Instance) -> str:
    """The lines of one instance's service; no other instance's change touches them."""
    extends = {"file": f"{instances.places(instance.host).name}/{instance.name}.yaml", "service": instance.name}
    own = _lines(
        {
            "extends": extends,
            "container_name": container_of(cluster, instance.name),
            "image": app.image,
            **({"command": list(instance.command)} if instance.command else {}),
        }
    )
    common = _in_common(app.directory, app.stop_signal, app.stop_timeout, app.storage)
    return f"  {_string(instance.name)}:\n{own}{common}"


@lru_cache(16)  # of a thousand hosts' instances, all have the same
def _in_common(directory: PurePosixPath, stop_signal: str, stop_timeout: float, storage: PurePosixPath | None) -> str:
    keys: dict[str, object] = {
        **({"working_dir": str(directory)} if directory.is_absolute() else {}),
        "network_mode": "host",
        "restart": "unless-stopped",
        "init": True,
        "stop_signal": f"SIG{stop_signal}",
        "stop_grace_period": f"{whole_seconds(stop_timeout)}s",
        **({"volumes": [_volume(storage)]} if storage else {}),
        "ulimits": {"nofile": {"soft": instances.OPEN_FILES, "hard": instances.OPEN_FILES}},
        "security_opt": ["no-new-privileges:true"],
        "logging": _LOG,
    }
    return _lines(keys)


def _lines(keys: Mapping[str, object]) -> str:
    return "".join(f"    {key}: {_value(value)}\n" for key, value in keys.items())


def environment_yaml(instance: Instance) -> str:
    """The environment of one instance; secrets are references, so this is safe to show."""
    lines = "".join(f"      {_string(name)}: {_string(value)}\n" for name, value in instance.environment)
    return f"{head(instance.host)}\nservices:\n  {_string(instance.name)}:\n    environment:\n{lines}"


def _volume(storage: PurePosixPath) -> dict[str, str]:
    """The same path inside. The long form: a colon in a path is a colon."""
    return {"type": "bind", "source": str(storage), "target": str(storage)}


def _value(value: object) -> str:
    match value:
        case str():
            return _string(value)
        case list():
            return f"[{', '.join(map(_value, value))}]"
        case dict():
            return f"{{{', '.join(f'{key}: {_value(inner)}' for key, inner in value.items())}}}"
        case _:
            return json.dumps(value)


@lru_cache(4096)  # the instances have most of their strings in common
def _string(text: str) -> str:
    """A scalar that stays what it is, whatever it holds; `$` would be compose's. Raises ValueError for NUL."""
    if "\0" in text:
        raise ValueError("a NUL character can be in no environment and no command")
    return f'"{embedded(text, "compose")}"'
