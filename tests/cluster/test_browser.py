"""noticeboard in a real browser: a note written in one page is seen in another, which another instance serves."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.cluster.harness import TestCluster
from tests.patience import PATIENCE

pytestmark = pytest.mark.cluster


def open_page(browser: Browser, url: str) -> Page:
    """A page with cookies of its own: a new visitor."""
    page = browser.new_context().new_page()
    page.set_default_timeout(PATIENCE * 1000)
    page.goto(url)
    return page


def test_a_note_written_in_one_page_appears_in_the_other(small: TestCluster, browser: Browser) -> None:
    url = str(small.status()["proxies"][0]["url"])
    writer, reader = open_page(browser, url), open_page(browser, url)
    text = "The fire drill is at <b>three</b>"
    writer.get_by_label("Write a note").fill(text)
    writer.get_by_role("button", name="Pin it up").click()
    for page in (writer, reader):
        expect(page.get_by_text(text, exact=True).first).to_be_visible(timeout=PATIENCE * 1000)
    assert reader.locator("b", has_text="three").count() == 0, "a note's text is never taken for HTML"
