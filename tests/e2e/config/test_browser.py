"""The browser of the tests reaches the live server, and no other machine."""

from __future__ import annotations

import pytest
from playwright.sync_api import Error, Page
from pytest_django.live_server_helper import LiveServer

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]


def test_browser_reaches_the_live_server_only(page: Page, live_server: LiveServer) -> None:
    answer = page.goto(f"{live_server.url}/healthz")

    assert answer is not None
    assert answer.status == 200
    assert page.content().count("ok") == 1
    with pytest.raises(Error, match="ERR_NAME_NOT_RESOLVED"):
        page.goto("http://example.com/")
