"""The pages before the sign-in and the error pages: in our look, without an accessibility finding or a CSP report."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.template.loader import render_to_string
from playwright.sync_api import Page
from pytest_django.live_server_helper import LiveServer

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
PAGES = {
    "/sign-in/": "Sign in",
    "/password/reset/": "Forgotten password",
    "/password/reset/done/": "Look into your mail",
    "/password/reset/key/1-nonsense/": "This link is over",
    "/account/inactive/": "Your access is switched off",
    "/there-is-no-such-page/": "There is no such page",
}


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_pages_before_the_sign_in_are_clean(page: Page, live_server: LiveServer, width: int, scheme: str) -> None:
    reports: list[str] = []
    page.on("console", lambda message: reports.append(message.text) if "Security Policy" in message.text else None)
    page.set_viewport_size({"width": width, "height": 900})
    page.emulate_media(color_scheme=scheme)

    found = {}
    for address, heading in PAGES.items():
        page.goto(live_server.url + address)
        assert page.locator("h1").inner_text() == heading
        result = Axe().run(page, options={"runOnly": RULES})
        found[address] = [violation["id"] for violation in result.response["violations"]]
        assert page.evaluate("document.documentElement.scrollWidth") <= width

    assert found == {address: [] for address in PAGES}
    assert reports == []


def test_a_refused_sign_in_says_so_first_and_takes_the_focus(page: Page, live_server: LiveServer) -> None:
    page.goto(f"{live_server.url}/sign-in/")
    page.fill("#id_login", "nobody@example.com")
    page.get_by_role("button", name="Sign in").click()

    summary = page.locator(".error-summary")
    assert summary.is_visible()
    assert page.evaluate("document.activeElement.className") == "error-summary"
    assert page.input_value("#id_login") == "nobody@example.com"


@pytest.mark.parametrize("name", ["400", "403", "403_csrf", "404", "500"])
def test_error_pages_need_no_context(name: str) -> None:
    html = render_to_string(f"{name}.html")

    assert html.count("<h1>") == 1
    assert "style=" not in html
