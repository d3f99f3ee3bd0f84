"""What people see in BSS: every page of every row opens for every group, in our formats, with a sidebar of its own."""

from __future__ import annotations

import re

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.enums import StaffRole
from accounts.models import Account, AuditEvent, Contact, Message
from accounts.services import contacts, messages
from affiliates.models import Affiliate
from invoicing.models import BillingRun, Invoice, NumberSeries, Payment, TaxRule
from resellers.models import Reseller
from storefront.models import (
    FulfilmentUnit,
    Offer,
    OfferPrice,
    Order,
    PriceList,
    PriceListAssignment,
    Product,
    Subscription,
)
from storefront.services import fulfilment, price_lists
from tests.integration.bss.test_pages import drive, person
from tests.integration.storefront.partner_cast import Cast
from tests.integration.storefront.test_orders import fill, own_offer, place

pytestmark = pytest.mark.django_db
ROWS = (
    *(Reseller, Affiliate, Contact, Message, AuditEvent, Order, Subscription, FulfilmentUnit, Product, Offer),
    *(OfferPrice, PriceList, PriceListAssignment, BillingRun, Invoice, NumberSeries, Payment, TaxRule),
)


def body(answer):
    return answer.content.decode()


@pytest.fixture
def billed(client):
    """One of everything: an invoice with its run, a payment, an affiliate, a price list, a message."""
    cast = Cast()
    finance = person(StaffRole.FINANCE)
    now = timezone.now()
    Affiliate.objects.get_or_create(account=cast.affiliate, defaults={"purpose": "hosting_tenant"})
    lines = ((own_offer("1200.50"), 1, cast.affiliate), (own_offer("80.00"), 1, cast.customer))
    order = place(cast, fill(cast, *lines)).orders.first()
    for each in Order.objects.all():
        fulfilment.start(order=each, at=now)
    wholesale = price_lists.save(
        price_list=PriceList(name="Wholesale", currency="EUR", rule="discount", percent=5, valid_from="2026-01-01"),
        by=finance, at=now,
    )  # fmt: skip
    price_lists.assign(price_list=wholesale, account=cast.reseller, by=finance, at=now)
    contacts.add(
        account=cast.reseller, first_name="Ada", last_name="Aiginiti", email="ada@office.example.com",
        is_primary=True, by=finance, at=now,
    )  # fmt: skip
    messages.queue(
        template="password_changed", to=["ada@example.com"], context={"user": cast.ada}, at=now, account=cast.reseller
    )
    client.force_login(finance)
    client.post(reverse("bss:invoicing_billingrun_add"), {"through": "2026-12-31", "invoice_on": "", "reseller": ""})
    run = BillingRun.objects.get()
    drive(run)
    client.post(reverse("bss:invoicing_billingrun_issue", args=[run.pk]))
    drive(run)
    paid = {"bill_to": cast.reseller.pk, "amount": "5.00", "received_on": "2026-11-01", "method": "bank_transfer"}
    client.post(reverse("bss:invoicing_payment_add"), paid)
    return {"cast": cast, "order": order, "run": run, "invoice": Invoice.objects.first()}


def page_of(row):
    return reverse(f"bss:{row._meta.app_label}_{row._meta.model_name}_change", args=[row.pk])


def test_every_page_of_every_row_opens_for_every_group(client, billed):
    for role in StaffRole:
        if role is not StaffRole.FINANCE:
            client.force_login(person(role))
        for model in ROWS:
            row = model.objects.order_by("pk").first()
            assert row is not None, model
            answer = client.get(page_of(row))
            assert answer.status_code == 200, (role, model)
            history = reverse(f"bss:{row._meta.app_label}_{row._meta.model_name}_history", args=[row.pk])
            assert client.get(history).status_code == 200, (role, model)


def test_lists_write_money_dates_and_states_as_every_other_page(client, billed):
    invoice = billed["invoice"]

    shown = body(client.get(reverse("bss:invoicing_invoice_changelist")))

    assert re.search(r'field-gross_money[^>]*"><span class="num">€[\d,]+\.\d\d</span>', shown)
    assert f'<time class="nowrap" datetime="{invoice.issued_on.isoformat()}">' in shown
    assert re.search(r'field-state[^>]*"><span class="badge \w+"><svg', shown)
    assert "icon-yes" not in shown
    orders = body(client.get(reverse("bss:storefront_order_changelist")))
    assert '<span class="badge ok">' in orders
    assert '<span class="mode mode-affiliate">' in orders


def test_a_list_is_titled_by_what_it_lists_and_says_so_once(client):
    Cast()
    client.force_login(person(StaffRole.READ_ONLY))

    shown = body(client.get(reverse("bss:resellers_reseller_changelist")))

    assert "<h1>Resellers</h1>" in shown
    assert "to change" not in shown
    assert re.search(r'class="breadcrumbs"><a href="/bss/">Home</a> › Resellers</div>', shown)


def test_the_country_filter_offers_the_countries_that_occur(client):
    Cast()
    Account.objects.filter(pk=Cast(mpn=None).reseller.pk).update(country="CY")
    client.force_login(person(StaffRole.SALES))

    shown = body(client.get(reverse("bss:resellers_reseller_changelist")))

    assert set(re.findall(r"account__country__exact=(\w\w)", shown)) == {"GR", "CY"}


@pytest.mark.parametrize("name", ["staging", ""])
def test_the_header_names_the_environment_when_there_is_a_name(client, settings, name):
    settings.ENVIRONMENT = name
    client.force_login(person(StaffRole.SUPPORT))

    shown = body(client.get(reverse("bss:index")))

    assert ('<div class="environment">staging</div>' in shown) == bool(name)
    assert ('class="environment"' in shown) == bool(name)


@pytest.mark.parametrize("role", list(StaffRole))
def test_the_sidebar_holds_what_the_group_may_open(client, role):
    client.force_login(person(role))

    shown = client.get(reverse("bss:index"))

    links = [line["url"] for group in shown.context["bss_navigation"] for line in group["items_list"]]
    assert all(client.get(link).status_code == 200 for link in links)
    admin_only = {reverse("bss:system_options"), reverse("bss:accounts_user_changelist")}
    assert admin_only & set(links) == (admin_only if role is StaffRole.ADMIN else set())
    assert reverse("bss:storefront_pricelistassignment_changelist") in links


def test_an_empty_list_says_why_and_what_to_do(client):
    Cast()
    client.force_login(person(StaffRole.SALES))

    nothing_found = body(client.get(reverse("bss:resellers_reseller_changelist") + "?q=nobody-has-this-name"))
    nothing_yet = body(client.get(reverse("bss:storefront_pricesheetimport_changelist")))

    assert "Nothing fits this search." in nothing_found
    assert "Clear search and filters" in nothing_found
    assert "Nothing here yet." in nothing_yet
    assert "Add price sheet" in nothing_yet
