"""The invoice pages in a real browser: read, explained, printed to PDF; no script or style from elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from django.test import Client
from django.urls import reverse
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from accounts.models import User
from invoicing.models import Invoice
from invoicing.services import documents
from tests.integration.invoicing.conftest import Company, company
from tests.integration.invoicing.issued import NOON, Row, issue, organisation

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]
PICTURES = Path(settings.BASE_DIR) / "var" / "pictures"


@pytest.fixture
def us(transactional_db: None) -> Company:
    organisation()
    return company("Thermaikos Digital Works SA", 5)


@pytest.fixture
def invoice(us: Company) -> Invoice:
    stub = (date(2026, 10, 20), date(2026, 11, 1))
    rows = [
        Row(us.acme, "Aegean Managed Backup", factor=(12, 31), period=stub),
        Row(us.acme, "Aegean Managed Backup"),
        Row(us.reseller, "Microsoft 365 Business Premium", 15, "17.29"),
        Row(us.affiliate, "Microsoft 365 Business Basic", 56, "5.50"),
        Row(us.beta, "Microsoft 365 E3", 24, "30.65"),
    ]
    issue(us.reseller, [Row(us.acme)], separate=True, issued_on=date(2026, 9, 1))
    issue(us.reseller, [Row(us.reseller)], issued_on=date(2026, 9, 1), open_amount="0.00")
    made = issue(us.reseller, rows, due_on=date(2099, 12, 31))
    issue(us.reseller, [Row(us.beta, quantity=1)], separate=True, corrects=made)
    return made


@pytest.fixture
def ada(page: Page, us: Company, live_server: LiveServer) -> Iterator[Page]:
    """Ada's browser, signed in; anything the browser complains about fails the test."""
    client = Client()
    client.force_login(
        User.objects.create_user(
            email="ada@thermaikos.example.com", name="Ada", account=us.reseller, is_account_admin=True
        )
    )
    cookie = client.cookies[settings.SESSION_COOKIE_NAME]
    page.context.add_cookies([{"name": cookie.key, "value": cookie.value, "url": live_server.url}])
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    yield page
    assert complaints == []


def looks_right(page: Page, name: str) -> None:
    """No finding of axe, no sideways scrolling, at a wide and a narrow width; a picture of each."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    for width in (1280, 390):
        page.set_viewport_size({"width": width, "height": 900})
        results = Axe().run(page)
        assert results.violations_count == 0, results.generate_report()
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        page.screenshot(path=PICTURES / f"{name}_{width}.png", full_page=True)


def test_invoices_are_found_and_filtered(ada: Page, live_server: LiveServer, invoice: Invoice) -> None:
    ada.goto(f"{live_server.url}/invoices/")
    looks_right(ada, "invoices")

    ada.get_by_role("link", name="Overdue").first.click()
    expect(ada.locator("tbody tr")).to_have_count(1)
    ada.get_by_role("link", name="All").first.click()
    ada.get_by_label("Search number").fill("managed backup")
    ada.get_by_role("button", name="Filter").click()
    expect(ada.locator("tbody tr")).to_have_count(1)


def test_invoice_explains_its_lines(ada: Page, live_server: LiveServer, invoice: Invoice) -> None:
    ada.goto(f"{live_server.url}{invoice.get_absolute_url()}")
    looks_right(ada, "invoice")

    ada.set_viewport_size({"width": 1280, "height": 900})
    stub = ada.locator("details.why").filter(has_text="12/31")
    stub.locator("summary").click()

    expect(stub).to_contain_text("5 × €12.00 × 12/31 = €23.23")
    expect(stub).to_contain_text("12 of 31 days")
    looks_right(ada, "invoice_explained")


def test_pdf_page_turns_ready_by_itself(ada: Page, live_server: LiveServer, invoice: Invoice) -> None:
    ada.goto(f"{live_server.url}{reverse('invoicing:pdf', args=[invoice.public_id])}")
    expect(ada.get_by_text("The PDF is being made")).to_be_visible()
    looks_right(ada, "pdf_waiting")

    documents.render(invoice_id=invoice.pk, at=NOON)

    expect(ada.get_by_role("link", name="Open the PDF")).to_be_visible(timeout=10_000)


def test_invoice_prints_as_a_table_without_navigation(ada: Page, live_server: LiveServer, invoice: Invoice) -> None:
    ada.goto(f"{live_server.url}{invoice.get_absolute_url()}")
    ada.set_viewport_size({"width": 680, "height": 900})  # A4 within its margins
    ada.emulate_media(media="print", color_scheme="dark")

    line, paper = ada.evaluate(
        "() => [getComputedStyle(document.querySelector('.explained')).display,"
        " getComputedStyle(document.body).backgroundColor]"
    )
    for unwanted in (".nav", ".nameplate", "[data-copy]", ".foot"):
        expect(ada.locator(unwanted).first).to_be_hidden()
    expect(ada.locator(".because").first).to_be_visible()
    assert (line, paper) == ("table-row", "rgb(255, 255, 255)")
