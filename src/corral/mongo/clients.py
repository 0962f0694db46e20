"""Connections to single members, and the refusals of a member. None of their texts holds a password."""

from __future__ import annotations

import asyncio
import os
from collections import defaultdict
from collections.abc import Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final, Self

from corral.language import tr
from corral.late import late
from corral.model.endpoint import Endpoint
from corral.model.routes import Direct, Routes
from corral.secrets import Secrets

if TYPE_CHECKING:
    import pymongo
    import pymongo.errors
else:
    pymongo = late("pymongo")


Document = dict[str, Any]
Key = tuple[str, str]
"""A member and a user."""

ANSWER: Final = 3.0
"""Seconds that a question may take: a member on the same network answers in milliseconds."""
CHANGE: Final = 15.0
"""Seconds that a change of the set or of a user may take: the others have to take it in, too."""

UNAUTHORIZED: Final = 13
AUTHENTICATION_FAILED: Final = 18
TIME_LIMIT: Final = 50
NOT_A_MEMBER: Final = 93
NOT_INITIATED: Final = 94


class Refused(Exception):
    """A member's refusal: MongoDB's own error code and text; code 0 when it gave no answer."""

    def __init__(self, code: int, text: str) -> None:
        self.code = code
        self.text = text
        super().__init__(text)


class Connections:
    """Direct clients, one for each member and user, opened when first used and closed with the block."""

    def __init__(self, secrets: Secrets, routes: Routes | None = None) -> None:
        self.secrets = secrets
        self._routes = routes or Direct()
        self._clients: dict[Key, pymongo.AsyncMongoClient[Document]] = {}
        self._turns: defaultdict[Key, asyncio.Lock] = defaultdict(asyncio.Lock)
        """One question at a time: a refused login would make others on the same connection fail in odd ways."""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await asyncio.gather(*(client.close() for client in self._clients.values()))

    async def forget(self, member: str) -> None:
        """Open a new connection next time: a client opened before replSetInitiate can't use sessions afterwards."""
        for key in [key for key in self._clients if key[0] == member]:
            await self._clients.pop(key).close()

    async def reach(self, member: str) -> Endpoint:
        """Where `member` can be reached from here. Raises OSError when it is known that nothing listens there."""
        return await self._routes.reach(Endpoint.read("mongodb", member), "local")

    async def ask(
        self,
        member: str,
        command: Document,
        *,
        user: str = "",
        database: str = "admin",
        seconds: float = ANSWER,
    ) -> Document:
        """`member`'s answer to `command`, as `user` (without a name: as nobody). Raises Refused."""
        try:
            async with asyncio.timeout(seconds), self._turns[member, user]:
                return await self._command((member, user), database, command)
        except TimeoutError:
            raise Refused(0, tr("no answer within {seconds:g} s", seconds=seconds)) from None
        except OSError as error:
            raise Refused(0, os.strerror(error.errno) if error.errno else str(error)) from None

    async def _command(self, key: Key, database: str, command: Document) -> Document:
        client = await self._client(key)
        try:
            answer: Document = await client[database].command(command)
        except pymongo.errors.PyMongoError as error:
            refused = _refused(error)
            if refused.code in {0, AUTHENTICATION_FAILED}:  # the driver would pause before it tries again
                del self._clients[key]
                await client.close()
            raise refused from None  # pymongo's own text can hold the whole command
        return answer

    async def _client(self, key: Key) -> pymongo.AsyncMongoClient[Document]:
        """Raises OSError at once when nothing listens, while the driver would go on trying."""
        member, user = key
        if key not in self._clients:
            here = await self.reach(member)
            if here.netloc == member and not any(known == member for known, _ in self._clients):
                await _knock(here)  # a way through a host's connection has been tried already
            self._clients[key] = self._open(here, user)
        return self._clients[key]

    def _open(self, here: Endpoint, user: str) -> pymongo.AsyncMongoClient[Document]:
        login: dict[str, Any] = {}
        if user:
            if user not in self.secrets:
                raise Refused(AUTHENTICATION_FAILED, tr("the secrets file has no password for {user}", user=user))
            login = {"username": user, "password": self.secrets[user].reveal(), "authSource": "admin"}
        return pymongo.AsyncMongoClient(
            here.netloc,
            directConnection=True,
            appname="corral",
            serverSelectionTimeoutMS=1500,
            connectTimeoutMS=1500,
            serverMonitoringMode="poll",
            maxPoolSize=1,  # one login for all that is asked at once
            retryReads=False,
            retryWrites=False,
            **login,
        )


async def _knock(here: Endpoint) -> None:
    _, writer = await asyncio.open_connection(*here.socket)
    writer.close()
    await writer.wait_closed()


def _refused(error: pymongo.errors.PyMongoError) -> Refused:
    details = getattr(error, "details", None)
    if isinstance(details, Mapping) and details.get("code"):
        return Refused(int(details["code"]), str(details.get("errmsg", type(error).__name__)).rstrip("."))
    text = str(error)
    for rest in (" (configured", ", full error", ", Timeout:"):
        text = text.partition(rest)[0]
    silent = text == "No servers found yet" or text.endswith("timed out")
    return Refused(0, tr("it accepts connections but doesn't answer") if silent else text)
