"""Sign-in in a real browser through the proxy, and the home page behind it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from playwright.sync_api import Browser, FloatRect, Page, expect

from tests.steedos.limits import LIMIT
from tests.steedos.people import NAME, Account

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(LIMIT)]

IMAGES = Path(__file__).parents[2] / "docs" / "images"
LOGIN_BOX = FloatRect(x=360, y=160, width=560, height=480)
"""What is kept of the login page: around it is nothing but a coloured sky, which makes a large file."""
PATIENCE = 60_000
"""Milliseconds. The first page of a new instance is compiled while it is asked for."""


def test_sign_in_and_the_home_page(browser: Browser, url: str, account: Account) -> None:
    context = browser.new_context(viewport={"width": 1280, "height": 800}, locale="en-US")
    page = context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    try:
        sign_in(page, url, account)
        see_the_home_page(page, account)
    finally:
        context.close()
    assert errors == [], "nothing uncaught in the pages"


def sign_in(page: Page, url: str, account: Account) -> None:
    page.goto(url)
    page.locator("#loginId").wait_for(timeout=PATIENCE)
    keep(page, "steedos-login", LOGIN_BOX)
    page.locator("#loginId").fill(account.email)
    page.locator("#password").fill(account.password)
    page.get_by_role("button", name="Submit").click()
    page.get_by_text(account.company).click(timeout=PATIENCE)


def see_the_home_page(page: Page, account: Account) -> None:
    """The company's menu, and a list from the database behind one of its entries."""
    page.get_by_text("My Company", exact=True).click(timeout=PATIENCE)
    page.get_by_text("Users", exact=True).click(timeout=PATIENCE)
    for text in (NAME, account.email, account.company):
        expect(page.get_by_role("grid").get_by_text(text, exact=True)).to_be_visible(timeout=PATIENCE)
    keep(page, "steedos-home")


def keep(page: Page, name: str, clip: FloatRect | None = None) -> None:
    """For docs/images, when CORRAL_KEEP_SCREENSHOTS=1 asks for it: an ordinary run leaves the tree as it is."""
    if os.environ.get("CORRAL_KEEP_SCREENSHOTS") == "1":
        IMAGES.mkdir(exist_ok=True)
        page.screenshot(path=IMAGES / f"{name}.png", clip=clip)
