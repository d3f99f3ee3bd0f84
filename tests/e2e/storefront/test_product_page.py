"""The product page in a real browser: the choice renews the figures, and nothing needs the script."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.utils import timezone
from playwright.sync_api import expect

from accounts.models import User
from invoicing.models import TaxRule
from resellers.models import Reseller
from storefront.models import Product
from storefront.services import price_lists
from tests.integration.storefront.catalogue_cast import account, import_rows, premium, price_list

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def product(page, live_server, client):
    """Business Premium on the list EU Gold, seen by a signed-in admin of a reseller."""
    reseller = account()
    Reseller.objects.create(account=reseller, reselling_enabled=True)
    TaxRule.objects.create(country="GR", rate=Decimal(24), valid_from=date(2020, 1, 1))
    import_rows(*premium())
    long_ago = timezone.now() - timedelta(days=1)
    price_lists.assign(price_list=price_list(), account=reseller, by=None, at=long_ago)
    client.force_login(
        User.objects.create_user("ada@example.com", "x", name="Ada", account=reseller, is_account_admin=True)
    )
    cookie = client.cookies["sessionid"].value
    page.context.add_cookies([{"name": "sessionid", "value": cookie, "url": live_server.url}])
    page.goto(f"{live_server.url}/catalogue/{Product.objects.get().public_id}/")
    return page


def violations(page):
    return [(found["id"], found["nodes"][0]["html"]) for found in Axe().run(page).response["violations"]]


def test_a_choice_renews_the_figures_at_once_and_keeps_the_focus(product):
    product.get_by_label("Seats").fill("20")
    product.get_by_label("Seats").press("Tab")
    expect(product.get_by_text("€345.80").first).to_be_visible()

    product.locator("label.cell", has_text="€197.62").click()
    expect(product.get_by_text("€3,952.40").first).to_be_visible()
    expect(product.get_by_text("1 year, billed yearly")).to_be_visible()

    product.get_by_label("Seats").fill("0")
    product.get_by_label("Seats").press("Tab")
    expect(product.get_by_text("Enter a whole number from 1 to 300.")).to_be_visible()


@pytest.mark.parametrize("width", [1280, 390])
def test_the_pages_have_no_accessibility_findings_and_do_not_scroll_sideways(product, live_server, width):
    product.set_viewport_size({"width": width, "height": 900})
    for path in (product.url, f"{live_server.url}/catalogue/"):
        product.goto(path)

        assert violations(product) == []
        assert product.evaluate("document.documentElement.scrollWidth") <= width


def test_recalculate_works_without_a_script(product, browser):
    context = browser.new_context(java_script_enabled=False, storage_state=product.context.storage_state())
    plain = context.new_page()
    plain.goto(product.url)

    plain.get_by_label("Seats").fill("3")
    plain.get_by_role("button", name="Recalculate").click()

    expect(plain.get_by_text("€51.87").first).to_be_visible()
    context.close()
