"""The page in a real browser: notes are live, text stays text, and the page comes back by itself."""

from playwright.sync_api import Browser, Page

from tests.patience import PATIENCE

from .conftest import Mongod, Start
from .running import COMMAND, Running, wait_for


def opened(browser: Browser, running: Running) -> Page:
    page = browser.new_page()
    page.set_default_timeout(PATIENCE * 1000)
    page.goto(running.base)
    page.wait_for_selector(".state[data-state=live]")
    return page


def test_a_note_written_in_one_page_appears_in_another(browser: Browser, mongod: Mongod, start: Start) -> None:
    url = mongod.url()
    here = opened(browser, start(mongo_url=url, instance="one"))
    there = opened(browser, start(mongo_url=url, instance="two"))

    text = "<b>bold?</b> <img src=x onerror=alert(1)>"
    here.fill("#text", text)
    here.set_input_files("#file", {"name": "plan.txt", "mimeType": "text/plain", "buffer": b"12345"})
    here.click("#send")
    there.wait_for_selector(".note")

    assert there.inner_text(".note p") == text
    assert there.inner_text(".note .badge") == "one"
    assert there.locator(".note img").count() == 0
    with there.expect_response("**/files/*") as answer:
        there.evaluate("fetch(document.querySelector('.note a').href)")
    assert answer.value.body() == b"12345"
    assert here.input_value("#text") == ""
    assert there.inner_text("#socket") == "two"
    assert there.inner_text("#session") == "first visit"


def test_the_page_reconnects_by_itself_and_shows_what_it_missed(browser: Browser, mongod: Mongod, start: Start) -> None:
    url = mongod.url()
    running = start(mongo_url=url, instance="one", version="1")
    other = start(mongo_url=url, instance="other")
    page = opened(browser, running)

    assert running.stop() == 0
    page.wait_for_selector(".state[data-state=reconnecting]")
    other.write("meanwhile")
    again = Running(
        {"host": running.address, "port": "8000", "mongo_url": url, "instance": "again", "version": "2"},
        COMMAND,
    )
    try:
        wait_for(again.listens, "the new instance listens")
        page.wait_for_selector(".state[data-state=live]")
        page.wait_for_selector("text=meanwhile")
        assert page.inner_text("#socket") == "again"
        assert page.inner_text("#version") == "1 (reload for 2)"
    finally:
        again.end()


def test_a_refused_note_stays_in_the_box(browser: Browser, mongod: Mongod, start: Start) -> None:
    running = start(mongo_url=mongod.url())
    page = opened(browser, running)
    running.process.terminate()
    page.wait_for_selector(".state[data-state=reconnecting]")

    page.fill("#text", "too late")
    page.click("#send")
    page.wait_for_selector("#problem:not(:empty)")

    assert page.inner_text("#problem") == "The board can't be reached. Your text is still here."
    assert page.input_value("#text") == "too late"
