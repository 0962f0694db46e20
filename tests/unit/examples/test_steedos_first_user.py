from __future__ import annotations

import io
import os
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator

import pytest

from tests.patience import PATIENCE
from tests.unit.examples.steedos import HERE, first_user_script
from tests.unit.examples.steedos_server import Steedos, answering, serving

PASSWORD = "correct horse"
NOBODY = "http://127.0.0.1:9"
Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def steedos() -> Iterator[Steedos]:
    with serving() as server:
        yield server


class Untouched(io.StringIO):
    """A standard input that must not be read yet."""

    def isatty(self) -> bool:
        raise AssertionError("the password was asked for")


@pytest.fixture
def first_user(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """The script's exit code and what it says, in this process; `stdin` in place of a line with the password."""

    def run(
        url: str, password: str = PASSWORD, email: str = "ann@example.com", **stdin: object
    ) -> tuple[int, str, str]:
        monkeypatch.delenv("STEEDOS_PASSWORD", raising=False)
        monkeypatch.setenv("no_proxy", "*")
        monkeypatch.setattr("sys.stdin", stdin.get("stdin", io.StringIO(f"{password}\n")))
        try:
            code: object = first_user_script().main(["--url", url, "--email", email, "--company", "Acme"])
        except SystemExit as left:
            code = left.code
        assert isinstance(code, int)
        return code, *capsys.readouterr()

    return run


def as_program(url: str, shell: str = 'exec "$@"') -> subprocess.CompletedProcess[str]:
    script = [
        sys.executable,
        str(HERE / "first-user.py"),
        "--url",
        url,
        "--email",
        "ann@example.com",
        "--company",
        "Acme",
    ]
    return subprocess.run(
        ["sh", "-c", shell, "sh", *script],
        input=f"{PASSWORD}\n",
        env={"PATH": os.environ["PATH"], "http_proxy": NOBODY},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )


def test_it_registers_and_says_what_to_do_next(steedos: Steedos) -> None:
    done = as_program(steedos.url + "/")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith(
        "ann@example.com is registered.\nAcme is created, and ann@example.com is its administrator.\n"
    )
    assert f"next: open {steedos.url} and sign in.\nAnybody who reaches it may register." in done.stdout
    assert steedos.passwords == {"ann@example.com": PASSWORD}
    assert steedos.companies == ["Acme"]


def test_a_closed_standard_input_is_one_sentence(steedos: Steedos) -> None:
    done = as_program(steedos.url, 'exec "$@" <&-')
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("steedos: there is no password, and 8 characters are the least: type it when asked")
    assert done.stderr.count("\n") == 1


def test_a_second_run_changes_nothing(steedos: Steedos, first_user: Run) -> None:
    first_user(steedos.url)
    code, out, _ = first_user(steedos.url)
    assert code == 0
    assert out.startswith("ann@example.com exists already.\nIt belongs to Acme.\nnext: open")
    assert steedos.companies == ["Acme"]


def test_it_goes_on_where_it_failed(steedos: Steedos, first_user: Run) -> None:
    steedos.refuse_companies = True
    code, _, err = first_user(steedos.url)
    assert (code, err) == (
        1,
        "steedos: Acme was not created (HTTP 500, no primary): run this again, the user is there.\n",
    )
    steedos.refuse_companies = False
    assert first_user(steedos.url)[0] == 0
    assert steedos.companies == ["Acme"]


def test_a_taken_address_is_said_with_the_next_step(steedos: Steedos, first_user: Run) -> None:
    first_user(steedos.url)
    code, _, err = first_user(steedos.url, "another password")
    said = f"steedos: ann@example.com exists already, with another password: sign in with that at {steedos.url}.\n"
    assert (code, err) == (1, said)


def test_closed_registration_is_named(steedos: Steedos, first_user: Run) -> None:
    steedos.tenant = {"enable_register": False}
    code, _, err = first_user(steedos.url)
    assert code == 1
    assert "registration is closed" in err
    assert steedos.passwords == {}


def test_something_else_behind_the_address_is_named(steedos: Steedos, first_user: Run) -> None:
    steedos.tenant = None
    code, _, err = first_user(steedos.url, stdin=Untouched())
    assert code == 1
    assert (
        "answers HTTP 200, but not as Steedos does: name another --url, or look at `corral -f cluster.yaml status`"
        in err
    )


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (b"SSH-2.0-OpenSSH_9.2\r\n", "speaks no HTTP, or breaks off (BadStatusLine("),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{", "(IncompleteRead(1 bytes read, 99 more expected))"),
        (b"HTTP/1.1 502 Bad\r\nContent-Length: 100\r\n\r\n{", "(IncompleteRead(1 bytes read, 99 more expected))"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n\xff", "answers HTTP 200, but not as Steedos does"),
        (b"HTTP/1.1 502 Bad\r\nContent-Length: 3\r\n\r\n<h>", "answers HTTP 502, but not as Steedos does"),
        (b"", "does not answer (Remote end closed connection without response): look at"),
    ],
)
def test_another_program_is_named_and_not_told_the_password(first_user: Run, answer: bytes, said: str) -> None:
    with answering(answer) as (url, asked):
        code, out, err = first_user(url, stdin=Untouched())
    assert (code, out) == (1, "")
    assert err.startswith(f"steedos: {url} ")
    assert said in err
    assert err.count("\n") == 1
    assert [line.split(b"\r\n")[0] for line in asked] == [b"GET /accounts/settings HTTP/1.1"]


def test_a_password_does_not_follow_where_an_address_sends_it(steedos: Steedos, first_user: Run) -> None:
    steedos.sends_on_to = "https://steedos.invalid"
    code, _, err = first_user(steedos.url, stdin=Untouched())
    said = f"steedos: {steedos.url} sends on to another address, https://steedos.invalid: name that as --url.\n"
    assert (code, err) == (1, said)


def test_nobody_there_is_one_sentence(first_user: Run) -> None:
    code, _, err = first_user(NOBODY, stdin=Untouched())
    assert code == 1
    assert err.startswith(f"steedos: {NOBODY} does not answer ([Errno 111] Connection refused): look at")
    assert err.count("\n") == 1


@pytest.mark.parametrize(
    ("url", "fault"),
    [
        ("127.0.0.1:8090", "it must begin with http://"),
        ("ftp://h/", "it must begin with http://"),
        ("http://", "it names no host"),
        ("http://[::1", "it can't be read (Invalid IPv6 URL)"),
        ("http://h:port", "it can't be read (Port"),
        ("http://h:70000", "it can't be read (Port"),
        ("http://a..b/", "it can't be read (encoding"),
        ("http://a b/", "there is a blank in it"),
        ("http://h/\n", "there is a blank in it"),
        ("http://ü.example/ü", "its path is not ASCII"),
        ("http://ann@h/", "a user's name does not belong there"),
        ("http://h/?x", "? and # do not belong there"),
    ],
)
def test_an_address_that_can_not_be_asked_is_a_usage_error(first_user: Run, url: str, fault: str) -> None:
    code, out, err = first_user(url, stdin=Untouched())
    assert (code, out) == (2, "")
    assert err.startswith(f"steedos: --url is {url!r}, and {fault}")
    assert err.endswith(": give it as in http://127.0.0.1:8090\n")


def test_an_address_in_another_script_can_be_asked() -> None:
    assert first_user_script().url_fault("https://ü.example:8443/%C3%BC") == ""


@pytest.mark.parametrize("email", ["ann", "@example.com", "ann@", "a b@c", "ann@example.com ", "a\x01b@c", "a@b@c"])
def test_what_is_no_email_address_is_a_usage_error(first_user: Run, email: str) -> None:
    code, out, err = first_user(NOBODY, email=email)
    assert (code, out) == (2, "")
    assert err == f"steedos: --email is no address: {email!r}; give it as in you@example.com\n"


@pytest.mark.parametrize(
    ("stdin", "said"),
    [
        (io.StringIO("short\n"), "the password has 5 characters, and 8 characters are the least"),
        (io.StringIO(""), "there is no password"),
        (io.TextIOWrapper(io.BytesIO(b"\xff" * 9), "utf-8"), "the password is not text in utf-8"),
    ],
)
def test_a_useless_password_is_one_sentence(steedos: Steedos, first_user: Run, stdin: object, said: str) -> None:
    code, out, err = first_user(steedos.url, stdin=stdin)
    assert (code, out) == (1, "")
    assert err.startswith(f"steedos: {said}")
    assert err.count("\n") == 1
    assert steedos.passwords == {}


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("typed", "code", "said"),
    [
        ([PASSWORD, PASSWORD], 0, ""),
        ([PASSWORD, "correct house"], 1, "steedos: the two passwords differ: run this again.\n"),
        ([PASSWORD], 1, "steedos: there is no password"),
    ],
)
def test_a_password_is_typed_twice(
    steedos: Steedos, first_user: Run, monkeypatch: pytest.MonkeyPatch, typed: list[str], code: int, said: str
) -> None:
    def getpass(_prompt: str) -> str:
        if not typed:
            raise EOFError
        return typed.pop(0)

    monkeypatch.setattr("getpass.getpass", getpass)
    found, _, err = first_user(steedos.url, stdin=Terminal())
    assert found == code
    assert err.startswith(said)
    assert err.count("\n") == bool(said)


@pytest.mark.parametrize(
    ("url", "exposed"),
    [
        ("http://127.20.0.1:8090", False),
        ("http://[::1]:8090", False),
        ("http://10.1.2.3", False),
        ("http://172.31.0.1", False),
        ("http://192.168.0.100", False),
        ("http://[fd00::1]", False),
        ("http://172.32.0.1", True),
        ("http://[2001:db8::1]", True),
        ("https://172.32.0.1", False),
    ],
)
def test_a_password_that_others_could_read_is_warned_of(url: str, exposed: bool) -> None:
    assert bool(first_user_script().warning(url)) == exposed


@pytest.mark.parametrize(("addresses", "exposed"), [(["10.0.0.1"], False), (["10.0.0.1", "203.0.113.1"], True)])
def test_a_name_counts_by_all_its_addresses(
    monkeypatch: pytest.MonkeyPatch, addresses: list[str], exposed: bool
) -> None:
    entries = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 0)) for address in addresses]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_: entries)
    assert bool(first_user_script().warning("http://steedos.invalid")) == exposed


def test_the_warning_comes_before_the_password_is_asked_for(
    steedos: Steedos, first_user: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(first_user_script(), "LOOPBACK", ())
    code, _, err = first_user(steedos.url, stdin=io.StringIO(""))
    warned, ended = err.splitlines()
    assert code == 1
    assert warned.startswith("steedos: warning: the password goes to 127.0.0.1 over http://, where everybody")
    assert ended.startswith("steedos: there is no password")
