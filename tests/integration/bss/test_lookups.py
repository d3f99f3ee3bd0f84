"""Rows are looked up by search; where JavaScript is off, their number is typed instead."""

from __future__ import annotations

import pytest
from django.urls import reverse

from accounts.enums import StaffRole
from accounts.models import Account
from invoicing.models import Charge, Payment
from tests.integration.bss.test_pages import person
from tests.integration.storefront.partner_cast import Cast

pytestmark = pytest.mark.django_db
PAYMENT = {"amount": "5.00", "received_on": "2026-11-01", "method": "bank_transfer", "reference": "By hand"}


@pytest.fixture
def payer(client):
    client.force_login(person(StaffRole.FINANCE))
    return Cast().reseller


def pay(client, *bill_to):
    return client.post(reverse("bss:invoicing_payment_add"), {**PAYMENT, "bill_to": list(bill_to)})


def test_the_number_of_a_reseller_can_be_typed(client, payer):
    assert (
        '<noscript><input type="text" name="bill_to"'
        in client.get(reverse("bss:invoicing_payment_add")).content.decode()
    )

    # A browser without JavaScript sends the empty choice and the text field.
    assert pay(client, "", f" {payer.code.lower()} ").status_code == 302

    assert Payment.objects.get().bill_to == payer


def test_what_is_chosen_counts_while_nothing_is_typed(client, payer):
    assert pay(client, payer.pk, "").status_code == 302

    assert Payment.objects.get().bill_to == payer


def test_a_number_of_nobody_is_refused_beside_the_field_and_kept(client, payer):
    answer = pay(client, payer.pk, 'R-9999"><b>')

    assert "bill_to" in answer.context["adminform"].form.errors
    assert 'value="R-9999&quot;&gt;&lt;b&gt;"' in answer.content.decode()
    assert not Payment.objects.exists()


def test_only_who_may_be_chosen_may_be_typed(client, payer):
    customer = Account.objects.filter(bill_to=payer).first()

    answer = pay(client, "", customer.code)

    assert "bill_to" in answer.context["adminform"].form.errors
    assert not Payment.objects.exists()


def test_a_charge_by_hand_is_for_a_typed_reseller_and_one_of_its_customers(client, payer):
    add = reverse("bss:invoicing_charge_add")
    customer = Account.objects.filter(bill_to=payer).first()
    assert '<noscript><input type="text" name="bill_to"' in client.get(add).content.decode()

    second = client.get(add, {"bill_to": ["", f" {payer.code.lower()} "]})
    assert '<noscript><input type="text" name="beneficiary"' in second.content.decode()
    typed = {"bill_to": payer.pk, "amount": "-5.00", "text": "Loyal", "on": "2026-11-01", "product_type": ""}
    answer = client.post(add, {**typed, "beneficiary": ["", customer.code]})

    assert answer.status_code == 302
    assert Charge.objects.get().beneficiary == customer


def test_a_charge_by_hand_is_for_nobody_elses_customer(client, payer):
    add = reverse("bss:invoicing_charge_add")
    other = Cast(mpn="9900074")

    assert "No reseller has this number." in client.get(add, {"bill_to": "R-0000"}).content.decode()
    assert client.get(add, {"bill_to": other.customer.pk}).context["payer"] is None
    typed = {"bill_to": payer.pk, "amount": "-5.00", "text": "Loyal", "on": "2026-11-01", "product_type": ""}
    answer = client.post(add, {**typed, "beneficiary": ["", other.customer.code]})

    assert "beneficiary" in answer.context["form"].errors
    assert not Charge.objects.exists()


def test_the_search_for_whom_a_charge_is_offers_the_resellers_own(client, payer):
    other = Cast(mpn="9900074")
    facts = {"app_label": "invoicing", "model_name": "charge", "term": ""}

    def found(**more):
        answer = client.get(reverse("bss:autocomplete"), {**facts, **more})
        return {int(row["id"]) for row in answer.json()["results"]}

    assert found(field_name="bill_to") == {payer.pk, other.reseller.pk}
    own = set(Account.objects.filter(bill_to=payer).values_list("pk", flat=True))
    assert found(field_name="beneficiary", bill_to=payer.pk) == own
    assert found(field_name="beneficiary") == found(field_name="beneficiary", bill_to="x") == set()
