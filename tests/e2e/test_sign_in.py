"""Signing in and out in Chromium: the right password, a wrong one, one way to a new password, no CSP report."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value, yield_hotp_counters_from_time
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from django.contrib.auth import get_user_model
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]

PICTURES = Path(settings.BASE_DIR) / "var" / "pictures"
EMAIL = "dora@example.com"
PASSWORD = "a-long-enough-password"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
ACCOUNT_PAGES = ["/account/", "/account/email/", "/password/change/", "/account/2fa/totp/activate/", "/sign-out/"]


@pytest.fixture
def sign_in_page(page: Page, live_server: LiveServer) -> Iterator[Page]:
    """The sign-in page with an operator to sign in as; at the end the console must hold no CSP report."""
    get_user_model().objects.create_superuser(email=EMAIL, name="Dora", password=PASSWORD)
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


def _picture(page: Page, name: str) -> None:
    PICTURES.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=PICTURES / f"{name}.png", full_page=True)


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
    expect(page.locator("h1")).to_have_text("Work")

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
    expect(page.locator("h1")).to_have_text("Is it you?")
    assert _axe_findings(page) == []
    page.fill("#id_password", PASSWORD)
    page.get_by_role("button", name="Go on").click()
    page.wait_for_load_state("networkidle")

    found = {}
    for address in ACCOUNT_PAGES:
        page.goto(live_server.url + address)
        assert page.url == live_server.url + address
        expect(page.locator("main.narrow h1")).to_have_count(1)
        _picture(page, f"sign_in{address.replace('/', '_')}{width}")
        found[address] = _axe_findings(page)
        assert page.evaluate("document.documentElement.scrollWidth") <= width

    assert found == {address: [] for address in ACCOUNT_PAGES}


def test_a_second_factor_is_set_up_used_and_its_codes_shown(sign_in_page: Page, live_server: LiveServer) -> None:
    page = sign_in_page
    page.set_viewport_size({"width": 390, "height": 900})
    _sign_in(page, PASSWORD)
    page.goto(f"{live_server.url}/account/")
    page.get_by_role("link", name="Set up second factor").click()
    page.fill("#id_password", PASSWORD)
    page.get_by_role("button", name="Go on").click()
    secret = page.input_value("#authenticator_secret")
    page.fill("#id_code", _code(secret))
    page.get_by_role("button", name="Switch on second factor").click()
    page.wait_for_load_state("networkidle")

    expect(page.locator(".codes li")).to_have_count(10)
    _picture(page, "sign_in_recovery_codes")
    assert _axe_findings(page) == []
    recovery = page.locator(".codes li").first.inner_text()
    page.goto(f"{live_server.url}/account/")
    expect(page.locator(".badge", has_text="On")).to_have_count(1)
    _picture(page, "sign_in_with_second_factor")
    assert _axe_findings(page) == []
    page.goto(f"{live_server.url}/sign-out/")
    page.get_by_role("button", name="Sign out").click()
    page.goto(f"{live_server.url}/sign-in/")
    _sign_in(page, PASSWORD)

    expect(page.locator("h1")).to_have_text("Enter your code")
    _picture(page, "sign_in_code")
    assert _axe_findings(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.fill("#id_code", recovery)
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.goto(f"{live_server.url}/bss/")
    expect(page.locator("h1")).to_have_text("Work")


def _code(secret: str) -> str:
    counter = next(iter(yield_hotp_counters_from_time()))
    return str(format_hotp_value(hotp_value(secret, counter)))
