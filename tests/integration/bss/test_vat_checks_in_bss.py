"""The VAT number on pages of accounts: its check beside it, its history, asking again, a check by a person."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Group
from django.test import Client
from django.urls import reverse

from accounts.enums import StaffRole
from accounts.models import Account, User, VatCheck
from accounts.services import roles
from config.kernel.models import Outbox
from tests.integration.invoicing import cast
from tests.security.forms.filled import as_shown

pytestmark = pytest.mark.django_db


def staff(role):
    roles.sync()
    user = User.objects.create_user(f"{role.name}@aegean.example".lower(), is_staff=True, name=role.label)
    user.groups.add(Group.objects.get(name=role.value))
    return user


def signed_in(user):
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def payer():
    cast.organisation()
    return cast.reseller("Rhein IT", account_facts={"country": "DE", "vat_number": "DE136695976"})


def test_result_stands_beside_the_field_with_a_button_that_asks_again(payer):
    client = signed_in(staff(StaffRole.ADMIN))
    page = reverse("bss:resellers_reseller_change", args=[payer.reseller.pk])
    vat_page = reverse("bss:accounts_account_vat", args=[payer.pk])
    assert "Not checked yet." in client.get(page).content.decode()
    cast.confirmed(payer)

    html = client.get(page).content.decode()

    assert 'form="vat-check">Check again</button>' in html
    assert f'<form id="vat-check" method="post" action="{vat_page}">' in html
    answer = client.post(vat_page, follow=True)
    assert "is being checked" in answer.content.decode()
    assert Outbox.objects.filter(topic="accounts.check_vat_number", payload__account_id=payer.pk).exists()


def test_person_records_a_check_on_the_page_and_is_told_what_is_missing(payer):
    client = signed_in(staff(StaffRole.FINANCE))
    page = reverse("bss:accounts_account_vat", args=[payer.pk])

    refused = client.post(page, {"record": "1", "result": "valid", "reason": " "})
    assert "This field is required." in refused.content.decode()
    html = client.post(page, {"record": "1", "result": "valid", "reason": "VIES page"}, follow=True).content.decode()

    assert (VatCheck.objects.get().reason, "VIES page" in html) == ("VIES page", True)
    assert Account.objects.get(pk=payer.pk).vat_status == "valid"


def test_reader_sees_the_checks_and_changes_nothing(payer):
    cast.confirmed(payer)
    client = signed_in(staff(StaffRole.SUPPORT))
    page = reverse("bss:accounts_account_vat", args=[payer.pk])

    html = client.get(page).content.decode()

    assert ("A person" in html, "Check again" in html, "Record check" in html) == (True, False, False)
    assert client.post(page).status_code == 403
    assert client.post(page, {"record": "1", "result": "invalid", "reason": "x"}).status_code == 403


def test_account_without_a_number_says_where_to_enter_it(payer):
    Account.objects.filter(pk=payer.pk).update(vat_number="")
    client = signed_in(staff(StaffRole.ADMIN))

    answer = client.post(reverse("bss:accounts_account_vat", args=[payer.pk]), follow=True)

    assert "Enter it on the account" in answer.content.decode()


def test_exemption_is_typed_with_the_reseller_and_needs_its_reason(payer):
    user = staff(StaffRole.ADMIN)
    client, page = signed_in(user), reverse("bss:resellers_reseller_change", args=[payer.reseller.pk])
    typed = as_shown(page, user) | {
        "tax_exempt": "on", "email": "a@rhein.example", "phone": "+30 210 0000000", "city": "Köln",
        "address_line1": "Domplatz 1", "postcode": "50667",
    }  # fmt: skip

    refused = client.post(page, typed).content.decode()
    assert "Say why it is exempt" in refused
    kept = client.post(page, typed | {"exempt_reason": "Article 27", "exempt_until": "2026-12-31"})

    account = Account.objects.get(pk=payer.pk)
    assert (kept.status_code, account.exempt_reason, str(account.exempt_until)) == (302, "Article 27", "2026-12-31")
