"""Registers the first user of a running Steedos and the company (its tenant), over Steedos' own HTTP interface.

    python3 examples/steedos/first-user.py --email you@example.com --company "Example Ltd"

The password is asked for, or read from STEEDOS_PASSWORD, or from standard input; not before Steedos has answered. A
second run finds what is there and adds what is missing. Exit codes: 0 done, 1 not, 2 wrong arguments, 130 interrupted.
"""

from __future__ import annotations

import argparse
import getpass
import http.client
import ipaddress
import json
import os
import re
import socket
import sys
import urllib.error
import urllib.request
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

URL = "http://127.0.0.1:8090"
"""Where `make steedos` serves."""
TIMEOUT = 60
"""Seconds for one answer: creating a company writes about a hundred records, and an election may come between."""
SHORTEST_PASSWORD = 8
CLOSING = (
    "Anybody who reaches it may register. To end that, set `enable_register: false` in roles/web/steedos-config.yml",
    'and roles/worker/steedos-config.yml, and `version` in cluster.yaml to another text, such as "1.22.2-a":',
    "`corral -f cluster.yaml up --detach` then restarts the instances in turn, while the others serve.",
)
LOOPBACK = ("127.0.0.0/8", "::1/128")
PRIVATE = ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7")
"""RFC 1918 and RFC 4193."""


class RegistrationError(Exception):
    """The sentence to print."""


@dataclass(frozen=True)
class Answer:
    status: int
    body: Any
    location: str = ""

    @property
    def message(self) -> str:
        return str(self.body.get("message", "")) if isinstance(self.body, dict) else ""


@dataclass(frozen=True)
class Session:
    user: str
    token: str


class _Here(urllib.request.HTTPRedirectHandler):
    """A password is for the address that was named, and not for where that one sends it."""

    def redirect_request(self, *_args: Any) -> None:
        return None


class Steedos:
    """A client of one address, which may be the proxy's: a sign-in holds on every instance."""

    def __init__(self, url: str) -> None:
        self.url = url.rstrip("/")
        direct = [urllib.request.ProxyHandler({})] if _is_within(urlsplit(url).hostname, LOOPBACK) else []
        self._opener = urllib.request.build_opener(_Here, *direct)

    def settings(self) -> dict[str, Any]:
        """Raises RegistrationError when something else than Steedos answers, or nothing."""
        answer = self._call("GET", "/accounts/settings")
        tenant = answer.body.get("tenant") if isinstance(answer.body, dict) else None
        if answer.status == 200 and isinstance(tenant, dict):
            return tenant
        if 300 <= answer.status < 400:
            to = _line(answer.location.removesuffix("/accounts/settings")) or "which it does not name"
            raise RegistrationError(f"{self.url} sends on to another address, {to}: name that as --url.")
        raise RegistrationError(
            f"{self.url} answers HTTP {answer.status}, but not as Steedos does: name another --url, "
            "or look at `corral -f cluster.yaml status` when it is the right one."
        )

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
        companies: list[Any] = answer.body if isinstance(answer.body, list) else [None]
        if not all(isinstance(company, dict) for company in companies):
            raise RegistrationError(f"the list of companies was not told ({_told(answer)}): run this again.")
        return [_line(company.get("name")) for company in companies]

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
        request = urllib.request.Request(self.url + path, data, headers, method=method)  # noqa: S310 - see url_fault
        try:
            return self._answer(request)
        except OSError as error:  # URLError too
            reason = _line(getattr(error, "reason", None) or error)
            raise RegistrationError(
                f"{self.url} does not answer ({reason}): look at `corral -f cluster.yaml status`, "
                "start the cluster by `make steedos`, or name another --url."
            ) from None
        except (http.client.HTTPException, ValueError) as error:
            reason = _line(repr(error))
            raise RegistrationError(
                f"{self.url} speaks no HTTP, or breaks off ({reason}): name another --url, or run this again."
            ) from None

    def _answer(self, request: urllib.request.Request) -> Answer:
        try:
            with self._opener.open(request, timeout=TIMEOUT) as response:
                return Answer(response.status, _decoded(response.read()))
        except urllib.error.HTTPError as error:
            with error:
                return Answer(error.code, _decoded(error.read()), error.headers.get("Location", ""))


def _decoded(body: bytes) -> Any:
    try:
        return json.loads(body)
    except ValueError:
        return body.decode(errors="replace")


def _told(answer: Answer) -> str:
    return f"HTTP {answer.status}, {_line(answer.message or answer.body) or 'no reason given'}"


def _line(text: object) -> str:
    line = " ".join(str(text).split())[:120]
    return "".join(character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in line)


def ensure(steedos: Steedos, tenant: dict[str, Any], options: argparse.Namespace, password: str) -> list[str]:
    """Lines to print: what was done, and what to do next."""
    said = []
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
    said.append(f"next: open {steedos.url} and sign in.")
    if _open(tenant):
        said += CLOSING
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
    password = os.environ.get("STEEDOS_PASSWORD", "") or _typed()
    if len(password) < SHORTEST_PASSWORD:
        found = f"the password has {len(password)} characters" if password else "there is no password"
        raise RegistrationError(
            f"{found}, and {SHORTEST_PASSWORD} characters are the least: "
            "type it when asked, or set STEEDOS_PASSWORD, or hand it over on standard input."
        )
    return password


def _typed() -> str:
    """Empty when standard input is closed, or at its end."""
    if sys.stdin is None:
        return ""
    try:
        if not sys.stdin.isatty():
            return sys.stdin.readline().rstrip("\r\n")
        password = getpass.getpass("Password: ")
        again = getpass.getpass("The same again: ")
    except EOFError:
        return ""
    except UnicodeDecodeError as error:
        raise RegistrationError(f"the password is not text in {error.encoding}: hand it over in that.") from None
    if again != password:
        raise RegistrationError("the two passwords differ: run this again.")
    return password


def warning(url: str) -> str:
    """What to say before a password is sent to `url`; nothing for https, this machine or a private network."""
    parts = urlsplit(url)
    if parts.scheme == "https" or _is_within(parts.hostname, LOOPBACK + PRIVATE):
        return ""
    return (
        f"the password goes to {parts.hostname} over http://, where everybody on the way can read it: "
        "name an https:// address, or press Ctrl-C and run this on the proxy's own host."
    )


def _is_within(host: str | None, networks: tuple[str, ...]) -> bool:
    """Whether all addresses of `host`, a name or an address, are in one of the `networks`."""
    try:
        found = {ipaddress.ip_address(str(entry[4][0])) for entry in socket.getaddrinfo(host, None)}
    except (OSError, ValueError):
        return False
    return all(any(address in ipaddress.ip_network(network) for network in networks) for address in found)


def main(arguments: list[str]) -> int:
    options = _options(arguments)
    for stream in (sys.stdout, sys.stderr):
        if stream:
            stream.reconfigure(errors="replace")  # type: ignore[union-attr]  # text streams, unless somebody replaced them
    try:
        steedos = Steedos(options.url)
        tenant = steedos.settings()
        if warning(options.url):
            print(f"steedos: warning: {warning(options.url)}", file=sys.stderr)
        for line in ensure(steedos, tenant, options, read_password()):
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
    wrong = url_fault(options.url)
    if wrong:
        parser.exit(2, f"steedos: --url is {options.url!r}, and {wrong}: give it as in {URL}\n")
    if not (re.fullmatch(r"[^@\s]+@[^@\s]+", options.email) and options.email.isprintable()):
        parser.exit(2, f"steedos: --email is no address: {options.email!r}; give it as in you@example.com\n")
    options.name = options.name or options.email.split("@")[0]
    return options


def url_fault(url: str) -> str:
    """What keeps an address from being asked; nothing when it can be."""
    try:
        parts = urlsplit(url)
        _ = parts.port, (parts.hostname or "").encode("idna")  # for their complaints
    except ValueError as error:
        return f"it can't be read ({error})"
    faults = {
        "it must begin with http:// or https://": parts.scheme not in {"http", "https"},
        "it names no host": not parts.hostname,
        "there is a blank in it": not url.isprintable() or any(letter.isspace() for letter in url),
        "a user's name does not belong there": "@" in parts.netloc,
        "? and # do not belong there": "?" in url or "#" in url,
        "its path is not ASCII": not parts.path.isascii(),
    }
    return next((fault for fault, found in faults.items() if found), "")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
