"""Signing in and out in Chromium: the right password, a wrong one, one way to a new password, no CSP report."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from allauth.account.models import EmailAddress
from axe_playwright_python.sync_playwright import Axe
from django.contrib.auth import get_user_model
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]

EMAIL = "dora@example.com"
PASSWORD = "a-long-enough-password"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
ACCOUNT_PAGES = ["/account/email/", "/password/change/", "/account/2fa/", "/account/2fa/totp/activate/", "/sign-out/"]


@pytest.fixture
def sign_in_page(page: Page, live_server: LiveServer) -> Iterator[Page]:
    """The sign-in page with an operator to sign in as; at the end the console must hold no CSP report."""
    user = get_user_model().objects.create_superuser(email=EMAIL, name="Dora", password=PASSWORD)
    EmailAddress.objects.create(user=user, email=EMAIL, verified=True, primary=True)
    reports: list[str] = []
    page.on("console", lambda message: reports.append(message.text) if "Security Policy" in message.text else None)
    page.goto(f"{live_server.url}/sign-in/")
    yield page
    assert reports == []


def _sign_in(page: Page, password: str) -> None:
    page.fill("#id_login", EMAIL)
    page.fill("#id_password", password)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_load_state("networkidle")


def _axe_findings(page: Page) -> list[str]:
    return [violation["id"] for violation in Axe().run(page, options={"runOnly": RULES}).response["violations"]]


def test_page_offers_one_button_and_one_way_to_a_new_password(sign_in_page: Page) -> None:
    assert _axe_findings(sign_in_page) == []
    expect(sign_in_page.locator(".btn-main")).to_have_count(1)
    expect(sign_in_page.locator("a[href='/password/reset/']")).to_have_count(1)


def test_wrong_password_is_said_and_nobody_is_signed_in(sign_in_page: Page, live_server: LiveServer) -> None:
    _sign_in(sign_in_page, "not-the-password")

    expect(sign_in_page.locator(".error-summary")).to_contain_text("password you specified are not correct")
    expect(sign_in_page.locator("#id_password")).to_have_value("")
    assert _axe_findings(sign_in_page) == []
    sign_in_page.goto(f"{live_server.url}/bss/")
    expect(sign_in_page.locator("h1")).to_have_text("Sign in")


def test_signing_in_and_out(sign_in_page: Page, live_server: LiveServer) -> None:
    page = sign_in_page
    _sign_in(page, PASSWORD)
    page.goto(f"{live_server.url}/bss/")
    expect(page.locator("h1")).to_have_text("Home")

    page.get_by_role("button", name="Sign out").click()
    page.wait_for_load_state("networkidle")

    page.goto(f"{live_server.url}/bss/")
    expect(page.locator("h1")).to_have_text("Sign in")


@pytest.mark.parametrize("width", [1280, 390])
def test_pages_of_the_own_sign_in_are_clean(sign_in_page: Page, live_server: LiveServer, width: int) -> None:
    page = sign_in_page
    page.set_viewport_size({"width": width, "height": 900})
    _sign_in(page, PASSWORD)
    page.goto(f"{live_server.url}/account/2fa/totp/activate/")
    expect(page.locator("h1")).to_have_text("Confirm Access")
    assert _axe_findings(page) == []
    page.fill("#id_password", PASSWORD)
    page.get_by_role("button", name="Confirm").click()
    page.wait_for_load_state("networkidle")

    found = {}
    for address in ACCOUNT_PAGES:
        page.goto(live_server.url + address)
        assert page.url == live_server.url + address
        expect(page.locator("main.narrow h1")).to_have_count(1)
        found[address] = _axe_findings(page)
        assert page.evaluate("document.documentElement.scrollWidth") <= width

    assert found == {address: [] for address in ACCOUNT_PAGES}
