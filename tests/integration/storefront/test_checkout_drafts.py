"""Nothing typed in the checkout is lost: leaving a step, a refusal, or another company keeps it, with its errors."""

from __future__ import annotations

import pytest
from django.urls import reverse

from accounts.models import Account
from storefront.models import CheckoutDetails, Order, Tenant
from storefront.services import baskets, tenants
from storefront.services.baskets import Details
from tests.integration.storefront.partner_cast import NOW, Cast
from tests.integration.storefront.test_orders import DETAILS, fill, microsoft_offer, own_offer
from tests.integration.storefront.test_pages import admin

pytestmark = pytest.mark.django_db

COMPANY = {
    "name": "Xenia Rodon", "email": "xenia@example.org", "phone": "+30 231 000 0105", "country": "GR",
    "segment": "Commercial",
}  # fmt: skip


def typed(who: Account, **changes: str) -> dict[str, str]:
    """The service details of a company as its form posts them."""
    texts = {name: "on" if text is True else text for name, text in vars(DETAILS).items() if name != "po_number"}
    return {f"{who.public_id}-{name}": text for name, text in {**texts, **changes}.items()}


def field(answer, who: Account, name: str):
    return next(form for form in answer.context["all_forms"] if form.prefix == who.public_id)[name]


@pytest.mark.parametrize("way", ["basket", "checkout_who", "checkout_billing"])
def test_an_invalid_address_comes_back_with_its_error_after_leaving_the_step(client, way):
    cast = Cast()
    admin(cast, client)
    fill(cast, (microsoft_offer(), 1, cast.customer))

    left = client.post(
        reverse("checkout_services"), {**typed(cast.customer, signer_email="eleni@", signer_phone=""), "go": way}
    )
    again = client.get(reverse("checkout_services"))

    assert left["Location"] == reverse(way)
    assert (again.status_code, field(again, cast.customer, "signer_email").value()) == (200, "eleni@")
    assert field(again, cast.customer, "signer_email").errors
    assert field(again, cast.customer, "domain_prefix").value() == "kyma"
    assert field(again, cast.customer, "signer_phone").errors == []  # not filled in yet is no error
    assert client.get(reverse("checkout_confirm"))["Location"] == reverse("checkout_services")


def test_complete_details_are_stored_when_the_step_is_left(client):
    cast = Cast()
    admin(cast, client)
    fill(cast, (microsoft_offer(), 1, cast.customer))

    client.post(reverse("checkout_services"), {**typed(cast.customer), "go": "checkout_billing"})

    assert CheckoutDetails.objects.get().is_complete
    assert client.get(reverse("checkout_confirm")).status_code == 200


def test_complete_details_that_are_spoiled_afterwards_are_not_ordered(client):
    cast = Cast()
    admin(cast, client)
    basket = fill(cast, (microsoft_offer(), 1, cast.customer))
    baskets.save_details(basket=basket, beneficiary=cast.customer, details=DETAILS, is_complete=True)

    client.post(reverse("checkout_services"), {**typed(cast.customer, signer_email="nobody"), "go": "checkout_billing"})

    assert client.get(reverse("checkout_confirm"))["Location"] == reverse("checkout_services")


def test_an_mpn_id_typed_while_leaving_is_kept_but_not_stored(client):
    cast = Cast(mpn=None)
    admin(cast, client)
    fill(cast, (microsoft_offer(), 1, cast.customer))

    client.post(
        reverse("checkout_services"), {**typed(cast.customer), "reseller-mpn_id": "12x", "go": "checkout_billing"}
    )
    again = client.get(reverse("checkout_services"))

    cast.reseller.reseller.refresh_from_db()
    assert cast.reseller.reseller.mpn_id is None
    assert again.context["mpn_form"]["mpn_id"].value() == "12x"


@pytest.mark.parametrize("go", ["basket", ""])
def test_a_company_half_typed_comes_back_as_it_was(client, go):
    cast = Cast()
    admin(cast, client)
    line = fill(cast, (own_offer(), 1, None)).lines.get()
    texts = {**{f"customer-{name}": text for name, text in COMPANY.items()}, "customer-email": "xenia@"}
    other = {"affiliate-name": "Παράρτημα"}

    client.post(
        reverse("checkout_who"),
        {"line": line.public_id, "mode": "end_customer", "customer": "new", **texts, **other, "go": go},
    )
    again = client.get(reverse("checkout_who"))

    form = again.context["customer_form"]
    assert (form["name"].value(), form["email"].value()) == ("Xenia Rodon", "xenia@")
    assert form["email"].errors
    assert again.context["affiliate_form"]["name"].value() == "Παράρτημα"
    assert not Account.objects.filter(name="Xenia Rodon").exists()


def test_a_po_number_that_is_too_long_comes_back_whole(client):
    cast = Cast()
    admin(cast, client)
    fill(cast, (own_offer(), 1, cast.customer), (own_offer("7.00"), 1, cast.affiliate))
    long = "PO-" + "9" * 80

    client.post(
        reverse("checkout_billing"),
        {
            f"{cast.customer.public_id}-po_number": long,
            f"{cast.affiliate.public_id}-po_number": "PO-7",
            "go": "checkout_who",
        },
    )
    again = client.get(reverse("checkout_billing"))

    assert field(again, cast.customer, "po_number").value() == long
    assert field(again, cast.customer, "po_number").errors
    assert CheckoutDetails.objects.get().po_number == "PO-7"


def test_a_button_leads_nowhere_but_to_the_steps(client):
    cast = Cast()
    admin(cast, client)
    fill(cast, (own_offer(), 1, cast.customer))

    answer = client.post(reverse("checkout_billing"), {"go": "https://example.org/"})

    assert answer["Location"] == reverse("checkout_services")


def test_two_companies_of_one_checkout_cannot_have_one_tenant_name(client):
    cast = Cast()
    admin(cast, client)
    offer = microsoft_offer()
    fill(cast, (offer, 1, cast.customer), (offer, 1, cast.affiliate))

    answer = client.post(reverse("checkout_services"), {**typed(cast.customer), **typed(cast.affiliate)})

    assert answer.status_code == 422
    assert cast.customer.name in field(answer, cast.affiliate, "domain_prefix").errors[0]
    assert field(answer, cast.affiliate, "domain_prefix").value() == "kyma"


def test_a_tenant_name_taken_at_the_last_click_is_asked_for_again_beside_its_field(client):
    """Edge case 16: nothing is half placed, and nothing else has to be typed again."""
    cast, other = Cast(), Cast(mpn="9900074")
    admin(cast, client)
    offer = microsoft_offer()
    basket = fill(cast, (offer, 1, cast.affiliate), (offer, 1, cast.customer))
    for who, prefix in ((cast.affiliate, "nefos"), (cast.customer, "kyma")):
        details = Details(**{**vars(DETAILS), "domain_prefix": prefix})
        baskets.save_details(basket=basket, beneficiary=who, details=details, is_complete=True)
    review = client.get(reverse("checkout_confirm"))
    tenants.hold(account=other.customer, prefix="kyma", by=other.ada, at=NOW)

    answer = client.post(reverse("checkout_confirm"), {**review.context["form"].initial, "terms": "on"})

    assert answer["Location"] == reverse("checkout_services")
    page = client.get(answer["Location"])
    assert "“kyma” is already taken" in field(page, cast.customer, "domain_prefix").errors[0]
    assert field(page, cast.customer, "domain_prefix").value() == "kyma"
    assert field(page, cast.customer, "signer_email").value() == DETAILS.signer_email
    assert field(page, cast.customer, "partner_of_record_attested").value()
    assert field(page, cast.affiliate, "domain_prefix").value() == "nefos"
    assert not Order.objects.exists()
    assert list(Tenant.objects.values_list("account", "domain_prefix")) == [(other.customer.pk, "kyma")]

    again = client.post(
        reverse("checkout_services"),
        {**typed(cast.affiliate, domain_prefix="nefos"), **typed(cast.customer, domain_prefix="kyma2")},
    )
    review = client.get(again["Location"])
    client.post(again["Location"], {**review.context["form"].initial, "terms": "on"})

    assert sorted(Tenant.objects.values_list("domain_prefix", flat=True)) == ["kyma", "kyma2", "nefos"]
    assert Order.objects.count() == 2
