"""The page and its files: told apart by content, safe to keep, and safe from what a name may hold."""

import re

import pytest

from .conftest import Start
from .running import Running

Boards = tuple[Running, Running]


def test_the_page_says_who_served_it(boards: Boards) -> None:
    answer = boards[1].http.get("/")

    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert '<span class="badge" id="page" data-instance="two">two</span>' in answer.text
    assert 'data-version="1.4"' in answer.text
    assert "http://board.example/" in answer.text


def test_nothing_is_loaded_from_elsewhere(boards: Boards) -> None:
    page = boards[0].http.get("/")
    links = re.findall(r'(?:src|href)="([^"]+)"', page.text)

    assert set(links) == {"static/app.css", "static/app.js", "static/icon.svg"}
    assert page.headers["content-security-policy"].startswith("default-src 'none'; script-src 'self'")
    for link in links:
        assert boards[0].http.get(f"/{link}").status_code == 200


@pytest.mark.parametrize(
    ("path", "content_type"),
    [
        ("/static/app.css", "text/css; charset=utf-8"),
        ("/static/app.js", "text/javascript; charset=utf-8"),
        ("/static/icon.svg", "image/svg+xml"),
    ],
)
def test_static_files_are_the_same_on_every_instance(boards: Boards, path: str, content_type: str) -> None:
    first = boards[0].http.get(path)
    again = boards[1].http.get(path, headers={"If-None-Match": first.headers["etag"]})
    head = boards[0].http.head(path)

    assert first.headers["content-type"] == content_type
    assert first.headers["cache-control"] == "no-cache"
    assert (again.status_code, again.content) == (304, b"")
    assert head.headers["content-length"] == str(len(first.content))


def test_a_name_is_never_markup(start: Start) -> None:
    running = start(mongo_url="mongodb://127.0.0.1:1/board", instance="<i>a", version='"><b>', root_url="http://x/?<u>")

    page = running.http.get("/").text
    assert not re.search("<[ibu]>", page)
    assert "&lt;i&gt;a" in page
