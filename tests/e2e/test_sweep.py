"""Every page of the Storefront in Chromium, wide and narrow, light and dark: what no page may get wrong.

The addresses are those of tests/security/test_foreign_ids.py, read from the resolver: a new page is looked at without
anybody thinking of it. `PICTURES=1` keeps a picture of every view under var/pictures for people.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import axe_playwright_python
import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse
from playwright.sync_api import Page
from pytest_django.live_server_helper import LiveServer

from accounts.models import User
from tests.integration.invoicing.issued import organisation
from tests.integration.storefront.partner_cast import Cast
from tests.security.test_foreign_ids import ABOUT_ONE, ALL, address, admin_of, objects_of

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]

KEPT = bool(os.environ.get("PICTURES"))
PICTURES = Path(settings.BASE_DIR) / "var" / "pictures" / "sweep"
AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text(encoding="utf-8")
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
SIZES = {"type": "rule", "values": ["color-contrast", "target-size", "scrollable-region-focusable"]}
COLOURS = {"type": "rule", "values": ["color-contrast"]}  # all that changes with the theme
VIEWS = ((1280, "light", RULES), (390, "light", SIZES), (390, "dark", COLOURS), (1280, "dark", COLOURS))
LOOK = """async (rules) => {
  const found = await axe.run({ runOnly: rules, resultTypes: ["violations"] });
  const grave = found.violations.filter((one) => ["serious", "critical"].includes(one.impact));
  const small = innerWidth > 400 ? [] : [...document.querySelectorAll(
    "main :is(button, .btn, select, input:not([type=checkbox], [type=radio], [type=hidden])):not(.btn-link, .vh)",
  )].filter((one) => one.checkVisibility() && one.getBoundingClientRect().height < 43.5);
  return [
    ...grave.map((one) => `${one.id}: ${one.nodes[0].html.slice(0, 160)}`),
    ...small.map((one) => `too low for a finger: ${one.outerHTML.slice(0, 120)}`),
    ...(document.documentElement.scrollWidth > innerWidth ? ["scrolls sideways"] : []),
  ];
}"""


class Eye:
    """A browser that remembers what is wrong with the pages it was shown."""

    def __init__(self, page: Page, base: str) -> None:
        self.page, self.base = page, base
        self.wrong: dict[str, list[str]] = {}
        self.said: list[str] = []
        page.on("console", lambda message: self.said.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: self.said.append(str(error)))

    def sign_in(self, user: User) -> None:
        """Give the browser the session of the user."""
        client = Client()
        client.force_login(user)
        cookie = client.cookies[settings.SESSION_COOKIE_NAME]
        self.page.context.add_cookies([{"name": cookie.key, "value": cookie.value, "url": self.base}])

    def look(self, name: str, path: str) -> int:
        """Open the page once and look at it in both widths and both themes; return its status."""
        self.said.clear()
        self.page.emulate_media(color_scheme="light", reduced_motion="reduce")  # no colour is caught half-way
        self.page.set_viewport_size({"width": 1280, "height": 900})
        answer = self.page.goto(self.base + path)
        status = answer.status if answer else 0
        refused = "Failed to load resource"  # what Chromium says of a page that answers 403 or 404, as it should
        found = self._once() + [text for text in self.said if status < 400 or refused not in text]
        self.page.evaluate(AXE)
        for width, scheme, rules in VIEWS:
            self.page.set_viewport_size({"width": width, "height": 900})
            self.page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            found += [f"{width} {scheme} {text}" for text in self.page.evaluate(LOOK, rules)]
            if KEPT:
                self.page.screenshot(path=PICTURES / f"{name.replace(':', '_')}_{width}_{scheme}.png", full_page=True)
        if found:
            self.wrong[f"{name} {path}"] = found
        return status

    def _once(self) -> list[str]:
        facts: dict[str, Any] = self.page.evaluate(
            "() => ({title: document.title, lang: document.documentElement.lang,"
            " h1: document.querySelectorAll('h1').length, icon: document.querySelectorAll('link[rel=icon]').length})"
        )
        heading = self.page.locator("h1").first.inner_text() if facts["h1"] else ""
        rules = {
            "no title of its own": facts["title"].strip(" –") not in {"", organisation().trade_name},
            f"{facts['h1']} h1": facts["h1"] == 1 and heading.strip() != "",
            f"lang {facts['lang']}": facts["lang"] == "en",
            "no icon": facts["icon"] == 1,
        }
        return [text for text, holds in rules.items() if not holds]


@pytest.fixture
def eye(page: Page, live_server: LiveServer) -> Eye:
    PICTURES.mkdir(parents=True, exist_ok=True)
    organisation()
    return Eye(page, live_server.url)


def pages(client: Client, names: list[str], examples: dict[str, str]) -> dict[str, str]:
    """Address by name of everything that shows a page to the signed-in client; what is only posted to is left out."""
    found = {}
    for name in names:
        path = address(name, examples) if name in ABOUT_ONE else reverse(name)
        answer = client.get(path)
        if answer.status_code not in {301, 302, 405} and answer["Content-Type"].startswith("text/html"):
            found[name] = path
    return found


def test_every_page_is_clean_for_an_admin(eye: Eye) -> None:
    cast = Cast()
    examples = objects_of(cast)
    client = Client()
    client.force_login(admin_of(cast))
    shown = pages(client, sorted(ALL), examples)
    assert {"home", "basket", "order", "customer_edit", "invoicing:invoice", "mfa_index"} <= set(shown)
    eye.sign_in(cast.ada)

    for name, path in shown.items():
        eye.look(name, path)

    assert eye.wrong == {}


def test_empty_pages_are_clean_for_a_new_reseller_and_say_why(eye: Eye) -> None:
    cast = Cast()
    client = Client()
    client.force_login(admin_of(cast))
    eye.sign_in(cast.ada)

    for name in ("home", "orders", "subscriptions", "invoicing:invoices", "basket", "catalogue"):
        eye.look(f"empty_{name}", reverse(name))
        assert eye.page.locator(".empty, .tone-ok").count() >= 1, name

    assert eye.wrong == {}


def test_a_user_without_a_role_is_told_so_in_our_look(eye: Eye) -> None:
    cast = Cast()
    cast.ada.is_account_admin, cast.ada.roles = False, []
    cast.ada.save()
    eye.sign_in(cast.ada)

    statuses = {name: eye.look(f"no_role_{name}", reverse(name)) for name in ("home", "orders", "invoicing:invoices")}

    assert statuses == {"home": 200, "orders": 403, "invoicing:invoices": 403}
    assert eye.wrong == {}
