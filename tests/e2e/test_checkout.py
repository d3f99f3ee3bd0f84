"""The checkout in Chromium: three purchase modes, a live server, a real worker, and what Microsoft was really told."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from django.db import connection
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

from accounts.models import Account, Organisation
from config.celery import app
from config.embedded.processes import wait_for
from storefront.models import Order, Product, Subscription, Tenant
from storefront.partner_center.simulator.remote import Remote
from tests.integration.storefront.catalogue_cast import import_rows, premium
from tests.integration.storefront.partner_cast import Cast
from tests.plugins.simulator import microsoft, simulator_process

__all__ = ["microsoft", "simulator_process"]
pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.django_db(transaction=True)]

ROOT = Path(__file__).resolve().parents[2]
PICTURES = Path(settings.BASE_DIR) / "var" / "pictures"
PASSWORD = "a-long-enough-password"
MPN = "9900185"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
QUEUES = ("interactive", "default")


@pytest.fixture
def cast(microsoft: Remote, transactional_db: None) -> Cast:
    """A reseller without an MPN ID; a new end customer is invoiced separately (AC8), the one it has is not."""
    microsoft.run_clock()
    cast = Cast(mpn=None, credit_limit="5000.00")
    Organisation.objects.update(separate_invoices=True)
    import_rows(*premium())
    ada = cast.ada
    ada.is_account_admin = True
    ada.set_password(PASSWORD)
    ada.save()
    return cast


@pytest.fixture
def worker(cast: Cast, microsoft: Remote, tmp_path: Path) -> Iterator[Path]:
    """A real worker with its scheduler, on the test's database and simulator; gives its log."""
    with app.connection_for_write() as link:
        link.default_channel.client.delete(*QUEUES)  # what earlier tests rang for
    name = f"checkout-{os.getpid()}@{socket.gethostname()}"
    command = [sys.executable, "-m", "celery", "--app", "config.celery:app", "worker", "--hostname", name]
    options = ["--beat", "--schedule", str(tmp_path / "beat"), "--queues", ",".join(QUEUES), "--concurrency", "1"]
    server = os.environ["DATABASE_OWNER_URL"].rpartition("/")[0]
    environment = {
        "DATABASE_OWNER_URL": f"{server}/{connection.settings_dict['NAME']}",
        "DJANGO_SETTINGS_MODULE": "config.settings.test",
        "PARTNER_CENTER_URL": microsoft.url,
        "FULFILMENT_POLL_SECONDS": "1",
        "PROCESS": "worker",
    }
    log = tmp_path / "worker.log"
    with log.open("wb") as file:
        process = subprocess.Popen(
            [*command, *options],
            cwd=ROOT,
            env=os.environ | environment,
            stdout=file,
            stderr=file,
            start_new_session=True,
        )
    try:
        assert wait_for(lambda: bool(app.control.ping(destination=[name], timeout=1)), 120), log.read_text()
        yield log
    finally:
        process.terminate()
        process.wait(timeout=60)


@pytest.fixture
def shop(page: Page, cast: Cast, live_server: LiveServer) -> Iterator[Page]:
    """Ada's browser, signed in by hand; anything the browser complains about fails the test."""
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    sign_in(page, cast, live_server)
    yield page
    # a refused form is answered with 422, which the browser's console calls an error
    assert [text for text in complaints if "status of 422" not in text] == []


def sign_in(page: Page, cast: Cast, live_server: LiveServer) -> None:
    page.goto(f"{live_server.url}/sign-in/")
    page.fill("#id_login", cast.ada.email)
    page.fill("#id_password", PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(re.compile("Good|Home|Welcome|Hello", re.I))


def looks_right(page: Page, name: str) -> None:
    """No finding of axe, no sideways scrolling: wide and narrow in light, and in dark; a picture of each."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    before = page.viewport_size
    for scheme, width in (("light", 1280), ("light", 390), ("dark", 390)):
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        page.set_viewport_size({"width": width, "height": 900})
        results = Axe().run(page, options={"runOnly": RULES})
        assert results.violations_count == 0, results.generate_report()
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        page.screenshot(path=PICTURES / f"{name}_{width}_{scheme}.png", full_page=True)
    page.emulate_media(color_scheme="light")
    page.set_viewport_size(before)


def into_the_basket(page: Page, live_server: LiveServer, seats: int) -> None:
    page.goto(f"{live_server.url}/catalogue/{Product.objects.get(sku_id='0002').public_id}/")
    page.get_by_label("Seats").fill(str(seats))
    page.get_by_role("button", name="Add to basket").click()
    page.get_by_role("link", name="Check out").click()


def save(page: Page) -> None:
    page.get_by_role("button", name="Save and continue").click()


def fill_company(page: Page, kind: str, name: str) -> None:
    form = page.locator(f".of-{kind}")
    form.get_by_label("Company name").fill(name)
    form.get_by_label("E-mail").fill("office@new.example.org")
    form.get_by_label("Phone").fill("+30 231 000 0105")
    form.get_by_label("Street and number").fill("Tsimiski 1")
    form.get_by_label("Postcode").fill("546 24")
    form.get_by_label("City").fill("Thessaloniki")


def fill_service(page: Page, prefix: str) -> None:
    page.get_by_label("Name of the new tenant").fill(prefix)
    page.get_by_label("First name").fill("Eleni")
    page.get_by_label("Last name").fill("Markaki")
    page.get_by_label("E-mail").fill("eleni@new.example.org")
    page.get_by_label("Phone").fill("+30 231 000 0105")


def to_services(page: Page) -> None:
    page.get_by_role("button", name="Continue to service details").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Service details")


def to_confirmation(page: Page) -> None:
    page.get_by_role("button", name="Continue to confirmation").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Confirm your order")


def place(page: Page) -> Order:
    page.get_by_label("I accept the terms").check()
    page.get_by_role("button", name=re.compile("^Place .*with obligation to pay")).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Your order is placed")
    return Order.objects.latest("pk")


def becomes_active(page: Page, worker: Path) -> None:
    """The order page as the reseller reloads it until the worker is through."""
    page.get_by_role("link", name="See the order").click()

    def active() -> bool:
        page.reload()
        return page.locator(".timeline").get_by_text("Active").count() > 0

    assert wait_for(active, 120, step=1), worker.read_text()[-4000:]


def sent_for(microsoft: Remote, order: Order) -> tuple[str, str]:
    """What Microsoft was told to create for the order, as sent: the customer, and the carts."""
    tenant = Tenant.objects.get(account=order.beneficiary)
    posts = [row for row in microsoft.journal("POST") if row["path"].endswith(("/v1/customers", "/carts"))]
    customers = [row["raw"] for row in posts if tenant.domain in str(row["raw"])]
    carts = [row["raw"] for row in posts if str(tenant.ms_tenant_id) in row["path"]]
    assert (len(customers), len(carts)) == (1, 1)
    return str(customers[0]), str(carts[0])


def test_one_order_in_each_mode_and_the_mpn_id_only_for_the_end_customer(
    shop: Page, cast: Cast, worker: Path, microsoft: Remote, live_server: LiveServer
) -> None:
    """AC2, AC3, AC4, AC5, AC8, read from the simulator's journal."""
    into_the_basket(shop, live_server, 3)
    shop.get_by_text("Personal usage: my company").click()
    looks_right(shop, "checkout_who_own")
    save(shop)
    looks_right(shop, "checkout_billing")
    to_services(shop)
    expect(shop.get_by_label("Your MPN ID")).to_have_count(0)
    fill_service(shop, "nefosown")
    looks_right(shop, "checkout_services_own")
    to_confirmation(shop)
    own = place(shop)
    looks_right(shop, "checkout_done")
    becomes_active(shop, worker)

    into_the_basket(shop, live_server, 4)
    shop.locator("label", has_text="Affiliate account").click()
    looks_right(shop, "checkout_who_affiliate")
    shop.get_by_label("New affiliate").check()
    fill_company(shop, "affiliate", "Nefos Kavala")
    save(shop)
    to_services(shop)
    expect(shop.get_by_label("Your MPN ID")).to_have_count(0)
    expect(shop.locator("main")).to_contain_text("No incentives will be claimed")
    fill_service(shop, "nefoskavala")
    to_confirmation(shop)
    affiliate = place(shop)
    becomes_active(shop, worker)

    into_the_basket(shop, live_server, 5)
    shop.locator("label", has_text="A company you sell to").click()
    fill_company(shop, "customer", "Xenia Rodon Hotels")
    looks_right(shop, "checkout_who_customer")
    save(shop)
    to_services(shop)
    shop.get_by_label("Your MPN ID").fill(MPN)
    fill_service(shop, "xeniarodon")
    shop.get_by_label("I am the partner of record").check()
    looks_right(shop, "checkout_services_customer")
    to_confirmation(shop)
    expect(shop.locator("main")).to_contain_text(f"MPN ID {MPN} is sent to Microsoft")
    looks_right(shop, "checkout_confirm")
    customer = place(shop)
    becomes_active(shop, worker)
    looks_right(shop, "order_active")

    modes = ("personal", "affiliate", "end_customer")
    assert tuple(order.mode for order in (own, affiliate, customer)) == modes
    assert dict(Subscription.objects.values_list("mode", "status")) == dict.fromkeys(modes, "active")
    sent = {order.mode: sent_for(microsoft, order) for order in (own, affiliate, customer)}
    for mode in ("personal", "affiliate"):
        assert not re.search(f"{MPN}|partner|participant", "".join(sent[mode]), re.I)
    assert "AssociatedPartnerId" in sent["end_customer"][0]
    assert re.search(f'"transaction_reseller", *"value": *"{MPN}"', sent["end_customer"][1])
    made = Account.objects.get(name="Xenia Rodon Hotels")
    cast.customer.refresh_from_db()
    assert (made.separate_invoices, made.bill_to, cast.customer.separate_invoices) == (True, cast.reseller, False)
    assert Account.objects.get(name="Nefos Kavala").bill_to == cast.reseller
    assert Tenant.objects.count() == 3

    into_the_basket(shop, live_server, 1)
    expect(shop.get_by_label("Nefos Kavala")).to_have_count(1)  # AC5: usable again
    shop.get_by_text("Personal usage: my company").click()
    save(shop)
    shop.get_by_role("button", name="Continue to service details").click()
    expect(shop.get_by_role("heading", level=1)).to_have_text(
        "Confirm your order"
    )  # AC4: the same tenant, nothing asked
    place(shop)
    becomes_active(shop, worker)
    assert Tenant.objects.count() == 3


def test_the_checkout_needs_no_script(cast: Cast, browser: Browser, live_server: LiveServer) -> None:
    """By keyboard's and mouse's means alone; leaving a step keeps what was typed, and Enter goes on."""
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    sign_in(page, cast, live_server)
    into_the_basket(page, live_server, 2)
    page.locator("label", has_text="A company you sell to").click()
    fill_company(page, "customer", "Plain Papers")
    page.locator(".of-customer").get_by_label("City").press("Enter")
    to_services(page)
    fill_service(page, "plainpapers")
    page.get_by_label("E-mail").fill("eleni@")
    page.get_by_role("button", name="Back to billing information").click()
    to_services(page)
    expect(page.get_by_label("E-mail")).to_have_value("eleni@")
    expect(page.locator(".error-summary")).to_contain_text("Enter an e-mail address")
    page.get_by_role("button", name="Billing information").first.click()  # the step's own name above
    to_services(page)
    page.get_by_label("E-mail").fill("eleni@plain.example.org")
    page.get_by_label("Your MPN ID").fill(MPN)
    page.get_by_label("I am the partner of record").check()
    to_confirmation(page)

    order = place(page)

    context.close()
    assert (order.mode, order.mpn_id, order.items.get().quantity) == ("end_customer", MPN, 2)


def test_the_checkout_fits_a_phone(shop: Page, cast: Cast, live_server: LiveServer) -> None:
    """At 390 px: total and main button stay in sight, and what is too much for the credit is said before the click."""
    cast.reseller.reseller.credit_limit = Decimal("40.00")
    cast.reseller.reseller.save()
    shop.set_viewport_size({"width": 390, "height": 844})
    into_the_basket(shop, live_server, 2)
    shop.get_by_text("Personal usage: my company").click()
    expect(shop.locator(".checkout-bar strong")).to_be_in_viewport()
    expect(shop.get_by_role("button", name="Save and continue")).to_be_in_viewport()
    save(shop)
    to_services(shop)
    fill_service(shop, "phone")
    to_confirmation(shop)
    expect(shop.locator("main")).to_contain_text("above your credit")
    looks_right(shop, "checkout_confirm_held")

    order = place(shop)

    assert order.status == "submitted"
    looks_right(shop, "checkout_done_held")
