"""app.health.headers: what may be asked with, and what is said of the rest."""

from __future__ import annotations

import pytest

from tests.unit.cluster_file.files import SMALL, load, only, problems


def asking(headers: str) -> str:
    return SMALL.replace("  command", f"  health:\n    headers:\n      {headers}\n  command")


@pytest.mark.parametrize(
    "headers",
    [
        "X-Health: yes",
        "X_Health: 1.10",
        'X-Empty: ""',
        "Host: shop.example.com:8443",
        "Host: '[fd00::1]:80'",
        "host: ${env:NAME}",
        "Authorization: Bearer ${file:health.token}",
        "User-Agent: corral (health)",
    ],
)
def test_what_may_be_asked_with(headers: str) -> None:
    assert problems(asking(headers)) == ()


@pytest.mark.parametrize(
    ("headers", "where", "sentence"),
    [
        ("X Health: a", "11:7", "must be the name of a header: a letter, then letters, digits, - and _"),
        ("Cookie: a=b", "11:7", "may not be set: each question has its own"),
        ("content-length: 3", "11:7", "may not be set: each question has its own"),
        ("Sec-WebSocket-Key: x", "11:7", "may not be set: each question has its own"),
        ('X-A: "a\\r\\nX-B: b"', "11:12", "must be a text of printable ASCII without blanks at its ends"),
        ("X-A: é", "11:12", "must be a text of printable ASCII without blanks at its ends"),
        ("X-A: [a]", "11:12", "must be a text of printable ASCII without blanks at its ends, not a list"),
        ("X-A: ${secret:admin}", "11:12", "may refer to ${env:NAME} and ${file:PATH} alone"),
        ("X-A: ${corral:HOST}", "11:12", "may refer to ${env:NAME} and ${file:PATH} alone"),
        ("X-A: ${env:9}", "11:12", "may hold ${env:NAME}, where NAME is a variable's name"),
        ("Host: https://shop/", "11:13", "must be a host's name or address, with :PORT behind it or not."),
    ],
)
def test_what_is_refused(headers: str, where: str, sentence: str) -> None:
    problem = only(asking(headers))
    assert problem.where == f"cluster.yaml:{where}"
    assert sentence in problem.message


def test_a_header_that_is_there_twice() -> None:
    problem = only(asking("X-Health: a\n      x-health: b"))
    assert (problem.where, "is the header X-Health again: keep one of the two." in problem.message) == (
        "cluster.yaml:12:17",
        True,
    )


def test_workers_have_them_too_and_are_told_of_their_own() -> None:
    text = asking("X-A: a").replace("  command", "  workers: {health: {headers: {Host: a/b}}}\n  command")
    assert "app.workers.health.headers.Host" in only(text).message
    assert problems(asking("Host: a/b")) == (only(asking("Host: a/b")),), "once, though workers are asked with it too"


def test_a_text_that_may_be_a_password_is_not_shown() -> None:
    assert "hunter" not in only(asking("X-A: huntér2")).message


def test_nothing_behind_a_name_is_no_header() -> None:
    assert load(asking("X-A:\n      X-B: b")).spec.app.health.headers == {"X-B": "b"}
