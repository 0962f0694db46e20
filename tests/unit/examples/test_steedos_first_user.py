from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from tests.unit.examples.steedos import HERE

PASSWORD = "correct horse"


class Steedos(ThreadingHTTPServer):
    """As much of Steedos' interface as the script uses."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.passwords: dict[str, str] = {}
        self.companies: list[str] = []
        self.tenant: dict[str, object] | None = {"enable_register": True}
        self.refuse_companies = False

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class Handler(BaseHTTPRequestHandler):
    server: Steedos

    def do_GET(self) -> None:
        if self.path == "/accounts/settings":
            self.answer(200, {"tenant": self.server.tenant} if self.server.tenant else "<html>")
        elif self.headers["Authorization"] == "token-of-u1":
            self.answer(200, [{"_id": name, "name": name} for name in self.server.companies])
        else:
            self.answer(200, {"message": "accounts.userNotFound"})

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self.path == "/accounts/password/register":
            self.register(body["email"], body["password"])
        elif self.path == "/accounts/password/login":
            right = self.server.passwords.get(body["user"]["email"]) == body["password"]
            self.signed_in() if right else self.answer(400, {"message": "accounts.invalid_credentials"})
        elif self.server.refuse_companies or self.headers["X-Auth-Token"] != "token-of-u1":
            self.answer(500, {"message": "no primary", "success": False})
        else:
            self.server.companies.append(body["name"])
            self.answer(200, {"_id": "c1"})

    def register(self, email: str, password: str) -> None:
        if email in self.server.passwords:
            self.answer(400, {"message": "accounts.emailAlreadyExists"})
            return
        self.server.passwords[email] = password
        self.signed_in()

    def signed_in(self) -> None:
        self.answer(200, {"user": {"_id": "u1"}, "token": "token-of-u1"})

    def answer(self, status: int, body: object) -> None:
        content = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_args: object) -> None:
        """Quiet."""


@pytest.fixture
def steedos() -> Iterator[Steedos]:
    with Steedos() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


def first_user(url: str, password: str = PASSWORD, email: str = "ann@example.com") -> tuple[int, str, str]:
    environment = {"PATH": os.environ["PATH"], "http_proxy": "http://127.0.0.1:9"}
    done = subprocess.run(
        [sys.executable, HERE / "first-user.py", "--url", url, "--email", email, "--company", "Acme"],
        input=f"{password}\n",
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return done.returncode, done.stdout, done.stderr


def test_it_registers_and_says_what_to_do_next(steedos: Steedos) -> None:
    code, out, err = first_user(steedos.url + "/")
    assert (code, err) == (0, "")
    assert out.startswith(
        "ann@example.com is registered.\nAcme is created, and ann@example.com is its administrator.\n"
    )
    assert f"next: open {steedos.url} and sign in." in out
    assert steedos.passwords == {"ann@example.com": PASSWORD}
    assert steedos.companies == ["Acme"]


def test_a_second_run_changes_nothing(steedos: Steedos) -> None:
    first_user(steedos.url)
    code, out, _ = first_user(steedos.url)
    assert code == 0
    assert out.startswith("ann@example.com exists already.\nIt belongs to Acme.\nnext: open")
    assert steedos.companies == ["Acme"]


def test_it_goes_on_where_it_failed(steedos: Steedos) -> None:
    steedos.refuse_companies = True
    code, _, err = first_user(steedos.url)
    assert (code, err) == (
        1,
        "steedos: Acme was not created (HTTP 500, no primary): run this again, the user is there.\n",
    )
    steedos.refuse_companies = False
    assert first_user(steedos.url)[0] == 0
    assert steedos.companies == ["Acme"]


def test_a_taken_address_is_said_with_the_next_step(steedos: Steedos) -> None:
    first_user(steedos.url)
    code, _, err = first_user(steedos.url, "another password")
    said = f"steedos: ann@example.com exists already, with another password: sign in with that at {steedos.url}.\n"
    assert (code, err) == (1, said)


def test_closed_registration_is_named(steedos: Steedos) -> None:
    steedos.tenant = {"enable_register": False}
    code, _, err = first_user(steedos.url)
    assert code == 1
    assert "registration is closed" in err
    assert steedos.passwords == {}


def test_something_else_behind_the_address_is_named(steedos: Steedos) -> None:
    steedos.tenant = None
    assert "but not as Steedos does: name another --url." in first_user(steedos.url)[2]


def test_nobody_there_is_one_sentence() -> None:
    code, _, err = first_user("http://127.0.0.1:9")
    assert code == 1
    assert err.startswith("steedos: http://127.0.0.1:9 does not answer ([Errno 111] Connection refused): look at")
    assert err.count("\n") == 1


@pytest.mark.parametrize(
    ("url", "email", "password", "said"),
    [
        ("127.0.0.1:8090", "ann@example.com", PASSWORD, "--url must begin with http://"),
        ("http://127.0.0.1:9", "ann", PASSWORD, "--email is no address: ann"),
        ("http://127.0.0.1:9", "ann@example.com", "short", "the password has 5 characters, and 8 are the least"),
    ],
)
def test_bad_input_is_one_sentence(url: str, email: str, password: str, said: str) -> None:
    code, out, err = first_user(url, password, email)
    assert (code, out) == (1, "")
    assert said in err
    assert err.count("\n") == 1
