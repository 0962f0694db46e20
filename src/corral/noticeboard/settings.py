"""What the environment says: the only configuration of this application."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, cast

Role = Literal["web", "worker"]


class SettingsError(Exception):
    """The environment is wrong; the message is one sentence for the person who set it."""


@dataclass(frozen=True)
class Settings:
    """One instance. `database_timeout`: seconds that a request may wait for the database, elections too."""

    port: int
    host: str
    instance: str
    role: Role
    version: str
    root_url: str
    mongo_url: str
    database_timeout: float

    @property
    def url(self) -> str:
        """Where this instance itself answers, for its own start line."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{host}:{self.port}"


def from_environment(environment: Mapping[str, str]) -> Settings:
    """The settings that `environment` holds. Raises SettingsError for the first value that can't be used."""
    port = _port(environment.get("PORT", ""))
    return Settings(
        port=port,
        host=environment.get("HOST") or "127.0.0.1",
        instance=environment.get("INSTANCE") or f"noticeboard-{port}",
        role=_role(environment.get("ROLE") or "web"),
        version=environment.get("VERSION") or "dev",
        root_url=environment.get("ROOT_URL", ""),
        mongo_url=_mongo_url(environment.get("MONGO_URL", "")),
        database_timeout=_seconds(environment.get("DATABASE_TIMEOUT") or "8"),
    )


def _port(text: str) -> int:
    if not text:
        raise SettingsError("PORT is not set: set it to the port to listen on, such as PORT=5040.")
    if not re.fullmatch("[0-9]{1,5}", text) or not 1 <= int(text) <= 65535:
        raise SettingsError(f"PORT is {text!r}: it must be a whole number from 1 to 65535.")
    return int(text)


def _role(text: str) -> Role:
    if text not in ("web", "worker"):
        raise SettingsError(f"ROLE is {text!r}: it must be web or worker.")
    return cast(Role, text)


def _mongo_url(text: str) -> str:
    if not text:
        raise SettingsError(
            "MONGO_URL is not set: set it to the database's connection string, such as "
            "MONGO_URL=mongodb://127.0.0.1:27017/noticeboard?replicaSet=rs."
        )
    if not text.startswith(("mongodb://", "mongodb+srv://")):
        raise SettingsError("MONGO_URL must begin with mongodb:// or mongodb+srv://.")
    return text


def _seconds(text: str) -> float:
    if not re.fullmatch(r"[0-9]{1,4}(\.[0-9]+)?", text) or float(text) <= 0:
        raise SettingsError(f"DATABASE_TIMEOUT is {text!r}: it must be a number of seconds above 0, such as 8.")
    return float(text)
