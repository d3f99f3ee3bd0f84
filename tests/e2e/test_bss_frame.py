"""The BSS frame in Chromium: navigation is seen, nothing scrolls sideways, no axe finding, no script error."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.contrib.auth import get_user_model
from playwright.sync_api import Page
from pytest_django.live_server_helper import LiveServer

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
PAGES = [
    *("/bss/", "/bss/resellers/reseller/", "/bss/resellers/reseller/add/", "/bss/storefront/order/"),
    *("/bss/accounts/message/", "/bss/options/", "/bss/invoicing/payment/add/", "/bss/affiliates/affiliate/add/"),
]
PASSWORD = "a-long-enough-password"


@pytest.fixture
def signed_in(page: Page, live_server: LiveServer) -> Page:
    get_user_model().objects.create_superuser(email="dora@example.com", name="Dora", password=PASSWORD)
    page.goto(f"{live_server.url}/sign-in/")
    page.fill("#id_login", "dora@example.com")
    page.fill("#id_password", PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_load_state("networkidle")
    return page


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (1280, "dark"), (390, "light")])
def test_frame_is_clean(signed_in: Page, live_server: LiveServer, width: int, scheme: str) -> None:
    page = signed_in
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda message: errors.append(message.text) if "Security Policy" in message.text else None)
    page.set_viewport_size({"width": width, "height": 900})
    page.emulate_media(color_scheme=scheme)

    found = {}
    for address in PAGES:
        page.goto(live_server.url + address)
        page.wait_for_load_state("networkidle")
        assert page.get_by_role("link", name="Resellers", exact=True).first.is_visible()
        assert errors == []
        found[address] = [
            v["id"] for v in Axe().run(page, options={"runOnly": RULES, "preload": False}).response["violations"]
        ]
        errors.clear()
        assert page.evaluate("document.documentElement.scrollWidth") <= width

    assert found == {address: [] for address in PAGES}
