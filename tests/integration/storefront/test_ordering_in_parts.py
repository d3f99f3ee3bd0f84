"""What is complete is ordered, the rest stays in the basket with its reason (reliability.md R02-R04, R07, R09-R11)."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.enums import PurchaseMode
from resellers.enums import MpnStatus
from storefront.enums import PriceRule
from storefront.models import Basket, BasketLine, CheckoutDetails, Order, PriceList
from storefront.services import baskets, orders, price_lists, tenants
from tests.integration.storefront.partner_cast import NOW, Cast
from tests.integration.storefront.test_checkout_drafts import field, typed
from tests.integration.storefront.test_orders import DETAILS, fill, microsoft_offer, own_offer, place
from tests.integration.storefront.test_pages import admin

pytestmark = pytest.mark.django_db
CONFIRM = "/checkout/confirm/"


def two_groups(cast, client):
    """A Microsoft product for an end customer, complete, and an own product for an affiliate; the review's form."""
    admin(cast, client)
    basket = fill(cast, (microsoft_offer(), 3, cast.customer), (own_offer(), 1, cast.affiliate))
    baskets.save_details(basket=basket, beneficiary=cast.customer, details=DETAILS, is_complete=True)
    return basket, review(client)


def review(client):
    """What the confirmation page would post."""
    return {**client.get(CONFIRM).context["form"].initial, "terms": "on"}


def change(cast, **facts):
    for name, value in facts.items():
        setattr(cast.reseller.reseller, name, value)
    cast.reseller.reseller.save()


def text(answer) -> str:
    return answer.content.decode()


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        ({"mpn_id": None, "mpn_status": MpnStatus.NONE}, "Enter your MPN ID"),
        ({"mpn_status": MpnStatus.INVALID}, "Microsoft does not accept your MPN ID 9900037"),
    ],
)
def test_a_lost_mpn_id_places_nothing_says_why_and_offers_the_other_orders(client, facts, words):
    cast = Cast()
    basket, click = two_groups(cast, client)
    change(cast, **facts)

    refused = client.post(CONFIRM, click)

    assert refused.status_code == 409
    assert words in text(refused)
    assert "Nothing was ordered." in text(refused)
    assert not Order.objects.exists()
    assert refused.context["form"].initial["orders"] == [cast.affiliate.public_id]

    done = client.post(CONFIRM, {**refused.context["form"].initial, "terms": "on"})

    order = Order.objects.get()
    assert (order.mode, order.mpn_id) == (PurchaseMode.AFFILIATE, None)
    rest = Basket.objects.get(checked_out_at=None)
    assert rest != basket
    assert list(rest.lines.values_list("beneficiary", "quantity")) == [(cast.customer.pk, 3)]
    assert CheckoutDetails.objects.get(basket=rest).domain_prefix == DETAILS.domain_prefix
    assert "One line is still in your basket." in text(client.get(done["Location"]))

    change(cast, mpn_id="9900074", mpn_status=MpnStatus.VALID)
    client.post(CONFIRM, review(client))

    assert Order.objects.get(mode=PurchaseMode.END_CUSTOMER).mpn_id == "9900074"
    assert not BasketLine.objects.filter(basket__checked_out_at=None).exists()


def test_another_mpn_id_than_was_shown_is_confirmed_again(client):
    cast = Cast()
    _basket, click = two_groups(cast, client)
    change(cast, mpn_id="9900074", mpn_status=MpnStatus.UNCHECKED)

    refused = client.post(CONFIRM, click)

    assert refused.status_code == 409
    assert "Your MPN ID is 9900074 now" in text(refused)
    assert not Order.objects.exists()
    client.post(CONFIRM, {**refused.context["form"].initial, "terms": "on"})
    assert Order.objects.get(mode=PurchaseMode.END_CUSTOMER).mpn_id == "9900074"


def test_without_an_mpn_id_the_service_details_lead_on_with_what_is_complete(client):
    """Edge case 19."""
    cast = Cast(mpn=None)
    admin(cast, client)
    fill(cast, (microsoft_offer(), 1, cast.customer), (own_offer(), 1, cast.reseller))
    assert "Continue with what is complete" in text(client.get(reverse("checkout_services")))

    answer = client.post(reverse("checkout_services"), {**typed(cast.customer), "go": "checkout_confirm"}, follow=True)

    assert "Stays in the basket" in text(answer)
    assert "Enter your MPN ID" in text(answer)
    client.post(CONFIRM, {**answer.context["form"].initial, "terms": "on"})
    assert Order.objects.get().mode == PurchaseMode.PERSONAL


def test_the_click_is_refused_with_409_when_the_basket_changed(client):
    """R03 and R04: one key, another basket."""
    cast = Cast()
    basket, click = two_groups(cast, client)
    baskets.set_quantity(line=basket.lines.first(), quantity=30)

    refused = client.post(CONFIRM, click)

    assert refused.status_code == 409
    assert not Order.objects.exists()
    client.post(CONFIRM, {**refused.context["form"].initial, "terms": "on"})
    assert Order.objects.get(mode=PurchaseMode.END_CUSTOMER).items.get().quantity == 30


@pytest.mark.parametrize(
    "spoiled", [{"basket": "x\x00"}, {"orders": ["nobody"]}, {"orders": []}, {"basket_version": "x"}]
)
def test_a_click_about_something_else_orders_nothing(client, spoiled):
    cast = Cast()
    _basket, click = two_groups(cast, client)

    refused = client.post(CONFIRM, {**click, **spoiled})

    assert refused.status_code == 409
    assert not Order.objects.exists()


def test_the_second_tab_shows_the_order_of_the_first_even_when_something_is_left(client):
    """R02; and the left lines are not ordered by the second click."""
    cast = Cast()
    _basket, click = two_groups(cast, client)
    part = {**click, "orders": [cast.affiliate.public_id]}

    first, second = client.post(CONFIRM, part), client.post(CONFIRM, click)

    assert first["Location"] == second["Location"]
    assert Order.objects.get().beneficiary == cast.affiliate


def test_a_user_sees_only_the_own_checkout_behind_a_second_click(client):
    cast, other = Cast(), Cast(mpn="9900074")
    theirs = place(other, fill(other, (own_offer("5.00"), 1, other.customer)))
    _basket, click = two_groups(cast, client)

    answer = client.post(CONFIRM, {**click, "basket": theirs.basket.public_id})

    assert answer.status_code == 409


def test_ordering_switched_off_meanwhile_is_refused(client):
    """R10."""
    cast = Cast()
    _basket, click = two_groups(cast, client)
    cast.reseller.ordering_enabled = False
    cast.reseller.save()

    refused = client.post(CONFIRM, click)

    assert refused.status_code == 409
    assert "Ordering is switched off" in text(refused)
    assert not Order.objects.exists()


def test_a_company_archived_meanwhile_stays_in_the_basket(client):
    """R11."""
    cast = Cast()
    _basket, click = two_groups(cast, client)
    cast.affiliate.archived_at = NOW
    cast.affiliate.save()

    refused = client.post(CONFIRM, click)

    assert refused.status_code == 409
    assert f"{cast.affiliate.name} is archived" in text(refused)
    assert refused.context["form"].initial["orders"] == [cast.customer.public_id]
    assert not Order.objects.exists()


def test_reselling_switched_off_meanwhile_leads_to_the_companies(client):
    cast = Cast()
    _basket, click = two_groups(cast, client)
    change(cast, reselling_enabled=False)

    refused = client.post(CONFIRM, click)

    assert refused["Location"].startswith(reverse("checkout_who"))
    assert not Order.objects.exists()


def test_a_user_who_loses_the_role_during_the_checkout_orders_nothing(client):
    """Edge case 30 and R16."""
    cast = Cast()
    _basket, click = two_groups(cast, client)
    cast.ada.is_account_admin, cast.ada.roles = False, ["billing_agent"]
    cast.ada.save()

    assert client.post(CONFIRM, click).status_code == 403
    assert client.post(reverse("checkout_services"), typed(cast.customer)).status_code == 403
    assert not Order.objects.exists()


def test_a_price_list_that_expires_meanwhile_asks_for_the_new_price(client):
    """Edge case 14 and R07: the old price is never billed silently, and both are named."""
    cast = Cast()
    offer = own_offer("10.00")
    prices = price_lists.save(
        price_list=PriceList(
            name="Gold", currency="EUR", rule=PriceRule.DISCOUNT, percent=Decimal(10), valid_from=date(2026, 1, 1)
        ),
        by=None,
        at=NOW,
    )
    price_lists.assign(price_list=prices, account=cast.reseller, by=None, at=NOW)
    admin(cast, client)
    fill(cast, (offer, 1, cast.reseller))
    click = review(client)
    PriceList.objects.update(valid_until=timezone.localdate() - timedelta(days=1))

    refused = client.post(CONFIRM, click)

    assert refused.status_code == 409
    assert "9.00 EUR → 10.00 EUR" in text(refused)
    assert not Order.objects.exists()
    client.post(CONFIRM, {**refused.context["form"].initial, "terms": "on"})
    assert Order.objects.get().items.get().unit_price == Decimal("10.000000")


def test_a_product_taken_off_sale_meanwhile_stays_behind_and_the_rest_is_ordered(client):
    cast = Cast()
    _basket, click = two_groups(cast, client)
    line = BasketLine.objects.get(beneficiary=cast.affiliate)
    line.offer.product.is_active = False
    line.offer.product.save()

    refused = client.post(CONFIRM, click)

    assert refused.status_code == 409
    assert "not on sale any more" in text(refused)
    assert refused.context["form"].initial["orders"] == [cast.customer.public_id]


@pytest.mark.parametrize("holder", ["own customer", "another reseller"])
def test_a_tenant_name_of_somebody_else_is_refused_without_saying_whose(client, holder):
    """Edge cases 17 and 18."""
    cast, other = Cast(), Cast(mpn="9900074")
    owner = cast.customer if holder == "own customer" else other.customer
    tenants.hold(account=owner, prefix="kyma", by=None, at=NOW)
    admin(cast, client)
    fill(cast, (microsoft_offer(), 1, cast.affiliate))

    answer = client.post(reverse("checkout_services"), typed(cast.affiliate))

    assert field(answer, cast.affiliate, "domain_prefix").errors == ["“kyma” is already taken. Choose another name."]
    assert owner.name not in text(answer)


def test_place_moves_what_is_not_named_and_asks_only_about_the_rest():
    cast = Cast(mpn=None)
    basket = fill(cast, (microsoft_offer(), 1, cast.customer), (own_offer(), 1, cast.affiliate))
    baskets.keep_draft(basket=basket, step="checkout_services", typed={"reseller-mpn_id": "12"})
    basket.refresh_from_db()

    checkout = orders.place(
        basket=basket, basket_version=basket.version, only=[cast.affiliate.public_id], by=cast.ada, at=NOW
    )

    assert [order.beneficiary for order in checkout.orders.all()] == [cast.affiliate]
    rest = Basket.objects.get(checked_out_at=None)
    assert rest.draft == {"checkout_services": {"reseller-mpn_id": "12"}}
    assert [line.beneficiary for line in rest.lines.all()] == [cast.customer]
    assert [line.beneficiary for line in basket.lines.all()] == [cast.affiliate]
