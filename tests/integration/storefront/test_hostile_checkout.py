"""Texts and addresses nobody should send: the basket and the checkout answer with a page, never with an error."""

from __future__ import annotations

import pytest
from django.urls import reverse

from storefront.models import CheckoutDetails
from tests.integration.storefront.partner_cast import Cast
from tests.integration.storefront.test_orders import DETAILS, fill, microsoft_offer, own_offer
from tests.integration.storefront.test_pages import admin

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("typed", ["\x00", "Ele\x00ni"])
@pytest.mark.parametrize("field", ["signer_first_name", "signer_phone", "domain_prefix", "signer_email"])
def test_service_details_with_a_nul_are_refused_and_the_rest_is_kept(client, field, typed):
    cast = Cast()
    admin(cast, client)
    fill(cast, (microsoft_offer(), 1, cast.customer))
    mine = cast.customer.public_id
    typed_before = {f"{mine}-{name}": str(value) for name, value in DETAILS.__dict__.items()}

    answer = client.post(reverse("checkout_services"), {**typed_before, f"{mine}-{field}": typed})

    assert answer.status_code == 422
    kept = CheckoutDetails.objects.get()
    assert (kept.signer_last_name, kept.is_complete) == (DETAILS.signer_last_name, False)


@pytest.mark.parametrize("product", ["a/b", "\x00", "../x", "https://example.org/"])
def test_a_refused_line_goes_back_somewhere_whatever_product_was_named(client, product):
    cast = Cast()
    admin(cast, client)

    answer = client.post(reverse("basket_lines"), {"offer": own_offer().public_id, "quantity": "x", "product": product})

    assert answer.status_code == 302
    assert answer["Location"].startswith("/")


@pytest.mark.parametrize("offer", ["", "\x00", "x" * 300])
def test_an_offer_that_is_none_is_not_found(client, offer):
    cast = Cast()
    admin(cast, client)

    assert client.post(reverse("basket_lines"), {"offer": offer, "quantity": "1"}).status_code == 404


@pytest.mark.parametrize("name", ["orders", "subscriptions", "customers", "affiliates"])
def test_a_list_filtered_by_a_nul_shows_a_page(client, name):
    cast = Cast()
    admin(cast, client)

    assert client.get(reverse(name), {"q": "\x00", "page": "x", "mode": "x"}).status_code == 200
