"""Lists of the Storefront: order, search, page length in the address; what an empty one says to whom."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db.backends.postgresql.psycopg_any import DateRange
from django.urls import reverse

from config.kernel.money import Money
from invoicing.enums import ChargeKind
from invoicing.models import Charge
from storefront.selectors.business import billed_by_month
from tests.integration.storefront.partner_cast import NOW, Cast
from tests.integration.storefront.test_orders import fill, own_offer, place
from tests.integration.storefront.test_pages import admin

pytestmark = pytest.mark.django_db


def eur(amount):
    return Money(Decimal(amount), "EUR")


@pytest.fixture
def cast():
    cast = Cast()
    for price, seats, who in (("9.00", 3, cast.affiliate), ("5.00", 7, cast.customer), ("7.00", 1, cast.reseller)):
        place(cast, fill(cast, (own_offer(price), seats, who)))
    return cast


def rows(client, name, **query):
    return list(client.get(reverse(name), query).context["rows"].object_list)


def test_orders_come_in_the_order_asked_for(client, cast):
    admin(cast, client)

    newest = rows(client, "orders")

    assert [row.pk for row in newest] == sorted((row.pk for row in newest), reverse=True)
    assert rows(client, "orders", sort="placed") == newest[::-1]
    nets = [row.first_period_net for row in rows(client, "orders", sort="net")]
    assert nets == sorted(nets)
    assert len(set(nets)) == 3
    assert rows(client, "orders", sort="password") == newest


def test_subscriptions_are_sorted_by_seats_and_found_by_company(client, cast):
    admin(cast, client)

    assert [row.quantity for row in rows(client, "subscriptions", sort="-seats")] == [7, 3, 1]
    assert [row.beneficiary for row in rows(client, "subscriptions", q=cast.customer.name[2:9])] == [cast.customer]


def test_orders_are_found_by_what_is_in_them(client, cast):
    admin(cast, client)
    wanted = rows(client, "orders")[0]

    found = rows(client, "orders", q=wanted.items.get().product_name)

    assert wanted in found
    assert not rows(client, "orders", q="No product has this name")


def test_sums_of_customers_without_services_are_zero_and_can_be_sorted(client, cast):
    admin(cast, client)

    found = rows(client, "customers", sort="-seats")

    assert {row.seats for row in found} <= {0, 7}
    assert all(row.seats is not None for row in found)


@pytest.mark.parametrize("asked", ["25", "100"])
def test_the_page_is_as_long_as_asked_for(client, cast, asked):
    admin(cast, client)

    assert client.get(reverse("orders"), {"rows": asked}).context["rows"].paginator.per_page == int(asked)
    assert client.get(reverse("orders"), {"rows": "100000"}).context["rows"].paginator.per_page == 50


def test_an_empty_list_offers_the_next_step_to_those_who_may_take_it(client):
    cast = Cast()
    admin(cast, client)
    assert "Browse the catalogue" in client.get(reverse("orders")).content.decode()

    cast.ada.is_account_admin, cast.ada.roles = False, ["billing_agent"]
    cast.ada.save()
    page = client.get(reverse("orders")).content.decode()

    assert "Your company has not ordered anything yet." in page
    assert "Browse the catalogue" not in page


def test_an_order_in_the_address_filters_nothing(client):
    cast = Cast()
    admin(cast, client)

    page = client.get(reverse("orders"), {"sort": "net"}).content.decode()

    assert "No order fits these filters." not in page


def charge(cast, who, net, on):
    return Charge.objects.create(
        bill_to=cast.reseller, beneficiary=who, kind=ChargeKind.ONE_OFF, period=DateRange(on, on + timedelta(1)),
        quantity=1, unit_price=Decimal(net), net=Decimal(net), currency="EUR", invoice_on=on, text="Move", cut_at=NOW,
    )  # fmt: skip


def test_the_chart_adds_up_what_was_billed_by_mode_and_month():
    cast = Cast()
    charge(cast, cast.reseller, "10.00", date(2026, 11, 1))
    charge(cast, cast.customer, "20.50", date(2026, 11, 30))
    charge(cast, cast.affiliate, "4.00", date(2026, 3, 31))
    charge(cast, cast.customer, "99.00", date(2026, 12, 1))
    charge(cast, cast.customer, "99.00", date(2025, 11, 30))

    months = billed_by_month(cast.reseller, on=date(2026, 11, 25))

    assert [month.first.month for month in months] == [3, 4, 5, 6, 7, 8, 9, 10, 11]
    last = months[-1]
    assert (last.own, last.affiliate, last.customer) == (eur("10.00"), eur("0.00"), eur("20.50"))
    assert sum((month.total for month in months), eur("0.00")) == eur("34.50")


def test_the_chart_shows_six_months_when_there_is_less():
    cast = Cast()
    charge(cast, cast.reseller, "10.00", date(2026, 11, 1))

    assert len(billed_by_month(cast.reseller, on=date(2026, 11, 25))) == 6


def test_the_chart_shows_nothing_of_others_and_nothing_without_charges(cast):
    charge(cast, cast.reseller, "10.00", date(2026, 11, 1))

    assert billed_by_month(Cast(mpn="9900074").reseller, on=date(2026, 11, 25)) == []
