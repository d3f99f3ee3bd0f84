"""Every component on one page in Chromium: light and dark, wide and narrow; no axe finding, no CSP report."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings as configured
from playwright.sync_api import Page
from pytest_django.live_server_helper import LiveServer

from config.kernel.templatetags import ui
from tests.development.gallery import PAGE

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
PICTURES = Path(configured.BASE_DIR) / "var" / "pictures"


def test_the_gallery_shows_every_component() -> None:
    used = set(re.findall(r"{% (\w+)", PAGE.read_text(encoding="utf-8")))

    assert set(ui.register.tags) - used == set()


@pytest.mark.e2e
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390, 320])
def test_components_are_clean(page: Page, live_server: LiveServer, settings: Any, width: int, scheme: Any) -> None:
    settings.ROOT_URLCONF = "tests.development.gallery"
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.set_viewport_size({"width": width, "height": 900})
    page.emulate_media(color_scheme=scheme)

    page.goto(f"{live_server.url}/gallery/")

    PICTURES.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=PICTURES / f"components_{scheme}_{width}.png", full_page=True)
    result = Axe().run(page, options={"runOnly": RULES})
    assert [violation["id"] for violation in result.response["violations"]] == [], result.generate_report()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert complaints == []
