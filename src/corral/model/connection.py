"""Connection strings, derived from the members: in one place, so that both name the same machines."""

from __future__ import annotations

from urllib.parse import quote

from corral.model.cluster import Database
from corral.model.database_users import APPLICATION
from corral.secrets import reference


def mongo_url(database: Database, user: str = APPLICATION) -> str:
    """MONGO_URL: all members that hold data, the replica set and authSource; the password by reference."""
    return _url(database, user, database.name)


def oplog_url(database: Database) -> str:
    """MONGO_OPLOG_URL: the same members and user, on `local`, where the oplog is."""
    return _url(database, APPLICATION, "local")


def shell_url(database: Database, user: str, direct: str = "") -> str:
    """For a person who signs in as `user`: to the primary of the set, or to the one that answers at `direct`."""
    name = database.name if user == APPLICATION else "admin"
    if not direct:
        return _url(database, user, name)
    return f"mongodb://{_login(user)}@{direct}/{quote(name, safe='')}?directConnection=true&authSource=admin"


def _url(database: Database, user: str, name: str) -> str:
    return (
        f"mongodb://{_login(user)}@{database.seeds}/{quote(name, safe='')}"
        f"?replicaSet={quote(database.replica_set, safe='')}&authSource=admin"
    )


def _login(user: str) -> str:
    return f"{user}:{reference(user)}"
