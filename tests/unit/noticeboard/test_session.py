"""The counter in a process's memory: it tells whether a visitor came back to the same instance."""

import httpx

from corral.noticeboard import sessions
from corral.noticeboard.sessions import Sessions

from .running import Running


def test_visits_are_counted_in_each_instance_alone(boards: tuple[Running, Running]) -> None:
    one, two = boards
    with httpx.Client() as visitor:
        counts = [visitor.get(f"{one.base}/session").json()["count"] for _ in range(3)]
        cookie = visitor.cookies["noticeboard_session"]
        elsewhere = httpx.get(f"{two.base}/session", cookies={"noticeboard_session": cookie}).json()

    assert counts == [1, 2, 3]
    assert elsewhere == {"instance": "two", "session": cookie, "count": 1}


def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(boards: tuple[Running, Running]) -> None:
    cookie = httpx.get(f"{boards[0].base}/session").headers["set-cookie"]

    assert cookie.startswith("noticeboard_session=")
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert "Path=/" in cookie


def test_an_invented_cookie_is_replaced() -> None:
    session, count = Sessions().visit("<script>" * 9)

    assert len(session) == 24
    assert count == 1


def test_memory_is_bounded_and_the_session_away_longest_is_forgotten() -> None:
    counter = Sessions()
    first, _ = counter.visit(None)
    second, _ = counter.visit(None)
    counter.visit(first)
    for _ in range(sessions.KEPT - 1):
        counter.visit(None)

    assert counter.visit(first) == (first, 3)
    assert counter.visit(second) == (second, 1)
