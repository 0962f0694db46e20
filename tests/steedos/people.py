"""People who use Steedos: the first user, and clients that are signed in, each with cookies of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import httpx

from tests.patience import PATIENCE
from tests.steedos.ddp import Ddp, ddp
from tests.steedos.example import EXAMPLE

NAME = "Ann Example"
READ = "/api/v4/spaces"
"""Answers only to a signed-in user, from the database."""


@dataclass(frozen=True)
class Account:
    email: str
    password: str
    user: str
    company: str
    space: str


def first_account(url: str) -> Account:
    """Registers a user and its company by the example's own script."""
    email, password, company = "ann@example.org", "Long-enough-1", "Corral & Sons"
    script = [sys.executable, str(EXAMPLE / "first-user.py"), "--url", url]
    done = subprocess.run(
        [*script, "--email", email, "--name", NAME, "--company", company],
        env={**os.environ, "STEEDOS_PASSWORD": password},
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    with httpx.Client(base_url=url, trust_env=False, timeout=PATIENCE) as http:
        signed_in = http.post("/accounts/password/login", json={"user": {"email": email}, "password": password})
        [space] = http.get(READ).json()["value"]
    return Account(email, password, signed_in.json()["user"]["_id"], company, space["_id"])


class Person:
    """A signed-in client of the proxy, or of one instance, at `url`."""

    def __init__(self, url: str, http: httpx.AsyncClient, account: Account, token: str) -> None:
        self.url, self.http, self.account, self.token = url, http, account, token

    async def read(self, through: str = "") -> httpx.Response:
        """The companies that this user may see; the token is asked for in the database, as they are."""
        return await self.http.get(f"{through or self.url}{READ}", headers=self.credentials)

    @property
    def credentials(self) -> dict[str, str]:
        return {"X-User-Id": self.account.user, "X-Auth-Token": self.token}

    @asynccontextmanager
    async def ddp(self, through: str = "", **headers: str) -> AsyncIterator[Ddp]:
        """A signed-in DDP connection with the cookies of the HTTP requests, subscribed to this user's companies."""
        cookies = "; ".join(f"{cookie.name}={cookie.value}" for cookie in self.http.cookies.jar)
        async with ddp(through or self.url, {"Cookie": cookies, **headers}) as connection:
            assert (await connection.call("login", {"resume": self.token}))["id"] == self.account.user
            await connection.subscribe("my_spaces")
            yield connection


@asynccontextmanager
async def person(url: str, account: Account) -> AsyncIterator[Person]:
    """Signed in with email and password, cookies and all."""
    async with httpx.AsyncClient(trust_env=False, timeout=PATIENCE) as http:
        body = {"user": {"email": account.email}, "password": account.password}
        answer = await http.post(f"{url}/accounts/password/login", json=body)
        assert answer.status_code == 200, answer.text
        yield Person(url, http, account, answer.json()["token"])
