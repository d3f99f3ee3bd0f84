"""The pages of the checkout: where they lead, what they cost, what they say of sums and credit."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.urls import reverse

from accounts.models import Account, User
from config.kernel.money import Money
from storefront.models import BasketLine
from storefront.selectors import baskets as basket_selectors
from storefront.selectors.checkout import exceeds, outlook
from storefront.services import baskets
from tests.integration.storefront.partner_cast import NOW, Cast
from tests.integration.storefront.test_orders import DETAILS, fill, microsoft_offer, own_offer, place
from tests.integration.storefront.test_pages import admin

pytestmark = pytest.mark.django_db
STEPS = ["checkout_who", "checkout_billing", "checkout_services", "checkout_confirm"]


def euros(text: str) -> Money:
    return Money(Decimal(text), "EUR")


def groups_of(cast, *prices: str):
    """One group of one own service for each of the three companies, in this order."""
    companies = (cast.customer, cast.affiliate, cast.reseller)
    basket = fill(cast, *((own_offer(price), 1, who) for price, who in zip(prices, companies, strict=False)))
    return basket_selectors.groups_of(basket_selectors.lines_of(basket, at=NOW))


@pytest.mark.parametrize("name", ["basket", *STEPS])
def test_a_page_needs_the_same_queries_for_one_and_for_four_lines(client, name, django_assert_max_num_queries):
    cast = Cast(credit_limit="5000.00")
    admin(cast, client)
    basket = fill(cast, (microsoft_offer(), 1, cast.customer))
    baskets.save_details(basket=basket, beneficiary=cast.customer, details=DETAILS, is_complete=True)
    client.get(reverse(name))
    with django_assert_max_num_queries(10) as one:
        assert client.get(reverse(name)).status_code == 200
    for price, who in (("2.00", cast.affiliate), ("3.00", cast.reseller), ("4.00", cast.customer)):
        baskets.add_line(basket=basket, offer_id=own_offer(price).public_id, quantity=1, beneficiary=who, at=NOW)

    with django_assert_max_num_queries(10) as four:
        assert client.get(reverse(name)).status_code == 200

    assert len(one) == len(four)


def test_the_checkout_resumes_at_the_first_step_that_is_not_done(client):
    cast = Cast()
    admin(cast, client)
    assert client.get(reverse("checkout"))["Location"] == reverse("basket")
    basket = fill(cast, (own_offer(), 1, None))
    assert client.get(reverse("checkout"))["Location"] == reverse("checkout_who")

    baskets.set_beneficiary(line=basket.lines.get(), beneficiary=cast.customer, at=NOW)

    assert client.get(reverse("checkout"))["Location"] == reverse("checkout_billing")


def test_a_company_can_be_changed_after_the_first_step(client):
    cast = Cast()
    admin(cast, client)
    line = fill(cast, (own_offer(), 1, cast.customer)).lines.get()
    change = f"{reverse('checkout_who')}?line={line.public_id}"
    assert change in client.get(reverse("checkout_who")).content.decode()
    page = client.get(change)
    typed = {"line": line.public_id, "mode": "personal", "before": page.context["who"]["before"].value()}

    client.post(reverse("checkout_who"), typed)

    line.refresh_from_db()
    assert line.beneficiary == cast.reseller


def test_no_way_leads_back_to_service_details_that_ask_nothing(client):
    cast = Cast()
    admin(cast, client)
    basket = fill(cast, (own_offer(), 1, cast.customer))
    href = f'href="{reverse("checkout_services")}"'
    assert href not in client.get(reverse("checkout_confirm")).content.decode()

    baskets.add_line(
        basket=basket, offer_id=microsoft_offer().public_id, quantity=1, beneficiary=cast.affiliate, at=NOW
    )

    assert href in client.get(reverse("checkout_confirm")).content.decode()


def test_a_choice_made_in_another_tab_is_not_overwritten(client):
    cast = Cast()
    admin(cast, client)
    line = fill(cast, (own_offer(), 1, None)).lines.get()
    baskets.set_beneficiary(line=line, beneficiary=cast.affiliate, at=NOW)

    answer = client.post(reverse("checkout_who"), {"line": line.public_id, "mode": "personal", "before": ""})

    line.refresh_from_db()
    assert answer["Location"] == reverse("checkout")
    assert line.beneficiary == cast.affiliate


def test_a_company_whose_product_is_not_sold_there_is_not_created_and_not_called_saved(client):
    cast = Cast()
    admin(cast, client)
    line = fill(cast, (microsoft_offer(), 1, None)).lines.get()

    answer = client.post(
        reverse("checkout_who"),
        {
            "line": line.public_id, "mode": "end_customer", "customer": "new", "customer-name": "Atlantic",
            "customer-email": "office@atlantic.example", "customer-phone": "+1 212 555 0105",
            "customer-country": "US", "customer-segment": "Commercial",
        },
    )  # fmt: skip

    assert answer.status_code == 422
    assert not Account.objects.filter(name="Atlantic").exists()
    assert "Atlantic is saved." not in answer.content.decode()
    assert answer.context["customer_form"]["name"].value() == "Atlantic"


def test_an_address_that_signs_in_elsewhere_may_be_a_company_s_address(client):
    """Edge case 20: the address of a company or a signer is no user name; the other account stays as it is."""
    cast, other = Cast(), Cast(mpn="9900074")
    admin(cast, client)
    line = fill(cast, (own_offer(), 1, None)).lines.get()

    client.post(
        reverse("checkout_who"),
        {
            "line": line.public_id, "mode": "end_customer", "customer": "new", "customer-name": "Same Address",
            "customer-email": other.ada.email, "customer-phone": "+30 231 000 0105", "customer-country": "GR",
            "customer-segment": "Commercial",
        },
    )  # fmt: skip

    assert Account.objects.get(name="Same Address").email == other.ada.email
    assert User.objects.get(email=other.ada.email).account == other.reseller


def test_the_done_page_says_what_is_held_and_by_how_much(client):
    cast = Cast(credit_limit="10.00")
    admin(cast, client)
    checkout = place(cast, fill(cast, (own_offer(), 1, cast.customer)))

    page = client.get(reverse("checkout_done", args=[checkout.public_id])).content.decode()

    assert "114.00" in page.partition("above your credit")[0][-60:]


def test_exceeds_walks_in_basket_order_and_lets_the_held_ones_use_nothing():
    groups = groups_of(Cast(), "100.00", "90.00", "50.00")  # gross 124.00, 111.60, 62.00

    assert exceeds(groups, euros("200.00")) == [Decimal("0.00"), Decimal("35.60"), Decimal("0.00")]
    assert exceeds(groups, None) == [Decimal("0.00")] * 3


def test_outlook_adds_up_what_is_charged_executed_and_left():
    view = outlook(groups_of(Cast(), "100.00", "90.00", "50.00"), available=euros("200.00"), currency="EUR")

    assert (view.net, view.tax, view.gross) == (euros("240.00"), euros("57.60"), euros("297.60"))
    assert (view.executed, view.spent, view.left, view.held) == (euros("186.00"), euros("-186.00"), euros("14.00"), 1)
    assert view.bar(euros("500.00")) == [
        (Decimal("300.00"), "used"), (Decimal("186.00"), "accent"), (Decimal("14.00"), "rest"),
    ]  # fmt: skip


def test_outlook_without_a_limit_or_without_groups():
    free = outlook(groups_of(Cast(), "1.00"), available=None, currency="EUR")
    empty = outlook([], available=euros("5.00"), currency="EUR")

    assert (free.left, free.bar(None), free.held) == (None, [], 0)
    assert (empty.gross, empty.left) == (euros("0.00"), euros("5.00"))


def test_a_draft_holds_what_a_database_can_store_and_is_forgotten_when_nothing_is_typed():
    cast = Cast()
    basket = fill(cast, (own_offer(), 1, cast.customer))
    version = basket.version

    baskets.keep_draft(basket=basket, step="checkout_who", typed={"name": "A\x00b\ud800", "long": "x" * 5000})
    basket.refresh_from_db()
    kept = basket.draft
    baskets.keep_draft(basket=basket, step="checkout_who", typed={"name": ""})
    basket.refresh_from_db()

    assert kept == {"checkout_who": {"name": "Ab", "long": "x" * 2000}}
    assert (basket.draft, basket.version) == ({}, version)
    assert BasketLine.objects.count() == 1
