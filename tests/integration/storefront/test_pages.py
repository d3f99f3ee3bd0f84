"""The Storefront's own pages over HTTP: the walk through the checkout, scoping, roles, query budgets."""

from __future__ import annotations

import pytest
from django.urls import reverse

from accounts.models import Account
from storefront.models import BasketLine, Order
from storefront.services import baskets
from tests.integration.storefront.partner_cast import NOW, Cast
from tests.integration.storefront.test_orders import fill, own_offer, place

pytestmark = pytest.mark.django_db

LISTS = ["home", "basket", "orders", "subscriptions", "customers", "affiliates", "customer_new", "affiliate_new"]


def admin(cast, client):
    cast.ada.is_account_admin = True
    cast.ada.save()
    client.force_login(cast.ada)
    return client


@pytest.mark.parametrize("name", LISTS)
def test_page_shows_an_empty_and_a_filled_account(client, name):
    cast = Cast()
    admin(cast, client)
    assert client.get(reverse(name)).status_code == 200

    for who in (cast.reseller, cast.affiliate, cast.customer):
        place(cast, fill(cast, (own_offer(f"{who.pk}.00"), 1, who)))

    assert client.get(reverse(name)).status_code == 200


@pytest.mark.parametrize(("name", "budget"), [("home", 20), ("orders", 8), ("subscriptions", 8), ("customers", 8)])
def test_list_needs_the_same_queries_for_one_and_three_rows(client, name, budget, django_assert_max_num_queries):
    cast = Cast()
    admin(cast, client)
    place(cast, fill(cast, (own_offer("1.00"), 1, cast.customer)))
    client.get(reverse(name))
    with django_assert_max_num_queries(budget) as one:
        client.get(reverse(name))
    for price, who in (("2.00", cast.affiliate), ("3.00", cast.reseller)):
        place(cast, fill(cast, (own_offer(price), 1, who)))

    with django_assert_max_num_queries(budget) as three:
        client.get(reverse(name))

    assert len(one) == len(three)


def test_a_stranger_finds_nothing_and_the_owner_does(client):
    cast, other = Cast(), Cast(mpn="9900074")
    order = place(cast, fill(cast, (own_offer(), 1, cast.customer))).orders.get()
    subscription = order.items.get().subscription
    line = fill(cast, (own_offer("7.00"), 1, cast.customer)).lines.get()
    pages = [
        reverse("order", args=[order.public_id]),
        reverse("subscription", args=[subscription.public_id]),
        reverse("customer", args=[cast.customer.public_id]),
        reverse("customer_edit", args=[cast.customer.public_id]),
        reverse("affiliate", args=[cast.affiliate.public_id]),
        reverse("affiliate_edit", args=[cast.affiliate.public_id]),
        reverse("checkout_done", args=[order.checkout.public_id]),
    ]
    admin(cast, client)
    assert [client.get(page).status_code for page in pages] == [200] * len(pages)

    admin(other, client)

    assert [client.get(page).status_code for page in pages] == [404] * len(pages)
    assert client.post(reverse("basket_line", args=[line.public_id]), {"remove": "1"}).status_code == 404
    assert BasketLine.objects.filter(pk=line.pk).exists()


@pytest.mark.parametrize("name", LISTS)
def test_nobody_is_sent_to_the_sign_in_page(client, name):
    answer = client.get(reverse(name))

    assert answer.status_code == 302
    assert answer["Location"].startswith("/sign-in/")


def test_a_billing_agent_cannot_order_and_a_buyer_can(client):
    cast = Cast()
    cast.ada.roles = ["billing_agent"]
    cast.ada.save()
    client.force_login(cast.ada)
    assert client.get(reverse("basket")).status_code == 403

    cast.ada.roles = ["buyer"]
    cast.ada.save()

    assert client.get(reverse("basket")).status_code == 200


def test_an_affiliate_is_created_inside_the_checkout_and_the_order_is_placed(client):
    cast = Cast()
    admin(cast, client)
    client.post(reverse("basket_lines"), {"offer": own_offer().public_id, "quantity": "2"})
    line = BasketLine.objects.get()
    typed = {
        "line": line.public_id, "mode": "affiliate", "affiliate": "new", "affiliate-name": "Παράρτημα Καβάλας",
        "affiliate-email": "kavala@example.org", "affiliate-phone": "231 000 0105", "affiliate-country": "GR",
        "affiliate-purpose": "business_unit",
    }  # fmt: skip
    refused = client.post(reverse("checkout_who"), typed)
    assert refused.status_code == 422
    assert "Παράρτημα Καβάλας" in refused.content.decode()
    assert "Enter the phone number with its country code" in refused.content.decode()

    client.post(reverse("checkout_who"), {**typed, "affiliate-phone": "+30 231 000 0105"})
    made = Account.objects.get(name="Παράρτημα Καβάλας")
    client.post(reverse("checkout_billing"), {f"{made.public_id}-po_number": "PO-26-1187"})
    review = client.get(reverse("checkout_confirm"))
    assert review.status_code == 200
    click = {**review.context["form"].initial, "terms": "on"}
    done = client.post(reverse("checkout_confirm"), click)
    again = client.post(reverse("checkout_confirm"), click)

    order = Order.objects.get()
    assert (order.mode, order.mpn_id, order.po_number) == ("affiliate", None, "PO-26-1187")
    assert done["Location"] == again["Location"] == reverse("checkout_done", args=[order.checkout.public_id])
    assert client.get(done["Location"]).status_code == 200
    assert made.bill_to == cast.reseller


def test_an_affiliate_of_the_same_name_is_refused_beside_the_name(client):
    cast = Cast()
    admin(cast, client)
    form = {"email": "x@example.org", "phone": "+30 231 000 0105", "country": "GR", "purpose": "business_unit"}
    first = client.post(reverse("affiliate_new"), {**form, "name": "Μονάδα Ένα"})
    assert first.status_code == 302

    second = client.post(reverse("affiliate_new"), {**form, "name": "ΜΟΝΑΔΑ  ενα"})

    assert second.status_code == 422
    assert "name" in second.context["form"].errors


@pytest.mark.parametrize("typed", ["0", "-1", "1.5", "1e3", "٣", "2147483648", "", "x", "\x00"])
def test_a_quantity_that_is_none_is_refused_and_nothing_changes(client, typed):
    cast = Cast()
    admin(cast, client)
    basket = fill(cast, (own_offer(), 3, cast.customer))
    line = basket.lines.get()

    client.post(reverse("basket_line", args=[line.public_id]), {"quantity": typed})

    line.refresh_from_db()
    assert line.quantity == 3


def test_the_same_offer_for_the_same_company_grows_its_line():
    cast = Cast()
    offer = own_offer()
    basket = fill(cast, (offer, 1, cast.customer), (offer, 2, cast.customer))

    assert [line.quantity for line in basket.lines.all()] == [3]
    assert baskets.open_basket(user=cast.ada, account=cast.reseller, at=NOW) == basket
