"""Registers the first user of a running Steedos and the company (its tenant), over Steedos' own HTTP interface.

    python3 examples/steedos/first-user.py --email you@example.com --company "Example Ltd"

The password is asked for, or read from STEEDOS_PASSWORD, or from standard input. A second run finds what is there and
adds what is missing. Exit codes: 0 done, 1 not, 130 interrupted.
"""

from __future__ import annotations

import argparse
import getpass
import json
import os
import sys
import urllib.error
import urllib.request
from dataclasses import dataclass
from typing import Any, NoReturn
from urllib.parse import urlsplit

URL = "http://127.0.0.1:8090"
"""Where `make steedos` serves."""
TIMEOUT = 60
"""Seconds for one answer: creating a company writes about a hundred records, and an election may come between."""
SHORTEST_PASSWORD = 8


class RegistrationError(Exception):
    """The sentence to print."""


@dataclass(frozen=True)
class Answer:
    status: int
    body: Any

    @property
    def message(self) -> str:
        return str(self.body.get("message", "")) if isinstance(self.body, dict) else ""


@dataclass(frozen=True)
class Session:
    user: str
    token: str


class Steedos:
    """A client of one address, which may be the proxy's: a sign-in holds on every instance."""

    def __init__(self, url: str) -> None:
        self.url = url.rstrip("/")
        local = urlsplit(url).hostname in {"127.0.0.1", "localhost", "::1"}
        self._opener = urllib.request.build_opener(*([urllib.request.ProxyHandler({})] if local else []))

    def settings(self) -> dict[str, Any]:
        answer = self._call("GET", "/accounts/settings")
        tenant = answer.body.get("tenant") if isinstance(answer.body, dict) else None
        if answer.status != 200 or not isinstance(tenant, dict):
            raise RegistrationError(f"{self.url} answers {answer.status}, but not as Steedos does: name another --url.")
        return tenant

    def register(self, email: str, password: str, name: str, locale: str) -> Session | None:
        """None when the address is taken."""
        user = {"email": email, "password": password, "name": name, "locale": locale}
        answer = self._call("POST", "/accounts/password/register", user)
        if answer.message == "accounts.emailAlreadyExists":
            return None
        return self._session(answer, f"{email} was not registered")

    def sign_in(self, email: str, password: str) -> Session | None:
        """None when the password is another one."""
        answer = self._call("POST", "/accounts/password/login", {"user": {"email": email}, "password": password})
        if answer.message == "accounts.invalid_credentials":
            return None
        return self._session(answer, f"{email} could not sign in")

    def companies(self, session: Session) -> list[str]:
        answer = self._call("GET", "/accounts/user/spaces", session=session)
        if not isinstance(answer.body, list):
            raise RegistrationError(f"the list of companies was not told ({_told(answer)}): run this again.")
        return [str(company["name"]) for company in answer.body]

    def create_company(self, session: Session, name: str) -> None:
        answer = self._call("POST", "/api/v4/spaces/register/tenant", {"name": name}, session)
        if answer.status != 200 or not isinstance(answer.body, dict) or "_id" not in answer.body:
            raise RegistrationError(f"{name} was not created ({_told(answer)}): run this again, the user is there.")

    def _session(self, answer: Answer, failed: str) -> Session:
        try:
            return Session(answer.body["user"]["_id"], answer.body["token"])
        except (KeyError, TypeError):
            raise RegistrationError(f"{failed} ({_told(answer)}).") from None

    def _call(self, method: str, path: str, body: object = None, session: Session | None = None) -> Answer:
        headers = {"Content-Type": "application/json", "Accept": "application/json"}
        if session:
            headers |= {"X-User-Id": session.user, "X-Auth-Token": session.token, "Authorization": session.token}
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, data, headers, method=method)  # noqa: S310 - checked in main
        try:
            with self._opener.open(request, timeout=TIMEOUT) as response:
                return Answer(response.status, _decoded(response.read()))
        except urllib.error.HTTPError as error:
            with error:
                return Answer(error.code, _decoded(error.read()))
        except (urllib.error.URLError, OSError) as error:
            reason = getattr(error, "reason", None) or error
            raise RegistrationError(
                f"{self.url} does not answer ({reason}): look at `corral status`, "
                "start the cluster by `make steedos`, or name another --url."
            ) from None


def _decoded(body: bytes) -> Any:
    try:
        return json.loads(body)
    except ValueError:
        return body.decode(errors="replace")


def _told(answer: Answer) -> str:
    return f"HTTP {answer.status}, {answer.message or str(answer.body)[:120] or 'no reason given'}"


def ensure(steedos: Steedos, options: argparse.Namespace, password: str) -> list[str]:
    """Lines to print: what was done, and what to do next."""
    said = []
    tenant = steedos.settings()
    session = steedos.register(options.email, password, options.name, options.locale) if _open(tenant) else None
    if session:
        said.append(f"{options.email} is registered.")
    else:
        session = _existing(steedos, options.email, password, tenant)
        said.append(f"{options.email} exists already.")
    companies = steedos.companies(session)
    if companies:
        said.append(f"It belongs to {', '.join(companies)}.")
    else:
        steedos.create_company(session, options.company)
        said.append(f"{options.company} is created, and {options.email} is its administrator.")
    said.append(f"next: open {steedos.url} and sign in. Anybody who reaches it may register until enable_register is")
    said.append("false in roles/web/steedos-config.yml and roles/worker/steedos-config.yml.")
    return said


def _open(tenant: dict[str, Any]) -> bool:
    return bool(tenant.get("enable_register", True))


def _existing(steedos: Steedos, email: str, password: str, tenant: dict[str, Any]) -> Session:
    session = steedos.sign_in(email, password)
    if session:
        return session
    if not _open(tenant):
        raise RegistrationError(
            f"registration is closed and {email} can't sign in with this password: "
            "set enable_register to true in both steedos-config.yml, or sign in as somebody who may invite."
        )
    raise RegistrationError(f"{email} exists already, with another password: sign in with that at {steedos.url}.")


def read_password() -> str:
    """Never from an argument: those are seen by every user of the machine."""
    password = os.environ.get("STEEDOS_PASSWORD", "")
    if not password and sys.stdin.isatty():
        password = getpass.getpass("Password: ")
        if getpass.getpass("The same again: ") != password:
            raise RegistrationError("the two passwords differ: run this again.")
    elif not password:
        password = sys.stdin.readline().rstrip("\r\n")
    if len(password) < SHORTEST_PASSWORD:
        raise RegistrationError(
            f"the password has {len(password)} characters, and {SHORTEST_PASSWORD} are the least: "
            "type it when asked, or set STEEDOS_PASSWORD, or hand it over on standard input."
        )
    return password


def main(arguments: list[str]) -> int:
    options = _options(arguments)
    try:
        password = read_password()
        for line in ensure(Steedos(options.url), options, password):
            print(line)
    except RegistrationError as error:
        print(f"steedos: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nsteedos: interrupted; running this again adds what is missing.", file=sys.stderr)
        return 130
    return 0


def _options(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="first-user.py",
        description="Register the first user and company of a running Steedos. The password is asked for, or taken "
        "from STEEDOS_PASSWORD or standard input.",
    )
    parser.add_argument("--url", default=URL, help=f"where Steedos answers, usually the proxy; by default {URL}")
    parser.add_argument("--email", required=True, help="what the user signs in with")
    parser.add_argument("--name", help="the user's name; by default what stands before the @")
    parser.add_argument("--company", default="My company", help='the company\'s name; by default "My company"')
    parser.add_argument("--locale", default="en-us", choices=["en-us", "zh-cn"], help="the user's language")
    options = parser.parse_args(arguments)
    if urlsplit(options.url).scheme not in {"http", "https"}:
        _refuse(parser, f"--url must begin with http:// or https://, and is {options.url}")
    if "@" not in options.email.strip("@"):
        _refuse(parser, f"--email is no address: {options.email}")
    options.name = options.name or options.email.split("@")[0]
    return options


def _refuse(parser: argparse.ArgumentParser, sentence: str) -> NoReturn:
    parser.exit(1, f"steedos: {sentence}\n")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
